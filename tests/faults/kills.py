"""Kill a run again and again, go on by the same command, and compare what comes out: `python -m tests.faults.kills`.

An experiment runs to its end in a copy of the repository. In another copy its whole process group is killed (SIGKILL,
which nothing can catch) at a random moment in a stage, then in the next stage, and so on; the run after the last stage
goes to its end, and the next pass begins with a new copy. After every kill no file under a final name may be truncated;
what was finished may not be made again; a lock must be said with the command that removes it; and in the end
metrics.csv must have the bytes of the run that nobody killed.
"""

import argparse
import csv
import json
import os
import random
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from tests.conftest import environment, workflow_copy

STAGES = {  # in the order in which a run comes to them -> what of results/ they make; the first pattern counts
    "prepare": ["data/*"],
    "worlds": ["*/worlds/*"],
    "controls": ["*/metrics/*/controls.*"],
    "train": ["networks/*"],
    "sample": ["*/chains/*"],
    "measure": ["*/metrics/*"],
    "collect": ["*/metrics.csv"],
    "claims": ["*/claims*.csv"],
    "report": ["*/report/*", "*/tables*", "*/figures*"],
}
ENDS = {".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF", ".html": b"</html>"}  # of whole files
LOCKED, UNLOCKS = "error: results are locked", "this unlocks them: "


class Moment(NamedTuple):
    """When a part of a job of this stage is done; which: of those that are left. Both from 0 to 1."""

    stage: str
    which: float
    part: float


class Job(NamedTuple):
    """A job that has begun: its stage, what its outputs are called, and when it began, in seconds since 1970."""

    stage: str
    name: str
    began: float


class Kill(NamedTuple):
    """A run was killed so many seconds after a job of a stage had begun; lost: the jobs that ran then, at that time;
    seconds: of the run after it, until it ended.
    """

    stage: str
    after: float
    lost: Sequence[Job]
    at: float
    seconds: float = 0.0
    ended: str = ""


class Run(NamedTuple):
    """A command in a copy of the repository, and where what it prints goes."""

    place: Path
    words: Sequence[str]

    def start(self) -> subprocess.Popen[bytes]:
        """Start it as the leader of a process group of its own."""
        command = [sys.executable, "-m", "snakemake", *self.words]
        with self.place.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.place, env=environment(self.place), start_new_session=True, stdout=log, stderr=log
            )

    def finish(self) -> None:
        """Run it to its end. Raises SystemExit where it fails."""
        if self.start().wait():
            raise SystemExit(f"error: {shlex.join(self.words)} failed: see {self.place.with_suffix('.log')}")

    def unlock(self) -> bool:
        """Do what a locked run says, in one line, and say whether it was locked. Raises SystemExit for other words."""
        if not list(self.place.glob(".snakemake/locks/*")):
            return False
        command = [sys.executable, "-m", "snakemake", *self.words]
        told = subprocess.run(command, cwd=self.place, env=environment(self.place), capture_output=True, text=True)
        said = [line for line in told.stderr.splitlines() if line.startswith(LOCKED)]
        if told.returncode != 1 or len(said) != 1 or "Exception" in told.stderr or UNLOCKS not in said[0]:
            raise SystemExit(f"error: a locked folder is not said in one line:\n{told.stdout}{told.stderr}")
        Run(self.place, shlex.split(said[0].rpartition(UNLOCKS)[2])[1:]).finish()
        return True


def moments(number: int, rng: random.Random) -> list[Moment]:
    """So many, spread over all stages in turn; an order of stages is a pass."""
    stages = list(STAGES)
    return [Moment(stages[k % len(stages)], rng.random(), rng.random()) for k in range(number)]


def job_of(path: str) -> tuple[str, str] | None:
    """Stage and name of the job that makes a file of results/; None where it is of no stage."""
    for stage, patterns in STAGES.items():
        if any(fnmatch(path, pattern) for pattern in patterns):
            folder, _, name = path.rpartition("/")
            return stage, "report" if stage == "report" else f"{folder}/{name.partition('.')[0]}"
    return None


def marked(place: Path, what: str) -> Iterator[tuple[tuple[str, str], Path]]:
    """What Snakemake keeps of outputs, "incomplete" or "metadata": the job of each, and the file."""
    marks = place / ".snakemake" / what
    for path in marks.rglob("*"):
        name = urlsafe_b64decode(str(path.relative_to(marks)).replace("@", "").replace("/", "")).decode()
        if path.is_file() and (job := job_of(name.removeprefix("results/"))):
            yield job, path


def begun(place: Path) -> set[Job]:
    """Jobs that have begun and not ended."""
    found: dict[tuple[str, str], float] = {}
    for job, path in marked(place, "incomplete"):
        with suppress(FileNotFoundError):  # ended meanwhile
            found[job] = min(at := path.stat().st_mtime, found.get(job, at))
    return {Job(*job, began) for job, began in found.items()}


def durations(place: Path) -> dict[str, list[float]]:
    """Stage -> seconds of each of its jobs, in a run that is complete."""
    found: dict[tuple[str, str], float] = {}
    for job, path in marked(place, "metadata"):
        record = json.loads(path.read_text())
        found[job] = record["endtime"] - record["starttime"]
    return {stage: [seconds for (of, _), seconds in found.items() if of == stage] for stage in STAGES}


