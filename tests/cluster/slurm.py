"""`make test-slurm`: the smoke experiment through profiles/slurm on a real Slurm, one of its jobs cancelled on the way.

Its measurements are the same to the byte as those of a run without Slurm, and the cancelled job is done by a second
one that asked for more. Prints every job of Slurm's; status 0 when all of this holds.
"""

import os
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
CPUS, MEMORY = 5, 20_000  # the largest group asks for five processors
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
    """Both runs, the comparison, and what Slurm says of the jobs."""
    with tempfile.TemporaryDirectory(prefix="ppgn-slurm-") as folder:
        place = Path(folder)
        local = workflow_copy(place / "local")
        snakemake(local, environment(local, os.environ), ["--cores", "2"], place / "local.log")
        print("run without Slurm: done")
        (place / "slurm").mkdir()
        with slurm(place / "slurm", CPUS, MEMORY) as of_slurm:
            remote = workflow_copy(place / "remote")
            own = environment(remote, {**of_slurm, "PYTHONPATH": str(plugin(place / "plugin"))})
            cancelled: list[Job] = []
            watcher = threading.Thread(target=cancel_one, args=(own, cancelled), daemon=True)
            watcher.start()
            snakemake(remote, own, ["--workflow-profile", "profiles/slurm", *HERE], place / "slurm.log")
            listed = jobs(own)
        said = (place / "slurm.log").read_text()
        return report(local, remote, listed, cancelled, said)


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


def report(local: Path, remote: Path, listed: list[Job], cancelled: list[Job], said: str) -> int:
    """Print what happened; 0 if measurements are the same and the job that was cancelled was done again."""
    for job in listed:
        print("  ".join(job))
    ended = {job.number: job for job in listed}
    (first,) = cancelled
    again = [job for job in listed if job.comment == first.comment and job.number != first.number]
    tables = [(place / "results" / "smoke" / "metrics.csv").read_bytes() for place in (local, remote)]
    holds = {
        f"job {first.number} was cancelled: {ended[first.number].state}": ended[first.number].state == "CANCELLED",
        "Snakemake started it again": "Trying to restart job" in said,
        f"it was done by {[job.number for job in again]}": [job.state for job in again] == ["COMPLETED"],
        "which asked for twice the time": [job.asked_time for job in again] == ["1:00:00"],
        "all other jobs completed": {job.state for job in listed if job != ended[first.number]} == {"COMPLETED"},
        f"metrics.csv is the same to the byte, {len(tables[0])} bytes": tables[0] == tables[1],
    }
    for claim, true in holds.items():
        print(f"{'yes' if true else 'NO '}  {claim}")
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
