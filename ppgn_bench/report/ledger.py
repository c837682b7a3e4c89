"""The first page: which of the paper's claims hold here, and how surely."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims import BASES
from ppgn_bench.claims_text import SCALES, standing
from ppgn_bench.metrics import METRICS
from ppgn_bench.report import exports
from ppgn_bench.report.numbers import short
from ppgn_bench.report.page import Block, Cell, Points, Section, Table, Text, plain_table
from ppgn_bench.report.readable import claims_selection
from ppgn_bench.report.results import Results
from ppgn_bench.report.samples import dataset_title
from ppgn_bench.report.tables import number

SIGNS = {"reproduced": "✓", "contradicted": "✗", "undecided": "?", "not run": "–"}
LEAD = (
    "Directions and the kind of measure were listed before this suite existed; the exact parts of each claim were "
    "written after its first runs had been seen. Unit: the training seed; contrasts are paired over seeds "
    "(Student's t on the metric's scale), one-sided at 2.5 % in the claim's direction and, for ✗, in the "
    "other. A claim of several parts holds if all do; Holm's correction over the whole ledger, per data set. The "
    "interval (95 %, not corrected) is that of the part that decides. Fewer than five seeds decide nothing. Each "
    "verdict is held against each seed left out, a second judge, half the samples, the released update and the other "
    "data set, where those were measured; “flips” names what gives another verdict."
)


def ledger(results: Results, folder: Path) -> Section:
    """Claim by claim: what the paper says and how that is known, what was measured, the verdict on each data set."""
    table, parts = results.claims, results.claim_parts
    if not len(table):
        return Section("claims", "Which of the paper's claims hold here?", [])
    said = partial(_readable, words=_words(results))
    exports.save(folder, "claims", table, [claims_selection(table, _titles(results), said)])
    blocks: list[Block] = [Text(LEAD, "note"), Points([*_counts(results, table)])]
    titles = _titles(results)
    images = [name for name in results.datasets if name in set(table.dataset)]
    worlds = [name for name in dict.fromkeys(table.dataset) if name not in images]
    for names, caption in ((images, "The paper's claims on images"), (worlds, "… and on analytic worlds")):
        if names:
            shown = table[table.dataset.isin(names)]
            blocks.append(_ledger(shown, names, titles | _words(results), caption))
    if len(parts):
        blocks.append(_parts(parts, titles, _words(results)))
    return Section("claims", "Which of the paper's claims hold here?", blocks)


def _titles(results: Results) -> dict[str, str]:
    worlds = {world["name"]: world["title"].partition(":")[0] for world in results.context.get("worlds", [])}
    return {name: dataset_title(results, name) for name in results.datasets} | worlds


def _counts(results: Results, table: DataFrame) -> Iterator[str]:
    titles = _titles(results)
    for dataset, rows in table.groupby("dataset", sort=False):
        counts = rows.verdict.value_counts()
        said = [f"{counts[verdict]} {verdict}" for verdict in SIGNS if verdict in counts]
        yield f"{titles.get(str(dataset), dataset)}: {', '.join(said)}."


def _ledger(table: DataFrame, names: Sequence[str], words: Mapping[str, str], caption: str) -> Table:
    header = [
        Cell("claim"),
        Cell("what the paper says", marks=("text",)),
        Cell("measured as", marks=("text",)),
        *(Cell(words.get(name, name), marks=("text",)) for name in names),
    ]
    rows = []
    for claim, of_claim in table.groupby("claim", sort=False):
        told = of_claim.iloc[0]
        section = f"Sec. {told.section}" if told.section[0].isdigit() else told.section
        known = f"{section}; {BASES[told.basis]} [{told.basis}]"
        by_name = {row["dataset"]: row for row in of_claim.to_dict("records")}
        cells = [_verdict(by_name[name], words) if name in by_name else Cell("") for name in names]
        said = Cell(told.statement, known, ("text",)), Cell(told.measured, "", ("text",))
        rows.append([Cell(str(claim)), *said, *cells])
    return Table(caption, header, rows)


def _verdict(row: Mapping[Any, Any], words: Mapping[str, str]) -> Cell:
    reason = row["reason"] if isinstance(row["reason"], str) else ""
    said = [reason, standing(row)]
    if row["verdict"] != "not run":
        interval = "" if math.isnan(row["low"]) else f" [{number(row['low'])}, {number(row['high'])}]"
        estimate = f"{SCALES[row['scale']]} {number(row['estimate'])}{interval}, {row['seeds']:.0f} seeds"
        said = [f"{_readable(row['part'], words)}: {estimate}", *said]
    marks = ("text", "bad") if row["verdict"] == "contradicted" else ("text",)
    return Cell(f"{SIGNS[row['verdict']]} {row['verdict']}", ". ".join(filter(None, said)), marks)


def _parts(parts: DataFrame, titles: Mapping[str, str], words: Mapping[str, str]) -> Table:
    header = ["claim", "data set", "part", "with", "scale", "estimate [95 %]", "seeds", "p for", "p against"]
    rows = []
    for row in parts.to_dict("records"):
        estimate = f"{number(row['estimate'])} [{number(row['low'])}, {number(row['high'])}]"
        check = row["check"] if isinstance(row["check"], str) else ""
        named = [row["claim"], titles.get(row["dataset"], row["dataset"]), _readable(row["part"], words), check]
        rows.append([*named, SCALES[row["scale"]], estimate, str(row["seeds"])])
        rows[-1] += [number(row["p_for"]), number(row["p_against"])]
    return plain_table("Every part, with p-values that are not corrected", header, rows)


def _words(results: Results) -> dict[str, str]:
    """Keys of samplers and metrics -> what a reader knows them by."""
    return {name: short(metric) for name, metric in METRICS.items()} | dict(results.titles)


def _readable(part: str, words: Mapping[str, str]) -> str:
    return re.sub(r"[\w+=.]+", lambda found: words.get(found.group(), found.group()), part)
