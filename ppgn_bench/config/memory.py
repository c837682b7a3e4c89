"""How much memory a job will take, estimated before anything runs. Nothing imports torch."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ppgn_bench import jobs
from ppgn_bench.config.sections import Run
from ppgn_bench.data.source import PASS_BYTES, WHOLE_BYTES
from ppgn_bench.jobs import Sampling
from ppgn_bench.networks.options import Options
from ppgn_bench.networks.sizes import Sizes

if TYPE_CHECKING:
    from ppgn_bench.config.experiment import Experiment

FLOAT = 4  # bytes
GIB = 2**30
# Of a process before it does anything, with torch, and with what measures: peaks of the smoke run on a CPU.
PROCESS, MEASURING, EXPLORING = 560 * 2**20, 950 * 2**20, 730 * 2**20
LEARNS = 5  # numbers for each weight that learns: itself, its gradient, Adam's two, its average
PASSES = 20  # numbers that a network makes in a pass, for each of its images' numbers
JUDGED = 1024  # bytes of what is kept of a draw: features where the run mixes, distances, copies of both
CGROUPS = tuple(map(Path, ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")))  # containers'


def too_large(experiment: Experiment) -> Iterable[str]:
    """Keys by which a sampling job would outgrow memory_gib or the machine, each with the job that needs most.

    The machine is the one that asks. What lies on a graphics card is not its own.
    """
    machine = math.inf if experiment.device == "cuda" else of_machine() / GIB
    allowed = experiment.memory_gib
    limit = f"memory_gib allows {allowed:g}" if allowed <= machine else f"this machine has {machine:.3g}"
    for key, needs in _needs(experiment).items():
        needed, of = max(needs)
        if needed > min(allowed, machine) * GIB:
            yield f"{key}: {of} need about {needed / GIB:.3g} GiB, and {limit}"


def of_machine(limits: Iterable[Path] = CGROUPS) -> float:
    """Bytes of memory that the machine has, or its container where that has less; infinite where neither says so."""
    known = [int(said) for file in limits if file.is_file() and (said := file.read_text().strip()).isdigit()]
    with suppress(AttributeError, ValueError, OSError):  # systems without sysconf, or without these names
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min([size for size in known if size > 0], default=math.inf)


def _needs(experiment: Experiment) -> dict[str, list[tuple[int, str]]]:
    """Key -> bytes that each job needs because of it, and of what."""
    needs: dict[str, list[tuple[int, str]]] = {}
    for sweep, dataset in itertools.product(experiment.sweeps, experiment.datasets):
        for name in experiment.sweep_variants(sweep, dataset):
            per_run = len(experiment.targets(dataset, name)) * len(experiment.settings(dataset, sweep, name))
            state, size = experiment.state_shape(dataset, name), experiment.image_size(dataset)
            image, code = (experiment.dataset(dataset).channels, size, size), state[0] if len(state) == 1 else 0
            built = experiment.built(dataset, name)
            for key, run in experiment.runs(dataset, sweep, name).items():
                total = run.chains_per_target * per_run
                batch, of = min(experiment.chunk_size, total), f"of {name} on {dataset}"
                in_batch = batch_bytes(built, state, batch), f"batches of {batch:,} chains {of}"
                kept = kept_bytes(image, code, total, run), f"the kept draws of {total:,} chains {of}"
                needs.setdefault("chunk_size", []).append(in_batch)
                needs.setdefault(f"sweeps.{sweep}.{key}", []).append(kept)
    return needs


def batch_bytes(networks: Iterable[tuple[Options, Sizes]], state_shape: Sequence[int], chains: int) -> int:
    """Memory of a batch's step, in bytes: noise drawn ahead, every activation with its gradient, and the weights.

    networks: each that the sampler runs, once. Measured peaks of batches of 2,000 to 8,000 chains are 0.7 to 1.3 times
    this.
    """
    kept = [(options.activations(sizes), options.parameters(sizes)) for options, sizes in networks]
    drawn = Sampling.noise_block(state_shape) * math.prod(state_shape)
    return FLOAT * (2 * chains * (drawn + sum(of for of, _ in kept)) + sum(weights for _, weights in kept))


def kept_bytes(image_shape: Sequence[int], code_size: int, chains: int, run: Run | jobs.Run) -> int:
    """Memory of a run's kept draws, in bytes: images in 256 levels, codes (0: none), log p(y|x). All of them lie there
    twice at the end, in batches and joined.
    """
    draw = math.prod(image_shape) + FLOAT * code_size
    return chains * 2 * ((run.steps // run.keep_every + 1) * draw + FLOAT * (run.steps + 1))


def training_bytes(
    players: Iterable[tuple[Options, Sizes]], frozen: Iterable[tuple[Options, Sizes]], batch: int, images: int
) -> int:
    """Memory of a training, in bytes: weights with all that Adam keeps of them, activations of a batch with their
    gradients, the images where they lie there as floats, and what a network makes of one pass over them.

    players: what learns; frozen: what it needs; batch: images that are seen at once; images: pixels of all that train
    it. Without an estimate of activations (a network of the user's own) these are missing.
    """
    learn, fixed = ([(own.activations(of), own.parameters(of)) for own, of in group] for group in (players, frozen))
    weights = LEARNS * sum(own for _, own in learn) + sum(own for _, own in fixed)
    activations = 2 * batch * sum(own for own, _ in (*learn, *fixed))
    floats = FLOAT * images
    return FLOAT * (weights + activations) + min(floats, WHOLE_BYTES) + PASSES * min(floats, PASS_BYTES)


def measuring_bytes(steps: int, draws: int) -> int:
    """Memory of a measurement, in bytes: log p(y|x) of each step of a seed's chains, twice, and what is kept of each
    draw of a setting. Images stay in their file.
    """
    return 2 * FLOAT * steps + JUDGED * draws
