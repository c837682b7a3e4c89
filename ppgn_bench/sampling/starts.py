"""Starts: the state that a chain begins with, made of standard normal numbers [chain, ...]."""

from torch import Tensor


def rectified(noise: Tensor) -> Tensor:
    """Codes at relu(N(0, I)): codes of real images come out of a ReLU."""
    return noise.relu()


def normal(noise: Tensor) -> Tensor:
    """Codes at N(0, I), as in the released code: half of every one is below what the encoder can give [C]."""
    return noise


def grey(noise: Tensor) -> Tensor:
    """Images at 0.5 + 0.1 N(0, I), cut to [0, 1]."""
    return (0.5 + 0.1 * noise).clamp(0, 1)
