"""What a job asks of a cluster: memory, and the time after which it may be ended. Nothing imports torch.

    memory = (SNAKEMAKE + MARGIN * estimate) * attempt
    time   = max(LEAST, SLACK * seconds) * 2^(attempt - 1)

The estimates are those of a plan (`planning`), of one job. A job that asks for too little is ended, one that asks for
too much waits a little longer: so both are generous, and a job that was ended asks for more. Nothing of it runs a job
again, and a run on one machine is not held by it.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ppgn_bench.config import memory
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.workflow import paths, planning
from ppgn_bench.workflow.outlook import OF_CARD
from ppgn_bench.workflow.parts import Part

MARGIN = 2  # peaks of 297 jobs of the default and the smoke run were .86 to 1.41 times the estimate
SNAKEMAKE = 2**29  # bytes of the two Snakemakes that start a job on its node
HOST = 3 * 2**30  # bytes of the machine's own memory that CUDA and its libraries take
SLACK = 4  # times what the slowest job of its kind would take
LEAST = 1800  # seconds

# Bytes a second of what a training's iteration, or a step of all chains of a batch, holds in memory: of a core the
# slowest of those 297 jobs, of a card an H100 that four trainings of 227 pixels shared (docs/performance.md).
OF_CORE: Mapping[str, float] = {"iteration": 2e9, "step": 4e8}
OF_H100: Mapping[str, float] = {"iteration": 5e10, "step": 5e10}
# Seconds for each number of an image that is drawn, read or decoded, or of a draw that is measured.
OF_PIXELS: Mapping[str, float] = {"image": 1e-7, "file": 1e-7, "draw": 1e-6}
# Seconds of a setting's measures, of an image that Inception sees, of what a report draws.
OF_UNIT: Mapping[str, float] = {"setting": 2.0, "seen": 0.15, "drawing": 0.45}


class Needs(NamedTuple):
    """Of one job: bytes that it is estimated to hold, bytes of CUDA, seconds of the slowest job of its kind."""

    memory: int
    cuda: int
    seconds: float


OTHERS = Needs(2 * 2**30, 0, 900.0)  # what no plan counts: the gate, and judges that the package already has
Asked = Callable[[Mapping[str, str], int], int]  # as Snakemake calls it: wildcards, attempt


def needs(experiment: Experiment) -> dict[str, Needs]:
    """Where the results of a job lie, without their seed -> what it needs."""
    found: dict[str, Needs] = {}
    for part in planning.parts(experiment):
        seeds = min(part.at_once, len(part.files))
        seconds = seeds * _seconds(experiment, part)
        own = Needs(part.processes * part.memory, part.processes * _cuda(experiment, part), seconds)
        found |= {file.rpartition("/seed_")[0] or file: own for file in part.files}
    return found


def mem_mb(of: Mapping[str, Needs], place: str = "") -> Asked:
    """Memory that a rule's jobs ask for, in MB; place: a key of `needs`, with the rule's wildcards; without
    one they are counted by no plan.
    """

    def asked(wildcards: Mapping[str, str], attempt: int) -> int:
        own = of.get(place.format_map(dict(wildcards.items())), OTHERS)
        return attempt * math.ceil((SNAKEMAKE + own.cuda + MARGIN * own.memory) / 1e6)

    return asked


def runtime(of: Mapping[str, Needs], place: str = "") -> Asked:
    """Time after which a rule's jobs may be ended, in minutes; place as in `mem_mb`."""

    def asked(wildcards: Mapping[str, str], attempt: int) -> int:
        own = of.get(place.format_map(dict(wildcards.items())), OTHERS)
        return math.ceil(max(LEAST, SLACK * own.seconds) / 60) << (attempt - 1)

    return asked


def _cuda(experiment: Experiment, part: Part) -> int:
    return HOST if experiment.device != "cpu" and part.stage in OF_CARD else 0


def _seconds(experiment: Experiment, part: Part) -> float:
    """Seconds that a seed of a part would take if it were as slow as the slowest of its kind."""
    speeds = OF_H100 if _cuda(experiment, part) else OF_CORE
    costs = {unit: (part.memory - memory.PROCESS) / speed for unit, speed in speeds.items()}
    if part.folder:
        name = paths.folders(experiment)[part.folder]
        numbers = experiment.dataset(name).channels * experiment.image_size(name) ** 2
        costs |= {unit: numbers * seconds for unit, seconds in OF_PIXELS.items()}
    costs |= OF_UNIT
    return sum(number * costs.get(unit, 0.0) for unit, number in part.units.items())
