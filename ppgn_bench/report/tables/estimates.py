"""The tables: variants and controls against metrics, with intervals, and the best where they separate it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pandas import DataFrame

from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.results import ByRow, Label, Results
from ppgn_bench.report.words.controls import not_admitted
from ppgn_bench.report.words.terms import unslashed
from ppgn_bench.statistics.intervals import Estimate, mean_interval, on_scale, separated, spread_interval, usable_scale

MAIN = ["row", "variant", "epsilons", "metric", "mean", "low", "high", "seeds", "best", "admitted"]
FEWEST_COSTS = 3  # of two jobs' costs the interval spans decades
BySeed = Mapping[int, float]


class Leader(NamedTuple):
    """The row with the best mean, the rows that its intervals separate it from, and those that they don't.

    distance: what it is the smallest of where real images are the best: the mean distance to their value over seeds, on
    the metric's scale.
    """

    row: Label
    distance: float
    behind: tuple[Label, ...]
    not_separated: tuple[Label, ...]

    @property
    def alone(self) -> bool:
        """Whether it may stand in bold: there are others, and it is separated from every one."""
        return bool(self.behind) and not self.not_separated


def main_table(results: Results, dataset: str, sweep: str) -> DataFrame:
    """One line per row and metric: estimate over seeds, and whether the variant is best and separated from all.

    Columns MAIN. row: the title, with the epsilons where a variant was run at several; controls come last
    (`estimate_of`), their "seeds" being resplits. Metrics in the order of METRICS, those that this sweep has rows of;
    admitted: whether they order their controls on the data set.
    """
    lines, refused = [], not_admitted(results, dataset)
    for name, metric in METRICS.items():
        values = values_by_row(results, dataset, sweep, name)
        if not values:
            continue
        first = leader(values, name, real_value(results, dataset, sweep, name))
        best = first.row if first and first.alone else None
        for row, of_seed in (values | control_values(results, dataset, sweep, name)).items():
            estimate = estimate_of(row.variant, list(of_seed.values()), metric.transform)
            lines.append((*row, name, *vars(estimate).values(), row == best, name not in refused))
    return DataFrame(lines, columns=MAIN)


def estimate_of(variant: str, values: Sequence[float], transform: str) -> Estimate:
    """Mean over seeds with its interval; of a control over resplits, and where one resplit lies.

    One value has no interval.
    """
    own = spread_interval if variant in CONTROLS and len(values) > 1 else mean_interval
    return own(values, transform)


def leader(values: Mapping[Label, BySeed], metric: str, real: float) -> Leader | None:
    """The row with the best mean over seeds, against every other row that has a value; None without values.

    values: row -> seed -> value; real: the real images' value, the best one where the direction is "real".
    """
    turned = iter(badness([value for of_seed in values.values() for value in of_seed.values()], metric, real).tolist())
    bad = {row: {seed: next(turned) for seed in of_seed} for row, of_seed in values.items()}
    middles = {row: mean_interval(list(of_seed.values())).mean for row, of_seed in bad.items()}
    middles = {row: middle for row, middle in middles.items() if not math.isnan(middle)}
    if not middles:
        return None
    best = min(middles, key=lambda row: middles[row])
    others = [row for row in middles if row != best]
    behind = tuple(row for row in others if separated(bad[best], bad[row]))
    return Leader(best, middles[best], behind, tuple(row for row in others if row not in behind))


def cost_table(costs: DataFrame, order: Sequence[str]) -> DataFrame:
    """Cost of each network and of each sampler: mean over seeds with its interval on the log scale, of three or more.

    Of memory the largest: seeds that share a job share a process, and so are no replicates. order: names of recipes and
    variants as they shall stand; training comes before sampling.
    """
    measures = {"seconds": "seconds", "steps": "chain_steps_per_second", "memory": "peak_memory_mib"}
    lines = []
    place = {name: rank for rank, name in enumerate(order)}
    costs = costs.assign(place=costs.name.map(place))
    costs = costs.sort_values(["kind", "dataset", "sweep", "place"], ascending=[False, True, False, True])
    for key, part in costs.groupby(["kind", "dataset", "sweep", "name"], dropna=False, sort=False):
        for measure, column in measures.items():
            estimate = mean_interval(part[column].to_numpy(dtype=float), "log")
            if measure == "memory":
                lines.append((*key, measure, part[column].max(), math.nan, math.nan, estimate.n))
                continue
            ends = (estimate.low, estimate.high) if estimate.n >= FEWEST_COSTS else (math.nan, math.nan)
            lines.append((*key, measure, estimate.mean, *ends, estimate.n))
    columns = ["kind", "dataset", "sweep", "name", "measure", "mean", "low", "high", "seeds"]
    return DataFrame(lines, columns=columns)


def values_by_row(results: Results, dataset: str, sweep: str, metric: str) -> ByRow:
    """One metric of a sweep: row -> seed -> value, in report order."""
    return results.values.get((dataset, sweep, metric), {})


def by_variant(results: Results, dataset: str, sweep: str, metric: str) -> dict[str, BySeed]:
    """One metric of a sweep where every sampler has one setting: variant -> seed -> value."""
    return {row.variant: of_seed for row, of_seed in values_by_row(results, dataset, sweep, metric).items()}


def by_setting(results: Results, dataset: str, sweep: str, metric: str) -> dict[str, dict[tuple[float, ...], Estimate]]:
    """One metric of a sweep: variant -> all its epsilons -> mean over seeds with its interval."""
    estimates: dict[str, dict[tuple[float, ...], Estimate]] = {}
    for row, of_seed in values_by_row(results, dataset, sweep, metric).items():
        estimate = mean_interval(list(of_seed.values()), METRICS[metric].transform)
        estimates.setdefault(row.variant, {})[unslashed(row.epsilons)] = estimate
    return estimates


def without_values(results: Results, dataset: str, sweep: str) -> list[str]:
    """Titles of the metrics that were measured on a sweep and gave no number for any sampler or seed."""
    known = results.here(dataset, sweep).groupby("metric").value.count()
    return [metric.title for name, metric in METRICS.items() if name in known.index and known[name] == 0]


def control_values(results: Results, dataset: str, sweep: str, metric: str) -> ByRow:
    """One metric of the controls, of the size of this sweep's samples: row -> seed -> value."""
    own = results.sized_values.get((dataset, sweep, metric))
    return own or values_by_row(results, dataset, "controls", metric)


def real_value(results: Results, dataset: str, sweep: str, metric: str) -> float:
    """What real images measure: known beforehand, or by the held-out half; NaN where neither tells."""
    known = METRICS[metric].real
    if known is not None:
        return known
    controls = control_values(results, dataset, sweep, metric)
    values = [value for row, of_seed in controls.items() if row.variant == "real" for value in of_seed.values()]
    return mean_interval(values).mean


def badness(values: ArrayLike, metric: str, real: float, scale: str | None = None) -> NDArray[np.float64]:
    """Values turned so that less is better; where real images are the best, their distance to them.

    scale: "none" for the natural one; else the metric's, or the natural one where a logarithm could not hold every
    value.
    """
    entry, array = METRICS[metric], np.asarray(values, dtype=float)
    target = [real] if entry.direction == "real" else []
    scale = scale or usable_scale([*array.ravel(), *target], entry.transform)
    scaled = on_scale(array, scale)
    if entry.direction == "real":
        return np.abs(scaled - on_scale(real, scale))
    return -scaled if entry.direction == "higher" else scaled
