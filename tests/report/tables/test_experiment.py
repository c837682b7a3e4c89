"""The tables of what was run: by what was measured."""

from dataclasses import replace

import pytest

from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables import experiment
from tests.example_results import THE_JUDGE, save_light


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
