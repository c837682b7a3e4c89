"""The numbers of the report: what the intervals allow to be said, the main tables, the legend of the metrics."""

from __future__ import annotations

import math
from pathlib import Path

from pandas import DataFrame

from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.page.blocks import Block, Cell, Folded, Heading, Points, Section, Sheet, Table, Text, plain_table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import Leader, leader, main_table, real_value, values_by_row, without_values
from ppgn_bench.report.tables.readable import main_selection, wide
from ppgn_bench.report.words.controls import marked, not_admitted
from ppgn_bench.report.words.metrics import AIMS, BOLD, FAILS, HEADLINES, OF_CONTROLS, arrow, short
from ppgn_bench.report.words.numbers import listed, number, with_interval
from ppgn_bench.report.words.places import dataset_title, inline, judged_by, place_title
from ppgn_bench.report.words.samplers import BRACKETS, OWN_CONTROLS, other_controls
from ppgn_bench.statistics.intervals import mean_interval

MOST_NAMES = 6  # that one sentence lists
LEGEND = "Unit, direction and margin of every metric"
HOW_TO_READ = (
    "Each cell: the mean over seeds and, below it, its 95 % interval (Student's t, on the scale that the "
    f"legend names; a mean on the logarithm is geometric). {BOLD} {OF_CONTROLS} A dash: no seed has a value there; "
    f"n: how many have one, where not all do. {FAILS} An empty cell: not measured on that row. {BRACKETS} "
    f"{OWN_CONTROLS}"
)


def main_tables(results: Results, folder: Path) -> Section:
    """The main tables of each data set and sweep, what they allow to be said, and the metrics' legend."""
    blocks: list[Block] = [block for dataset in results.datasets for block in _said(results, dataset)]
    blocks.append(Text(_how_to_read(results), "note"))
    for dataset in results.datasets:
        for sweep in results.sweeps(dataset):
            blocks += _tables(results, dataset, sweep, folder)
        if not results.sweeps(dataset):
            blocks.append(Text(f"{dataset_title(results, dataset)}: no sweep was measured."))
    return Section("numbers", "Main table", [*blocks, Heading("The metrics"), Folded(LEGEND, [legend()])])


def headlines(results: Results, dataset: str, sweep: str) -> list[str]:
    """For each headline metric of a sweep that compares something: the best mean, and what it is separated from."""
    return [
        sentence
        for name in HEADLINES
        if sweep in results.compared(dataset, METRICS[name].run)
        and (sentence := _headline(results, dataset, sweep, name))
    ]


def _said(results: Results, dataset: str) -> list[Block]:
    """What the intervals allow to be said, sweep by sweep; of grids of settings the best one says little."""
    blocks: list[Block] = []
    for sweep in results.compared(dataset):
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
    place = f"has the best mean, {with_interval(estimate)}"
    if metric.direction == "real":
        scale = "" if metric.transform == "none" else f", on the {metric.transform} scale"
        place = (
            f"is nearest to real images, by the mean distance of each seed's value to theirs{scale}: "
            f"{number(first.distance)}; its own mean is {with_interval(estimate)}"
        )
    named = marked(results, dataset, name, short(name))
    return f"{named}, {AIMS[metric.direction]}: {first.row.row} {place}{beside}. {_verdict(first, estimate.n)}"


def _verdict(first: Leader, seeds: int) -> str:
    """What the intervals say of the best mean."""
    others = len(first.behind) + len(first.not_separated)
    if others == 0:
        return "There is no other sampler to compare it with."
    if seeds < 2:
        return "One seed: no interval, so nothing is said to be better."
    if not first.not_separated:
        return f"The intervals separate it from all {others} others."
    if not first.behind:
        return f"The intervals separate it from none of the {others} others."
    rest = listed([row.row for row in first.not_separated], MOST_NAMES)
    return f"The intervals separate it from {len(first.behind)} of {others} others, not from {rest}."


def legend() -> Table:
    """What each metric means: unit, direction, scale of its interval, margin, controls that it must order."""
    rows = []
    for metric in METRICS.values():
        margin = f"× {metric.margin:g}" if metric.transform == "log" else f"{metric.margin:g}"
        orders = "; ".join(f"{a} {sign} {b}" for a, sign, b in metric.orders) or "none"
        scale = {"none": "natural", "log": "logarithm", "logit": "logit"}[metric.transform]
        rows.append([metric.title, metric.unit, AIMS[metric.direction], scale, margin, orders.replace("_", " ")])
    header = ["metric", "unit", "better", "scale of mean and interval", "smallest difference that matters",
              "controls it must order"]  # fmt: skip
    return plain_table(LEGEND, header, rows)


def _tables(results: Results, dataset: str, sweep: str, folder: Path) -> list[Block]:
    """The tables of one sweep, by the metrics' kind; folded, and in no readable file, where it has many settings."""
    table = main_table(results, dataset, sweep)
    title, many = place_title(results, dataset, sweep), results.too_many(dataset, sweep)
    readable = [] if many else [main_selection(results, (dataset, sweep), title, table)]
    export.save(folder, f"main_{dataset}_{sweep}", table, readable)
    sheet = Sheet(title, _by_kind(results, dataset, table))
    blocks: list[Block] = [
        Heading(title),
        Folded(f"{title}: the table of all {many} settings", [sheet]) if many else sheet,
    ]
    if others := other_controls(results, dataset, sweep):
        blocks.append(Text(f"{title}: {inline(others)}", "note"))
    if without := without_values(results, dataset, sweep):
        blocks.append(Text(f"{title}: no sampler has a value of {'; '.join(without)}.", "note"))
    return blocks


def _by_kind(results: Results, dataset: str, table: DataFrame) -> list[Table]:
    """Samplers, then controls, against the metrics of each kind."""
    groups: dict[str, dict[str, Cell]] = {}
    failed = not_admitted(results, dataset)
    for name in table.metric.unique():
        metric = METRICS[name]
        kind = metric.function.partition(":")[0].rpartition(".")[2] if metric.run == "quality" else "mixing"
        unit, marks = f"{arrow(name)} {metric.unit}", ("bad",) if name in failed else ()
        head = Cell(marked(results, dataset, name), unit, marks)
        groups.setdefault(kind, {})[name] = head
    rows = {row: str(row) for row in table.row}
    controls = list(table.row[table.variant.isin(list(CONTROLS))].unique())
    title = dataset_title(results, dataset)
    return [
        wide(table, ("row", rows), ("metric", heads), "sampler or control", f"{title}: {kind}", controls)
        for kind, heads in groups.items()
    ]


def _how_to_read(results: Results) -> str:
    single = [dataset_title(results, name) for name in results.datasets if results.num_seeds(name) == 1]
    alone = f"One seed, so no interval and nothing in bold: {', '.join(single)}." if single else ""
    return " ".join(filter(None, [HOW_TO_READ, alone, judged_by(results, results.datasets)]))
