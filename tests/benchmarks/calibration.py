"""The calibration workload: a matrix product and a convolution, about 10 ms on one thread, timed beside each round.

They are what a chain's step is made of. What slows a machine down, or a newer one speeds up, does the same to both.
"""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch

SIDE = 640  # of the square matrices
IMAGES, CHANNELS, PIXELS = 64, 32, 28
CALLS = 10  # on each side of a round


def workload() -> Callable[[], Any]:
    """The product and the convolution of fixed numbers, as one call."""
    rng = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, SIDE, SIDE, generator=rng)
    images = torch.randn(IMAGES, CHANNELS, PIXELS, PIXELS, generator=rng).to(memory_format=torch.channels_last)
    kernels = torch.randn(CHANNELS, CHANNELS, 3, 3, generator=rng).to(memory_format=torch.channels_last)
    return lambda: (left @ right, torch.conv2d(images, kernels, padding=1))


def times(call: Callable[[], Any], calls: int = CALLS) -> list[float]:
    """Seconds of each call, after one that is not counted: what ran before has taken the caches."""
    call()
    stamps = [time.perf_counter()]
    for _ in range(calls):
        call()
        stamps.append(time.perf_counter())
    return [after - before for before, after in pairwise(stamps)]


def beside_each_round(benchmark: Any, call: Callable[[], Any]) -> list[list[float]]:
    """Let `benchmark.pedantic` time the workload before and after each round; gives the list that it fills.

    An entry is a round, the warm-up rounds first; it has the calls of both sides. The workload runs after the
    benchmark's own setup and before its own teardown, so that nothing stands between it and the round.
    """
    rounds: list[list[float]] = []
    plain = benchmark.pedantic

    def pedantic(target, args=(), kwargs=None, setup=None, teardown=None, **options):
        def before():
            arguments = setup() if setup else None
            rounds.append(times(call))
            return arguments

        def after(*args, **kwargs):
            rounds[-1].extend(times(call))
            if teardown:
                teardown(*args, **kwargs)

        return plain(target, args, kwargs, setup=before, teardown=after, **options)

    benchmark.pedantic = pedantic
    return rounds
