"""The numbers of the report: main tables, what the intervals allow to be said, quality against diversity."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.metrics.table import CONTROLS, METRICS, Metric
from ppgn_bench.report.page.blocks import (
    Block,
    Cell,
    Folded,
    Heading,
    Points,
    Section,
    Sheet,
    Table,
    Text,
    plain_table,
)
from ppgn_bench.report.page.samples import dataset_title, place_title
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import (
    interval,
    leader,
    main_table,
    number,
    real_value,
    values_by_row,
    without_values,
)
from ppgn_bench.report.tables.readable import main_selection
from ppgn_bench.statistics.intervals import Estimate, mean_interval

HEADLINES = ("frechet_distance", "judge_accuracy", "within_class_dissimilarity", "recall", "modes_covered",
             "lagged_distance_100")  # fmt: skip
MOST_NAMES = 6  # that one sentence lists
LEGEND = "Unit, direction and margin of every metric"
BETTER = {"higher": "↑", "lower": "↓", "real": "→ real"}


def main_tables(results: Results, folder: Path) -> Section:
    """The main tables of each data set and sweep, what they allow to be said, and the metrics' legend."""
    blocks: list[Block] = [block for dataset in results.datasets for block in _said(results, dataset)]
    blocks.append(Text(_how_to_read(results), "note"))
    for dataset in results.datasets:
        sweeps = [name for run in ("quality", "mixing") for name in results.sweeps(dataset, run)]
        for sweep in dict.fromkeys(sweeps):
            table = main_table(results, dataset, sweep)
            title, many = place_title(results, dataset, sweep), results.too_many(dataset, sweep)
            readable = [] if many else [main_selection(results, dataset, title, table)]
            export.save(folder, f"main_{dataset}_{sweep}", table, readable)
            blocks.append(Heading(title))
            tables = _tables_of(results, dataset, sweep, table)
            blocks += [Folded(f"{title}: the table of all {many} settings", tables)] if many else tables
            if without := without_values(results, dataset, sweep):
                blocks.append(Text(f"{title}: no sampler has a value of {'; '.join(without)}.", "note"))
        if not sweeps:
            blocks.append(Text(f"{dataset_title(results, dataset)}: no sweep was measured."))
    return Section("numbers", "Main table", [*blocks, Heading("The metrics"), Folded(LEGEND, [legend()])])


def headlines(results: Results, dataset: str, sweep: str) -> list[str]:
    """For each headline metric of a sweep that compares something: the best mean, and whether it is parted."""
    return [
        sentence
        for name in HEADLINES
        if sweep in results.compared(dataset, METRICS[name].run)
        and (sentence := _headline(results, dataset, sweep, name))
    ]


def _said(results: Results, dataset: str) -> list[Block]:
    """What the intervals allow to be said, sweep by sweep; of grids of settings the best one says little."""
    blocks: list[Block] = []
    sweeps = [sweep for run in ("quality", "mixing") for sweep in results.compared(dataset, run)]
    for sweep in dict.fromkeys(sweeps):
        if not results.is_grid(dataset, sweep) and (said := headlines(results, dataset, sweep)):
            title = place_title(results, dataset, sweep)
            blocks += [Heading(f"{title}: what the intervals allow to be said"), Points(said)]
    title = dataset_title(results, dataset)
    return blocks or [Text(f"{title}: no headline metric was measured on several samplers at one setting each.")]


def _headline(results: Results, dataset: str, sweep: str, name: str) -> str:
    values, metric = values_by_row(results, dataset, sweep, name), METRICS[name]
    real = real_value(results, dataset, sweep, name)
    first = leader(values, name, real)
    if first is None:
        return ""
    estimate = mean_interval(list(values[first.row].values()), metric.transform)
    beside = "" if math.isnan(real) else f"; real images measure {number(real)}"
    verdict = _verdict([row.row for row in first.parted], [row.row for row in first.not_parted], estimate.n)
    told = f"has the best mean, {_with_interval(estimate)}{beside}"
    if metric.direction == "real":
        scale = "" if metric.transform == "none" else f", on the {metric.transform} scale"
        told = (
            f"is nearest to real images, by the mean distance of each seed's value to theirs{scale}: "
            f"{number(first.distance)}; its own mean is {_with_interval(estimate)}{beside}"
        )
    return f"{short(metric)}, {_aim(metric)}: {first.row.row} {told}. {verdict}"


def legend() -> Table:
    """What each metric means: unit, direction, scale of its interval, margin, controls that it must order."""
    rows = []
    for metric in METRICS.values():
        margin = f"× {metric.margin:g}" if metric.transform == "log" else f"{metric.margin:g}"
        orders = "; ".join(f"{a} {sign} {b}" for a, sign, b in metric.orders) or "none"
        scale = {"none": "natural", "log": "logarithm", "logit": "logit"}[metric.transform]
        rows.append([metric.title, metric.unit, _aim(metric), scale, margin, orders.replace("_", " ")])
    header = ["metric", "unit", "better", "scale of mean and interval", "smallest difference that matters",
              "controls it must order"]  # fmt: skip
    return plain_table(LEGEND, header, rows)


