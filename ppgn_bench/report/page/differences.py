"""Is one sampler better than another? Every pair of each sweep, metric by metric, as matrices that open."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.report.page.blocks import Block, Cell, Folded, Heading, Section, Table, noted
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.differences import difference_table, turned
from ppgn_bench.report.tables.readable import wide
from ppgn_bench.report.words.controls import mark, marked
from ppgn_bench.report.words.metrics import HEADLINES, arrow, short
from ppgn_bench.report.words.numbers import interval, number, p_value, replication
from ppgn_bench.report.words.places import judged_by, place_title, places

COMPARES = {"none": "row minus column", "log": "row over column, a ratio", "logit": "odds of row over column, a ratio"}
LEAD = (
    "A cell compares the sampler of its row with that of its column, paired by seed: the difference or ratio, "
    "its 95 % interval, and the two-sided p of the paired t test. Bold: the row is better, and the interval says so; "
    "where real images are the best, the one of the difference between both distances to them. "
    "Neither is corrected for the number of pairs; the claims are. All metrics are in tables/differences_*.csv."
)


def differences(results: Results, folder: Path) -> Section:
    """Every pair of samplers of each sweep whose samplers have one setting each; the long table is saved."""
    blocks: list[Block] = []
    for dataset, sweep in places(results):
        if results.is_grid(dataset, sweep) or (frame := difference_table(results, dataset, sweep)).empty:
            continue
        title = place_title(results, dataset, sweep)
        many = results.too_many(dataset, sweep)
        readable = [] if many else list(_by_first(results, dataset, frame, title))
        export.save(folder, f"differences_{dataset}_{sweep}", frame, readable)
        blocks += [] if many else [Heading(title), *_matrices(results, dataset, frame)]
    return noted("differences", "Is one sampler better than another?", LEAD, blocks)


def _matrices(results: Results, dataset: str, frame: DataFrame) -> Iterator[Folded]:
    """A matrix for each headline metric that was measured."""
    for name in HEADLINES:
        if len(of_metric := frame[frame.metric == name]):
            summary = f"{marked(results, dataset, name, short(name))} {arrow(name)}"
            yield Folded(summary, [_matrix(results, dataset, name, of_metric)])


def _matrix(results: Results, dataset: str, metric: str, lines: DataFrame) -> Table:
    """Samplers against samplers on one metric."""
    records: list[Mapping[str, Any]] = lines.to_dict("records")  # type: ignore[assignment]
    known = {(line["first"], line["second"]): line for line in [*records, *map(turned, records)]}
    names = list(dict.fromkeys(itertools.chain.from_iterable((line["first"], line["second"]) for line in records)))
    rows = [[Cell(row), *(_cell(known[row, column]) if row != column else Cell("") for column in names)]
            for row in names]  # fmt: skip
    name = marked(results, dataset, metric, short(metric))
    caption = f"{name}: {COMPARES[lines.scale.iloc[0]]}. {replication(lines.seeds, 'paired over seeds')}"
    return Table(caption, [Cell("sampler"), *map(Cell, names)], rows)


def _cell(line: Mapping[str, Any]) -> Cell:
    surely = f"{interval(line['low'], line['high'])} p {p_value(line['p_value'])}" if line["seeds"] > 1 else ""
    return Cell(number(line["estimate"]), surely, ("best",) if line["better"] == line["first"] else ())


def _by_first(results: Results, dataset: str, frame: DataFrame, title: str) -> Iterator[Table]:
    """For print: the headline metrics, a table for each sampler that is compared with those after it."""
    lines = frame[frame.metric.isin(HEADLINES)].rename(columns={"estimate": "mean"})
    scales = dict(zip(lines.metric, lines.scale, strict=True))
    heads = {
        name: f"{marked(results, dataset, name)}{'' if scale == 'none' else ', ×'}" for name, scale in scales.items()
    }
    for first, of_first in lines.assign(best=lines.better == lines["first"]).groupby("first", sort=False):
        said = (
            f"{title}. {first} against each sampler below it in the main table.",
            replication(of_first.seeds, "paired over seeds"),
            "A column with a × has the ratio of both, of shares that of their odds; else the difference.",
            f"Bold: {first} is better, and the interval says so.",
            judged_by(results, [dataset]),
            mark(results, dataset, set(of_first.metric)),
        )
        caption = " ".join(filter(None, said))
        others = {name: name for name in of_first.second}
        yield wide(of_first, ("second", others), ("metric", heads), "against", caption)
