"""A file that is lost, as those of a job that failed, is made again by the next run, with all that hangs on it."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import snakemake
from tests.workflow.rehearsal import REHEARSAL, waiting

OWN = "rehearsal/chains/digits/own"


@pytest.mark.parametrize(
    ("lost", "rules"),
    [
        (f"{OWN}/am/seed_1.safetensors", {"sample", "measure", "collect", "claims", "report", "record"}),
        ("rehearsal/metrics/digits/own/am.csv", {"measure", "collect", "claims", "report", "record"}),
        ("rehearsal/metrics/shapes/own/am.pictures.safetensors", {"measure", "report", "record"}),
        ("networks/digits/joint/seed_0.safetensors", {"train", "sample", "measure", "report", "record"}),
        ("data/shapes.safetensors", {"prepare", "train", "sample", "measure", "report", "record"}),
        ("rehearsal/metrics.csv", {"collect", "claims", "report", "record"}),
        ("rehearsal/figures", {"report", "record"}),
        ("rehearsal/report/index.html", {"report", "record"}),
        ("rehearsal/SHA256SUMS", {"record"}),
    ],
)
def test_what_is_lost_is_made_again_with_all_that_hangs_on_it(tree: Path, lost: str, rules: set[str]) -> None:
    path = tree / "results" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert rules <= waiting(tree).keys()


FAILING = """
import sys

sys.exit("error: there is no room" if sys.argv[1] == "sample" else 0)
"""


def test_a_run_after_one_whose_last_job_failed_does_that_job(tree: Path) -> None:
    """A job that is told something new, and fails: Snakemake has its files deleted, and remembers what it was told."""
    (tree / "rehearsal.yaml").write_text((tree / "rehearsal.yaml").read_text() + "chunk_size: 100\n")
    due = waiting(tree)
    working = (tree / "ppgn_bench" / "__main__.py").read_text()
    (tree / "ppgn_bench" / "__main__.py").write_text(FAILING)
    failed = snakemake(tree, f"results/{OWN}/am/seed_0.safetensors", *REHEARSAL)
    assert failed.returncode == 1
    assert "there is no room" in failed.stdout + failed.stderr
    (tree / "ppgn_bench" / "__main__.py").write_text(working)
    assert waiting(tree) == due
    (tree / "rehearsal.yaml").write_text((tree / "rehearsal.yaml").read_text().replace("chunk_size: 100\n", ""))
    others = {file for file in due["sample"] if not file.startswith(f"{OWN}/am/")}
    assert others.isdisjoint(waiting(tree)["sample"])
    assert f"{OWN}/am/seed_0.safetensors" in waiting(tree)["sample"]
