"""How a job's time, memory and files grow, each point in a process of its own, beside the law that they should follow.

    seconds = a + b n^power,    memory and files as `ppgn-bench plan` says

An axis is a config with one number changed; its job is the one that the workflow would start. Seconds are of the
processor, whatever else it does. `make growth` measures all axes, prints a table and draws docs/growth.png.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from ppgn_bench.calibration import stand_ins
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.jobs import Sampling, Training
from ppgn_bench.storage import files
from ppgn_bench.workflow import paths, plan, planning
from ppgn_bench.workflow.parts import Part
from tests.conftest import ROOT, workflow_copy

STEPS = 2  # of a chain, whose first and last draws are kept
Command = tuple[list[str], Path | None]  # and the file that it writes, others beside it


class Axis(NamedTuple):
    """What is made larger. config: number -> what its config changes; command: of an experiment in a folder; apart:
    those of the numbers that no law goes through, being of other networks.
    """

    title: str
    numbers: tuple[int, ...]
    config: Callable[[int], Mapping[str, Any]]
    command: Callable[[Experiment, Path], Command]
    stage: str  # of the job whose memory the plan says; "" where it says none
    power: int = 1
    apart: tuple[int, ...] = ()


class Point(NamedTuple):
    """One measurement: seconds of the processor, MiB at the most, MiB of the files; memory and files as planned."""

    number: int
    seconds: float
    memory: float
    size: float
    planned_memory: float = np.nan
    planned_size: float = np.nan


FOUND = pytest.StashKey[dict[str, list[Point]]]()  # of all axes of a run


class Law(NamedTuple):
    """seconds = once + each n^power."""

    once: float
    each: float
    power: int

    def seconds(self, number: float) -> float:
        """What it says."""
        return self.once + self.each * number**self.power


def fitted(points: Sequence[Point], axis: Axis) -> Law:
    """The law through an axis's points by least squares of relative errors, neither part below 0."""
    from scipy.optimize import nnls

    points = [own for own in points if own.number not in axis.apart]
    seconds = np.array([own.seconds for own in points])
    terms = np.array([[1.0, float(own.number) ** axis.power] for own in points])
    (once, each), _ = nnls(terms / seconds[:, None], np.ones(len(points)))
    return Law(float(once), float(each), axis.power)


def part_of(experiment: Experiment, stage: str) -> Part:
    """The first part of a stage."""
    return next(part for part in planning.parts(experiment) if part.stage == stage)


def sampling(experiment: Experiment, place: Path) -> Command:
    """The job that samples, on random images and untrained networks."""
    part, made = part_of(experiment, "sample"), {}
    for of in planning.parts(experiment):
        if isinstance(of.job, Training):
            made |= dict.fromkeys(of.files, stand_ins.network(of.job, place / f"{len(made)}.safetensors"))
    networks = [word for role, file in part.reads.items() for word in ("--network", f"{role}={made[file]}")]
    output = place / "chains" / "seed_0.safetensors"
    assert part.job is not None
    return ["sample", "--job", part.job.as_json(), "--data", _data(experiment, place), *networks, *_to(output)], output


def measuring(experiment: Experiment, place: Path) -> Command:
    """The job that measures the chains of all seeds: here one seed's, copied. The judges know the real images alone."""
    command, chains = sampling(experiment, place)
    assert chains is not None
    spent(_own(command))
    copies, (folder,) = [], paths.folders(experiment)
    data = place / "real" / "data.safetensors"
    spent(_own(["prepare", "--job", plan.preparation(experiment, folder).as_json(), *_to(data)]))
    arrays, header = files.load_arrays(chains, "chains")
    for seed in experiment.datasets[folder].seeds:
        copies.append(place / "copies" / f"seed_{seed}.safetensors")
        job = Sampling.model_validate(header["job"]).model_copy(update={"seed": seed})
        files.save_arrays(copies[-1], arrays, {**header, "job": job.model_dump(mode="json")})
    part = part_of(experiment, "measure")
    judges = [word for file in paths.judges_asked(experiment, folder).values() for word in ("--judge", file)]
    given = ["--job", part.job.as_json() if part.job else "", "--data", str(data), *judges]
    output = place / "metrics" / "joint.csv"
    return ["measure", *map(str, copies), *given, *_to(output)], output


def workflow(experiment: Experiment, place: Path) -> Command:
    """What Snakemake thinks over before its first job: `snakemake -n` of the default run."""
    workflow_copy(place / "clone")
    seeds = f"{{seeds: {len(experiment.datasets['digits'].seeds)}}}"
    options = ["--directory", str(place / "clone"), "--snakefile", str(place / "clone" / "Snakefile"), "--quiet", "all"]
    return ["snakemake", "-n", *options, "--config", f"datasets={{mnist: {seeds}, shapes: {seeds}}}"], None


