"""Every pair of samplers of a sweep: how far apart they are on each metric, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from pandas import DataFrame

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import BySeed, badness, real_value, values_by_row
from ppgn_bench.report.words.controls import not_admitted
from ppgn_bench.statistics.contrasts import contrast
from ppgn_bench.statistics.intervals import paired, usable_scale

DIFFERENCES = [
    *("metric", "first", "second", "scale", "estimate", "low", "high", "p_value", "seeds", "better", "admitted")
]


def difference_table(results: Results, dataset: str, sweep: str) -> DataFrame:
    """A line a metric and pair of rows of a main table: the first against the second, paired by seed.

    Columns DIFFERENCES. scale, one for all pairs of a metric: "none", first minus second; "log", first over second;
    "logit", the ratio of their odds. low, high: Student's 95 % interval; p_value: two-sided, of the paired t test;
    neither is corrected for the number of pairs. better: the row that is better where the interval says so, on the
    scale of the metric or, where real images are the best, by the distance to them; else blank. admitted: whether the
    metric orders its controls here.
    """
    lines, refused = [], not_admitted(results, dataset)
    for name in METRICS:
        values = values_by_row(results, dataset, sweep, name)
        scale = _scale(values.values(), METRICS[name].transform)
        real = real_value(results, dataset, sweep, name)
        for (first, of_first), (second, of_second) in combinations(values.items(), 2):
            better = {1: first.row, -1: second.row, 0: ""}[_winner(of_first, of_second, name, real)]
            pair = (name, first.row, second.row, scale, *_apart(of_first, of_second, scale))
            lines.append((*pair, better, name not in refused))
    return DataFrame(lines, columns=DIFFERENCES)


def turned(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the table as the second against the first says it."""
    ends = np.array([line["estimate"], line["high"], line["low"]], dtype=float)
    with np.errstate(divide="ignore"):
        estimate, low, high = (-ends if line["scale"] == "none" else 1 / ends).tolist()
    sides = {"first": line["second"], "second": line["first"]}
    return {**line, **sides, "estimate": estimate, "low": low, "high": high}


def _scale(values: Iterable[BySeed], transform: str) -> str:
    """The metric's scale, or none where some sampler has a value that it does not bear: one for all pairs."""
    known = np.array([value for of_row in values for value in of_row.values()], dtype=float)
    return usable_scale(known[~np.isnan(known)], transform)


def _apart(first: BySeed, second: BySeed, scale: str) -> tuple[float, float, float, float, int]:
    """Estimate, both ends of its interval, two-sided p, seeds; carried back from the scale to a ratio."""
    found = contrast(paired(first, second, scale))
    ends = np.array([found.estimate, found.low, found.high])
    estimate, low, high = (ends if scale == "none" else np.exp(ends)).tolist()
    return estimate, low, high, min(1.0, 2 * min(found.p_greater, found.p_less)), found.n


def _winner(first: BySeed, second: BySeed, metric: str, real: float) -> int:
    """1 where the first is better, -1 where the second is, 0 where the interval does not tell."""
    bad = badness([*first.values(), *second.values()], metric, real).tolist()
    bad_first = dict(zip(first, bad[: len(first)], strict=True))
    bad_second = dict(zip(second, bad[len(first) :], strict=True))
    found = contrast(paired(bad_first, bad_second))
    return int(found.high < 0) - int(found.low > 0)
