"""A finished rehearsal: a run whose jobs only make their files, of two data sets and two seeds, in a few seconds."""

from pathlib import Path

import pytest

from tests.conftest import snakemake, workflow_copy
from tests.workflow.rehearsal import REHEARSAL, copied

CONFIG = """
name: rehearsal
datasets: {mnist: null, digits: {seeds: 2}, shapes: {seeds: 2}}
variants: [am, ppgn_h, joint_ppgn_h, noiseless_joint_ppgn_h]
sweeps: {matched: null}
worlds: null
"""
# Stands in for `python -m ppgn_bench`: makes the files that a job promises, and nothing else.
STAND_IN = """
import sys
from pathlib import Path


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


stage, *rest = sys.argv[1:]
if stage == "report":
    for name in ("report/index.html", "report/report.pdf", "tables/table.csv", "figures/figure.png"):
        make(Path(rest[0], name))
elif "--output" in rest:
    for output in (Path(file) for option, file in zip(rest, rest[1:]) if option == "--output"):
        for ending in ("losses.csv", "cost.csv", "curves.csv", "targets.csv", "parts.csv", "pictures.safetensors"):
            make(output.with_name(f"{output.stem}.{ending}"))
        make(output)
"""


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished rehearsal."""
    place = workflow_copy(tmp_path_factory.mktemp("rehearsal"))
    (place / "ppgn_bench" / "__main__.py").write_text(STAND_IN)
    (place / "rehearsal.yaml").write_text(CONFIG)
    done = snakemake(place, *REHEARSAL)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture
def tree(rehearsed: Path, tmp_path: Path) -> Path:
    """A finished rehearsal of one's own."""
    return copied(rehearsed, tmp_path / "tree")
