"""How much memory a sampling job will take, estimated before anything runs. Nothing imports torch."""

import math
from collections.abc import Iterable, Sequence

from ppgn_bench.config.sections import Run
from ppgn_bench.jobs import Sampling
from ppgn_bench.networks.options import Options
from ppgn_bench.networks.sizes import Sizes

FLOAT = 4  # bytes
GIB = 2**30


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
