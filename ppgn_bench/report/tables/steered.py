"""Estimates of samplers that are steered to something else than classes alone: of all their targets, and of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pandas import DataFrame, concat

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.blocks import Cell, Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import control_values, estimate_of, values_by_row
from ppgn_bench.report.words.conditions import Steered
from ppgn_bench.report.words.controls import mark, marked, not_admitted
from ppgn_bench.report.words.metrics import arrow
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.report.words.places import dataset_title, judged_by
from ppgn_bench.statistics.intervals import Estimate, mean_interval

LONG = ["row", "sweep", "variant", "epsilons", "target", "metric", "mean", "low", "high", "seeds", "admitted"]
CLASS_MET, OF_ALL = "met_label", "judge_accuracy"  # whether the class is met: of one target, and of all together
CLASS_HEAD = "class met"
COUNT = "training_images"  # that show all that a target asks
SHARES = (CLASS_MET,)  # rows of targets that are no metrics, but shares
BySeed = Mapping[int, float]


class Tabled(NamedTuple):
    """Tables of one kind of sampler: the name of their files, the long table, and what is readable of it.

    tables, each with a note on how to read it; folded: what stands behind one line on the page.
    """

    name: str
    long: DataFrame
    tables: list[tuple[Table, str]]
    folded: list[Table]

    @property
    def alone(self) -> list[Table]:
        """The tables for a place without the page's text: their notes stand in the captions."""
        return [replace(table, caption=f"{table.caption} {note}".rstrip()) for table, note in self.tables]


Tabling = Callable[[Results, str, Sequence[Steered]], Tabled | None]  # of a data set and its samplers


def seeds_of(results: Results, dataset: str, one: Steered, metric: str) -> BySeed:
    """One metric of a sampler, over all its targets: seed -> value."""
    rows = values_by_row(results, dataset, one.sweep, metric)
    return next((of_seed for label, of_seed in rows.items() if label[1:] == one.label[1:]), {})


def estimated(values: Iterable[float], metric: str) -> Estimate:
    """Mean over seeds with its interval, on the metric's scale."""
    transform = METRICS[metric].transform if metric in METRICS else "logit" if metric in SHARES else "none"
    return mean_interval(list(values), transform)


def whole(results: Results, dataset: str, one: Steered, metrics: Sequence[str], row: str = "") -> DataFrame:
    """A line a metric that was measured, over all targets of a sampler; row: its name, if not its own.

    That the class is met is judge accuracy.
    """
    found = {name: seeds_of(results, dataset, one, _judged(name)) for name in metrics}
    return lines(results, dataset, one, {("", name): of for name, of in found.items() if of}, row)


def of_targets(results: Results, dataset: str, one: Steered, metrics: Sequence[str]) -> DataFrame:
    """A line a target and metric that has a value there, in the order of the targets."""
    found = {}
    for (target, metric), part in one.targets.groupby(["target", "metric"], sort=False):
        values = dict(zip(part.seed, part.value, strict=True))
        if metric in metrics and part.value.notna().any():  # what is asked of no sample has none
            found[str(target), str(metric)] = values
    return lines(results, dataset, one, found)


def lines(
    results: Results, dataset: str, one: Steered, values: Mapping[tuple[str, str], BySeed], row: str = ""
) -> DataFrame:
    """Rows of LONG. values: (target, metric) -> seed -> value."""
    refused = not_admitted(results, dataset)
    place = (row or one.row, one.sweep, one.label.variant, one.label.epsilons)
    return DataFrame(
        [
            (*place, target, metric, *vars(estimated(of_seed.values(), metric)).values(), metric not in refused)
            for (target, metric), of_seed in values.items()
        ],
        columns=LONG,
    )


def of_real(results: Results, dataset: str, sweep: str, metrics: Sequence[str]) -> DataFrame:
    """A line a metric of the held-out real images."""
    refused, found = not_admitted(results, dataset), []
    for metric in metrics:
        for label, of_seed in control_values(results, dataset, sweep, metric).items():
            if label.variant == "real":
                estimate = estimate_of("real", list(of_seed.values()), METRICS[metric].transform)
                found.append(
                    (label.row, sweep, *label[1:], "", metric, *vars(estimate).values(), metric not in refused)
                )
    return DataFrame(found, columns=LONG)


def together(frames: Iterable[DataFrame]) -> DataFrame:
    """All lines, those of empty tables left out."""
    kept = [frame for frame in frames if len(frame)]
    return concat(kept, ignore_index=True) if kept else DataFrame(columns=LONG)


def measured(results: Results, dataset: str, every: Sequence[Steered], metrics: Iterable[str]) -> list[str]:
    """Those of the metrics that some of these samplers have, over all targets or of one."""
    of_targets = {name for one in every for name in one.targets.metric}
    return [
        name for name in metrics if name in of_targets or any(seeds_of(results, dataset, one, name) for one in every)
    ]


def heads(results: Results, dataset: str, metrics: Iterable[str]) -> dict[str, Cell]:
    """What stands over the columns of these metrics."""
    refused = not_admitted(results, dataset)
    return {
        name: Cell(
            marked(results, dataset, of, CLASS_HEAD * (name == CLASS_MET)),
            _unit(name),
            ("bad",) if of in refused else (),
        )
        for name, of in ((name, _judged(name)) for name in metrics)
    }


def _judged(name: str) -> str:
    """The metric that must be admitted for this column."""
    return OF_ALL if name == CLASS_MET else name


def _unit(metric: str) -> str:
    if metric in SHARES:
        return "↑ share"
    return f"{arrow(metric)} {METRICS[metric].unit}" if metric in METRICS else ""


def caption(results: Results, dataset: str, what: str, long: DataFrame) -> str:
    """What a table of a data set shows, over how many seeds, what the marks mean, and by which judge."""
    samplers = long[(long.variant != "real") & (long.metric != COUNT)]
    counts = [int(count) for count in samplers.seeds]
    said = [
        f"{dataset_title(results, dataset)}: {what}",
        replication([max(counts, default=0)], "Student's t on each metric's scale"),
        judged_by(results, [dataset]),
        mark(results, dataset, {_judged(name) for name in long.metric}),
    ]
    return " ".join(filter(None, said))


def without_interval(estimate: Estimate) -> Estimate:
    """The estimate without an interval of no width: what no seed changes has none."""
    return estimate if estimate.low < estimate.high else Estimate(estimate.mean, math.nan, math.nan, estimate.n)
