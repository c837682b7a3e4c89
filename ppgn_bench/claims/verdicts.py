"""The claims tested on measurements: of each the contrasts, one p-value for either side, a verdict and its reason.

A claim holds if all of its parts do (the largest p), and is contradicted if any is reversed (Bonferroni); Holm over the
whole ledger, per data set, for each of the two questions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from pandas import DataFrame

from ppgn_bench import columns
from ppgn_bench.claims.comparisons import Tested, tested
from ppgn_bench.claims.measured import Measured, NotMeasuredError, as_measured, by_arm
from ppgn_bench.claims.parts import Claim, Difference, Part
from ppgn_bench.claims.sensitivity import CHECKS, JUDGES, changed
from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.metrics import controls
from ppgn_bench.metrics.controls import not_admitted
from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.statistics.contrasts import all_hold, any_holds, holm

ALPHA = 0.025  # one-sided
FEWEST_SEEDS = 5

Outcome = list[Tested] | str  # of every part, or why the claim was not run


def verdicts(metrics: DataFrame, checks: DataFrame | None = None) -> tuple[DataFrame, DataFrame]:
    """A row for each claim and data set (CLAIMS of `columns`), and one for each part and check (CLAIM_PARTS).

    metrics: the long table of a run, or of several that share networks; checks: of its controls, as `controls.check`
    gives them. Where a metric is not admitted no claim that rests on it is decided; it counts as p = 1. Verdicts are
    "reproduced", "contradicted", "undecided" and "not run"; the numbers of a claim are those of the part that decides:
    the weakest, or the one that is reversed. checks: how the claim was tested again, of `sensitivity.CHECKS` and "each
    seed left out", but by no judge that a metric of the claim is not admitted with; flips: which of them, or which
    other data set, gives another verdict.
    """
    rows, parts = [], []
    refused = not_admitted(checks) if checks is not None else {}
    by_others = {name: not_admitted(controls.check(metrics, ending)) for name, ending in JUDGES.items()}
    for dataset in dict.fromkeys(metrics.dataset):
        here = metrics[metrics.dataset == dataset]
        names = [name for name, claim in CLAIMS.items() if claim.worlds == bool((here.sweep == "world").any())]
        measured = by_arm(here)
        outcomes = {name: _outcomes(CLAIMS[name], measured) for name in names}
        blind = _blind(outcomes, refused, dataset)
        judged = _judged(outcomes, FEWEST_SEEDS, blind)
        checked, flips = _left_out(here, judged, blind)
        for check in CHECKS:
            under = _under(check, outcomes, measured)
            unseen = _blind(under, by_others.get(check, refused), dataset)
            others = {name: tests for name, tests in under.items() if name not in unseen}
            again = _judged(outcomes | others, FEWEST_SEEDS, {n: why for n, why in blind.items() if n not in others})
            for name, tests in others.items():
                checked[name].append(check)
                if again[name]["verdict"] != judged[name]["verdict"]:
                    flips[name].append(f"{again[name]['verdict']} with {check}")
                parts += _listed(name, dataset, check, tests)
        for name in names:
            row = {"claim": name, "dataset": dataset, **_stated(CLAIMS[name]), **judged[name]}
            rows.append({**row, "checks": "; ".join(checked[name]), "flips": flips[name]})
            parts += _listed(name, dataset, "", outcomes[name])
    if not (metrics.sweep == "world").any():
        rows += [_unexplored(name, claim) for name, claim in CLAIMS.items() if claim.worlds]
    rows = [row | {"flips": "; ".join([*row["flips"], *_elsewhere(row, rows)])} for row in rows]
    return DataFrame(rows, columns=columns.CLAIMS), _in_order(DataFrame(parts, columns=columns.CLAIM_PARTS))


def _elsewhere(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The opposite verdicts of the same claim on other data sets."""
    others = (other for other in rows if other["claim"] == row["claim"] and _opposite(row, other))
    return [f"{other['verdict']} on {other['dataset']}" for other in others]


def _in_order(parts: DataFrame) -> DataFrame:
    """Parts by data set, then in the order of the claims."""
    order = {name: place for place, name in enumerate(CLAIMS)}
    by_claim = parts.sort_values("claim", key=lambda names: names.map(order), kind="stable")
    return by_claim.sort_values("dataset", kind="stable", ignore_index=True)


