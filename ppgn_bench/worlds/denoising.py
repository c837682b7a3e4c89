"""Denoising autoencoders on a world of known truth, and how well their residual estimates its score (Eq. 6)."""

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ppgn_bench.training.optimizer import Adam
from ppgn_bench.worlds import mixtures
from ppgn_bench.worlds.mixtures import Mixture

WIDTH = 64
BATCH = 128
LEARNING_RATE = 3e-3
HELD_OUT = 20_000  # fresh states that an error is measured on

Row = dict[str, Any]


class Denoisers(NamedTuple):
    """Denoisers side by side: R(x) = x + sigma f(x), with f of three layers; float32."""

    sigmas: tuple[float, ...]  # standard deviation of the noise of each
    sizes: tuple[int, ...]  # states in the training set of each
    layers: list[tuple[Tensor, Tensor]]  # weight [network, in, out], bias [network, 1, out]


def residual(denoisers: Denoisers, x: Tensor) -> Tensor:
    """R(x) - x of every denoiser: x [network, n, d] -> [network, n, d]."""
    *hidden, (weight, bias) = denoisers.layers
    for weights, biases in hidden:
        x = F.silu(torch.baddbmm(biases, x, weights))
    return torch.tensor(denoisers.sigmas)[:, None, None] * torch.baddbmm(bias, x, weight)


def alone(denoisers: Denoisers, sigma: float) -> Denoisers:
    """Of the denoisers of a noise level the one with most training states, as denoisers side by side, one of them."""
    at_sigma = [place for place, own in enumerate(denoisers.sigmas) if own == sigma]
    chosen = max(at_sigma, key=lambda place: denoisers.sizes[place])
    one = slice(chosen, chosen + 1)
    layers = [(weight[one], bias[one]) for weight, bias in denoisers.layers]
    return Denoisers(denoisers.sigmas[one], denoisers.sizes[one], layers)


def trained(
    world: Mixture, sigmas: Sequence[float], sizes: Sequence[int], iterations: int, rng: torch.Generator
) -> Denoisers:
    """A denoiser for each noise level and training size, all at once, by Adam with a cosine decay:

        min over R of E |R(x + sigma n) - x|^2 / sigma^2

    A training set is the first so many of one set of draws, so that sizes differ by what is added.
    """
    grid = list(itertools.product(sigmas, sizes))
    d = world.means.shape[1]
    states = mixtures.sample(world, max(sizes), rng).float()
    counts = torch.tensor([size for _, size in grid])
    denoisers = _untrained([sigma for sigma, _ in grid], [size for _, size in grid], d, rng)
    parameters = [parameter for layer in denoisers.layers for parameter in layer]
    optimizer = Adam([parameter.requires_grad_() for parameter in parameters], LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
    sigma = torch.tensor(denoisers.sigmas)[:, None, None]
    for _ in range(iterations):
        rows = (torch.rand(len(grid), BATCH, generator=rng) * counts[:, None]).long()
        noise = torch.randn(len(grid), BATCH, d, generator=rng)
        error = residual(denoisers, states[rows] + sigma * noise) / sigma + noise
        optimizer.zero_grad()
        (error**2).mean((1, 2)).sum().backward()  # a sum: each network has its own loss
        optimizer.step()
        schedule.step()
    return denoisers._replace(layers=[(weight.detach(), bias.detach()) for weight, bias in denoisers.layers])


def score_errors(world: Mixture, denoisers: Denoisers, rng: torch.Generator) -> list[Row]:
    """Relative error of (R(x) - x) / sigma^2 against the exact scores of p and of p_sigma, on fresh draws of p_sigma.

    Beside it the perfect denoiser, whose residual is the score of p_sigma: what smoothing alone costs.
    """
    rows = []
    for sigma in dict.fromkeys(denoisers.sigmas):
        places = [place for place, own in enumerate(denoisers.sigmas) if own == sigma]
        blurred = mixtures.smoothed(world, sigma)
        x = mixtures.sample(blurred, HELD_OUT, rng)
        truths = {"p": mixtures.score(world, x), "p_sigma": mixtures.score(blurred, x)}
        estimates = residual(denoisers, x.float().expand(len(denoisers.sizes), *x.shape)).double() / sigma**2
        known = {"part": "score", "sigma": sigma, "metric": "relative_error"}
        for (target, truth), place in itertools.product(truths.items(), places):
            named = {"method": "denoiser", "target": target, "training_size": denoisers.sizes[place]}
            rows.append({**known, **named, "value": relative_error(estimates[place], truth)})
        perfect = relative_error(truths["p_sigma"], truths["p"])
        rows.append({**known, "method": "perfect", "target": "p", "value": perfect})
    return rows


def relative_error(estimate: Tensor, truth: Tensor) -> float:
    """Squared error over squared truth, both summed: 1 for an estimate of zero everywhere. Both [n, d]."""
    return float(((estimate - truth) ** 2).sum() / (truth**2).sum())


def _untrained(sigmas: Sequence[float], sizes: Sequence[int], d: int, rng: torch.Generator) -> Denoisers:
    """Denoisers that change nothing yet: their last layer is zero."""
    layers = []
    for inputs, outputs in itertools.pairwise([d, WIDTH, WIDTH, WIDTH, d]):
        weight = torch.randn(len(sigmas), inputs, outputs, generator=rng) / inputs**0.5
        layers.append((weight, torch.zeros(len(sigmas), 1, outputs)))
    layers[-1][0].zero_()
    return Denoisers(tuple(sigmas), tuple(sizes), layers)
