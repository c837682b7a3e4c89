"""What of a long table is for reading: its headline columns, a row a sampler, intervals in brackets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims.table import BASES
from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.report.page.blocks import Cell, Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.claims import estimate, section
from ppgn_bench.report.words.controls import mark, marked
from ppgn_bench.report.words.metrics import BOLD, HEADLINES, OF_CONTROLS, arrow
from ppgn_bench.report.words.numbers import interval, number, replication
from ppgn_bench.report.words.places import judged_by, titles
from ppgn_bench.report.words.samplers import brackets, own_controls

T_LOG = "Student's t on the logarithm"


def wide(
    lines: DataFrame, down: tuple[str, Mapping[Any, str]], across: tuple[str, Mapping[Any, str | Cell]], corner: str,
    caption: str, controls: Sequence[Any] = (),
) -> Table:  # fmt: skip
    """Estimates of a long table as rows and columns: the mean, and below it its interval.

    lines: columns mean, low, high, seeds and perhaps best; down, across: the column that gives rows or columns, and
    its values -> what a reader sees, in order; controls: rows below a rule. A row or column without a line is left
    out, an empty cell is not measured. Where fewer seeds have a value than elsewhere, the cell says how many.
    """
    key, titles = down
    records = {(line[key], line[across[0]]): line for line in lines.to_dict("records")}
    most = max((line["seeds"] for (row, _), line in records.items() if row not in controls), default=0)
    columns = [column for column in across[1] if any((row, column) in records for row in titles)]
    rows = []
    for row in sorted(titles, key=lambda row: row in controls):
        of_row = [records.get((row, column)) for column in columns]
        if any(of_row):
            marks = ("control",) if row in controls else ()
            rows.append(
                [Cell(titles[row], marks=marks), *(estimate_cell(line, 1 if marks else most) for line in of_row)]
            )
    heads = (across[1][column] for column in columns)
    return Table(caption, [Cell(corner), *(head if isinstance(head, Cell) else Cell(head) for head in heads)], rows)


def main_selection(results: Results, place: tuple[str, str], title: str, lines: DataFrame) -> Table:
    """The headline metrics of a main table, samplers above controls. place: data set and sweep; title: of both."""
    modes = results.dataset(place[0]).modes
    own = {"modes_covered": f"modes of {modes}"} if modes else {}
    columns = {name: f"{marked(results, place[0], name, own.get(name, ''))} {arrow(name)}" for name in HEADLINES}
    rows = {row: row for row in lines.row}
    controls = list(dict.fromkeys(lines.row[lines.variant.isin(list(CONTROLS))]))
    measured = lines[~lines.row.isin(controls)]
    said = [
        f"{title}." if title[-1] != "." else title,
        replication([measured.seeds.max()], "Student's t on the metric's scale"),
        BOLD if lines.best.any() else "",
        f"{OF_CONTROLS} Arrows: where better is.",
        judged_by(results, [place[0]]),
        brackets(lines),
        own_controls(results, *place),
        mark(results, place[0], set(lines.metric) & set(HEADLINES)),
    ]
    caption = " ".join(filter(None, said))
    return wide(lines, ("row", rows), ("metric", columns), "sampler", caption, controls)


def claims_selection(results: Results, said: Callable[[str], str]) -> Table:
    """A row a claim, a verdict a data set with the numbers of the part that decides.

    said: turns the keys in a text into what a reader knows them by.
    """
    claims, named = results.claims, titles(results)
    datasets = list(dict.fromkeys(claims.dataset))
    header = [Cell("claim"), Cell("the paper says", marks=("text",)),
              *(Cell(named.get(name, name), marks=("text",)) for name in datasets)]  # fmt: skip
    rows = []
    for claim, of_claim in claims.groupby("claim", sort=False):
        by_name = {row["dataset"]: row for row in of_claim.to_dict("records")}
        first = of_claim.iloc[0]
        statement = Cell(f"{first.statement} [{first.basis}]", section(first.to_dict()), ("text",))
        cells = [_verdict(by_name[name], said) if name in by_name else Cell("", marks=("text",)) for name in datasets]
        rows.append([Cell(str(claim)), statement, *cells])
    bases = "; ".join(f"[{tag}] {meaning}" for tag, meaning in BASES.items() if tag in set(claims.basis))
    caption = (
        "The paper's claims and their verdicts. In brackets the uncorrected 95 % interval, over seeds (n), of "
        "the part of the claim that decides; verdicts are corrected by Holm over all claims of a data set. "
        f"How the claim is known: {bases}. {judged_by(results, datasets)}"
    ).rstrip()
    return Table(caption, header, rows)


def estimate_cell(line: Mapping[Any, Any] | None, most: int) -> Cell:
    """A mean and its interval, and how many seeds have a value where that are fewer than most; empty without a line."""
    if line is None:
        return Cell("")
    few = f"n = {line['seeds']}" if 0 < line["seeds"] < most else ""
    small = "; ".join(filter(None, (interval(line["low"], line["high"]), few)))
    value = None if math.isnan(line["mean"]) else line["mean"]
    return Cell(number(line["mean"]), small, ("best",) if line.get("best") else (), value)


def _verdict(row: Mapping[Any, Any], said: Callable[[str], str]) -> Cell:
    if row["verdict"] == "not run":
        return Cell("not run", said(row["reason"]) if isinstance(row["reason"], str) else "", ("text",))
    return Cell(str(row["verdict"]), f"{said(row['part'])}: {estimate(row)}, n = {row['seeds']:.0f}", ("text",))
