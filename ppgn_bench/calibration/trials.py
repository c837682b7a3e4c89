"""One trial: a job of a run, cut to a few steps on stand-ins, as seconds of one unit of its work.

What two lengths of the same job take apart is what their units take: start-up and all that happens once cancel.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ppgn_bench.calibration.measurements import controlled, measured
from ppgn_bench.calibration.timing import Trial, quiet, shortened, timed
from ppgn_bench.jobs import Exploring, Run, Sampling, Training
from ppgn_bench.lookup import Name
from ppgn_bench.storage import machine
from ppgn_bench.workflow.outlook import Speed

UNWATCHED = Name("calibration.trials:unwatched")
ITERATIONS = 8  # of a training that are timed
SLOW = 0.3  # seconds of a step of FEW_IMAGES from which it is tried with no more, and counted as so many times those
FEW_IMAGES = 2  # images, or chains
CHAINS, FEW_CHAINS, STEPS = 64, 8, 3  # of a sampling
FEW_ITERATIONS, LEAST_STEPS = 10, 40  # on a world, whose run has at least 40 steps


def tried(trial: Trial) -> tuple[Speed, float]:
    """The seconds of one unit of each kind of the part's work, and those of the processor that the trial took."""
    started = time.process_time()
    with quiet():
        return HOW[trial.part.stage](trial), time.process_time() - started


def _trained(trial: Trial) -> Speed:
    from ppgn_bench.training.stage import train

    job, data = trial.part.job, trial.data
    assert isinstance(job, Training)
    assert data is not None
    device = machine.device(job.device)
    if job.options.get("weights"):
        return _given(trial, job, data.tiny, device)
    needs = {role: trial.files[file] for role, file in trial.part.reads.items()}
    size, rival = 0, job.rival and job.rival.model_copy(update={"held_out": UNWATCHED})

    def once(iterations: int, batch: int, source: Path) -> float:
        """Seconds of so many iterations."""
        nonlocal size
        cut = job.model_copy(update={"iterations": iterations, "batch_size": batch, "rival": rival})
        weights, seconds = timed(lambda: train(cut, source, needs, device), device)
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


def _given(trial: Trial, job: Training, images: Path, device: Any) -> Speed:
    """A network whose weights are given; of a download, which is not made here, its size alone."""
    from ppgn_bench.training.stage import train

    seconds, file = 0.0, trial.part.given
    if file:
        seconds = timed(lambda: train(job, images, {}, device, given=Path(file)), device)[1]
    return Speed({"pass": seconds}, trial.files[trial.part.files[0]].stat().st_size)


def unwatched(rival: object, network: object, held_out: object, noise: object) -> dict[str, float]:
    """Nothing of a rival: it is watched 20 times in a training, which would be at every iteration of a short one."""
    return {}


def _sampled(trial: Trial) -> Speed:
    from ppgn_bench.sampling.stage import sample

    job, data = trial.part.job, trial.data
    assert isinstance(job, Sampling)
    assert data is not None
    device = machine.device(job.device)
    networks = {role: trial.files[file] for role, file in trial.part.reads.items()}

    def once(chains: int, steps: int) -> float:
        """Seconds of so many chains and steps."""
        cut = shortened(job, {"quality": Run(chains_per_target=1, steps=steps, keep_every=steps)}, chains)
        return timed(lambda: sample(cut, networks, data.whole, device), device)[1]

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


def _explored(trial: Trial) -> Speed:
    import torch

    from ppgn_bench.worlds import denoising, mixtures
    from ppgn_bench.worlds.stage import explore

    job = trial.part.job
    assert isinstance(job, Exploring)
    device = machine.device("cpu")

    def once(steps: int) -> float:
        cut = job.model_copy(update={"iterations": FEW_ITERATIONS, "steps": steps})
        return timed(lambda: explore(cut), device)[1]

    def trained(iterations: int) -> float:
        """Seconds of training the world's denoisers for so many iterations."""
        grid = job.sigmas, job.training_sizes, iterations
        rng = torch.Generator().manual_seed(0)
        return timed(lambda: denoising.trained(world, *grid, rng), device)[1]

    world, short = mixtures.mixture(job.components), once(LEAST_STEPS)
    of_step = max(0.0, once(2 * LEAST_STEPS) - short) / LEAST_STEPS
    of_iteration = max(0.0, trained(4 * FEW_ITERATIONS) - trained(FEW_ITERATIONS)) / (3 * FEW_ITERATIONS)
    return Speed({"pass": short, "iteration": of_iteration, "step": of_step})


HOW: Mapping[str, Callable[[Trial], Speed]] = {
    "train": _trained,
    "sample": _sampled,
    "measure": measured,
    "controls": controlled,
    "explore": _explored,
}
