"""What each stage reaches of what its machine can do: a roofline (Williams et al. 2009). Numbers in, numbers out.

    limit = min(convolution's ceiling, intensity * copy's ceiling),    intensity = operations / bytes

The ceilings are measured in the same run, in turns with each stage. A stage that is told by its arithmetic alone, as
what NumPy does, has its operations and bytes from a formula.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from ppgn_bench.calibration.timing import timed
from tests.benchmarks.counting import Work

SIDE = 1024  # of the square matrices
IMAGES, CHANNELS, PIXELS = 64, 64, 28  # of the convolution, 3 x 3
COPIED = 2**26  # bytes, more than caches hold
GPU = 8  # times as many images, and sides of matrices, keep a card busy
ROUNDS = 5


class Ceilings(NamedTuple):
    """Of a device, at one time: operations a second of a product and of a convolution, bytes a second of a copy."""

    product: float
    convolution: float
    copy: float


class Reached(NamedTuple):
    """Of a stage: where it runs, its work, and of each round its seconds and the ceilings beside them."""

    stage: str
    hardware: str
    work: Work
    seconds: Sequence[float]
    ceilings: Sequence[Ceilings]


REACHED = pytest.StashKey[list[Reached]]()  # of all stages of a run


class Row(NamedTuple):
    """A line of the table; limit and speed are operations a second, medians over rounds, as are the shares."""

    stage: str
    work: Work
    intensity: float
    limit: float
    speed: float
    of_limit: float
    of_convolution: float


def ceilings(device: torch.device) -> Callable[[], Ceilings]:
    """What measures the ceilings of a device, each time that it is called."""
    on = {"device": device, "generator": torch.Generator(device).manual_seed(0)}
    times = GPU if device.type == "cuda" else 1
    side, images_at_once = times * SIDE, times * IMAGES
    left, right = torch.randn(2, side, side, **on)
    shape = images_at_once, CHANNELS, PIXELS, PIXELS
    images = torch.randn(shape, **on).to(memory_format=torch.channels_last)
    kernels = torch.randn(CHANNELS, CHANNELS, 3, 3, **on).to(memory_format=torch.channels_last)
    here, there = torch.empty(2, COPIED // 4, device=device).fill_(0)
    calls: list[tuple[float, Callable[[], Any]]] = [
        (2 * side**3, lambda: left @ right),
        (2 * 9 * CHANNELS * images.numel(), lambda: torch.conv2d(images, kernels, padding=1)),
        (2 * COPIED, lambda: there.copy_(here)),
    ]

    def measured() -> Ceilings:
        return Ceilings(*(work / _once_warm(call, device) for work, call in calls))

    return measured


def _once_warm(call: Callable[[], Any], device: torch.device) -> float:
    """Seconds of a call after one that is not counted: what ran before has taken the caches."""
    timed(call, device)
    return timed(call, device)[1]


def row(of: Reached) -> Row:
    """The line of a stage. Shares are taken within each round, so that what slows the machine slows both sides."""
    flops, moved = of.work
    intensity = flops / moved
    limits = np.array([min(own.convolution, intensity * own.copy) for own in of.ceilings])
    speeds = flops / np.array(of.seconds)
    convolutions = np.array([own.convolution for own in of.ceilings])
    medians = [float(np.median(values)) for values in (limits, speeds, speeds / limits, speeds / convolutions)]
    return Row(of.stage, of.work, intensity, *medians)


def lines(reached: Iterable[Reached]) -> list[str]:
    """A table for each device as Markdown, below its ceilings: their medians over all rounds, from least to largest."""
    text: list[str] = []
    by_device: dict[str, list[Reached]] = {}
    for of in reached:
        by_device.setdefault(of.hardware, []).append(of)
    for hardware, stages in by_device.items():
        text += [_ceilings([own for of in stages for own in of.ceilings], hardware), ""]
        text += ["| stage | GFLOP | MiB moved | FLOP/byte | limit, GFLOP/s | reached | of limit | of convolution |"]
        text += ["|---|---:|---:|---:|---:|---:|---:|---:|", *(_line(row(of)) for of in stages)]
    return text


def _line(own: Row) -> str:
    numbers = [f"{own.work.flops / 1e9:,.4g}", f"{own.work.bytes / 2**20:,.4g}", f"{own.intensity:.3g}"]
    numbers += [f"{own.limit / 1e9:,.3g}", f"{own.speed / 1e9:,.3g}"]
    return f"| {' | '.join([own.stage, *numbers, f'{own.of_limit:.0%}', f'{own.of_convolution:.0%}'])} |"


def _ceilings(found: Sequence[Ceilings], hardware: str) -> str:
    low, middle, high = np.quantile(np.array(found) / 1e9, (0, 0.5, 1), axis=0)
    named = zip(("matrix product", "convolution", "copy"), ("GFLOP/s", "GFLOP/s", "GB/s"), strict=True)
    said = [
        f"{name} {middle[place]:,.3g} {unit} ({low[place]:,.3g} to {high[place]:,.3g})"
        for place, (name, unit) in enumerate(named)
    ]
    return f"{hardware}: {', '.join(said)}"
