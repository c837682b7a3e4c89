"""What the numbers cost, and whether the metrics order the controls whose order is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.page.blocks import Block, Cell, Section, Table, Text
from ppgn_bench.report.page.main_tables import short
from ppgn_bench.report.page.samples import dataset_title
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import JOBS, cost_table, interval, number
from ppgn_bench.report.tables.readable import T_LOG, over_seeds, wide
from ppgn_bench.statistics.intervals import Estimate
from ppgn_bench.training.recipes import RECIPES, title_of

MEASURES = {"seconds": "seconds", "steps": "chain-steps a second", "memory": "peak memory, MiB"}


def costs(results: Results, folder: Path) -> Section:
    """Seconds, chain-steps a second and memory of each network and each sampler."""
    table = cost_table(results.costs, [*RECIPES, *results.titles])
    export.save(
        folder,
        "costs",
        table,
        [_selection(results, str(kind), lines) for kind, lines in table.groupby("kind", sort=False)],
    )
    if not len(table):
        return Section("costs", "Cost", [Text("There is no cost table in the results.")])
    blocks: list[Block] = [
        Text(
            "Geometric mean over seeds, with its 95 % interval where there are three or more, on "
            f"{', '.join(sorted(set(results.costs.device)))}. "
            "Timings depend on the machine and its load.",
            "note",
        )
    ]
    for kind, part in table.groupby("kind", sort=False):
        measures = {m: title for m, title in MEASURES.items() if part.loc[part.measure == m, "mean"].notna().any()}
        rows = [_cost_row(results, list(map(str, key)), lines, list(measures)) for key, lines in
                part.groupby(["dataset", "sweep", "name"], dropna=False, sort=False)]  # fmt: skip
        header = [
            Cell("data set"),
            Cell("of", marks=("text",)),
            *(Cell(title) for title in measures.values()),
        ]
        blocks.append(Table(f"Cost of {JOBS.get(str(kind), kind)}", header, rows))
    return Section("costs", "Cost", blocks)


def controls(results: Results) -> tuple[Section, list[str]]:
    """Which metrics order their controls, and the sentences of the banner for those that don't."""
    check = results.check
    if not len(check):
        return Section("controls", "Do the metrics work?", [Text("There is no check of controls in the results.")]), []
    datasets = [name for name in results.datasets if name in set(check.dataset)]
    rows, failures = [], []
    for _, part in check.groupby(["metric", "better", "worse"], sort=False):
        name = str(part.metric.iloc[0])
        low_to_high = {str(line["dataset"]): line for line in part.to_dict("records")}
        cells = []
        for dataset in datasets:
            cell, failed = _order(name, low_to_high.get(dataset))
            cells.append(cell)
            failures += [f"{dataset_title(results, dataset)}: {failed}"] if failed else []
        rows.append([Cell(short(METRICS[name]) if name in METRICS else name), *cells])
    header = [Cell("metric"), *(Cell(dataset_title(results, name), marks=("text",)) for name in datasets)]
    explained = "; ".join(f"{name.replace('_', ' ')}: {title}" for name, title in CONTROLS.items())
    text = (
        f"Controls are rows whose order is known before anything is sampled ({explained}). A metric that "
        "fails to order them measures something else, and its column is marked."
    )
    failed = f"{len(failures)} of {len(check)} checks failed."
    verdict = Text(failed, "bad") if failures else Text(f"All {len(check)} checks hold.")
    blocks: list[Block] = [Text(text), verdict, Table("What must hold, and the two values", header, rows)]
    return Section("controls", "Do the metrics work?", blocks), failures


def _order(name: str, line: Mapping[Any, Any] | None) -> tuple[Cell, str]:
    """A cell with the two values in the order that must hold, and a sentence if it does not."""
    if line is None:
        return Cell("not measured", marks=("text",)), ""
    values = {line["better"]: line["value_better"], line["worse"]: line["value_worse"]}
    orders = METRICS[name].orders if name in METRICS else ()
    known = [order for order in orders if {order[0], order[2]} == set(values)]
    first, sign, second = known[0] if known else (line["better"], "better than", line["worse"])
    must = f"{first} {sign} {second}".replace("_", " ")
    pair = f"{number(values[first])} against {number(values[second])}"
    if str(line["ordered"]) == "True":
        return Cell(f"✓ {must}", pair, ("text",)), ""
    title = short(METRICS[name]) if name in METRICS else name
    return Cell(f"✗ {must}", pair, ("text", "bad")), f"{title} does not put {must} ({pair})."


def _selection(results: Results, kind: str, lines: DataFrame) -> Table:
    """What one kind of work cost, as others may print it."""
    lines = lines[lines["mean"].notna()]
    of = lines[["name", "sweep", "dataset"]].astype(object).fillna("").to_numpy()
    places = [", ".join(filter(None, (_title(results, name), sweep, dataset))) for name, sweep, dataset in of]
    lines = lines.assign(place=places)
    # Measuring is one job for all seeds of a sampler.
    n = "One job for all training seeds." if kind == "measuring" else over_seeds(lines, T_LOG)
    caption = f"Cost of {JOBS.get(kind, kind)} on {', '.join(sorted(set(results.costs.device)))}. {n}"
    down = ("place", {place: place for place in dict.fromkeys(places)})
    return wide(lines, down, ("measure", MEASURES), "of", caption)


def _title(results: Results, name: str) -> str:
    worlds = {world["name"]: world["title"] for world in results.context.get("worlds", [])}
    return str(worlds.get(name) or results.titles.get(name) or title_of(name))


def _cost_row(results: Results, key: Sequence[str], lines: DataFrame, measures: Sequence[str]) -> list[Cell]:
    dataset, sweep, name = key
    of = Cell(_title(results, name), "" if sweep in ("", "nan") else f"sweep “{sweep}”", ("text",))
    cells = [Cell("none" if dataset in ("", "nan") else dataset_title(results, dataset)), of]
    by_measure = {line["measure"]: line for line in lines.to_dict("records")}
    for measure in measures:
        line = by_measure[measure]
        estimate = Estimate(line["mean"], line["low"], line["high"], line["seeds"])
        cells.append(Cell(number(estimate.mean), interval(estimate)))
    return cells
