"""`ppgn-bench verify`: how it ends, and what it says in one screen."""

import os
import shutil
from pathlib import Path

import pytest

from ppgn_bench.workflow.collecting import of_results
from tests.conftest import Command


@pytest.fixture
def results(ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment's folder that `record` has recorded."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results/main")
    for name in ("metrics.csv", "tables/claims.csv", "../data/digits.safetensors"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    made = of_results([folder / "metrics.csv", folder / "tables", "results/data/digits.safetensors"])
    assert ppgn("record", "--job", made.as_json(), "--output", folder / "SHA256SUMS").status == 0
    return folder


def test_whole_results_are_said_in_one_line(ppgn: Command, results: Path) -> None:
    ended = ppgn("verify", results)
    assert ended == (0, f"{results}: all 3 files are as the run left them (0.0 MiB)\n", "")


def test_what_differs_is_listed_with_what_to_do(ppgn: Command, results: Path) -> None:
    (results / "tables" / "claims.csv").write_text("other")
    (results / "my\nnotes.txt").write_text("mine")
    ended = ppgn("verify", f"{results}/")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "error: results/main: 2 of 4 files are not as the run left them:",
        "  results/main/tables/claims.csv: has changed",
        r"  results/main/my\nnotes.txt: is unknown: the run did not make it",
        "  delete what has changed (tables and figures: their folder) and run snakemake again",
    ]


def test_nothing_is_to_be_done_for_files_that_are_unknown_alone(ppgn: Command, results: Path) -> None:
    (results / "notes.txt").write_text("mine")
    assert ppgn("verify", results).err.splitlines()[1:] == [
        "  results/main/notes.txt: is unknown: the run did not make it"
    ]


def test_results_without_a_record_and_what_is_no_folder_are_refused_in_one_line(ppgn: Command, results: Path) -> None:
    (results / "SHA256SUMS").unlink()
    assert ppgn("verify", results).err == (
        "error: results/main/SHA256SUMS: is missing; snakemake writes it at the end of the experiment's run\n"
    )
    shutil.rmtree(results)
    assert ppgn("verify", results).err.startswith("error: results/main: is no folder; name that of an experiment")
    assert os.listdir("results") == ["data"]