def short(metric: Metric) -> str:
    """The title without its remarks."""
    return re.split(r"[:,]| \((?!judge\))", metric.title)[0]


def violated(results: Results, dataset: str) -> set[str]:
    """Metrics that failed to order one of their controls on this data set."""
    check = results.check[(results.check.dataset == dataset) & (results.check.ordered.astype(str) != "True")]
    return set(check.metric)


def _tables_of(results: Results, dataset: str, sweep: str, table: DataFrame) -> list[Block]:
    tables: list[Table] = []
    groups: dict[str, list[str]] = {}
    for name in table.metric.unique():
        metric = METRICS[name]
        group = metric.function.split(":")[0] if metric.run == "quality" else "mixing"
        groups.setdefault(group, []).append(name)
    for group, names in groups.items():
        part = table[table.metric.isin(names)]
        caption = f"{dataset_title(results, dataset)}: {group}"
        tables.append(_wide(part, names, caption, violated(results, dataset)))
    return [Sheet(place_title(results, dataset, sweep), tables)] if tables else []


def _wide(table: DataFrame, names: Sequence[str], caption: str, bad: set[str]) -> Table:
    """Variants, then controls, against the metrics of one group."""
    is_control = table.variant.isin(list(CONTROLS))
    most = int(table.seeds[~is_control].max())
    rows = []
    for controls in (False, True):
        for row, part in table[is_control == controls].groupby("row", sort=False):
            lines = {line["metric"]: line for line in part.to_dict("records")}
            cells = [_cell(lines.get(name), 1 if controls else most) for name in names]
            rows.append([Cell(str(row), marks=("control",) if controls else ()), *cells])
    return Table(caption, [Cell("sampler or control"), *(_heading(name, name in bad) for name in names)], rows)


def _heading(name: str, bad: bool) -> Cell:
    metric = METRICS[name]
    unit = f"{BETTER[metric.direction]} {metric.unit}"
    return Cell(f"{short(metric)} †" if bad else short(metric), unit, ("bad",) if bad else ())


def _cell(line: Mapping[Any, Any] | None, most: int) -> Cell:
    if line is None:
        return Cell("")
    estimate = Estimate(line["mean"], line["low"], line["high"], line["seeds"])
    few = f"n = {estimate.n}" if 0 < estimate.n < most else ""
    small = "; ".join(part for part in (interval(estimate), few) if part)
    value = None if math.isnan(estimate.mean) else estimate.mean
    return Cell(number(estimate.mean), small, ("best",) if line["best"] else (), value)


def _how_to_read(results: Results) -> str:
    seeds = results.metrics[results.metrics.sweep != "controls"].groupby("dataset").seed.nunique()
    text = (
        "Each cell: the mean over training seeds and, below it, its 95 % interval (Student's t, on the "
        "scale that the legend names; a mean on the logarithm is geometric). Bold: best, and parted from "
        "every other variant by the paired difference over seeds. Controls, in italics, are one "
        "measurement each and have no interval. A dash: no seed has a value there; n: how many have one, "
        "where not all do. †: the metric fails to order its own controls on this data set. An empty "
        "cell: not measured on that row. In brackets after a sampler that was run at several settings: ε1/ε2/ε3. "
        "Controls depend on how many images they have: a sweep of fewer has controls of its own size, and so other "
        "values."
    )
    single = [dataset_title(results, name) for name in results.datasets if seeds.get(name, 0) == 1]
    return f"{text} One seed, so no interval and nothing in bold: {', '.join(single)}." if single else text


def _verdict(parted: Sequence[str], not_parted: Sequence[str], seeds: int) -> str:
    """What the intervals say of the best mean."""
    others = len(parted) + len(not_parted)
    if others == 0:
        return "There is no other variant to hold it against."
    if seeds < 2:
        return "One seed: no interval, so nothing is said to be better."
    if not not_parted:
        return f"The intervals part it from all {others} others."
    if not parted:
        return f"The intervals part it from none of the {others} others."
    return f"The intervals part it from {len(parted)} of {others} others, not from {_listed(not_parted)}."


def _listed(names: Sequence[str]) -> str:
    """Names as a sentence has them; of many the first, and how many more. A name may have a comma of its own."""
    more = len(names) - MOST_NAMES
    shown = [*names[:MOST_NAMES], f"{more} more"] if more > 1 else list(names)
    comma = "; " if any("," in name for name in shown) else ", "
    return " and ".join(filter(None, [comma.join(shown[:-1]), shown[-1]]))


def _with_interval(estimate: Estimate) -> str:
    span = interval(estimate)
    return f"{number(estimate.mean)} ({span})" if span else number(estimate.mean)


def _aim(metric: Metric) -> str:
    return {"higher": "higher is better", "lower": "lower is better", "real": "closest to real"}[metric.direction]