def _unexplored(name: str, claim: Claim) -> dict[str, Any]:
    reason = f"no analytic world was explored; {claim.config} does"
    row = {"claim": name, "dataset": "worlds", **_stated(claim), "verdict": "not run", "reason": reason}
    return row | {"checks": "", "flips": []}


def _listed(name: str, dataset: str, check: str, outcome: Outcome) -> list[dict[str, Any]]:
    if isinstance(outcome, str):
        return []
    return [{"claim": name, "dataset": dataset, "check": check, **asdict(part)} for part in outcome]


def _opposite(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {row["verdict"], other["verdict"]} == {"reproduced", "contradicted"}


def _done(outcomes: Mapping[str, Outcome]) -> dict[str, list[Tested]]:
    """The claims that were run."""
    return {name: tests for name, tests in outcomes.items() if not isinstance(tests, str)}


def _judged(
    outcomes: Mapping[str, Outcome], fewest: int, blind: Mapping[str, str] = MappingProxyType({})
) -> dict[str, dict[str, Any]]:
    """Claim -> verdict, reason and numbers; blind: claims that may not be decided -> why."""
    supported, reversed_ = _adjusted({name: tests for name, tests in _done(outcomes).items() if name not in blind})
    judged: dict[str, dict[str, Any]] = {}
    for name, tests in outcomes.items():
        if isinstance(tests, str):
            judged[name] = {"verdict": "not run", "reason": tests}
        else:
            judged[name] = _verdict(tests, supported.get(name, 1.0), reversed_.get(name, 1.0), fewest)
            judged[name] |= {"verdict": "undecided", "reason": blind[name]} if name in blind else {}
    return judged


def _blind(outcomes: Mapping[str, Outcome], refused: Mapping[tuple[str, str], str], dataset: str) -> dict[str, str]:
    """Claims that rest on metrics that do not see all that they must -> what these do not see.

    refused: (data set, metric) -> what a metric that is not admitted does not see.
    """
    blind = {}
    for claim, tests in _done(outcomes).items():
        metrics = [name for name in dict.fromkeys(part.metric for part in tests) if (dataset, name) in refused]
        if metrics:
            seen = (f"the metric {name} does not separate {refused[dataset, name]}" for name in metrics)
            blind[claim] = "; ".join(seen)
    return blind


def _under(check: str, outcomes: Mapping[str, Outcome], metrics: Measured) -> dict[str, list[Tested]]:
    """Outcomes of the claims that a check concerns, where it was measured with as many seeds as a verdict needs."""
    claims = {name: changed(as_measured(CLAIMS[name], metrics), check) for name in _done(outcomes)}
    under = _done({name: _outcomes(claim, metrics) for name, claim in claims.items() if claim})
    return {name: tests for name, tests in under.items() if min(part.seeds for part in tests) >= FEWEST_SEEDS}


def _left_out(
    metrics: DataFrame, judged: Mapping[str, Mapping[str, Any]], blind: Mapping[str, str]
) -> tuple[dict[str, list[str]], ...]:
    """Claim -> the check, if its verdict is one, and the training seeds without which that is another."""
    decided = [name for name, row in judged.items() if row["verdict"] in ("reproduced", "contradicted")]
    flips: dict[str, list[str]] = {name: [] for name in judged}
    is_sampler = ~metrics.variant.isin(list(CONTROLS))
    for seed in sorted(metrics.seed[is_sampler].dropna().unique()) if decided else []:
        left = by_arm(metrics[~is_sampler | (metrics.seed != seed)])
        without = _judged({name: _outcomes(CLAIMS[name], left) for name in judged}, FEWEST_SEEDS - 1, blind)
        for name in decided:
            if without[name]["verdict"] != judged[name]["verdict"]:
                flips[name].append(f"{without[name]['verdict']} without seed {seed:.0f}")
    return {name: ["each seed left out"] if name in decided else [] for name in judged}, flips


def _stated(claim: Claim) -> dict[str, str]:
    return {"statement": claim.text, "section": claim.section, "basis": claim.basis, "measured": claim.measured}


def _outcomes(claim: Claim, metrics: Measured) -> Outcome:
    """Every part's outcome, or why the claim was not run."""
    claim = as_measured(claim, metrics)
    known_modes = any("modes_covered" in of_arm for of_arm in metrics.values())
    named = {metric for of_arm in metrics.values() for metric in of_arm}
    parts = [part for part in claim.parts if getattr(part, "known_modes", None) in (None, known_modes)]
    parts = [part for part in parts if not getattr(part, "optional", False) or vars(part)["metric"] in named] or parts
    parts = _in_place(parts, named)
    try:
        return [tested(part, metrics) for part in parts]
    except NotMeasuredError as missing:
        return f"{missing}: not measured; {claim.config} does"


def _in_place(parts: Sequence[Part], named: Set[str]) -> list[Part]:
    """Without a part whose metric nothing has where another stands in its place, and else without that other."""
    stands = {
        part.instead: part.metric in named and part.instead not in named
        for part in parts
        if isinstance(part, Difference) and part.instead
    }
    return [
        part
        for part in parts
        if not stands.get(vars(part).get("metric", ""), False) and stands.get(getattr(part, "instead", ""), True)
    ]


def _adjusted(done: Mapping[str, list[Tested]]) -> tuple[dict[str, float], dict[str, float]]:
    """Holm-adjusted p of each claim, for it and against it; what was not run counts as p = 1 in the fixed ledger.

    So does what has no p-value, since it is true or false.
    """
    supported = {name: all_hold(_p(part.p_for) for part in tests) for name, tests in done.items()}
    reversed_ = {name: any_holds(_p(part.p_against) for part in tests) for name, tests in done.items()}
    return holm(supported, len(CLAIMS)), holm(reversed_, len(CLAIMS))


def _verdict(tests: list[Tested], supported: float, reversed_: float, fewest: int) -> dict[str, Any]:
    weakest, most_reversed = max(tests, key=lambda t: t.p_for), min(tests, key=lambda t: t.p_against)
    deciding, reason, seeds = weakest, "", min(part.seeds for part in tests)
    if math.isnan(weakest.p_for):
        verdict = "reproduced" if weakest.estimate == 0 else "contradicted"
        supported = reversed_ = math.nan
    elif seeds < fewest:
        verdict, reason = "undecided", f"{seeds} training seed{'s' * (seeds != 1)}, and a verdict needs {FEWEST_SEEDS}"
    elif supported <= ALPHA:
        verdict = "reproduced"
    elif reversed_ <= ALPHA:
        verdict, deciding = "contradicted", most_reversed
    else:
        verdict, reason = "undecided", _why_open(weakest, most_reversed, supported, reversed_)
    row = asdict(deciding) | {"seeds": seeds, "adjusted_for": supported, "adjusted_against": reversed_}
    return {name: value for name, value in row.items() if name in columns.CLAIMS} | {
        "verdict": verdict,
        "reason": reason,
    }


def _why_open(weakest: Tested, most_reversed: Tested, supported: float, reversed_: float) -> str:
    """Why nothing is decided: the correction alone, a trend that is none, or too few seeds."""
    if weakest.p_for <= ALPHA:
        p_values = f"(p {weakest.p_for:.2g}), not after (p {supported:.2g})"
        return f"it holds before Holm's correction over the ledger {p_values}"
    if most_reversed.p_against <= ALPHA:
        which = "this part" if most_reversed is weakest else f"{most_reversed.part}"
        p_values = f"(p {most_reversed.p_against:.2g}), not after (p {reversed_:.2g})"
        return f"{which} is reversed before the correction for the claim's parts and over the ledger {p_values}"
    return weakest.refused or _plan(weakest)


def _plan(part: Tested) -> str:
    """How many seeds make the interval finer than the metric's margin."""
    if part.needed is None or part.needed > part.seeds:
        return f"for an interval finer than the margin: {part.needed or 'more than 100'} seeds"
    if part.within:
        return "the interval is finer than the margin but reaches beyond it: a difference of about the margin's size"
    return "the interval is finer than the margin: a small or no difference"


def _p(value: float) -> float:
    return 1.0 if math.isnan(value) else value