def _data(experiment: Experiment, place: Path) -> str:
    """Random images in place of its data set's."""
    (folder,) = paths.folders(experiment)
    whole = place / "data" / "whole.safetensors"
    if not whole.exists():
        stand_ins.data(plan.preparation(experiment, folder), False, place / "data")
    return str(whole)


def _to(output: Path) -> list[str]:
    output.parent.mkdir(exist_ok=True)
    return ["--output", str(output)]


def _own(command: list[str]) -> list[str]:
    """As a process: one of ours, or the workflow's."""
    module = [] if command[0] == "snakemake" else ["ppgn_bench"]
    return [sys.executable, "-m", *module, *command]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def of_digits(**own: Any) -> Mapping[str, Any]:
    """Joint PPGN-h on digits at 16 pixels: the least of all."""
    return {"datasets": {"digits": own.pop("datasets", {"seeds": 1})}, "sweeps": {"own": {"quality": run(), **own}}}


def run(chains: int = 1) -> Mapping[str, int]:
    """So many chains of each of ten classes."""
    return {"chains_per_target": chains, "steps": STEPS, "keep_every": STEPS}


def grid(number: int) -> Mapping[str, Any]:
    """So many settings, of ten chains each."""
    return of_digits(epsilon={"condition": np.linspace(0.1, 1, number).tolist()})


def of_side(side: int) -> Mapping[str, Any]:
    """Joint PPGN-h on shapes with twenty chains; at 227 pixels with the paper's networks, which are for these."""
    paper = {"classifier": {"architecture": "caffenet"}, "joint": {"architecture": "released_generator"}}
    own = {"seeds": 1, "image_size": side, **({"networks": paper} if side == 227 else {})}
    return {"datasets": {"shapes": own}, "sweeps": {"own": {"quality": run(2)}}}


def many_chains(number: int) -> Mapping[str, Any]:
    """So many chains, a multiple of ten."""
    return of_digits(quality=run(number // 10))


def many_seeds(number: int) -> Mapping[str, Any]:
    """So many seeds, of ten chains each."""
    return of_digits(datasets={"seeds": number})


AXES: Mapping[str, Axis] = {
    "chains": Axis("chains", (10, 100, 1000, 10_000, 100_000), many_chains, sampling, "sample"),
    "settings": Axis("settings, ten chains each", (1, 10, 100, 1000), grid, sampling, "sample"),
    "pixels": Axis(
        "pixels a side, twenty chains", (16, 32, 64, 128, 224, 227), of_side, sampling, "sample", power=2, apart=(227,)
    ),
    "seeds": Axis("seeds that are measured", (1, 5, 10, 20), many_seeds, measuring, "measure"),
    "workflow": Axis("seeds that snakemake -n plans", (1, 5, 10, 20), many_seeds, workflow, ""),
}


def experiment_of(axis: Axis, number: int) -> Experiment:
    """The default run, with one sampler and what the axis changes."""
    changes = axis.config(number)
    without = {name: None for name in ("mnist", "shapes") if name not in changes["datasets"]}
    config = {"name": "growth", "memory_gib": 64, "worlds": None, "variants": ["joint_ppgn_h"], **changes}
    config["datasets"] = {**changes["datasets"], **without}
    config["sweeps"] = {"own": {"mixing": None}, "matched": None, "released": None}
    config["sweeps"]["own"] |= changes.get("sweeps", {}).get("own", {})
    return load_experiment({**config, "extends": str(ROOT / "config/config.yaml")})


def measured(axis: Axis, number: int, place: Path) -> Point:
    """One point: the job of its experiment, in a folder of its own."""
    experiment = experiment_of(axis, number)
    place.mkdir()
    command, output = axis.command(experiment, place)
    seconds, memory = spent(_own(command))
    files_of = output.parent.glob(f"{output.stem}.*") if output else ()
    size = sum(path.stat().st_size for path in files_of) / 2**20 if output else np.nan
    if not axis.stage:
        return Point(number, seconds, memory, size)
    part = part_of(experiment, axis.stage)
    return Point(number, seconds, memory, size, part.memory / 2**20, part.size / 2**20)


# A process that is started by a large one counts that one's memory as its own: so a small one is between.
WATCHER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
sys.stderr.buffer.write(done.stderr)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(done.returncode)
"""


def spent(command: Sequence[str]) -> tuple[float, float]:
    """Seconds of the processor and MiB at the most of a process. Raises RuntimeError with what it says if it fails."""
    watched = [sys.executable, "-S", "-c", WATCHER, *command]
    done = subprocess.run(watched, capture_output=True, text=True, env=_environment(), cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:300]}: {done.stderr[-2000:]}")
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory
