"""Priors: the term that pulls a state s towards likely states, R(s) - s, where R takes a state nearer to the data.

A prior takes a View and the networks that it needs, each by its role: the names of its other parameters. A network
that serves several roles, or a prior and a condition, runs once on an image.

For a denoiser R trained with Gaussian noise of variance sigma^2, (R(s) - s) / sigma^2 estimates the score of the data
(Eq. 6); the 1 / sigma^2 is absorbed into epsilon 1. The hand-designed priors of activation maximization have the same
form, so that every sampler of the paper is the same sentence.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ppgn_bench.sampling.outputs import code_of

GREY = 0.5  # the middle of an image's range, where pixel chains start and L2 decay leads
BLUR_SIGMA = 0.7  # pixels
TV_SMOOTHING = 0.1  # of the image's range


class View(NamedTuple):
    """What a prior may look at: the state, its image (G(h) for a state h, a state x itself), and the step's number."""

    state: Tensor  # [chain, ...]
    image: Tensor  # [chain, channel, height, width]
    step: int


Network = Callable[[Tensor], Any]
Prior = Callable[..., Tensor]  # (view, a network for each role) -> as the state


def absent(view: View) -> Tensor:
    """No prior: AM and DGN-AM (Eq. 10)."""
    return torch.zeros_like(view.state)


def denoised(view: View, denoiser: Network) -> Tensor:
    """R(s) - s of a denoising autoencoder: PPGN-x on images (Eq. 7), PPGN-h on codes (Eq. 11)."""
    return denoiser(view.state) - view.state


def joint(view: View, encoder: Network) -> Tensor:
    """E(G(h)) - h: generator and encoder as one autoencoder of codes, upside down (Sec. 3.4 and 3.5)."""
    return code_of(encoder(view.image)) - view.state


def standard_normal(view: View) -> Tensor:
    """-z, the exact score of N(0, I): what a VAE's codes are beforehand."""
    return -view.state


def l2_decay(view: View) -> Tensor:
    """Decay towards grey: the score of a Gaussian around it, up to its variance (Sec. 2.2)."""
    return GREY - view.state


def gaussian_blur(view: View) -> Tensor:
    """Blurred image less the image: pulls towards smooth images. 3 x 3 kernel, sigma 0.7 pixels (Sec. 2.2)."""
    side = torch.arange(-1, 2, device=view.state.device, dtype=view.state.dtype)  # made there: nothing is sent
    profile = torch.exp(-(side**2) / (2 * BLUR_SIGMA**2))
    kernel = torch.outer(profile, profile) / profile.sum() ** 2
    channels = view.state.shape[1]
    padded = F.pad(view.state, (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, kernel.expand(channels, 1, 3, 3), groups=channels) - view.state


def total_variation(view: View) -> Tensor:
    """Minus the gradient of the smoothed total variation (Sec. 2.2), with D the differences to the next pixel:

        TV(x) = sum over rows and columns of sqrt(D^2 + delta^2),  delta = 0.1

    Without the delta each pixel would jump by the sign of its differences and the picture would turn into a hatch.
    """
    rows, columns = torch.diff(view.state, dim=2), torch.diff(view.state, dim=3)
    rows = rows * torch.rsqrt(rows**2 + TV_SMOOTHING**2)
    columns = columns * torch.rsqrt(columns**2 + TV_SMOOTHING**2)
    return F.pad(rows, (0, 0, 0, 1)) - F.pad(rows, (0, 0, 1, 0)) + F.pad(columns, (0, 1)) - F.pad(columns, (1, 0))
