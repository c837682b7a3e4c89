"""What of a long table is for reading: its headline columns, a row a sampler, intervals in brackets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims.table import BASES
from ppgn_bench.claims.text import SCALES
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.page.blocks import Cell, Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import number

HEADLINES = {  # metric -> its heading
    "frechet_distance": "FD (judge)",
    "judge_accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "within_class_dissimilarity": "1 − SSIM",
    "modes_covered": "modes",
    "lagged_distance_500": "lag-500 distance",
}
AIMS = {"higher": "↑", "lower": "↓", "real": "→ real"}
T_LOG = "Student's t on the logarithm"
SHOWN_CONTROLS = ("real", "repeated", "noise")


def wide(
    lines: DataFrame, down: tuple[str, Mapping[Any, str]], across: tuple[str, Mapping[Any, str]], corner: str,
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
        found = [records.get((row, column)) for column in columns]
        if any(found):
            marks = ("control",) if row in controls else ()
            rows.append([Cell(titles[row], marks=marks), *(_cell(line, 1 if marks else most) for line in found)])
    return Table(caption, [Cell(corner), *(Cell(across[1][column]) for column in columns)], rows)


def main_selection(results: Results, dataset: str, title: str, lines: DataFrame) -> Table:
    """The headline metrics of a main table, samplers above three controls. title: of data set and sweep."""
    columns = {name: f"{heading} {_aim(name)}" for name, heading in HEADLINES.items()}
    if modes := next((row["modes"] for row in results.context["datasets"] if row["name"] == dataset), 0):
        columns["modes_covered"] = f"modes of {modes} {_aim('modes_covered')}"
    keys = dict(zip(lines.row, lines.variant, strict=True))
    rows = {row: row for row, key in keys.items() if key not in CONTROLS or key in SHOWN_CONTROLS}
    controls = [row for row, key in keys.items() if key in CONTROLS]
    seeds = int(lines.seeds[~lines.variant.isin(list(CONTROLS))].max())
    said = [title, _over(seeds, "Student's t on the metric's scale")]
    if lines.best.any():
        said.append("Bold: best, and parted from every other sampler by the paired 95 % interval over seeds.")
    said.append("Below the rule: controls, one measurement each.")
    return wide(lines, ("row", rows), ("metric", columns), "sampler", _sentences(said), controls)


def claims_selection(claims: DataFrame, titles: Mapping[str, str], said: Callable[[str], str]) -> Table:
    """A row a claim, a verdict a data set with the numbers of the part that decides.

    titles: data set -> its name; said: turns the keys in a text into what a reader knows them by.
    """
    datasets = list(dict.fromkeys(claims.dataset))
    header = [Cell("claim"), Cell("the paper says", marks=("text",)),
              *(Cell(titles.get(name, name), marks=("text",)) for name in datasets)]  # fmt: skip
    rows = []
    for claim, of_claim in claims.groupby("claim", sort=False):
        by_name = {row["dataset"]: row for row in of_claim.to_dict("records")}
        told = of_claim.iloc[0]
        statement = Cell(f"{told.statement} [{told.basis}]", told.section, ("text",))
        cells = [_verdict(by_name[name], said) if name in by_name else Cell("", marks=("text",)) for name in datasets]
        rows.append([Cell(str(claim)), statement, *cells])
    bases = "; ".join(f"[{tag}] {meaning}" for tag, meaning in BASES.items() if tag in set(claims.basis))
    caption = [
        "The paper's claims and their verdicts. In brackets the uncorrected 95 % interval, over training seeds (n), of "
        "the part of the claim that decides; verdicts are corrected by Holm over the ledger of a data set.",
        f"How the claim is known: {bases}.",
    ]
    return Table(" ".join(caption), header, rows)


def over_seeds(lines: DataFrame, scale: str) -> str:
    """How many training seeds a table's estimates are over, and what the brackets hold."""
    return _over(int(lines.seeds.max()) if len(lines) else 0, scale)


def _over(seeds: int, scale: str) -> str:
    if seeds == 1:
        return "One training seed, so there is no interval."
    return f"Mean over {seeds} training seeds; in brackets its 95 % interval ({scale})."


def _sentences(texts: Sequence[str]) -> str:
    return " ".join(text if text.endswith(".") else f"{text}." for text in texts)


def _aim(name: str) -> str:
    metric = METRICS[name]
    return f"→ {metric.real:g}" if metric.real is not None else AIMS[metric.direction]


def _cell(line: Mapping[Any, Any] | None, most: int) -> Cell:
    if line is None:
        return Cell("")
    few = f"n = {line['seeds']}" if 0 < line["seeds"] < most else ""
    small = "; ".join(filter(None, (bracketed(line), few)))
    return Cell(number(line["mean"]), small, ("best",) if line.get("best") else ())


def bracketed(line: Mapping[Any, Any]) -> str:
    """The interval of a line of a long table, without commas in its numbers; nothing where there is none."""
    low, high = (number(line[end]).replace(",", "") for end in ("low", "high"))
    return "" if math.isnan(line["low"]) else f"[{low}, {high}]"


def _verdict(row: Mapping[Any, Any], said: Callable[[str], str]) -> Cell:
    if row["verdict"] == "not run":
        return Cell("not run", said(row["reason"]) if isinstance(row["reason"], str) else "", ("text",))
    estimate = f"{SCALES[row['scale']]} {number(row['estimate'])} {bracketed(row)}".rstrip()
    return Cell(str(row["verdict"]), f"{said(row['part'])}: {estimate}, n = {row['seeds']:.0f}", ("text",))
