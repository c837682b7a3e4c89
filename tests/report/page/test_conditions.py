"""Other conditions: samplers are found by what they are, their numbers are their seeds', and what lacks is left out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.report.build import build
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import conditions, of_conditions, samples
from ppgn_bench.report.page.blocks import Folded, Heading
from ppgn_bench.report.paper import document
from ppgn_bench.report.paper import figures as paper_figures
from ppgn_bench.report.results import read
from ppgn_bench.report.words.conditions import CAPTIONS, CONTEXTS, SUMS, UNITS, VALUES, steered
from ppgn_bench.storage import files
from tests.example_conditions import FILES_OF_SEEDS, OF_CONDITIONS, with_conditions
from tests.example_results import a_sampler, changed, save_light
from tests.report.page.condition_sections import KINDS, PARTS, figures, made, section, tables, texts


def test_an_experiment_of_classes_alone_has_neither_section_nor_table_nor_file(root: Path) -> None:
    manifest = save_light(root)
    results = read(root, manifest)
    assert not section(results, root).blocks
    assert not conditions.units(results, root / "figures").blocks
    paper = build(root, manifest).parents[1]
    assert not [*paper.glob("tables/conditions_*")]
    assert "Other conditions" not in [part["title"] for part in document.document(results, root)["findings"]]


def test_samplers_are_found_by_what_they_are_whatever_their_names(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    renamed = {row.key: row.model_copy(update={"title": f"sampler {place}"}) for place, row in
               enumerate(manifest.variants)}  # fmt: skip
    results = read(root, changed(manifest, variants=tuple(renamed.values())))
    found = {one.label.variant: one for one in steered(results, "digits")}
    assert {key: one.kind for key, one in found.items()} == KINDS
    assert [key for key, one in found.items() if not one.steers] == ["random_codes", "old"]
    assert not found["random_codes"].pulled


def test_one_generator_is_named_by_its_hash_and_how_many_it_served(whole) -> None:
    [said] = [block for block in texts(whole[2]) if "with the hash" in block.text]
    assert said.tone == "plain"
    assert "serves 9 samplers" in said.text  # all but DGN-AM's
    assert all(f"{file[:12]} (seed {seed})" in said.text for seed, file in FILES_OF_SEEDS.items())


def test_samplers_that_do_not_share_their_generator_are_said_in_red(root: Path) -> None:
    manifest = with_conditions(root, save_light(root), keys=("swapped",))
    more = with_conditions(root, manifest, keys=("captions",), hashes=FILES_OF_SEEDS | {"1": "f" * 64})
    [said] = [block for block in texts(section(read(root, more), root)) if "should share" in block.text]
    assert said.tone == "bad"
    assert "seed 1 files" in said.text


@pytest.mark.parametrize("key", OF_CONDITIONS)
def test_any_sampler_alone_has_its_part_and_no_other(root: Path, key: str) -> None:
    results = made(root, keys=(key,))
    shown = section(results, root)
    assert len([caption for caption in tables(shown) if "each" not in caption]) == 1
    headings = [block.text.partition(": ")[2] for block in shown.blocks if isinstance(block, Heading)]
    assert headings == ["one generator", PARTS[KINDS[key]]]


def test_without_pictures_there_are_tables_alone(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    for path in root.rglob("*.pictures.safetensors"):
        path.unlink()
    results = read(root, manifest)
    shown = section(results, root)
    assert [figure.name for figure in figures(shown)] == ["context_digits_own_fill"]
    assert len(tables(shown)) == 8
    assert not conditions.units(results, root / "figures").blocks
    assert any("no two samplers are known to share" in block.text for block in texts(shown))


def test_pictures_show_samples_of_each_target_and_what_stands_beside_them(whole) -> None:
    _, root, shown = whole
    names = {figure.name for figure in figures(shown)}
    assert names == {
        "values_digits_own_swapped", "captions_digits_own_captions", "fills_digits_own_fill",
        "context_digits_own_fill", "sums_digits_own_class_and_stroke", "sums_digits_own_class_in_context",
    }  # fmt: skip
    assert {path.stem for path in (root / "figures").glob("*.png")} >= names


def test_a_unit_has_its_top_images_above_as_many_samples_of_each_sampler(whole, monkeypatch) -> None:
    results, root, _ = whole
    calls = []
    draw = of_conditions.picture
    monkeypatch.setattr(of_conditions, "picture", lambda *given: calls.append(given) or draw(*given))
    with style.drawing():
        shown = conditions.units(results, root / "figures")
    assert [figure.name for figure in figures(shown)] == [
        "unit_digits_unit_1_channel_0",
        "unit_digits_unit_2_channel_1",
    ]
    for place, (tiles, labels, *_) in enumerate(calls):
        assert labels == ["top training images", "units", "units dgn am"]
        arrays = results.pictures["digits", "own", "units"]
        np.testing.assert_array_equal(tiles[0], arrays["quality.top"][place])
        np.testing.assert_array_equal(tiles[1], arrays["quality.grid"][place])


def test_a_units_top_images_are_no_training_images_where_none_trained_it(whole, tmp_path: Path, monkeypatch) -> None:
    results, root, _ = whole
    datasets = tuple(
        row.model_copy(update={"sizes": {"reference": 10, "control": 10}}) for row in results.manifest.datasets
    )
    photographs = replace(results, manifest=changed(results.manifest, datasets=datasets))
    rows = []
    draw = of_conditions.picture
    monkeypatch.setattr(of_conditions, "picture", lambda *given: rows.append(given[1][0]) or draw(*given))
    with style.drawing():
        conditions.units(photographs, tmp_path)
    assert rows == ["top reference images"] * 2
    (figure,) = [
        one for one in paper_figures.conditions(photographs, root / "figures") if one["name"] == "figure-units"
    ]
    assert "Of each the reference images that it fires most for" in figure["caption"][0]


def test_tables_are_files_as_the_others_are(whole) -> None:
    _, root, _ = whole
    kinds = {f"conditions_digits_{kind}.{of}" for kind in (VALUES, UNITS, CAPTIONS, CONTEXTS, SUMS)
             for of in ("csv", "md", "tex")}  # fmt: skip
    assert kinds == {path.name for path in (root / "tables").glob("conditions_*")}
    long = files.load_table(root / "tables" / "conditions_digits_captions.csv", ["target", "metric", "mean", "low"])
    assert set(long.target.dropna()) == set(OF_CONDITIONS["captions"][1])


def test_folded_tables_say_what_they_are(whole) -> None:
    summaries = [block.summary for block in whole[2].blocks if isinstance(block, Folded)]
    assert [text.partition(": ")[2].split()[:2] for text in summaries] == [["how", "often"], ["each", "unit,"]]


def test_samples_of_other_conditions_stand_in_their_own_section_alone(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    with style.drawing():
        shown = samples.samples(read(root, manifest), root / "figures")
    assert not figures(shown)
    assert any("Other conditions" in block.text for block in texts(shown))


def test_the_paper_has_the_tables_and_two_figures(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    build(root, manifest)
    data = document.document(read(root, manifest), root / "figures")
    [theme] = [part for part in data["findings"] if part["title"] == "Other conditions"]
    assert [one["name"] for one in theme["tables"]] == [
        "table-values-digits-0", "table-units-digits-0", "table-captions-digits-0", "table-contexts-digits-0",
        "table-sums-digits-0", "table-sums-digits-1",
    ]  # fmt: skip
    assert [one["name"] for one in theme["figures"]] == ["figure-units", "figure-conditions-1"]
    assert all("3 seeds" in one["caption"][0] for one in theme["tables"])


def test_a_sampler_of_a_name_that_the_manifest_lacks_is_left_out(root: Path) -> None:
    manifest = with_conditions(root, save_light(root), keys=("swapped",))
    results = read(root, changed(manifest, variants=(a_sampler("am"),)))
    assert not section(results, root).blocks
