"""Estimates over training seeds with their intervals, and whether two of them are separated.

The unit of replication is the training seed: a value here is one metric of one seed, however many chains are behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, stdtrit

# A share of exactly 0 or 1 has no logit. It is moved in by half a sample of the smallest real half (200
# images), so that "never" and "always" stay finite and differ by less than one sample from what was counted.
HALF_SAMPLE = 0.5 / 200
Floats = NDArray[np.float64]
QUANTILE = (1 + 0.95) / 2  # of Student's t: every interval is a two-sided 95 % one


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its interval on the natural scale; n says how many seeds have a value.

    With fewer than two values low and high are NaN: one seed has no interval. With none the mean is NaN too.
    """

    mean: float
    low: float
    high: float
    n: int


def mean_interval(values: ArrayLike, transform: str = "none") -> Estimate:
    """Mean over training seeds with Student's 95 % t interval, both made on the metric's scale and carried back.

        mean +- t[QUANTILE, n - 1] * s / sqrt(n)

    values [seed]. A NaN is a seed without a value: the mean is over the others and n counts them. transform: see
    `on_scale`; with "log" the mean is the geometric one. A log scale cannot hold values <= 0: where one occurs, the
    natural scale is used. Equal values give an interval of width 0, an infinite one none (NaN).
    """
    kept = present(values)
    n = len(kept)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    transform = usable_scale(kept, transform)
    middle, half = _middle_and_half(on_scale(kept, transform))
    low, mean, high = _from_scale(np.array([middle - half, middle, middle + half]), transform)
    if (kept == kept[0]).all():  # the value itself, not its round trip through the scale
        mean = kept[0]
        low, high = (mean, mean) if n > 1 and np.isfinite(mean) else (np.nan, np.nan)
    return Estimate(float(mean), float(low), float(high), n)


def separated(first: Mapping[int, float], second: Mapping[int, float], transform: str = "none") -> bool:
    """Does the interval of the paired difference over common seeds exclude 0?

        d[seed] = first[seed] - second[seed]  on the metric's scale

    first, second: seed -> value. Seeds that either side lacks (absent or NaN) are left out; with fewer than two in
    common nothing is separated. One pair at a time: no allowance is made for how many pairs are compared.
    """
    differences = paired(first, second, transform)
    if len(differences) < 2:
        return False
    with np.errstate(invalid="ignore"):  # infinity minus infinity: not separated
        middle, half = _middle_and_half(differences)
    return bool(abs(middle) > half)


def paired(first: Mapping[int, float], second: Mapping[int, float], transform: str = "none") -> NDArray[np.float64]:
    """Differences of two variants that share their training seeds, on the metric's scale.

        d[seed] = scale(first[seed]) - scale(second[seed])

    first, second: seed -> value; -> [seed], in the order of first. Seeds that either side lacks (absent or NaN) are
    left out. The scale is `usable_scale` of the pairs that are left: a margin in logarithms holds only where that is
    "log". Infinity minus infinity is NaN, no difference.
    """
    seeds = [seed for seed in first if seed in second and not np.isnan([first[seed], second[seed]]).any()]
    pair = np.array([[first[seed] for seed in seeds], [second[seed] for seed in seeds]], dtype=float)
    scaled = on_scale(pair, usable_scale(pair, transform))
    with np.errstate(invalid="ignore"):
        return scaled[0] - scaled[1]


def from_resplits(values: Mapping[int, float], real: Mapping[int, float], transform: str) -> tuple[Floats, Floats]:
    """Differences of a sampler from the mean of real images [seed], and what each resplit of those scores, on a scale.

    values: seed -> value; real: number of the resplit -> value. Nothing is paired: the numbers of resplits are no
    seeds. The scale is `usable_scale` of them all.
    """
    own, beside = present(list(values.values())), present(list(real.values()))
    scale = usable_scale(np.concatenate([own, beside]), transform)
    scores = on_scale(beside, scale)
    return on_scale(own, scale) - scores.mean(), scores


def spread_interval(values: ArrayLike, transform: str = "none") -> Estimate:
    """Mean of values, and where another value of the same law lies with 95 %: mean +- t[QUANTILE, n - 1] * s.

    Made on the metric's scale and carried back. Equal values, or a single one, give an interval of width 0.
    """
    kept = present(values)
    if not len(kept) or (kept == kept[0]).all():
        only = float(kept[0]) if len(kept) else np.nan
        return Estimate(only, only, only, len(kept))
    transform = usable_scale(kept, transform)
    scaled = on_scale(kept, transform)
    half = stdtrit(len(kept) - 1, QUANTILE) * scaled.std(ddof=1)
    low, mean, high = _from_scale(np.array([scaled.mean() - half, scaled.mean(), scaled.mean() + half]), transform)
    return Estimate(float(mean), float(low), float(high), len(kept))


def contributions(whole: float, without: ArrayLike) -> NDArray[np.float64]:
    """Jackknife: what each group of chains contributes to a number that is made of all of them.

        contribution[i] = whole + (n - 1) (mean(without) - without[i])

    whole: the number; without [group]: the same without one of n groups, both on the scale that is compared. Their mean
    is the number itself, and their spread over groups that of its error; for a mean they are the groups' own means.
    Tukey's pseudo-values (1958) differ by a constant, the jackknife's correction of bias: for metrics of nearest
    neighbours, which depend on how many samples there are, it is mostly noise, n - 1 times magnified.
    """
    left = np.asarray(without, dtype=float)
    with np.errstate(invalid="ignore"):  # of an infinite one there is none
        return whole + (len(left) - 1) * (left.mean() - left)


def present(values: ArrayLike) -> NDArray[np.float64]:
    """Values [seed] without the seeds that have none (NaN)."""
    array = np.asarray(values, dtype=float).ravel()
    return array[~np.isnan(array)]


def usable_scale(values: ArrayLike, transform: str) -> str:
    """The transform itself, but "none" where a log scale cannot hold one of the values, which is <= 0."""
    return "none" if transform == "log" and (np.asarray(values, dtype=float) <= 0).any() else transform


def on_scale(values: ArrayLike, transform: str) -> NDArray[np.float64]:
    """Values on the scale where their differences are compared: "none", "log" or "logit".

    Shares of 0 and 1 are moved in by HALF_SAMPLE before their logit. Raises ValueError for another transform.
    """
    array = np.asarray(values, dtype=float)
    if transform == "none":
        return array
    if transform == "log":
        return np.log(array)
    if transform == "logit":
        return logit(np.clip(array, HALF_SAMPLE, 1 - HALF_SAMPLE))
    raise ValueError(f"transform {transform!r}: must be none, log or logit")


def _middle_and_half(scaled: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and half width of Student's t interval; the half width of a single value is NaN."""
    n = len(scaled)
    with np.errstate(invalid="ignore"):
        spread = scaled.std(ddof=1) if n > 1 else np.nan
        return float(scaled.mean()), float(stdtrit(max(n - 1, 1), QUANTILE) * spread / np.sqrt(n))


def _from_scale(scaled: NDArray[np.float64], transform: str) -> NDArray[np.float64]:
    if transform == "log":
        return np.exp(scaled)
    return expit(scaled) if transform == "logit" else scaled