def results(place: Path) -> dict[str, int]:
    """Files of results under their final names, below results/, with their times in nanoseconds; logs left out."""
    paths = [path for path in (place / "results").rglob("[!.]*") if path.is_file() and path.suffix != ".log"]
    return {path.relative_to(place / "results").as_posix(): path.stat().st_mtime_ns for path in paths}


def finished(place: Path) -> dict[str, int]:
    """The same, of jobs that have ended."""
    open_ = {(job.stage, job.name) for job in begun(place)}
    return {path: at for path, at in results(place).items() if job_of(path) and job_of(path) not in open_}


def truncated(path: Path) -> bool:
    """Whether a file ends before its end."""
    content = path.read_bytes()
    try:
        match path.suffix:
            case ".safetensors":
                files.foreign_arrays(path)
            case ".json":
                files.load_json(path)
            case ".csv":
                widths = {len(row) for row in csv.reader(content.decode().splitlines(keepends=True))}
                return len(widths) != 1 or not content.endswith(b"\n")
    except UserError:
        return True
    return path.suffix in ENDS and not content.rstrip().endswith(ENDS[path.suffix])


def killed(run: Run, moment: Moment, seconds: Sequence[float]) -> Kill | None:
    """Start a run and kill its process group at a moment; None where it ends before. seconds: of the stage's jobs."""
    done = {job_of(path) for path in finished(run.place)}
    left = len(seconds) - len([1 for job in done if job and job[0] == moment.stage])
    before, new, after = begun(run.place), set[Job](), moment.part * statistics.median(seconds)
    with run.start() as process:
        while process.poll() is None and len(new) <= int(moment.which * left):
            new |= {job for job in begun(run.place) - before if job.stage == moment.stage}
            time.sleep(0.02)
        time.sleep(after)
        if process.poll() is not None:
            return None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Kill(moment.stage, after, sorted(begun(run.place) - before), time.time())


def one_pass(run: Run, todo: Sequence[Moment], seconds: dict[str, list[float]]) -> Iterator[Kill]:
    """Kill a run at these moments, one after the other, and let the last go to its end. Raises SystemExit for a
    truncated file, and for what was finished and made again. seconds: of each stage's jobs.
    """
    last: Kill | None = None
    done: dict[str, int] = {}
    for moment in [*todo, None]:
        run.unlock()
        began = time.time()
        now = killed(run, moment, seconds[moment.stage]) if moment else run.finish()
        if last:
            yield last._replace(seconds=time.time() - began, ended="killed again" if now else "complete")
        found = results(run.place)
        if wrong := [path for path in found if truncated(run.place / "results" / path)]:
            raise SystemExit(f"error: truncated: {', '.join(wrong)}")
        if again := [path for path, at in done.items() if found.get(path) != at]:
            raise SystemExit(f"error: made again: {', '.join(again)}")
        if not now:
            return  # also where a run ended before its moment: then there is nothing left to kill
        last, done = now, finished(run.place)


def differing(place: Path, other: Path) -> list[str]:
    """Files that two copies have not in common, or with other bytes."""
    one, two = results(place), results(other)
    both = [path for path in one if path in two]
    inside = [Path("results") / path for path in both]
    unequal = [path for path in inside if (place / path).read_bytes() != (other / path).read_bytes()]
    return sorted({*map(str, unequal), *(one.keys() ^ two.keys())})


def line(kill: Kill) -> str:
    """A row of the table."""
    lost = "; ".join(f"{job.stage} {job.name}, {kill.at - job.began:.1f} s" for job in kill.lost) or "nothing"
    stages = ", ".join(dict.fromkeys(job.stage for job in kill.lost)) or "between jobs"
    return f"| {kill.after:.1f} s into a job of {kill.stage} | {stages} | {lost} | {kill.seconds:.0f}, {kill.ended} |"


def main() -> None:
    """Kill, compare, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=20, help="how many kills (20)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    parser.add_argument("--cores", type=int, default=2, help="of every run (2)")
    parser.add_argument("--configfile", default="config/smoke.yaml", help="the experiment (config/smoke.yaml)")
    parser.add_argument("--folder", type=Path, help="where the copies are made and stay; a temporary one")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    # A checkpoint every three seconds: killed training goes on from one.
    words = ["--cores", str(asked.cores), "--configfile", asked.configfile, "--config", "checkpoint_minutes=0.05"]
    whole = Run(workflow_copy(folder / "whole"), words)
    began = time.time()
    whole.finish()
    print(f"a run that nobody kills: {time.time() - began:.0f} s, in {folder}", flush=True)
    seconds = durations(whole.place)
    todo, rows = moments(asked.moments, random.Random(asked.seed)), list[str]()
    for first in range(0, len(todo), len(STAGES)):
        run = Run(workflow_copy(folder / f"killed_{first // len(STAGES)}"), words)
        for kill in one_pass(run, todo[first : first + len(STAGES)], seconds):
            rows.append(line(kill))
            print(f"{len(rows)} of {len(todo)}: {rows[-1]}", flush=True)
        others = differing(run.place, whole.place)
        if wrong := [path for path in others if path.endswith("/metrics.csv")]:
            raise SystemExit(f"error: not the bytes of the run that nobody killed: {', '.join(wrong)}")
        print(f"complete; metrics.csv is the same; other bytes than in the whole run: {', '.join(others)}", flush=True)
    print("\n".join(["", "| killed | ran then | lost | the run after it, seconds |", "|---|---|---|---|", *rows]))


if __name__ == "__main__":
    main()
