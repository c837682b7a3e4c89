"""Two runs at once: the second is refused in one line, and where nothing locks, every file is whole and the right one.

Jobs only write their files, as real ones do, but in a moment (STAND_IN).
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import environment, snakemake, workflow_copy

CONFIG = """
name: {name}
datasets: {{mnist: null, shapes: null, digits: {{seeds: 1}}}}
variants: [joint_ppgn_h]
metrics: [judge_accuracy]
sweeps: {{matched: null}}
worlds: null
"""
# Stands in for `python -m ppgn_bench`: no job ends while a file `wait` is there.
STAND_IN = """
import sys, time
from pathlib import Path
from ppgn_bench.storage import files

while Path("wait").exists():
    time.sleep(0.1)
output = Path(sys.argv[sys.argv.index("--output") + 1])
endings = ("losses.csv", "cost.csv", "curves.csv", "targets.csv", "pictures.safetensors")
for path in [*(output.with_name(f"{output.stem}.{ending}") for ending in endings), output]:
    files.save_text(path, f"{path} " * 100_000)
"""
NETWORK = "results/networks/digits/joint/seed_0.safetensors"
TABLE = "results/{}/metrics/digits/own/joint_ppgn_h.csv"
QUICK = ("--max-jobs-per-timespan", "100/1s")  # else the end waits for a timer


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A workflow of two experiments that share their networks, where nothing has run."""
    place = workflow_copy(tmp_path / "tree")
    (place / "ppgn_bench" / "__main__.py").write_text(STAND_IN)
    for name in ("one", "other"):
        (place / f"{name}.yaml").write_text(CONFIG.format(name=name))
    return place


@contextmanager
def running(place: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A run beside what else happens; what is left of it in the end is killed."""
    run = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", *QUICK, *words],
        cwd=place,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield run
    finally:
        run.kill()
        run.communicate()


def test_a_second_run_of_an_experiment_or_of_one_that_shares_networks_is_refused_in_one_line(tree: Path) -> None:
    (tree / "wait").touch()
    with running(tree, NETWORK, "--configfile", "one.yaml") as first:
        deadline = time.monotonic() + 120
        while not any(tree.glob("results/logs/prepare/*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        for name in ("one", "other"):
            words = (TABLE.format(name), "--configfile", f"{name}.yaml")
            refused = snakemake(tree, *words)
            said = refused.stdout + refused.stderr
            assert refused.returncode == 1
            (line,) = re.findall(r"^error: .*", said, re.MULTILINE)
            assert line.startswith("error: results are locked: another snakemake works on them")
            assert line.endswith(" ".join(("snakemake", "--cores", "2", *words, "--unlock")))
            assert "Traceback" not in said
            assert not (tree / "results" / name).exists()
        (tree / "wait").unlink()
        out, _ = first.communicate(timeout=300)
    assert first.returncode == 0, out
    require_whole(tree / "results")


def test_two_runs_that_nothing_locks_leave_whole_files_and_a_third_completes_them(tree: Path, tmp_path: Path) -> None:
    """As from two clones whose results are one folder, on one machine or on two."""
    another = workflow_copy(tmp_path / "another")
    for name in ("ppgn_bench/__main__.py", "one.yaml"):
        (another / name).write_text((tree / name).read_text())
    (tmp_path / "results").mkdir()
    for clone in (tree, another):
        (clone / "results").symlink_to(tmp_path / "results")
    words = (TABLE.format("one"), "--configfile", "one.yaml")
    with running(tree, *words) as first, running(another, *words) as second:
        for run in (first, second):
            out, _ = run.communicate(timeout=300)
            assert run.returncode == 0 or "Some jobs did not end" in out, out
    require_whole(tmp_path / "results")
    done = snakemake(tree, *QUICK, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tree / TABLE.format("one")).is_file()
    require_whole(tmp_path / "results")


def require_whole(results: Path) -> None:
    """Every result has what its job writes, and nothing half-made lies beside it."""
    for file in (file for file in results.rglob("*") if file.is_file() and file.suffix != ".log"):
        assert file.read_text() == f"results/{file.relative_to(results)} " * 100_000, file
