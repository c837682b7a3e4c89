"""How much memory a sampling job will take, estimated before anything runs. Nothing imports torch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ppgn_bench.config.sections import Run
from ppgn_bench.jobs import Sampling
from ppgn_bench.networks.options import Options
from ppgn_bench.networks.sizes import Sizes

if TYPE_CHECKING:
    from ppgn_bench.config.experiment import Experiment

FLOAT = 4  # bytes
GIB = 2**30


def too_large(experiment: Experiment) -> Iterable[str]:
    """Keys by which a sampling job would outgrow memory_gib, each with the job that needs most."""
    for key, needs in _needs(experiment).items():
        needed, of = max(needs)
        if needed > experiment.memory_gib * GIB:
            yield f"{key}: {of} need about {needed / GIB:.3g} GiB, and memory_gib allows {experiment.memory_gib:g}"


def _needs(experiment: Experiment) -> dict[str, list[tuple[int, str]]]:
    """Key -> bytes that each job needs because of it, and of what."""
    needs: dict[str, list[tuple[int, str]]] = {}
    for sweep, dataset in itertools.product(experiment.sweeps, experiment.datasets):
        for name in experiment.sweep_variants(sweep):
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
    drawn = Sampling.noise_block * math.prod(state_shape)
    return FLOAT * (2 * chains * (drawn + sum(of for of, _ in kept)) + sum(weights for _, weights in kept))


def kept_bytes(image_shape: Sequence[int], code_size: int, chains: int, run: Run) -> int:
    """Memory of a run's kept draws, in bytes: images in 256 levels, codes (0: none), log p(y|x). All of them lie there
    twice at the end, in batches and joined.
    """
    draw = math.prod(image_shape) + FLOAT * code_size
    return chains * 2 * ((run.steps // run.keep_every + 1) * draw + FLOAT * (run.steps + 1))
