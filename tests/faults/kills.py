"""Kill a run again and again, go on by the same command, and compare what comes out: `python -m tests.faults.kills`.

An experiment runs to its end in a copy of the repository. In another copy its whole process group is killed (SIGKILL,
which nothing can catch) at a random moment, then again at a later one, through all stages; the run after the last kill
goes to its end, and the next pass begins with a new copy. After every kill no file under a final name may be truncated;
what was finished may not be made again; a lock must be said with the command that removes it; and in the end
metrics.csv must have the bytes of the run that nobody killed.
"""

import argparse
import os
import random
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conftest import environment, workflow_copy
from tests.faults.state import STAGES, Job, begun, differing, durations, finished, job_of, results, truncated

LOCKED, UNLOCKS = "error: results are locked", "this unlocks them: "


class Moment(NamedTuple):
    """When a part of a job of this stage is done; which: of those that are left. Both from 0 to 1."""

    stage: str
    which: float
    part: float


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
    """So many, spread over all stages in turn."""
    stages = list(STAGES)
    return [Moment(stages[k % len(stages)], rng.random(), rng.random()) for k in range(number)]


def copied(place: Path, other: Path) -> Path:
    """Copy a copy of the repository without what was run in it."""
    return shutil.copytree(place, other, ignore=shutil.ignore_patterns("results", ".snakemake"))


def killed(run: Run, moment: Moment, seconds: Sequence[float]) -> Kill | None:
    """Start a run and kill its process group at a moment; None where it ends before. seconds: of the stage's jobs."""
    left = _left(run, moment, seconds)
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


def _left(run: Run, moment: Moment, seconds: Sequence[float]) -> int:
    """Jobs of a moment's stage that the run still has to do."""
    done = {job_of(path) for path in finished(run.place)}
    return len(seconds) - len([1 for job in done if job and job[0] == moment.stage])


def one_pass(run: Run, todo: Sequence[Moment], seconds: dict[str, list[float]]) -> Iterator[Kill]:
    """Kill a run at these moments, one after the other, and let the last go to its end. Raises SystemExit for a
    truncated file, and for what was finished and made again. seconds: of each stage's jobs.
    """
    last: Kill | None = None
    done: dict[str, int] = {}
    for moment in [*todo, None]:
        if moment and _left(run, moment, seconds[moment.stage]) <= 0:
            continue
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
    parser.add_argument("--passes", type=int, default=2, help="over how many runs these are spread, at least (2)")
    parser.add_argument("--cores", type=int, default=2, help="of every run (2)")
    parser.add_argument("--configfile", default="config/smoke.yaml", help="the experiment (config/smoke.yaml)")
    parser.add_argument(
        "--folder", type=Path, help="where the copies are made and stay (a temporary one); a whole run there is taken"
    )
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    # A checkpoint every three seconds: killed training goes on from one.
    words = ["--cores", str(asked.cores), "--configfile", asked.configfile, "--config", "checkpoint_minutes=0.05"]
    whole = Run(folder / "whole", words)
    if not whole.place.exists():
        workflow_copy(whole.place)
    began = time.time()
    whole.finish()
    print(f"a run that nobody kills: {time.time() - began:.0f} s, in {folder}", flush=True)
    seconds, rows = durations(whole.place), list[str]()
    rng, number = random.Random(asked.seed), 0
    while len(rows) < asked.moments:  # a moment passes where its stage is over: there may be more passes
        run, number = Run(copied(whole.place, folder / f"killed_{number}"), words), number + 1
        left = min(asked.moments - len(rows), -(-asked.moments // asked.passes))
        of_pass = sorted(moments(left, rng), key=lambda moment: list(STAGES).index(moment.stage))
        for kill in one_pass(run, of_pass, seconds):
            rows.append(line(kill))
            print(f"{len(rows)} of {asked.moments}: {rows[-1]}", flush=True)
        others = differing(run.place, whole.place)
        if wrong := [path for path in others if path.endswith("/metrics.csv")]:
            raise SystemExit(f"error: not the bytes of the run that nobody killed: {', '.join(wrong)}")
        print(f"complete; metrics.csv is the same; other bytes than in the whole run: {', '.join(others)}", flush=True)
    print("\n".join(["", "| killed | ran then | lost | the run after it, seconds |", "|---|---|---|---|", *rows]))


if __name__ == "__main__":
    main()
