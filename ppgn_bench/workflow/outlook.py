"""What a run will take: the seconds that a calibration measured, times the work of its parts. Nothing imports torch.

seconds of a job = processes * (start of one + seeds * what each does) + seeds * sum over units that they share of
    (how many) * (seconds of one)
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ppgn_bench.config.memory import GIB, PROCESS
from ppgn_bench.workflow.parts import STAGES, Part

# What a job's process takes before and after its work, in starts of Python and torch: what measures imports more. The
# part after the measurements has eight jobs, most of which load no torch. Of 191 jobs, timed (docs/performance.md).
START: Mapping[str, float] = {"controls": 2.9, "measure": 2.9, "report": 4.0}
USUAL_START = 1.5  # seconds of one, where none is tried
# Seconds of what is not tried out: an image that is drawn or read, one that is decoded, a measurement in the report.
UNTRIED: Mapping[str, float] = {"image": 1e-4, "file": 3e-3, "drawing": 0.45}
SHARED = "iteration"  # the unit of work that a training's processes share: each does all the rest, or waits for it
OF_CARD = ("train", "controls", "sample", "measure")  # stages that run on a graphics card where there is one
CONTEXT = 2**29  # bytes of a card that CUDA and its libraries take before anything runs
DEAREST = 5


class Speed(NamedTuple):
    """Of a trial: unit of work -> seconds of one; weights: bytes of the network that a training gives."""

    seconds: Mapping[str, float]
    weights: int = 0


class Machine(NamedTuple):
    """What a run has: processor cores, bytes of memory, of disk that is free, and of the graphics card (None: none)."""

    cores: int
    memory: float
    disk: float
    card: float | None = None


@dataclass(frozen=True)
class Cost:
    """What a part takes, of one job, of the mean where the last one has fewer seeds: seconds of the processor, of which
    start until it begins its work, memory and size, bytes, all of its processes together; there: how many of its jobs
    have their results.
    """

    part: Part
    seconds: float
    start: float
    memory: int
    size: int
    there: int

    @property
    def jobs(self) -> int:
        """How many there are."""
        return len(self.part.jobs)


class Line(NamedTuple):
    """A row of the plan: seconds of all jobs, wall seconds on the cores, the largest job and all results in bytes."""

    stage: str
    jobs: int
    there: int
    seconds: float
    wall: float
    memory: int
    size: int


def costs(parts: Iterable[Part], speeds: Mapping[str, Speed], exists: Callable[[str], bool]) -> list[Cost]:
    """What each part takes. speeds: of each trial, by its name; that of "" is the start of a process."""
    found, start = [], speeds.get("", Speed({"start": USUAL_START})).seconds["start"]
    for part in parts:
        speed = speeds.get(part.trial, Speed(UNTRIED)) if part.trial else Speed(UNTRIED)
        begins = start * START.get(part.stage, 1.0) * part.processes
        jobs, of_seed = len(part.jobs), 0.0
        for unit, number in part.units.items():
            times = 1 if unit == SHARED else part.processes
            of_seed += times * number * speed.seconds.get(unit, 0.0)
        seeds = len(part.files) / jobs
        seconds = begins + seeds * of_seed
        there = sum(all(map(exists, job)) for job in part.jobs)
        if part.stage == "report":  # its jobs are one part, of which the last file says that all is done
            seconds, begins, there = seconds / jobs, begins / jobs, jobs * exists(part.files[-1])
        size = round(seeds * (part.size + speed.weights))
        found.append(Cost(part, seconds, begins, part.memory * part.processes, size, there))
    return found


def lines(found: Sequence[Cost], machine: Machine) -> list[Line]:
    """A row a stage, in the order of STAGES, and their sum: the report waits for all that is before it."""
    rows, wall = [], 0.0
    for stage in STAGES:
        own = [cost for cost in found if cost.part.stage == stage]
        if own:
            seconds, jobs = sum(cost.seconds * cost.jobs for cost in own), sum(cost.jobs for cost in own)
            side_by_side = beside(stage, machine, max(cost.part.processes for cost in own))
            after_each_other = sum(_alone(cost, machine) * cost.jobs for cost in own)
            wall += after_each_other / side_by_side
            of_stage = max(after_each_other / min(side_by_side, jobs), max(_alone(cost, machine) for cost in own))
            there, size = sum(cost.there for cost in own), sum(cost.size * cost.jobs for cost in own)
            rows.append(Line(stage, jobs, there, seconds, of_stage, max(cost.memory for cost in own), size))
    whole = Line(
        "all",
        sum(row.jobs for row in rows),
        sum(row.there for row in rows),
        sum(row.seconds for row in rows),
        max(wall, max(row.wall for row in rows)),
        max(row.memory for row in rows),
        sum(row.size for row in rows),
    )
    return [*rows, whole]


def beside(stage: str, machine: Machine, processes: int = 1) -> int:
    """How many jobs of a stage run side by side, each of so many processes: one where they share the cards, or need all
    cores; the report's follow each other.
    """
    if stage == "report" or _on_card(stage, machine):
        return 1
    return max(1, machine.cores // processes)


def _alone(cost: Cost, machine: Machine) -> float:
    """Wall seconds of one job: its processes have a card each, or a core each as far as there are any."""
    processes = cost.part.processes
    return cost.seconds / (processes if _on_card(cost.part.stage, machine) else min(processes, machine.cores))


def _on_card(stage: str, machine: Machine) -> bool:
    return machine.card is not None and stage in OF_CARD


def problems(found: Sequence[Cost], machine: Machine) -> list[str]:
    """Why the run cannot fit, a line each, after the key to lower: memory, the card's memory, the disk."""
    wrong: dict[str, str] = {}
    for cost in sorted(found, key=lambda cost: -cost.memory):
        part = cost.part
        on_card = _on_card(part.stage, machine)
        own, has = (part.memory if on_card else cost.memory) / GIB, machine.memory / GIB
        instead = "; or raise accumulate" if part.stage == "train" else ""
        if own > has:
            room = f"{own:.3g} GiB, this machine has {has:.3g}{instead}"
            wrong.setdefault(part.key, f"{part.key}: {_named(part)} needs about {room}")
        of_card = part.memory - PROCESS + CONTEXT  # each process has a card of its own
        if machine.card is not None and on_card and of_card > machine.card:
            room = f"{of_card / GIB:.3g} GiB of the graphics card, which has {machine.card / GIB:.3g}{instead}"
            wrong.setdefault(part.key, f"{part.key}: {_named(part)} needs about {room}")
    left = sum(cost.size * (cost.jobs - cost.there) for cost in found)
    if left > machine.disk:
        most = max(found, key=lambda cost: cost.size * (cost.jobs - cost.there)).part
        free = f"the results need about {left / GIB:.3g} GiB more, and {machine.disk / GIB:.3g} are free"
        wrong.setdefault("disk", f"{most.size_key}: {free}; most of it is of {_named(most)}")
    return list(wrong.values())


