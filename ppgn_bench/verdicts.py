"""The claims held against measurements: of each the contrasts, one p-value for either side, a verdict and its reason.

A claim holds if all of its parts do (the largest p), and is contradicted if any is reversed (Bonferroni); Holm over the
whole ledger, per data set, for each of the two questions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims import CLAIMS
from ppgn_bench.comparisons import NotMeasuredError, Tested, tested
from ppgn_bench.contrasts import all_hold, any_holds, holm
from ppgn_bench.hypotheses import Claim
from ppgn_bench.metrics import CONTROLS

ALPHA = 0.025  # one-sided
FEWEST_SEEDS = 5

COLUMNS = ["claim", "dataset", "statement", "section", "basis", "measured", "estimate", "low", "high", "seeds", "scale"]
COLUMNS += ["p_for", "p_against", "adjusted_for", "adjusted_against", "verdict", "reason", "flips"]
PARTS = [
    "claim",
    "dataset",
    "part",
    "metric",
    "scale",
    "estimate",
    "low",
    "high",
    "seeds",
    "p_for",
    "p_against",
    "needed",
]


def verdicts(metrics: DataFrame) -> tuple[DataFrame, DataFrame]:
    """A row for each claim and data set (COLUMNS), and one for each part that was measured (PARTS).

    metrics: the long table of a run, or of several that share networks. Verdicts are "reproduced", "contradicted",
    "undecided" and "not run"; the numbers of a claim are those of the part that decides: the weakest, or the one that
    is reversed. What flips a verdict: a training seed left out, or the other data set.
    """
    rows, parts = [], []
    for dataset in dict.fromkeys(metrics.dataset):
        here = metrics[metrics.dataset == dataset]
        names = [name for name, claim in CLAIMS.items() if claim.worlds == bool((here.sweep == "world").any())]
        outcomes = {name: _outcomes(CLAIMS[name], here) for name in names}
        found = _judged(outcomes, FEWEST_SEEDS)
        flips = _flips(here, found)
        for name in names:
            row = {"claim": name, "dataset": dataset, **_told(CLAIMS[name]), **found[name]}
            rows.append({**row, "flips": flips.get(name, [])})
            parts += [{"claim": name, "dataset": dataset, **asdict(part)} for part in _done(outcomes).get(name, [])]
    for row in rows:
        elsewhere = [other for other in rows if other["claim"] == row["claim"] and _opposite(row, other)]
        row["flips"] = "; ".join([*row["flips"], *(f"{other['verdict']} on {other['dataset']}" for other in elsewhere)])
    return DataFrame(rows, columns=COLUMNS), DataFrame(parts, columns=PARTS)


def _opposite(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {row["verdict"], other["verdict"]} == {"reproduced", "contradicted"}


def _done(outcomes: Mapping[str, list[Tested] | str]) -> dict[str, list[Tested]]:
    """The claims that were run."""
    return {name: found for name, found in outcomes.items() if not isinstance(found, str)}


def _judged(outcomes: Mapping[str, list[Tested] | str], fewest: int) -> dict[str, dict[str, Any]]:
    """Claim -> verdict, reason and numbers."""
    supported, reversed_ = _adjusted(_done(outcomes))
    judged: dict[str, dict[str, Any]] = {}
    for name, found in outcomes.items():
        if isinstance(found, str):
            judged[name] = {"verdict": "not run", "reason": found}
        else:
            judged[name] = _verdict(found, supported[name], reversed_[name], fewest)
    return judged


def _flips(metrics: DataFrame, found: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Decided claim -> the training seeds without which its verdict is another one."""
    decided = [name for name, row in found.items() if row["verdict"] in ("reproduced", "contradicted")]
    flips: dict[str, list[str]] = {name: [] for name in decided}
    is_sampler = ~metrics.variant.isin(list(CONTROLS))
    for seed in sorted(metrics.seed[is_sampler].dropna().unique()) if decided else []:
        left = metrics[~is_sampler | (metrics.seed != seed)]
        without = _judged({name: _outcomes(CLAIMS[name], left) for name in found}, FEWEST_SEEDS - 1)
        for name in decided:
            if without[name]["verdict"] != found[name]["verdict"]:
                flips[name].append(f"{without[name]['verdict']} without seed {seed:.0f}")
    return flips


def _told(claim: Claim) -> dict[str, str]:
    return {
        "statement": claim.text,
        "section": claim.section,
        "basis": claim.basis,
        "measured": claim.measured,
    }


def _outcomes(claim: Claim, metrics: DataFrame) -> list[Tested] | str:
    """Every part's outcome, or why the claim was not run."""
    if not claim.config:
        return claim.turn
    known_modes = bool((metrics.metric == "modes_covered").any())
    parts = [part for part in claim.parts if getattr(part, "known_modes", None) in (None, known_modes)]
    try:
        return [tested(part, metrics) for part in parts]
    except NotMeasuredError as missing:
        return f"{missing}: not measured; {claim.config} does"


def _adjusted(done: Mapping[str, list[Tested]]) -> tuple[dict[str, float], dict[str, float]]:
    """Holm-adjusted p of each claim, for it and against it; what was not run counts as p = 1 in the fixed ledger.

    So does what has no p-value, since it is true or false.
    """
    supported = {name: all_hold(_p(part.p_for) for part in found) for name, found in done.items()}
    reversed_ = {name: any_holds(_p(part.p_against) for part in found) for name, found in done.items()}
    return holm(supported, len(CLAIMS)), holm(reversed_, len(CLAIMS))


def _verdict(found: list[Tested], supported: float, reversed_: float, fewest: int) -> dict[str, Any]:
    weakest, most_reversed = max(found, key=lambda t: t.p_for), min(found, key=lambda t: t.p_against)
    deciding, seeds = weakest, min(part.seeds for part in found)
    if math.isnan(weakest.p_for):
        verdict = "reproduced" if weakest.estimate == 0 else "contradicted"
        supported = reversed_ = math.nan
        reason = f"{weakest.part}: {weakest.estimate:g}"
    elif seeds < fewest:
        verdict, reason = "undecided", f"{seeds} training seeds, and a verdict needs {FEWEST_SEEDS}"
    elif supported <= ALPHA:
        verdict, reason = "reproduced", ""
    elif reversed_ <= ALPHA:
        verdict, reason, deciding = "contradicted", most_reversed.part, most_reversed
    else:
        verdict, reason = "undecided", f"{weakest.part}; {_plan(weakest)}"
    row = asdict(deciding) | {"seeds": seeds, "adjusted_for": supported, "adjusted_against": reversed_}
    return {name: value for name, value in row.items() if name in COLUMNS} | {"verdict": verdict, "reason": reason}


def _plan(part: Tested) -> str:
    """How many seeds make the interval finer than the metric's margin."""
    if part.needed is not None and part.needed <= part.seeds:
        return "the interval is finer than the margin: a small or no difference"
    return f"for an interval finer than the margin: {part.needed or 'more than 100'} seeds"


def _p(value: float) -> float:
    return 1.0 if math.isnan(value) else value
