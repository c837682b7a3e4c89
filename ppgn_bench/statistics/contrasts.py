"""Differences over training seeds: one-sided tests, equivalence, trends, families of claims.

All differences are on the metric's scale, one of each training seed: paired (`intervals.paired`), or from the mean of
real images (`intervals.from_resplits`), whose own spread then counts too. A p-value here is that of
Student's t test unless it says otherwise, at every number of seeds: a bootstrap over 5 to 10 seeds undercovers.
With fewer than two seeds nothing is claimed (p = 1). Where all seeds have exactly the same difference, t is infinite
and the tests follow it: p = 0 on the side where it lies, p = 1 on the other and on the bound itself, so that p, the
interval of no width and `intervals.separated` agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, stdtr, stdtrit

from ppgn_bench.statistics.intervals import QUANTILE, mean_interval, present

MOST_SEEDS = 100
SPREAD_BOUND = 0.8  # confidence of the upper bound of the spread that `seeds_needed` plans with
TURNED = 0.025  # a trend whose last level is reversed at this p is none
EXACT_LEVELS = 9  # Page's exact law of 10 levels goes through 3.6 million permutations


@dataclass(frozen=True)
class Contrast:
    """A mean paired difference over seeds, its interval, and how surely it lies on either side of 0.

    estimate, low, high and spread (standard deviation) are on the scale of the differences; n counts seeds.
    p_greater: one-sided p for "above 0", p_less for "below". With fewer than two seeds, or where a difference is
    infinite, low, high and spread are NaN and both p are 1.
    """

    estimate: float
    low: float
    high: float
    spread: float
    n: int
    p_greater: float
    p_less: float


@dataclass(frozen=True)
class Trend:
    """Whether a value rises or falls over ordered levels; all that `p_rising` and `p_falling` are made of.

    p_rising: the larger of page_rising and slope.p_greater, for both must hold; 1 where p_drop <= TURNED.
    p_falling: likewise of page_falling and slope.p_less; 1 where p_lift <= TURNED.
    page_rising, page_falling: Page's test. slope: least squares, per level. ends: the last level minus the first.
    p_drop: p for "the last level lies below an earlier one", p_lift for "above an earlier one".
    """

    p_rising: float
    p_falling: float
    page_rising: float
    page_falling: float
    slope: Contrast
    ends: Contrast
    p_drop: float
    p_lift: float


def contrast(differences: ArrayLike, resplits: ArrayLike = ()) -> Contrast:
    """Mean difference with Student's 95 % t interval, and its one-sided tests against 0.

        mean +- t[QUANTILE, n - 1] * s / sqrt(n),    p_greater = P(T[n - 1] >= sqrt(n) * mean / s)

    differences [seed]; a NaN is a seed without one. resplits: what real images score under several ways to part them in
    two halves, where the differences are from the mean of these. Then it is Welch's test (1947),

        mean +- t[QUANTILE, df] * sqrt(v + r^2),    df = (v + r^2)^2 / (v^2 / (n - 1) + r^4 / (m - 1)),    v = s^2 / n

    with r the standard deviation over the m resplits, NOT over sqrt(m): they are halves of one pool, so more of them
    bring no new images. That is the delete-half jackknife (Shao & Wu 1989): of a mean of N images, a random half of 2 N
    varies about the pool by sigma^2 / (2 N), which is the variance of the pool's own mean. A constant in place of real
    images (r = 0) would have been drawn from them, and be believed to the last digit.
    """
    kept = present(differences)
    mean = mean_interval(kept)
    above, below = _p_above(kept, 0.0, resplits), _p_above(-kept, 0.0, resplits)
    low, high = mean.low, mean.high
    if _beside(resplits) > 0 and not np.isnan(_spread(kept)):
        error, freedom = _standard_error(kept, resplits)
        half = float(stdtrit(freedom, QUANTILE)) * error
        low, high = mean.mean - half, mean.mean + half
    return Contrast(mean.mean, low, high, _spread(kept), mean.n, above, below)


def equivalence(differences: ArrayLike, margin: float, resplits: ArrayLike = ()) -> float:
    """Two one-sided t tests (Schuirmann 1987): p for "the mean difference lies within the margin".

        max(p for mean > -margin, p for mean < margin)

    differences [seed], margin on the same scale; resplits: see `contrast`. p <= .025 exactly where the 95 % interval
    lies within the margin. Raises ValueError for a margin that is not positive and finite.
    """
    if not 0 < margin < np.inf:
        raise ValueError(f"margin {margin}: must be positive and finite")
    kept = present(differences)
    return max(_p_above(kept, -margin, resplits), _p_above(-kept, -margin, resplits))


def trend(table: ArrayLike) -> Trend:
    """Does a value rise or fall over ordered levels? Page's test and the per-seed slope must agree.

        slope[seed] = sum over levels (rank - mean rank) * value / sum over levels (rank - mean rank)^2

    table [seed, level], values on the metric's scale, levels in order; seeds with a level that is missing or
    infinite are left out. Page (1963) looks at ranks within seeds; its law is exact up to EXACT_LEVELS, normal
    above; ties get mean ranks, which makes it conservative. Ranks hardly see a last level that collapses (1 2 4 5 6
    3 in five seeds has p = 2.5e-4), and while it stays above the early levels neither does the slope: so a last
    level that is reversed against any earlier one (`any_holds` of the pairs) refuses the direction. Raises
    ValueError for fewer than three levels, which are a `contrast`.
    """
    values = np.asarray(table, dtype=float)
    if values.ndim != 2 or values.shape[1] < 3:
        raise ValueError(f"table of shape {values.shape}: must be [seed, level] with at least three levels")
    values = values[np.isfinite(values).all(1)]
    rank = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    # From the first level on: a constant row has a slope of exactly 0, not of the size of its rounding.
    slope = contrast((values - values[:, :1]) @ rank / (rank**2).sum())
    climbs = [contrast(values[:, -1] - earlier) for earlier in values[:, :-1].T]
    drop, lift = any_holds(climb.p_less for climb in climbs), any_holds(climb.p_greater for climb in climbs)
    page_rising, page_falling = _page(values), _page(values[:, ::-1])
    rising = all_hold([page_rising, slope.p_greater]) if drop > TURNED else 1.0
    falling = all_hold([page_falling, slope.p_less]) if lift > TURNED else 1.0
    return Trend(rising, falling, page_rising, page_falling, slope, climbs[0], drop, lift)


def holm(p_values: Mapping[str, float], size: int) -> dict[str, float]:
    """Holm's adjusted p (1979) in a fixed family: claim those <= alpha, and any false one has probability <= alpha.

        adjusted[i] = max over j <= i of min(1, (size - j + 1) * p[j])    p sorted, i = 1, 2, ...

    p_values: name -> p. The family has `size` hypotheses whatever was run: those without a name here count as
    p = 1. Raises ValueError for more names than that, or for a p outside 0 to 1.
    """
    if len(_proper(p_values.values())) > size:
        raise ValueError(f"{len(p_values)} p-values in a family of {size}")
    adjusted, largest = {}, 0.0
    for place, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (size - place) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def all_hold(p_values: Iterable[float]) -> float:
    """Intersection-union (Berger 1982): p for "every part holds" is the largest. Parts may depend on each other.

    Raises ValueError for no part at all, or for a p outside 0 to 1.
    """
    return max(_proper(p_values))


def any_holds(p_values: Iterable[float]) -> float:
    """Bonferroni: p for "at least one part holds" is the smallest times their number, at most 1.

    Raises ValueError for no part at all, or for a p outside 0 to 1.
    """
    parts = _proper(p_values)
    return min(1.0, len(parts) * min(parts))


def seeds_needed(spread: float, n: int, margin: float, resplits: ArrayLike = ()) -> int | None:
    """The smallest number of seeds m >= 2 whose interval of a mean difference is finer than the margin.

        t[QUANTILE, m - 1] * s_up / sqrt(m) < margin,    s_up = spread * sqrt((n - 1) / chi2[1 - b, n - 1])

    With resplits the interval is that of `contrast`, whose part of real images no seed makes smaller.

    spread: standard deviation of n differences, margin on their scale; s_up is the spread's upper confidence bound,
    b = SPREAD_BOUND. m counts all seeds, those there are included, and may be below n: an interval that is fine
    enough can still hold the bound that it is tested against. None: more than MOST_SEEDS, or n < 2. Raises
    ValueError for a margin that is not positive.
    """
    if not margin > 0:
        raise ValueError(f"margin {margin}: must be positive")
    # chdtri inverts the upper tail; without degrees of freedom it is NaN, and no number of seeds is fine enough.
    upper = spread * np.sqrt((n - 1) / chdtri(n - 1, SPREAD_BOUND))
    m = np.arange(2, MOST_SEEDS + 1)
    error, freedom = _welch(upper**2 / m, m, _beside(resplits), np.size(resplits))
    fine = m[stdtrit(freedom, QUANTILE) * error < margin]
    return int(fine[0]) if len(fine) else None


def _p_above(differences: NDArray[np.float64], bound: float = 0.0, resplits: ArrayLike = ()) -> float:
    """One-sided t test for a mean above the bound."""
    if np.isnan(_spread(differences)):
        return 1.0
    error, freedom = _standard_error(differences, resplits)
    if error == 0:
        return 0.0 if differences[0] > bound else 1.0
    return float(stdtr(freedom, (bound - differences.mean()) / error))


def _standard_error(differences: NDArray[np.float64], resplits: ArrayLike) -> tuple[float, float]:
    """Of a mean difference, and its degrees of freedom."""
    n, spread = len(differences), _spread(differences)
    error, freedom = _welch(np.array(spread**2 / n), np.array(n), _beside(resplits), np.size(resplits))
    return float(error), float(freedom)


def _welch(
    of_seeds: NDArray[np.float64], n: NDArray[np.integer], of_real: float, m: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard error and degrees of freedom (Welch & Satterthwaite) of the sum of two variances."""
    if of_real == 0:
        return np.sqrt(of_seeds), np.asarray(n - 1, dtype=float)
    together = of_seeds + of_real
    return np.sqrt(together), together**2 / (of_seeds**2 / (n - 1) + of_real**2 / (m - 1))


