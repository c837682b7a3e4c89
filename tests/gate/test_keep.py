"""How a reference is kept: which files, from where, and what goes."""

import json
from pathlib import Path

import pytest

from ppgn_bench.columns import EXACT_NUMBERS
from ppgn_bench.gate.check import LARGEST, TABLES
from ppgn_bench.storage import files
from tests.conftest import ROOT, Command


def test_a_reference_is_tables_and_small_files_and_what_was_there_before_goes(
    ppgn: Command, run: Path, tmp_path: Path
) -> None:
    (run / "figures").mkdir()
    (run / "figures" / "large.pdf").write_bytes(b"0" * (LARGEST + 1))
    (run / "figures" / "small.pdf").write_bytes(b"0")
    kept = tmp_path / "kept"
    (kept / "figures").mkdir(parents=True)
    (kept / "figures" / "old.pdf").write_bytes(b"0")
    (kept / "README.md").write_text("mine")
    assert ppgn("reference", run, "--output", kept).status == 0
    assert {name for name in TABLES if (kept / name).is_file()} == set(TABLES)
    assert {path.name for path in (kept / "figures").iterdir()} >= {"small.pdf"}
    assert not (kept / "figures" / "large.pdf").exists()
    assert not (kept / "figures" / "old.pdf").exists()
    assert (kept / "README.md").read_text() == "mine"


def test_a_run_that_lacks_a_table_is_no_reference_and_nothing_is_written(
    ppgn: Command, run: Path, tmp_path: Path
) -> None:
    (run / "claims.csv").unlink()
    ended = ppgn("reference", run, "--output", tmp_path / "kept")
    assert (ended.status, (tmp_path / "kept").exists()) == (1, False)
    assert "claims.csv: is missing" in ended.err


@pytest.mark.parametrize("file", ["/etc/passwd", "results/networks/../../secret", "elsewhere/a.safetensors"])
def test_weights_are_taken_from_the_networks_folder_alone(ppgn: Command, run: Path, tmp_path: Path, file: str) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["networks"][0]["weights"] = file
    (run / "manifest.json").write_text(json.dumps(manifest))
    ended = ppgn("reference", run, "--output", tmp_path / "kept", "--networks")
    assert (ended.status, (tmp_path / "kept").exists()) == (1, False)
    assert "outside results/networks" in ended.err


def test_all_committed_references_have_the_same_exact_numbers() -> None:
    """They are of one job, whatever the experiment: who makes those of the smoke run anew makes all anew."""
    tables = [files.load_table(path, EXACT_NUMBERS) for path in ROOT.glob("results/reference/*/gate/pinned.csv")]
    first, *others = [table[list(EXACT_NUMBERS[:3])].to_numpy().tolist() for table in tables]
    assert others
    assert all(sorted(own) == sorted(first) for own in others)