def _named(part: Part) -> str:
    return f"{part.stage} {part.name}"


def told(found: Sequence[Cost], machine: Machine) -> str:
    """The plan as people read it: the rows, the dearest parts, what is already there."""
    rows = lines(found, machine)
    head = (
        f"{'':9} {'jobs':>6} {'there':>6} {'processor time':>15} {'wall time':>12} {'largest job':>12} {'results':>9}"
    )
    text = [head]
    for row in rows:
        cells = f"{row.stage:9} {row.jobs:6,} {row.there:6,} {spoken(row.seconds):>15} {spoken(row.wall):>12}"
        text.append(f"{cells} {row.memory / GIB:8.2f} GiB {_bytes(row.size):>9}")
    total = rows[-1]
    text.append("")
    text += [f"Dearest of {spoken(total.seconds)} of processor time:"]
    dear = sorted(found, key=lambda cost: -cost.seconds * cost.jobs)[:DEAREST]
    for cost in dear:
        own = cost.seconds * cost.jobs
        text.append(f"  {own / total.seconds:4.0%}  {_named(cost.part)}: {cost.jobs} x {spoken(cost.seconds)}")
    if total.there:
        left = sum(cost.seconds * (cost.jobs - cost.there) for cost in found)
        text.append(
            f"Of {total.jobs:,} jobs {total.there:,} have a result already; without them {spoken(left)} are left. "
            "`snakemake -n` says which of them must run again."
        )
    return "\n".join(text)


def as_data(found: Sequence[Cost], machine: Machine) -> dict[str, Any]:
    """The plan for machines: the rows by stage, and every part."""
    rows = {row.stage: row._asdict() for row in lines(found, machine)}
    of_parts = [
        {
            "stage": cost.part.stage,
            "name": cost.part.name,
            "jobs": cost.jobs,
            "there": cost.there,
            "seconds_a_job": round(cost.seconds, 3),
            "start_seconds_a_job": round(cost.start, 3),
            "memory_bytes_a_job": cost.memory,
            "result_bytes_a_job": cost.size,
        }
        for cost in found
    ]
    has = {name: value if value is None or math.isfinite(value) else None for name, value in machine._asdict().items()}
    return {"machine": has, "stages": rows, "parts": of_parts}


def spoken(seconds: float) -> str:
    """4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    whole = round(seconds)
    for unit, below, size, rest in (("d", "h", 86_400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // rest} {below}"
    return f"{whole} s"


def _bytes(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / 2**20:.0f} MiB"
