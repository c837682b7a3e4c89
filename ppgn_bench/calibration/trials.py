"""One trial: a job of a run, cut to a few steps on stand-ins, as seconds of one unit of its work.

What two lengths of the same job take apart is what their units take: start-up and all that happens once cancel.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ppgn_bench.calibration.stand_ins import Data
from ppgn_bench.jobs import Exploring, Measuring, MeasuringControls, Run, Sampling, Training
from ppgn_bench.storage import files, machine
from ppgn_bench.workflow.outlook import Speed
from ppgn_bench.workflow.planning import Part

ITERATIONS = 8  # of a training that are timed
SLOW = 0.3  # seconds of a step of FEW_IMAGES from which it is tried with no more, and counted as so many times those
FEW_IMAGES = 2  # images, or chains
CHAINS, FEW_CHAINS, STEPS = 64, 8, 3  # of a sampling
TARGETS, MEASURED = 10, 6  # of a measurement: targets, and chains of each
FEW_ITERATIONS, LEAST_STEPS = 10, 40  # on a world, whose run has at least 40 steps


class Trial(NamedTuple):
    """What is tried; files: the run's network -> what stands in for it; data: of the part's data set, if it has one."""

    part: Part
    files: Mapping[str, Path]
    data: Data | None
    folder: Path


def tried(trial: Trial) -> Speed:
    """The seconds of one unit of each kind of the part's work."""
    with _quiet():
        return HOW[trial.part.stage](trial)


def _trained(trial: Trial) -> Speed:
    from ppgn_bench.training.stage import train

    job, data = trial.part.job, trial.data
    assert isinstance(job, Training)
    assert data is not None
    device = machine.device(job.device)
    needs = {role: trial.files[file] for role, file in trial.part.reads.items()}
    size = 0

    def once(iterations: int, batch: int, source: Path) -> float:
        nonlocal size
        cut = job.model_copy(update={"iterations": iterations, "batch_size": batch})
        weights, seconds = _timed(lambda: train(cut, source, needs, device), device)
        size = sum(array.nbytes for array in weights[0].values())
        return seconds

    few, ratio = min(FEW_IMAGES, job.batch_size), job.batch_size / min(FEW_IMAGES, job.batch_size)
    once(1, few, data.tiny)  # what is imported and made when it is first asked for
    of_few = max(0.0, once(2, few, data.tiny) - once(1, few, data.tiny))
    each = of_few * ratio
    if of_few < SLOW:
        several = once(1 + ITERATIONS, job.batch_size, data.short)
        each = max(0.0, several - once(1, job.batch_size, data.short)) / ITERATIONS
    return Speed({"pass": data.share * once(1, few, data.middle), "iteration": each}, size)


def _sampled(trial: Trial) -> Speed:
    from ppgn_bench.sampling.stage import sample

    job, data = trial.part.job, trial.data
    assert isinstance(job, Sampling)
    assert data is not None
    device = machine.device(job.device)
    networks = {role: trial.files[file] for role, file in trial.part.reads.items()}

    def once(chains: int, steps: int) -> float:
        cut = _cut(job, {"quality": Run(chains_per_target=1, steps=steps, keep_every=steps)}, chains)
        return _timed(lambda: sample(cut, networks, data.whole, device), device)[1]

    once(FEW_IMAGES, 1)  # what is imported and made when it is first asked for
    first = once(FEW_IMAGES, 1)
    if first > SLOW and (of_few := max(0.0, once(FEW_IMAGES, 2) - first)) > SLOW:
        return Speed({"pass": first, "step": 0.0, "chain-step": of_few / FEW_IMAGES})
    batch = job.chunk_size if device.type == "cuda" else min(job.chunk_size, CHAINS)
    few = min(FEW_CHAINS, batch)
    once(batch, 1)  # memory and kernels of this size are made
    once_few = once(few, 1)
    of_few = max(0.0, once(few, 1 + STEPS) - once_few) / STEPS
    of_batch = max(0.0, once(batch, 1 + STEPS) - once(batch, 1)) / STEPS
    each = max(0.0, of_batch - of_few) / (batch - few) if batch > few else of_batch / batch
    seconds = {"step": max(0.0, of_few - few * each) if batch > few else 0.0, "chain-step": each}
    return Speed({"pass": once_few, **seconds})


def _cut(job: Sampling, runs: Mapping[str, Run], chains: int | None = None) -> Sampling:
    """The job with other runs and its first setting; chains: as many targets, the same ones again if need be."""
    targets = job.targets[:TARGETS]
    if chains is not None:
        targets = tuple(job.targets[number % len(job.targets)] for number in range(chains))
    return job.model_copy(update={"runs": runs, "settings": job.settings[:1], "targets": targets})


def _measured(trial: Trial) -> Speed:
    from ppgn_bench.metrics.inputs import judged_training
    from ppgn_bench.metrics.rows import chosen, reads_training
    from ppgn_bench.metrics.stage import measure

    job, data, sampled = trial.part.job, trial.data, trial.part.sampled
    assert isinstance(job, Measuring)
    assert data is not None
    assert sampled is not None
    networks = {role: trial.files[file] for role, file in trial.part.networks.items()}
    path, draws = _chains(sampled, networks, data, trial.folder)
    _import_metrics()
    device = machine.device(job.device)
    reals, of_reals = _timed(lambda: _reals(job, trial, data.whole), device)
    of_training = 0.0
    if reads_training(chosen(job)):
        of_training = len(reals) * _timed(lambda: judged_training(reals[0]), device)[1]
    of_draws = _timed(lambda: measure(job, [path], reals), device)[1] - of_training
    return Speed({"pass": data.share_of_whole * (of_reals + of_training), "draw": max(0.0, of_draws) / draws})


