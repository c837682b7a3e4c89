"""One part of a claim tested: which measured values are compared, on which scale, and how surely it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from pandas import DataFrame, Series, concat

from ppgn_bench.claims.parts import Alike, Arm, Difference, Identical, NotWorse, Ordered, Part
from ppgn_bench.metrics.table import CONTROLS, METRICS
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
from ppgn_bench.statistics.intervals import on_scale, paired, usable_scale

# Measured, but no metric of samples: scale, margin, best direction.
OTHERS = {"held_out_code": ("log", 1.25, "lower"), "relative_error": ("log", 1.25, "lower")}

Values = Mapping[int, float]
Measured = Mapping[tuple[str, str], Mapping[str, DataFrame]]  # (sweep, variant) -> metric -> its rows


class NotMeasuredError(Exception):
    """An arm has no value, or not one a seed; the text says which."""


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


def by_arm(metrics: DataFrame) -> Measured:
    """The measurements of one data set as `tested` looks them up: a ledger asks for the same arms many times."""
    measured: dict[tuple[str, str], dict[str, DataFrame]] = {}
    for (sweep, variant, metric), rows in metrics.groupby(["sweep", "variant", "metric"]):
        measured.setdefault((str(sweep), str(variant)), {})[str(metric)] = rows
    return measured


def tested(part: Part, metrics: Measured) -> Tested:
    """The outcome of a part on the measurements of one data set. Raises NotMeasuredError."""
    if isinstance(part, Ordered):
        return _ordered(part, metrics)
    if isinstance(part, Identical):
        return _identical(part, metrics)
    first = _values(part.first, part.metric, metrics)
    if isinstance(part.second, Arm):
        second = _values(part.second, part.metric, metrics, first)
    else:
        second = dict.fromkeys(first, part.second)
    if isinstance(part, Difference):
        return _difference(part, first, second)
    return _within_margin(part, first, second)


def _difference(part: Difference, first: Values, second: Values) -> Tested:
    transform, *_ = _measure(part.metric)
    apart = contrast(paired(first, second, transform))
    p_values = (apart.p_greater, apart.p_less) if part.order == ">" else (apart.p_less, apart.p_greater)
    name = f"{part.metric}: {_name(part.first)} {part.order} {_name(part.second)}"
    return _outcome(name, part.metric, _common_scale(first, second, transform), apart, p_values, (first, second))


def _within_margin(part: NotWorse | Alike, first: Values, second: Values) -> Tested:
    """A margin is a ratio on the log scale and a difference on the natural one, for shares too."""
    differences, scale, bound = _against_margin(part.metric, first, second)
    if isinstance(part, NotWorse):
        worse = differences if _measure(part.metric)[2] == "lower" else -differences
        beyond = contrast(worse - bound)
        p_values, words = (beyond.p_less, beyond.p_greater), "not worse than"
    else:
        outside = contrast(differences - bound).p_greater, contrast(differences + bound).p_less
        p_values, words = (equivalence(differences, bound), any_holds(outside)), "as"
    name = f"{part.metric}: {_name(part.first)} {words} {_name(part.second)}"
    return replace(_outcome(name, part.metric, scale, contrast(differences), p_values, (first, second)), within=True)


def _ordered(part: Ordered, metrics: Measured) -> Tested:
    transform, *_ = _measure(part.metric)
    levels = [_values(arm, part.metric, metrics) for arm in part.levels]
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
    name = f"{part.metric} {part.direction} from {_name(part.levels[0])} to {_name(part.levels[-1])}"
    outcome = _outcome(name, part.metric, scale, over_levels.ends, (p_for, p_against), (levels[-1], levels[0]))
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
    first, second = (_all(arm, metrics) for arm in vars(part).values())
    if not first.index.equals(second.index) or not (first.isna() == second.isna()).all():
        largest = float("inf")
    else:
        largest = float((first - second).abs().max())
    name = f"largest difference of any metric: {_name(part.first)} and {_name(part.second)}"
    seeds = first.index.get_level_values("seed").nunique()
    return Tested(name, "all", "none", largest, np.nan, np.nan, seeds, np.nan, np.nan, None)


def _outcome(
    name: str, metric: str, scale: str, apart: Contrast, p_values: tuple[float, float], sides: tuple[Values, Values]
) -> Tested:
    """Logarithms and logits are carried back to ratios."""
    differences, _, bound = _against_margin(metric, *sides)
    planned = contrast(differences)
    needed = seeds_needed(planned.spread, planned.n, bound)
    ends = (apart.estimate, apart.low, apart.high)
    estimate, low, high = (float(end if scale == "none" else np.exp(end)) for end in ends)
    return Tested(name, metric, scale, estimate, low, high, apart.n, *p_values, needed)


def _against_margin(metric: str, first: Values, second: Values) -> tuple[np.ndarray, str, float]:
    """Differences, their scale and the margin on it: logarithms where the metric has them, else natural."""
    transform, margin, _ = _measure(metric)
    scale = _common_scale(first, second, "log" if transform == "log" else "none")
    return paired(first, second, scale), scale, float(np.log(margin)) if scale == "log" else margin


def _measure(metric: str) -> tuple[str, float, str]:
    """Scale, margin and best direction."""
    entry = METRICS.get(metric)
    return (entry.transform, entry.margin, entry.direction) if entry else OTHERS[metric]


def _common_scale(first: Values, second: Values, transform: str) -> str:
    both = np.array([*first.values(), *second.values()], dtype=float)
    return usable_scale(both[~np.isnan(both)], transform)


def _at_setting(arm: Arm, rows: DataFrame) -> DataFrame:
    for term, value in arm.epsilon.items():
        rows = rows[np.isclose(rows[f"epsilon_{term}"], value, rtol=1e-9, atol=0)]
    return rows


def _all(arm: Arm, metrics: Measured) -> Series:
    """Every metric of every seed. Raises NotMeasuredError."""
    parts = [_at_setting(arm, rows) for rows in metrics.get((arm.sweep, arm.variant), {}).values()]
    if all(rows.empty for rows in parts):
        raise NotMeasuredError(_name(arm))
    return concat(parts).set_index(["metric", "seed"])["value"].sort_index()


def _values(arm: Arm, metric: str, metrics: Measured, beside: Values | None = None) -> Values:
    """Seed -> value; a control has one measurement, which stands beside each seed of the other side.

    Raises NotMeasuredError for none, and where there are several settings of which the arm does not name one.
    """
    rows = metrics.get((arm.sweep, arm.variant), {}).get(metric)
    if rows is None or (rows := _at_setting(arm, rows)[["seed", "value"]].dropna()).empty:
        raise NotMeasuredError(f"{metric} of {_name(arm)}")
    if rows.seed.duplicated().any():
        raise NotMeasuredError(f"{metric} of {_name(arm)} at a single setting")
    values = dict(zip(rows.seed.astype(int), rows.value.astype(float), strict=True))
    return dict.fromkeys(beside, next(iter(values.values()))) if beside and arm.variant in CONTROLS else values


def _name(arm: Arm | float) -> str:
    if not isinstance(arm, Arm):
        return f"{arm:g}"
    return ", ".join([arm.variant, *(f"epsilon {term} {value:g}" for term, value in arm.epsilon.items())])
