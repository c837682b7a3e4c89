"""The claims in the paper: the claims as tables, the counts, and for each claim what its verdict chooses to say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ppgn_bench.claims.text import standing
from ppgn_bench.report.paper.tables import Doc, cell, table
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.claims import (
    SIGNS,
    Line,
    corrected,
    estimate,
    in_words,
    reason,
    section,
    verdict_counts,
    words,
)
from ppgn_bench.report.words.numbers import counted, listed, seeds
from ppgn_bench.report.words.places import judged_by
from ppgn_bench.report.words.sentences import outcome

DECIDED = ("reproduced", "contradicted")


def counts(results: Results) -> list[str]:
    """For each data set and world: how many claims have which verdict, and on how many seeds."""
    known, said = words(results), []
    for dataset in _datasets(results):
        rows = results.claims[results.claims.dataset == dataset]
        most = rows.seeds.max()
        trained = "" if math.isnan(most) else f" ({seeds(most)})"
        place = f"{known.get(dataset, dataset)}{trained}, of {counted(len(rows), 'claim')}"
        said.append(f"On {place}: {verdict_counts(results, dataset)}.")
    return said


def findings(results: Results, claims: Sequence[str], verdicts: Sequence[str]) -> list[str]:
    """One sentence for each of these claims and verdicts, the data sets with that verdict together."""
    known, said = words(results), []
    for claim in claims:
        rows = results.claims[results.claims.claim == claim]
        for verdict, alike in rows.groupby("verdict", sort=False):
            if verdict in verdicts:
                said.append(_sentence(claim, str(verdict), alike.to_dict("records"), known))
    return said


def not_run(results: Results) -> list[str]:
    """For each claim that some data set did not run: where, and why."""
    known, said = words(results), []
    for claim, rows in results.claims[results.claims.verdict == "not run"].groupby("claim", sort=False):
        lines = rows.to_dict("records")
        names = listed([known.get(row["dataset"], row["dataset"]) for row in lines])
        reasons = "; ".join(dict.fromkeys(reason(row, known) for row in lines))
        said.append(f"{claim} [{lines[0]['basis']}], “{lines[0]['statement']}”, on {names}: {reasons}.")
    return said


def undecided(results: Results, claims: Sequence[str]) -> str:
    """One sentence that names the claims of these that are undecided, and where."""
    known, said = words(results), []
    open_ = results.claims[(results.claims.verdict == "undecided") & results.claims.claim.isin(list(claims))]
    for claim, rows in open_.groupby("claim", sort=False):
        names = [known.get(name, name) for name in rows.dataset]
        said.append(f"{claim}, “{rows.statement.iloc[0]}” (on {listed(names)})")
    return f"Undecided: {'; '.join(said)}." if said else ""


def _sentence(claim: str, verdict: str, rows: Sequence[Line], known: Mapping[str, str]) -> str:
    names = [known.get(row["dataset"], row["dataset"]) for row in rows]
    text = outcome(claim, rows[0]["statement"], verdict)
    each = [_grounds(row, known) for row in rows]
    if len(set(each)) == 1:  # what is the same everywhere is said once
        each = each[:1]
    else:
        each = [f"on {name}: {grounds}" for name, grounds in zip(names, each, strict=True) if grounds]
    head = f"{claim} [{rows[0]['basis']}]: {verdict}" if verdict in DECIDED else f"{claim} [{rows[0]['basis']}]"
    return f"On {listed(names)}, {text} ({'; '.join([head, *filter(None, each)])})."


def _grounds(row: Line, known: Mapping[str, str]) -> str:
    """The deciding part with its numbers; of what was not decided the reason as well, of what was what flips it."""
    flips = f"flips: {_together(row['flips'])}" if isinstance(row["flips"], str) and row["flips"] else ""
    return "; ".join(filter(None, [evidence(row, known), flips if row["verdict"] in DECIDED else reason(row, known)]))


def evidence(row: Line, known: Mapping[str, str]) -> str:
    """The deciding part of a claim with its estimate, interval and seeds; nothing where it was not run."""
    if row["verdict"] == "not run" or not isinstance(row["part"], str):
        return ""
    return f"{in_words(row['part'], known)}: {estimate(row)}, {seeds(row['seeds'])}"


def _together(flips: str) -> str:
    """What flips a verdict; the seeds that do alike, each left out alone, are named together."""
    alike: dict[str, list[str]] = {}
    for flip in flips.split("; "):
        verdict, _, seed = flip.partition(" without seed ")
        alike.setdefault(verdict, []).extend([seed] if seed else [])
    return "; ".join(f"{flip} without seed {' or '.join(s)}" if s else flip for flip, s in alike.items())


def _datasets(results: Results) -> list[str]:
    """Data sets and worlds that have verdicts, in the experiment's order."""
    judged = results.claims.dataset.astype(str).unique()
    return [name for name in dict.fromkeys([*results.datasets, *judged]) if name in judged]


