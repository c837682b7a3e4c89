"""One part of a claim tested: which measured values are compared, on which scale, and how surely it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ppgn_bench.claims.measured import Measured, Sides, every_value, named, sides, values
from ppgn_bench.claims.parts import Alike, Difference, Identical, NotWorse, Ordered, Part
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.statistics.contrasts import (
    TURNED,
    Contrast,
    Trend,
    any_holds,
    contrast,
    equivalence,
    seeds_needed,
    trend,
)
from ppgn_bench.statistics.intervals import on_scale, usable_scale

# Measured, but no metric of samples: scale, margin, best direction.
OTHERS = dict.fromkeys(("held_out_denoised_code", "relative_error"), ("log", 1.25, "lower"))


@dataclass(frozen=True)
class Tested:
    """A part's outcome: what was compared, the estimate with its 95 % interval, both one-sided p-values.

    scale: "none", a difference; "log", a ratio; "logit", a ratio of odds. needed: seeds until the interval is finer
    than the metric's margin; None for more than a hundred. What is true or false has no interval and no p-value (NaN).
    within: whether the claim is that a difference is small; refused: the conditions of a trend that fail, if any.
    """

    part: str
    metric: str
    scale: str
    estimate: float
    low: float
    high: float
    seeds: int
    p_for: float
    p_against: float
    needed: int | None
    within: bool = False
    refused: str = ""


def tested(part: Part, metrics: Measured) -> Tested:
    """The outcome of a part on the measurements of one data set. Raises NotMeasuredError."""
    if isinstance(part, Ordered):
        return _ordered(part, metrics)
    if isinstance(part, Identical):
        return _identical(part, metrics)
    both = sides(part, metrics)
    return _difference(part, both) if isinstance(part, Difference) else _within_margin(part, both)


def _difference(part: Difference, sides: Sides) -> Tested:
    transform, *_ = _measure(part.metric)
    scale = sides.scale(transform)
    apart = contrast(*sides.apart(scale))
    p_values = (apart.p_greater, apart.p_less) if part.order == ">" else (apart.p_less, apart.p_greater)
    name = f"{part.metric}: {named(part.first)} {part.order} {named(part.second)}"
    return _outcome(name, part.metric, scale, apart, p_values, sides)


def _within_margin(part: NotWorse | Alike, sides: Sides) -> Tested:
    """A margin is a ratio on the log scale and a difference on the natural one, for shares too."""
    scale, bound = _margin(part.metric, sides)
    differences, real = sides.apart(scale)
    if isinstance(part, NotWorse):
        worse = differences if _measure(part.metric)[2] == "lower" else -differences
        beyond = contrast(worse - bound, real)
        p_values, words = (beyond.p_less, beyond.p_greater), "not worse than"
    else:
        outside = contrast(differences - bound, real).p_greater, contrast(differences + bound, real).p_less
        p_values, words = (equivalence(differences, bound, real), any_holds(outside)), "as"
    name = f"{part.metric}: {named(part.first)} {words} {named(part.second)}"
    return replace(_outcome(name, part.metric, scale, contrast(differences, real), p_values, sides), within=True)


def _ordered(part: Ordered, metrics: Measured) -> Tested:
    transform, *_ = _measure(part.metric)
    levels = [values(arm, part.metric, metrics) for arm in part.levels]
    seeds = [seed for seed in levels[0] if all(seed in level for level in levels)]
    table = np.array([[level[seed] for level in levels] for seed in seeds], dtype=float).reshape(-1, len(levels))
    scale = usable_scale(table, transform)
    over_levels = trend(on_scale(table, scale))
    rising = part.direction == "rising"
    p_values = over_levels.p_rising, over_levels.p_falling
    p_for, p_against = p_values if rising else p_values[::-1]
    # The top against the bottom is printed; where it disagrees with the trend nothing is decided.
    agrees = (over_levels.ends.estimate > 0) == rising
    p_for, p_against = (p_for, 1.0) if agrees else (1.0, p_against)
    name = f"{part.metric} {part.direction} from {named(part.levels[0])} to {named(part.levels[-1])}"
    ends = Sides(levels[-1], levels[0])
    outcome = _outcome(name, part.metric, scale, over_levels.ends, (p_for, p_against), ends)
    return replace(outcome, refused=_refused(over_levels, rising))


def _refused(over_levels: Trend, rising: bool) -> str:
    """Which conditions of a trend fail in the claim's direction, and in the other; nothing where the claim's holds."""
    failed = {direction: _failed(over_levels, direction) for direction in (True, False)}
    words = {True: "rising", False: "falling"}
    if not failed[rising]:
        return ""
    against = f"; no {words[not rising]} one: {', '.join(failed[not rising])}" if failed[not rising] else ""
    return f"no {words[rising]} trend: {', '.join(failed[rising])}{against}"


def _failed(over: Trend, rising: bool) -> list[str]:
    page, slope = (over.page_rising, over.slope.p_greater) if rising else (over.page_falling, over.slope.p_less)
    turned, side = (over.p_drop, "below") if rising else (over.p_lift, "above")
    conditions = {
        f"the last level lies {side} an earlier one (p {turned:.2g})": turned <= TURNED,
        f"the last level does not lie {'above' if rising else 'below'} the first": (over.ends.estimate > 0) != rising,
        f"Page's test has p {page:.2g}": page > TURNED,
        f"the slope has p {slope:.2g}": slope > TURNED,
    }
    return [condition for condition, fails in conditions.items() if fails]


def _identical(part: Identical, metrics: Measured) -> Tested:
    """No test: the largest difference of any metric and seed. What neither has a value of is the same."""
    first, second = (every_value(arm, metrics) for arm in vars(part).values())
    if not first.index.equals(second.index) or not (first.isna() == second.isna()).all():
        largest = float("inf")
    else:
        largest = float((first - second).abs().max())
    name = f"largest difference of any metric: {named(part.first)} and {named(part.second)}"
    seeds = first.index.get_level_values("seed").nunique()
    return Tested(name, "all", "none", largest, np.nan, np.nan, seeds, np.nan, np.nan, None)


def _outcome(
    name: str, metric: str, scale: str, apart: Contrast, p_values: tuple[float, float], sides: Sides
) -> Tested:
    """Logarithms and logits are carried back to ratios."""
    of_margin, bound = _margin(metric, sides)
    differences, real = sides.apart(of_margin)
    planned = contrast(differences, real)
    needed = seeds_needed(planned.spread, planned.n, bound, real)
    ends = (apart.estimate, apart.low, apart.high)
    estimate, low, high = (float(end if scale == "none" else np.exp(end)) for end in ends)
    return Tested(name, metric, scale, estimate, low, high, apart.n, *p_values, needed)


def _margin(metric: str, sides: Sides) -> tuple[str, float]:
    """The scale of a margin and the margin on it: logarithms where the metric has them, else natural."""
    transform, margin, _ = _measure(metric)
    scale = sides.scale("log" if transform == "log" else "none")
    return scale, float(np.log(margin)) if scale == "log" else margin


def _measure(metric: str) -> tuple[str, float, str]:
    """Scale, margin and best direction."""
    entry = METRICS.get(metric)
    return (entry.transform, entry.margin, entry.direction) if entry else OTHERS[metric]
