"""Class-conditional mixtures of Gaussians: exact log p(x), score, p(y | x) and draws, for worlds of known truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

MOST_TRIES = 10_000  # batches of a rejection sampler: beyond it a target is too far from its proposal to be drawn


class Mixture(NamedTuple):
    """Gaussians in d dimensions, each isotropic and of one class; float64."""

    weights: Tensor  # [component], sum 1
    means: Tensor  # [component, d]
    variances: Tensor  # [component]
    labels: Tensor  # [component], the class of each


def mixture(components: Sequence[Any]) -> Mixture:
    """The mixture of a world's components, each (label, weight, mean, deviation)."""
    labels, weights, means, deviations = zip(*components, strict=True)
    weight = torch.tensor(weights, dtype=torch.float64)
    variances = torch.tensor(deviations, dtype=torch.float64) ** 2
    return Mixture(weight / weight.sum(), torch.tensor(means, dtype=torch.float64), variances, torch.tensor(labels))


def smoothed(world: Mixture, sigma: float) -> Mixture:
    """The world p * N(0, sigma^2 I): what a state looks like after noise, and what a denoiser's residual knows."""
    return world._replace(variances=world.variances + sigma**2)


def joint_log_prob(world: Mixture, x: Tensor) -> Tensor:
    """Log of weight times density of each component, log w_k N(x; mean_k, variance_k): x [n, d] -> [n, component]."""
    # As a matrix product: a difference of every state to every mean would be [n, component, d].
    distances = (x**2).sum(1, keepdim=True) - 2 * x @ world.means.T + (world.means**2).sum(1)
    scales = world.weights.log() - 0.5 * x.shape[1] * (2 * math.pi * world.variances).log()
    return scales - 0.5 * distances / world.variances


def log_prob(world: Mixture, x: Tensor) -> Tensor:
    """Log density, natural logarithm: x [n, d] -> [n]."""
    return joint_log_prob(world, x).logsumexp(1)


def score(world: Mixture, x: Tensor) -> Tensor:
    """Gradient of log p(x), with r_k the share of component k in p(x):

        sum over k of r_k (mean_k - x) / variance_k

    x [n, d] -> [n, d].
    """
    return _pull(world, x, _shares(joint_log_prob(world, x)))


def class_log_prob(world: Mixture, x: Tensor, labels: Tensor) -> Tensor:
    """Exact log p(y | x), the expert of Eq. 3: the share of a class's components in p(x).

    x [n, d], labels [n] -> [n], natural logarithm.
    """
    parts = joint_log_prob(world, x)
    return _of_class(world, parts, labels).logsumexp(1) - parts.logsumexp(1)


def class_score(world: Mixture, x: Tensor, labels: Tensor) -> Tensor:
    """Gradient of log p(y | x): score of the class's own mixture less that of all. x [n, d], labels [n] -> [n, d]."""
    parts = joint_log_prob(world, x)
    return _pull(world, x, _shares(_of_class(world, parts, labels)) - _shares(parts))


def sample(world: Mixture, n: int, rng: torch.Generator) -> Tensor:
    """Exact draws [n, d]."""
    chosen = world.weights.multinomial(n, replacement=True, generator=rng)
    noise = torch.randn(n, world.means.shape[1], generator=rng, dtype=torch.float64)
    return world.means[chosen] + world.variances[chosen, None].sqrt() * noise


def powers_sample(
    base: Mixture, world: Mixture, label: int, powers: tuple[float, float], n: int, rng: torch.Generator
) -> Tensor:
    """Exact draws of base(x)^a p(y = label | x)^b [n, d], by rejection; p(y | x) is the world's, base p or p_sigma.

    A component to the power a is a Gaussian of variance / a again. With t_k the parts of the base's density

        (sum over k of t_k)^a  <=  K^max(a - 1, 0) * sum over k of t_k^a

    so a draw of the normalised right side is kept with probability left / right * p(y | x)^b. Raises ValueError for
    a <= 0 and where next to nothing is kept.
    """
    a, b = powers
    if a <= 0:
        raise ValueError(f"the power of the prior must be above 0, got {a}")
    d = base.means.shape[1]
    masses = a * base.weights.log() + 0.5 * d * ((1 - a) * (2 * math.pi * base.variances).log() - math.log(a))
    proposal = base._replace(weights=masses.softmax(0), variances=base.variances / a)
    bound = masses.logsumexp(0) + max(a - 1, 0) * math.log(len(masses))
    kept: list[Tensor] = []
    for _ in range(MOST_TRIES):
        x = sample(proposal, n, rng)
        log_target = a * log_prob(base, x) + b * class_log_prob(world, x, torch.full((n,), label))
        uniform = torch.rand(n, generator=rng, dtype=torch.float64)
        kept.append(x[uniform.log() < log_target - log_prob(proposal, x) - bound])
        if sum(map(len, kept)) >= n:
            return torch.cat(kept)[:n]
    raise ValueError(f"powers {powers} of class {label}: {sum(map(len, kept))} of {MOST_TRIES * n} draws were kept")


def _of_class(world: Mixture, parts: Tensor, labels: Tensor) -> Tensor:
    """Parts of each state's own class; those of the others are none. parts [n, component] -> the same."""
    return parts.masked_fill(world.labels != labels[:, None], -math.inf)


def _shares(parts: Tensor) -> Tensor:
    """Softmax over components: parts [n, component] -> the same. Six times faster down columns than along rows."""
    return parts.T.softmax(0).T


def _pull(world: Mixture, x: Tensor, shares: Tensor) -> Tensor:
    """Sum over k of shares_k (mean_k - x) / variance_k: shares [n, component] -> [n, d]."""
    rates = shares / world.variances
    return rates @ world.means - rates.sum(1, keepdim=True) * x