def _import_metrics() -> None:
    """Import what the metrics import when they are called, which is no cost of theirs."""
    import arviz_stats.base  # noqa: F401
    import torch_fidelity  # noqa: F401
    import torchmetrics.functional.image  # noqa: F401


def _chains(job: Sampling, networks: Mapping[str, Path], data: Data, folder: Path) -> tuple[Path, int]:
    """A file of chains that are as long as the job's, and how many draws it has: two draws, again and again."""
    from ppgn_bench.sampling.stage import sample

    each = {name: min(run.chains_per_target, MEASURED) for name, run in job.runs.items()}
    short = {name: Run(chains_per_target=number, steps=1, keep_every=1) for name, number in each.items()}
    arrays = sample(_cut(job, short), networks, data.whole, machine.device(job.device))
    long = {name: run.model_copy(update={"chains_per_target": each[name]}) for name, run in job.runs.items()}
    draws = 0
    for name, run in long.items():
        steps = np.arange(0, run.steps + 1, run.keep_every)
        for key, number in (("images", len(steps)), ("codes", len(steps)), ("log_prob", run.steps + 1)):
            if (known := arrays.get(f"{name}.{key}")) is not None:
                arrays[f"{name}.{key}"] = known[:, np.arange(number) % known.shape[1]]
        arrays[f"{name}.steps"] = steps
        draws += len(steps) * len(arrays[f"{name}.targets"])
    path = folder / "chains.safetensors"
    told = _cut(job, long).model_dump(mode="json")
    files.save_arrays(path, arrays, {"kind": "chains", "dataset": job.dataset, "job": told})
    return path, draws


def _reals(job: Measuring, trial: Trial, source: Path) -> list[Any]:
    """What samples are compared with, a judge each; the judge of factors sees the first."""
    from ppgn_bench.metrics.inputs import read_real, with_factor_judge
    from ppgn_bench.training.recipes import FACTOR_JUDGE

    device = machine.device(job.device)
    judges = [file for role, file in trial.part.reads.items() if role != FACTOR_JUDGE]
    reals = [
        read_real(source, trial.files[file], network, job.real, device)
        for file, network in zip(judges, job.judges, strict=False)
    ]
    if job.factor_judge is not None:
        file = trial.files[trial.part.reads[FACTOR_JUDGE]]
        reals = [with_factor_judge(real, file, job.factor_judge) for real in reals]
    return reals


def _controlled(trial: Trial) -> Speed:
    """Without resplits, whose images are as many again, and without what is measured once."""
    from ppgn_bench.metrics.control_stage import ONCE, measure_controls
    from ppgn_bench.metrics.table import CONTROLS

    job, data = trial.part.job, trial.data
    assert isinstance(job, MeasuringControls)
    assert data is not None
    metrics = {name: metric for name, metric in job.metrics.items() if name not in ONCE}
    cut = job.model_copy(update={"sizes": {}, "real": "train", "metrics": metrics})
    number = len(files.load_some(data.tiny, "data", ["control.labels"])[0]["control.labels"])
    run = lambda: measure_controls(cut, _reals(cut, trial, data.tiny))  # noqa: E731
    seconds = _timed(run, machine.device(job.device))[1]
    return Speed({"pass": 0.0, "image": seconds / (number * (len(job.judges) + 0.5) * len(CONTROLS))})


def _explored(trial: Trial) -> Speed:
    import torch

    from ppgn_bench.worlds import denoising, mixtures
    from ppgn_bench.worlds.stage import explore

    job = trial.part.job
    assert isinstance(job, Exploring)
    device = machine.device("cpu")

    def once(steps: int) -> float:
        cut = job.model_copy(update={"iterations": FEW_ITERATIONS, "steps": steps})
        return _timed(lambda: explore(cut), device)[1]

    def trained(iterations: int) -> float:
        grid = job.sigmas, job.training_sizes, iterations
        rng = torch.Generator().manual_seed(0)
        return _timed(lambda: denoising.trained(world, *grid, rng), device)[1]

    world, short = mixtures.mixture(job.components), once(LEAST_STEPS)
    of_step = max(0.0, once(2 * LEAST_STEPS) - short) / LEAST_STEPS
    of_iteration = max(0.0, trained(4 * FEW_ITERATIONS) - trained(FEW_ITERATIONS)) / (3 * FEW_ITERATIONS)
    return Speed({"pass": short, "iteration": of_iteration, "step": of_step})


def _timed(run: Callable[[], Any], device: Any) -> tuple[Any, float]:
    """What a job gives, and its seconds: of the processor, whatever else it does; on a graphics card of the clock."""
    if device.type == "cpu":
        started = time.process_time()
        return run(), time.process_time() - started
    import torch

    started = time.perf_counter()
    given = run()
    torch.cuda.synchronize()
    return given, time.perf_counter() - started


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No bars, and no warnings of images that mean nothing."""
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


HOW: Mapping[str, Callable[[Trial], Speed]] = {
    "train": _trained,
    "sample": _sampled,
    "measure": _measured,
    "controls": _controlled,
    "explore": _explored,
}
