"""A run that was killed goes on by the same command, once its lock is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import snakemake, workflow_copy

CONFIG = "name: killed\ndatasets: {mnist: null, shapes: null, digits: {seeds: 1}}\nvariants: [am]\nworlds: null\n"
TARGET = "results/data/digits.safetensors"
# Stands in for `python -m ppgn_bench`: writes its output, and then never ends.
STAND_IN = """
import sys, time
from pathlib import Path

output = Path(sys.argv[sys.argv.index("--output") + 1])
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text("made")
time.sleep({seconds})
"""


def stand_in(place: Path, seconds: int) -> None:
    (place / "ppgn_bench" / "__main__.py").write_text(STAND_IN.format(seconds=seconds))


def test_a_killed_run_goes_on_by_the_same_command(tmp_path: Path) -> None:
    """Killed as the system does it, so that Snakemake cannot clean up: it takes the job's output for incomplete."""
    place = workflow_copy(tmp_path / "tree")
    (place / "killed.yaml").write_text(CONFIG)
    stand_in(place, seconds=600)
    words = [sys.executable, "-m", "snakemake", "--cores", "2", TARGET, "--configfile", "killed.yaml"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(place), "PATH": path}
    with subprocess.Popen(words, cwd=place, env=environment, start_new_session=True, stderr=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 120
        while not (place / TARGET).exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        os.killpg(run.pid, signal.SIGKILL)
    assert (place / TARGET).read_text() == "made"
    assert list((place / ".snakemake" / "incomplete").iterdir())
    assert snakemake(place, "--configfile", "killed.yaml", "--unlock").returncode == 0  # as Snakemake tells to
    stand_in(place, seconds=0)
    done = snakemake(place, TARGET, "--configfile", "killed.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((place / ".snakemake" / "incomplete").iterdir())
