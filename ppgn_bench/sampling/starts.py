"""Starts: the state that a chain begins with, made of standard normal numbers [chain, ...].

One that begins with real images takes them too, one a chain, and the networks that it needs, each by its role: the
names of its other parameters.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from ppgn_bench.sampling.outputs import code_of


def rectified(noise: Tensor) -> Tensor:
    """Codes at relu(N(0, I)): codes of real images come out of a ReLU."""
    return noise.relu()


def normal(noise: Tensor) -> Tensor:
    """Codes at N(0, I), as in the released code: half of every one is below what the encoder can give [C]."""
    return noise


def encoded(noise: Tensor, images: Tensor, encoder: Callable[[Tensor], Any]) -> Tensor:
    """Codes at E(x) of real images x, as in the release's scripts that start from a real image [C].

    images [chain, channel, height, width] in [0, 1]. The numbers only say how many chains there are and of what kind.
    """
    return code_of(encoder(images)).to(noise)


def grey(noise: Tensor) -> Tensor:
    """Images at 0.5 + 0.1 N(0, I), cut to [0, 1]."""
    return (0.5 + 0.1 * noise).clamp(0, 1)