def _head(row: Line) -> list[Doc]:
    """What stands before all verdicts of a claim: its key, and what the paper says where."""
    return [cell(row["claim"]), cell(row["statement"], f"{section(row)} [{row['basis']}]")]


def _rows(results: Results, full: bool) -> list[list[Doc | str]]:
    """A row a claim and data set, where the first cells of a claim span all its rows.

    full: with what was measured, the part that decides, the reason and what flips the verdict.
    """
    known = words(results)
    rows: list[list[Doc | str]] = []
    for of_claim in _by_claim(results):
        head = [*_head(of_claim[0]), *([cell(of_claim[0]["measured"])] if full else [])]
        first: list[Doc | str] = [{**one, "span": len(of_claim)} for one in head]
        for place, row in enumerate(of_claim):
            numbers = "" if full or row["verdict"] == "not run" else estimate(row)
            cells: list[Doc | str] = [cell(f"{SIGNS[row['verdict']]} {row['verdict']}", numbers, row["verdict"])]
            if full:
                why = ". ".join(filter(None, [reason(row, known), standing(row)]))
                below = f"corrected: {p_values}" if (p_values := corrected(row)) else ""
                cells += [cell(evidence(row, known), below), why]
            rows.append([*(first if place == 0 else []), str(row["dataset"]).replace("_", " "), *cells])
    return rows


def in_short(results: Results) -> list[Doc]:
    """The claims in short: for each claim and data set the verdict and the estimate that decides it."""
    caption = (
        "The claims and their verdicts. Below a claim: where the paper says so, and how that is known. Below a "
        "verdict: the estimate of the part that decides it, with its 95 % interval over seeds. The appendix "
        f"has the rest. {judged_by(results, results.datasets)}"
    ).rstrip()
    rows = _rows(results, full=False)
    return [table("claims", caption, ["", "the paper says", "on", "verdict"], rows, (0, 1.5, 0, 1.1))] if rows else []


def in_full(results: Results) -> list[Doc]:
    """The claims with what was measured, the part that decides, the reason and what flips the verdict."""
    caption = (
        "All claims in full. The estimate is that of the part that decides, the weakest or the one that is reversed, "
        "with its 95 % interval over seeds, not corrected; below it the p-values after Holm's correction over "
        "all claims, which decide. A verdict flips if another stands with one seed "
        "left out, with other judges, with half of the samples, under the released update or on the other data set, "
        f"where those were measured. {judged_by(results, results.datasets)}"
    ).rstrip()
    header = ["", "the paper says", "measured as", "on", "verdict", "estimate [95 %]", "why, and how firm"]
    rows = _rows(results, full=True)
    return [table("claims-in-full", caption, header, rows, (0, 1.4, 1.5, 0, 0, 1.5, 1.5), "page")] if rows else []


def _by_claim(results: Results) -> Iterator[list[dict[Any, Any]]]:
    """The rows of each claim, a row a data set, by the claims' numbers."""
    order = _datasets(results)
    for name in sorted(results.claims.claim.unique(), key=lambda name: int(str(name)[1:])):
        rows = results.claims[results.claims.claim == name].to_dict("records")
        yield sorted(rows, key=lambda row: order.index(row["dataset"]))
