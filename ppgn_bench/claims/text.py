"""The claims and their verdicts as text: lines for a terminal, and Markdown for docs/claims.md."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims.table import BASES, CLAIMS

SCALES = {"none": "difference", "log": "ratio", "logit": "odds ratio"}
HEAD = """# The paper's claims, and what this suite finds of them

Written by `ppgn-bench claims METRICS.CSV --output docs/claims.md`, from the table of claims in `ppgn_bench/claims`
and the long tables of one run or several alone. Here: {run}.

Directions and the kind of measure were listed before this suite existed; the exact parts of each claim were written
after the first default runs had been seen, though not to fit them. Epsilons come from a search by a rule, on seeds and
images that no verdict uses (docs/settings.md). The unit is the training seed: classes and chains are averaged first.
Contrasts are paired over seeds, Student's t on the metric's scale, one-sided at 2.5 % in the claim's direction, and in
the other for "contradicted". A claim of several parts holds if all of them do (the largest p), and is contradicted if
any is reversed (Bonferroni). Holm's correction runs over the whole ledger, per data set, whatever was run: a claim that
is run later can decide others, never undo a verdict. Trends need Page's exact test, the slope's interval and the ends
to agree. Fewer than five seeds decide nothing. Intervals are 95 % and not corrected. Against real images contrasts are
not paired: these count with their own spread over ten ways to part them in two halves. A metric that does not put its
controls in order on a data set decides no claim there; when the kernel distance did not, and before any number of it
was seen, FD took its place in C25.

Each verdict is compared with those without each seed, with a second and a third judge where these put the controls of
the claim's metrics in order, with half the samples, under the update of the released code and on the other data set,
where those were measured; what flips it stands beside it.

How we know that the paper says so: {bases}.
"""


def plain(table: DataFrame) -> str:
    """A line for each claim and data set, and below it the reason. table: of `verdicts.verdicts`."""
    lines = []
    for row in table.to_dict("records"):
        lines.append(f"{row['claim']:4} {row['dataset']:16} {row['verdict']:13} {row['statement']}")
        texts = [text for text in (row["part"], row["reason"]) if isinstance(text, str) and text]
        lines += [f"{'':36}{'; '.join(texts)}"] if texts else []
    return "\n".join(lines)


def markdown(table: DataFrame) -> str:
    """The page: the ledger, then the evidence of all that is not reproduced, and what could change it."""
    seeds = table.groupby("dataset", sort=False).seeds.max().dropna()
    run = "; ".join(f"{dataset} with {count:.0f} training seeds" for dataset, count in seeds.items())
    bases = "; ".join(f"[{tag}] {meaning}" for tag, meaning in BASES.items())
    datasets = list(dict.fromkeys(table.dataset))
    lines = [HEAD.format(run=run, bases=bases), "## The ledger", ""]
    header = ["claim", "the paper says", "measured as", *datasets]
    lines += [_row(header), _row(["---"] * len(header))]
    for name, claim in CLAIMS.items():
        of_claim = {row["dataset"]: row for row in table[table.claim == name].to_dict("records")}
        verdicts = [of_claim[dataset]["verdict"] if dataset in of_claim else "" for dataset in datasets]
        lines.append(_row([name, f"{claim.text} ({claim.section}) [{claim.basis}]", claim.measured, *verdicts]))
    lines += ["", "## The evidence, and what could change it"]
    for name, claim in CLAIMS.items():
        rows = table[table.claim == name]
        turn = [f"- What could change it: {claim.turn}."] if (rows.verdict != "reproduced").any() else []
        if len(rows):
            lines += ["", f"**{name}. {claim.text}.**", "", *_evidence(rows), *turn]
    return "\n".join([*lines, ""])


def _evidence(rows: DataFrame) -> Iterator[str]:
    for row in rows.to_dict("records"):
        texts = [f"{row['dataset']}: {row['verdict']}.", _numbers(row), standing(row)]
        yield f"- {' '.join(text for text in texts if text)}"


def _numbers(row: Mapping[Any, Any]) -> str:
    reason = f"; {row['reason']}" if row["reason"] else ""
    if row["verdict"] == "not run":
        return f"{row['reason']}."
    if math.isnan(row["low"]):
        return f"`{row['part']}`: {row['estimate']:.3g}{reason}."
    estimate = f"{SCALES[row['scale']]} {row['estimate']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
    p_values = f"p {row['adjusted_for']:.2g} for and {row['adjusted_against']:.2g} against, corrected"
    return f"`{row['part']}`: {estimate}, {row['seeds']:.0f} seeds, {p_values}{reason}."


def standing(row: Mapping[Any, Any]) -> str:
    """What flips a verdict, else the checks that leave it as it is."""
    flips, checks = (row[name] if isinstance(row[name], str) else "" for name in ("flips", "checks"))
    if row["verdict"] == "not run" or not (flips or checks):
        return ""
    return f"Flips: {flips}." if flips else f"The same with {checks}."


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
