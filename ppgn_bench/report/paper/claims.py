"""The claims in the paper: the ledger as tables, the counts, and for each claim what its verdict chooses to say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ppgn_bench.claims.text import standing
from ppgn_bench.report.page.claims import SIGNS
from ppgn_bench.report.paper.sentences import outcome
from ppgn_bench.report.paper.tables import Doc, cell, table
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.phrases import corrected, estimate, in_words, reason, words

DECIDED = ("reproduced", "contradicted")
Line = Mapping[Any, Any]  # a row of claims.csv


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def counts(results: Results) -> list[str]:
    """For each data set and world: how many claims have which verdict, and on how many seeds."""
    known, said = words(results), []
    for dataset in _datasets(results):
        rows = results.claims[results.claims.dataset == dataset]
        of = rows.verdict.value_counts()
        verdicts = ", ".join(f"{of[verdict]} {verdict}" for verdict in SIGNS if verdict in of)
        seeds = rows.seeds.max()
        trained = "" if math.isnan(seeds) else f" ({_seeds(seeds)})"
        plural = "s" if len(rows) != 1 else ""
        said.append(f"On {known.get(dataset, dataset)}{trained}, of {len(rows)} claim{plural}: {verdicts}.")
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
        told = rows.to_dict("records")
        names = listed([known.get(row["dataset"], row["dataset"]) for row in told])
        reasons = "; ".join(dict.fromkeys(reason(row, known) for row in told))
        said.append(f"{claim} [{told[0]['basis']}], “{told[0]['statement']}”, on {names}: {reasons}.")
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
    return f"{in_words(row['part'], known)}: {estimate(row)}, {_seeds(row['seeds'])}"


def _seeds(count: float) -> str:
    return f"{count:.0f} training seed{'s' if count != 1 else ''}"


def _together(flips: str) -> str:
    """What flips a verdict; the seeds that do alike, each left out alone, are named together."""
    alike: dict[str, list[str]] = {}
    for flip in flips.split("; "):
        verdict, _, seed = flip.partition(" without seed ")
        alike.setdefault(verdict, []).extend([seed] if seed else [])
    return "; ".join(f"{flip} without seed {' or '.join(s)}" if s else flip for flip, s in alike.items())


def _datasets(results: Results) -> list[str]:
    """Data sets and worlds that have verdicts, in the experiment's order."""
    found = [str(name) for name in dict.fromkeys(results.claims.dataset)]
    first = [name for name in results.datasets if name in found]
    return [*first, *(name for name in found if name not in first)]


def _key(row: Line) -> str:
    """A data set or world as the config calls it: short enough for a column."""
    return str(row["dataset"]).replace("_", " ")


def ledger(results: Results) -> list[Doc]:
    """The ledger in short: for each claim and data set the verdict and the estimate that decides it."""
    rows: list[list[Doc | str]] = []
    for of_claim in _by_claim(results):
        told, span = of_claim[0], len(of_claim)
        first = [cell(told["claim"], span=span), cell(told["statement"], _source(told), span=span)]
        for place, row in enumerate(of_claim):
            numbers = "" if row["verdict"] == "not run" else estimate(row)
            verdict = cell(f"{SIGNS[row['verdict']]} {row['verdict']}", numbers, row["verdict"])
            rows.append([*(first if place == 0 else []), _key(row), verdict])
    caption = (
        "The claims and their verdicts. Below a claim: where the paper says so, and how that is known. Below a "
        "verdict: the estimate of the part that decides it, with its 95 % interval over training seeds. The appendix "
        "has the rest."
    )
    return [table("claims", caption, ["", "the paper says", "on", "verdict"], rows, (0, 1.5, 0, 1.1))] if rows else []


def ledger_in_full(results: Results) -> list[Doc]:
    """The ledger with what was measured, the part that decides, the reason and what flips the verdict."""
    known = words(results)
    rows: list[list[Doc | str]] = []
    for of_claim in _by_claim(results):
        told = of_claim[0]
        texts = (cell(told["claim"]), cell(told["statement"], _source(told)), cell(told["measured"]))
        first: list[Doc | str] = [{**text, "span": len(of_claim)} for text in texts]
        for place, row in enumerate(of_claim):
            verdict = cell(f"{SIGNS[row['verdict']]} {row['verdict']}", mark=row["verdict"])
            why = ". ".join(filter(None, [reason(row, known), standing(row)]))
            numbers = cell(evidence(row, known), f"corrected: {p_values}" if (p_values := corrected(row)) else "")
            rows.append([*(first if place == 0 else []), _key(row), verdict, numbers, why])
    caption = (
        "The ledger in full. The estimate is that of the part that decides, the weakest or the one that is reversed, "
        "with its 95 % interval over training seeds, not corrected; below it the p-values after Holm's correction over "
        "the ledger, which decide. A verdict flips if another stands with one seed "
        "left out, with a second judge, with half of the samples, under the released update or on the other data set, "
        "where those were measured."
    )
    header = ["", "the paper says", "measured as", "on", "verdict", "estimate [95 %]", "why, and how firm"]
    return [table("ledger", caption, header, rows, (0, 1.4, 1.5, 0, 0, 1.5, 1.5), "page")] if rows else []


def _by_claim(results: Results) -> Iterator[list[dict[Any, Any]]]:
    """The rows of each claim, a row a data set, by the claims' numbers."""
    order = _datasets(results)
    for name in sorted(results.claims.claim.unique(), key=lambda name: int(str(name)[1:])):
        rows = results.claims[results.claims.claim == name].to_dict("records")
        yield sorted(rows, key=lambda row: order.index(row["dataset"]))


def _source(told: Line) -> str:
    section = str(told["section"])
    return f"{f'Sec. {section}' if section[0].isdigit() else section} [{told['basis']}]"