def _beside(resplits: ArrayLike) -> float:
    """Variance over resplits; 0 for fewer than two."""
    return float(np.var(np.asarray(resplits, dtype=float), ddof=1)) if np.size(resplits) > 1 else 0.0


def _spread(differences: NDArray[np.float64]) -> float:
    """Standard deviation; exactly 0 for equal differences, NaN for fewer than two or an infinite one."""
    if len(differences) < 2 or not np.isfinite(differences).all():
        return np.nan
    return float(differences.std(ddof=1)) if np.ptp(differences) else 0.0


def _page(table: NDArray[np.float64]) -> float:
    """One-sided p of Page's test for values that rise over the levels; table [seed, level]."""
    from scipy.stats import page_trend_test  # 1.6 s, for trends alone

    if len(table) < 2:
        return 1.0
    test = page_trend_test(table, method="exact" if table.shape[1] <= EXACT_LEVELS else "asymptotic")
    return min(1.0, float(test.pvalue))  # a sum of probabilities passes 1 by its rounding


def _proper(p_values: Iterable[float]) -> list[float]:
    """The p-values as a list. Raises ValueError for one outside 0 to 1, NaN included."""
    parts = list(p_values)
    for p in parts:
        if not 0 <= p <= 1:
            raise ValueError(f"p-value {p}: must lie between 0 and 1")
    return parts
