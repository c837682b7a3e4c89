"""What was run, as page and paper tell it: by what was measured, and what a seed is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ppgn_bench.report.build import build
from ppgn_bench.report.paper.document import document
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables import experiment
from ppgn_bench.report.words.places import experiment as words_of
from ppgn_bench.storage.manifest import Network
from tests.example_results import KEYS, THE_JUDGE, save_light


@pytest.fixture
def results(tmp_path) -> Results:
    return read(tmp_path, save_light(tmp_path))


def column(table, name):
    place = [head.text for head in table.header].index(name)
    return [row[place].text for row in table.rows]


def test_inception_stands_among_the_judges_without_shares_of_classes(results: Results) -> None:
    own = {"title": "own Inception: torch-fidelity's", "hash": "9" * 12, "accuracy": None}
    inceptions = [THE_JUDGE.model_copy(update={**own, "file": file}) for file in ("weights/own.pth", "download")]
    (row,) = results.manifest.datasets
    told = row.model_copy(update={"judges": (*row.judges, *inceptions)})
    table = experiment.judges(replace(results, manifest=results.manifest.model_copy(update={"datasets": (told,)})))
    assert column(table, "judge") == [THE_JUDGE.title, own["title"], own["title"]]
    assert column(table, "hash") == [THE_JUDGE.hash, "9" * 12, "9" * 12]
    assert column(table, "accuracy") == ["0.975", "", ""]
    assert column(table, "from") == ["package", "a file", "a download"]


def of_kind(results: Results, **changes: object) -> Results:
    """The same results, of a data set of which the manifest says something else."""
    (row,) = results.manifest.datasets
    networks = changes.pop("networks", results.manifest.networks)
    told = {"datasets": (row.model_copy(update=changes),), "networks": networks}
    return replace(results, manifest=results.manifest.model_copy(update=told))


def given(results: Results, *recipes: str) -> tuple[Network, ...]:
    (first, *_) = results.manifest.networks
    return tuple(first.model_copy(update={"recipe": recipe, "seed": 0}) for recipe in recipes)


CAFFENET = "classifier+architecture=caffenet+weights=c.safetensors"
DRAWS = "generator+architecture=released_generator+encoder.architecture=caffenet+weights=g.safetensors"


def test_a_seed_is_what_the_data_sets_networks_make_of_it(results: Results) -> None:
    kinds = {
        "3 training seeds": results,
        "3 blocks of classes": of_kind(results, pretrained=True),
        "3 sets of starts": of_kind(results, networks=given(results, CAFFENET, DRAWS, "judge")),
    }
    for called, of in kinds.items():
        assert column(experiment.datasets(of), "seeds") == [called]
        page = words_of(of)
        assert ("every network was trained anew" in page) == (called == "3 training seeds")
        assert ("each trained, sampled" in page) == (called == "3 training seeds")
        assert ("a seed is a block of classes" in page) == (called == "3 blocks of classes")
        assert ("a seed is a set of starts" in page) == (called == "3 sets of starts")
    trained = of_kind(results, networks=given(results, CAFFENET, "generator", "judge"))
    assert column(experiment.datasets(trained), "seeds") == ["3 training seeds"]


def test_data_sets_whose_seeds_differ_are_told_apart(results: Results) -> None:
    (row,) = results.manifest.datasets
    other = row.model_copy(update={"name": "imagenet", "title": "ImageNet", "pretrained": True})
    both = replace(results, manifest=results.manifest.model_copy(update={"datasets": (row, other)}))
    assert words_of(both).endswith(
        "On digits the unit of replication is the training seed: every network was trained anew for each seed, and all "
        "intervals are over seeds. On ImageNet no network was trained: a seed is a block of classes, drawn at random, "
        "and starts; intervals are over these blocks, for these networks alone."
    )


def test_no_page_or_paper_speaks_of_training_seeds_where_nothing_was_trained(tmp_path: Path) -> None:
    manifest = save_light(tmp_path, keys=KEYS[:2])
    (row,) = manifest.datasets
    manifest = manifest.model_copy(update={"datasets": (row.model_copy(update={"pretrained": True}),), "networks": ()})
    page = build(tmp_path, manifest).read_text()
    paper = json.dumps(document(read(tmp_path, manifest), tmp_path / "figures"), ensure_ascii=False)
    tables = [path.read_text() for path in (tmp_path / "tables").glob("*.*")]
    for text in (page, paper, *tables):
        assert "raining seed" not in text
    assert "3 blocks of classes" in page
    assert "3 blocks of classes" in paper
