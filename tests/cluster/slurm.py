"""`make test-slurm`: the smoke experiment through profiles/slurm on a real Slurm, one of its jobs cancelled on the way.

Its measurements are the same to the byte as those of a run without Slurm, and the cancelled job is done by a second
one that asked for more. Prints every job of Slurm's; status 0 when all of this holds. The metrics.csv of a smoke run
without Slurm, on this machine, may be given: `python -m tests.cluster.slurm results/smoke/metrics.csv`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

from tests.cluster.one_node import slurm
from tests.conftest import ROOT, workflow_copy

SMOKE = ["--configfile", "config/smoke.yaml", "--config", "device=cpu"]
# A Slurm without accounting, on a machine of two cores; the profile's own numbers are those of a cluster.
HERE = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5", "--jobs", "4"]
TABLE = "results/smoke/metrics.csv"
CPUS, MEMORY = 4, 20_000  # a group asks for four processors
FORM = "%i|%T|%k|%l|%m|%M"


class Job(NamedTuple):
    """A job as Slurm lists it: its comment has the rule and its wildcards; asked: time and memory."""

    number: str
    state: str
    comment: str
    asked_time: str
    asked_memory: str
    took: str


def main() -> int:
    """The run through Slurm, one without where no table of one is given, the comparison, and what Slurm says of jobs.

    The folder of both is kept where something fails.
    """
    place = Path(tempfile.mkdtemp(prefix="ppgn-slurm-"))
    print(f"in {place}", flush=True)
    listed, cancelled = through_slurm(place)
    tables = [Path(given) for given in sys.argv[1:]] or [without_slurm(place)]
    holds = claims(listed, cancelled, (place / "slurm.log").read_text())
    through, beside = (path.read_bytes() for path in (place / "remote" / TABLE, tables[0]))
    holds[f"{TABLE} is the same to the byte, {len(through)} bytes"] = through == beside
    for claim, true in holds.items():
        print(f"{'yes' if true else 'NO '}  {claim}")
    if all(holds.values()):
        shutil.rmtree(place)
    return 0 if all(holds.values()) else 1


def through_slurm(place: Path) -> tuple[list[Job], list[Job]]:
    """Run through Slurm: all of its jobs, and the one that was cancelled."""
    (place / "slurm").mkdir()
    with slurm(place / "slurm", CPUS, MEMORY) as of_slurm:
        remote = workflow_copy(place / "remote")
        own = environment(remote, {**of_slurm, "PYTHONPATH": str(plugin(place / "plugin"))})
        cancelled: list[Job] = []
        watcher = threading.Thread(target=cancel_one, args=(own, cancelled), daemon=True)
        watcher.start()
        snakemake(remote, own, ["--workflow-profile", "profiles/slurm", *HERE], place / "slurm.log")
        return jobs(own), cancelled


def without_slurm(place: Path) -> Path:
    """Measurements of a run on this machine alone."""
    local = workflow_copy(place / "local")
    snakemake(local, environment(local, os.environ), ["--cores", "2"], place / "local.log")
    return local / TABLE


def plugin(place: Path) -> Path:
    """A folder with Snakemake's plugin, as the extra `slurm` asks for it: the environment stays as it is."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        asked = tomllib.load(file)["project"]["optional-dependencies"]["slurm"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place]
    subprocess.run([*pip, *asked, "snakemake-executor-plugin-slurm-jobstep"], check=True)
    return place


def environment(place: Path, usual: dict[str, str] | os._Environ[str]) -> dict[str, str]:
    """What a run of a copy needs: its own package, and the programs of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{usual['PATH']}"
    return {**usual, "PATH": path, "PYTHONPATH": f"{place}{os.pathsep}{usual.get('PYTHONPATH', '')}"}


def snakemake(place: Path, own: dict[str, str], options: list[str], log: Path) -> None:
    """Run the smoke experiment in a copy, or end with what it said last."""
    command = [sys.executable, "-m", "snakemake", *SMOKE, *options]
    with log.open("w") as file:
        status = subprocess.run(command, cwd=place, env=own, stdout=file, stderr=subprocess.STDOUT).returncode
    if status:
        raise SystemExit(f"error: {' '.join(command)} ended with {status}:\n{log.read_text()[-8000:]}")


def jobs(own: dict[str, str]) -> list[Job]:
    """Every job that Slurm knows, also those that ended."""
    command = ["squeue", "--states=all", "--noheader", "--sort=i", f"--format={FORM}"]
    listed = subprocess.run(command, env=own, check=True, capture_output=True, text=True).stdout
    return [Job(*line.split("|")) for line in listed.splitlines()]


def cancel_one(own: dict[str, str], cancelled: list[Job]) -> None:
    """Cancel the first training that Slurm runs, in the middle of it."""
    while not cancelled:
        running = [job for job in jobs(own) if job.state == "RUNNING" and job.comment.startswith("rule_train")]
        if running:
            time.sleep(8)  # two Snakemakes and torch start before it trains
            subprocess.run(["scancel", running[0].number], env=own, check=True)
            cancelled.append(running[0])
        time.sleep(0.5)


def claims(listed: list[Job], cancelled: list[Job], said: str) -> dict[str, bool]:
    """Print all jobs; what must hold of them -> whether it does."""
    for job in listed:
        print("  ".join(job))
    ended = {job.number: job for job in listed}
    (first,) = cancelled
    again = [job for job in listed if job.comment == first.comment and job.number != first.number]
    return {
        f"job {first.number} was cancelled: {ended[first.number].state}": ended[first.number].state == "CANCELLED",
        "Snakemake started it again": "Trying to restart job" in said,
        f"job {', '.join(job.number for job in again)} did it": [job.state for job in again] == ["COMPLETED"],
        "which asked for twice the time": [job.asked_time for job in again] == ["1:00:00"],
        f"the other {len(listed) - 2} jobs completed": all(
            job.state == "COMPLETED" for job in listed if job.number != first.number
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
