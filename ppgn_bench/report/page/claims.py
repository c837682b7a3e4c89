"""The first section: which of the paper's claims hold here, how surely, and each with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims.table import BASES, CLAIMS
from ppgn_bench.claims.text import standing
from ppgn_bench.report.page.bars import Bar, bars
from ppgn_bench.report.page.blocks import Block, Points, Section, Text
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.readable import claims_selection
from ppgn_bench.report.words.claims import SIGNS, corrected, estimate, in_words, reason, section, verdict_counts, words
from ppgn_bench.report.words.numbers import counted, p_value
from ppgn_bench.report.words.places import judged_by, titles

LEAD = (
    "Directions and the kind of measure were listed before this suite existed; the exact parts of each claim were "
    "written after its first runs had been seen. Unit: the seed; contrasts are paired over seeds "
    "(Student's t on the metric's scale), those with real images after Welch, with the spread of these over the ways "
    "to part them in two halves; one-sided at 2.5 % in the claim's direction and, for ✗, in the "
    "other. A claim of several parts holds if all do; Holm's correction over all claims, per data set. The "
    "corrected p-values, which decide, stand below the estimate; those in the table of parts are raw, as is the "
    "interval (95 %) of the part that decides. Fewer than five seeds decide nothing. Each verdict is compared with "
    "those of each seed left out, other judges where the metrics are admitted with them, half the samples, the "
    "released update and the other data set, where those were measured; “flips” names what gives another verdict."
)


@dataclass(frozen=True)
class Evidence:
    """A part of a claim: with what it was measured ("" as the verdict is), and what came out.

    part: "" where it is that of the row above, under another check.
    """

    part: str
    check: str
    estimate: str
    bar: Bar | None
    seeds: int
    p_for: str
    p_against: str


@dataclass(frozen=True)
class Finding:
    """A claim on one data set: the verdict, the deciding numbers and sentences, and all parts."""

    dataset: str
    verdict: str
    said: Sequence[str]
    evidence: Sequence[Evidence]


@dataclass(frozen=True)
class Entry:
    """A claim: its key, what the paper says and how that is known, the measure, and what could change a verdict."""

    claim: str
    text: str
    source: str
    measured: str
    turn: str
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Judged(Block):
    """Claims that open to their evidence; counts: verdict -> claims that have it on some data set."""

    title: str
    counts: Mapping[str, int]
    entries: Sequence[Entry]
    signs: Mapping[str, str]


def claims(results: Results, folder: Path) -> Section:
    """Claim by claim: what the paper says and how that is known, what was measured, the verdict on each data set."""
    table, title, named = results.claims, "Which of the paper's claims hold here?", titles(results)
    if not len(table):
        return Section("claims", title, [])
    known = words(results)
    export.save(folder, "claims", table, [claims_selection(results, partial(in_words, known=known))])
    counts = [f"{named.get(name, name)}: {verdict_counts(results, name)}." for name in dict.fromkeys(table.dataset)]
    blocks: list[Block] = [Points(counts)]
    images = table.dataset.isin(results.datasets)
    for rows, caption in ((table[images], "On images"), (table[~images], "On analytic worlds")):
        if len(rows):
            entries = [_entry(results, str(name), of, known) for name, of in rows.groupby("claim", sort=False)]
            verdicts = {verdict: int(rows.claim[rows.verdict == verdict].nunique()) for verdict in SIGNS}
            blocks.append(Judged(caption, verdicts, entries, SIGNS))
    return Section("claims", title, [*blocks, Text(f"{LEAD} {judged_by(results, named)}".rstrip(), "note")])


def _entry(results: Results, claim: str, rows: DataFrame, known: Mapping[str, str]) -> Entry:
    first, named = rows.iloc[0], titles(results)
    parts = results.claim_parts[results.claim_parts.claim == claim]
    findings = [
        Finding(
            named.get(row["dataset"], row["dataset"]),
            row["verdict"],
            [*_said(row, known)],
            _evidence(parts[parts.dataset == row["dataset"]], known),
        )
        for row in rows.to_dict("records")
    ]
    source = f"{section(first.to_dict())}; {BASES[first.basis]} [{first.basis}]"
    turns = claim in CLAIMS and bool(CLAIMS[claim].config) and bool((rows.verdict != "reproduced").any())
    return Entry(claim, first.statement, source, first.measured, CLAIMS[claim].turn if turns else "", findings)


def _said(row: Mapping[Any, Any], known: Mapping[str, str]) -> Iterator[str]:
    """The numbers of the part that decides, the reason, and what flips the verdict."""
    if row["verdict"] != "not run":
        yield f"{in_words(row['part'], known)}: {estimate(row)}, {counted(row['seeds'], 'seed')}."
    if p_values := corrected(row):
        yield f"Corrected by Holm over all claims: {p_values}."
    if why := reason(row, known):
        yield f"{why[0].upper()}{why[1:]}."
    if stands := standing(row):
        yield stands


def _evidence(parts: DataFrame, known: Mapping[str, str]) -> list[Evidence]:
    """All parts, each followed by itself under every check; equal measures share the axis of their bars."""
    parts = parts.assign(check=parts.check.astype(object).fillna(""))
    place = parts.groupby("check").cumcount()  # checks list the same parts in the same order
    parts = parts.assign(place=place).sort_values(["place", "check"], ignore_index=True)
    drawn: dict[Any, Bar | None] = {}
    for (_, scale), same in parts.groupby(["metric", "scale"], sort=False):
        drawn |= zip(same.index, bars(same.to_dict("records"), str(scale)), strict=True)
    rows = []
    for index, row in enumerate(parts.to_dict("records")):
        part = "" if index and row["part"] == parts.part[index - 1] else in_words(row["part"], known)
        p_values = (p_value(row[name]) for name in ("p_for", "p_against"))
        rows.append(Evidence(part, row["check"], estimate(row), drawn[index], int(row["seeds"]), *p_values))
    return rows
