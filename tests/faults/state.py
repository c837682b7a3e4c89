"""What a run of the workflow has begun, finished and left on disk, read from the folder that it runs in."""

import csv
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files

STAGES = {  # in the order in which a run comes to them -> how what they make of results/ begins; the first counts
    "prepare": "data/",
    "worlds": "[^/]+/worlds/",
    "controls": "[^/]+/metrics/[^/]+/controls[.]",
    "train": "networks/",
    "sample": "[^/]+/chains/",
    "measure": "[^/]+/metrics/",
    "collect": "[^/]+/metrics[.]csv",
    "claims": "[^/]+/claims[.]",
    "report": "[^/]+/(report|tables|figures)(/|$)",
}
ENDS = {".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF", ".html": b"</html>"}  # of whole files


class Job(NamedTuple):
    """A job that has begun: its stage, what its outputs are called, and when it began, in seconds since 1970."""

    stage: str
    name: str
    began: float


def job_of(path: str) -> tuple[str, str] | None:
    """Stage and name of the job that makes a file of results/; None where it is of no stage."""
    for stage, pattern in STAGES.items():
        if re.match(pattern, path):
            folder, _, name = path.rpartition("/")
            return stage, "report" if stage == "report" else f"{folder}/{name.partition('.')[0]}"
    return None


def marked(place: Path, what: str) -> Iterator[tuple[tuple[str, str], Path]]:
    """What Snakemake keeps of outputs, "incomplete" or "metadata": the job of each, and the file."""
    marks = place / ".snakemake" / what
    for path in filter(Path.is_file, marks.rglob("*")):
        name = urlsafe_b64decode(str(path.relative_to(marks)).replace("@", "").replace("/", "")).decode()
        if job := job_of(name.removeprefix("results/")):
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


def differing(place: Path, other: Path) -> list[str]:
    """Files that two copies have not in common, or with other bytes."""
    one, two = results(place), results(other)
    both = [path for path in one if path in two]
    inside = [Path("results") / path for path in both]
    unequal = [path for path in inside if (place / path).read_bytes() != (other / path).read_bytes()]
    return sorted({*map(str, unequal), *(one.keys() ^ two.keys())})
