"""Claims in words: keys of samplers and metrics as readers know them, estimates with their intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ppgn_bench.claims.text import SCALES
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.metrics import short
from ppgn_bench.report.words.numbers import interval, number, p_value
from ppgn_bench.report.words.places import inline, titles
from ppgn_bench.report.words.terms import SYMBOLS
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.training.changes import change_in_words
from ppgn_bench.training.recipes import RECIPES

SIGNS = {"reproduced": "✓", "contradicted": "✗", "undecided": "?", "not run": "–"}
NOT_MEASURED = ": not measured"
NOT_SEEN = " does not separate "
OTHERS = {  # what a claim measures, and is no metric of samples
    "held_out_denoised_code": "denoising error on held-out codes",
    "relative_error": "relative error",
    "code_denoiser": RECIPES["code_denoiser"].title,
    "joint": f"E(G(h)) of {RECIPES['joint'].title}",
}
Line = Mapping[Any, Any]  # a row of claims.csv


def words(results: Results) -> dict[str, str]:
    """Keys of samplers, metrics, data sets and worlds -> what a reader knows them by."""
    samplers = {name: variant.title for name, variant in VARIANTS.items()}  # a claim may be of one that was not run
    metrics = {name: short(name) for name in METRICS}
    places = {name: inline(title) for name, title in titles(results).items()}
    return metrics | OTHERS | samplers | dict(results.titles) | places


def verdict_counts(results: Results, dataset: str) -> str:
    """How many claims have which verdict on a data set or world: "3 reproduced, 1 not run"."""
    counts = results.claims[results.claims.dataset == dataset].verdict.value_counts()
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in SIGNS if verdict in counts)


def section(row: Line) -> str:
    """Where the paper makes a claim."""
    return f"Sec. {row['section']}" if str(row["section"])[0].isdigit() else str(row["section"])


def estimate(row: Line) -> str:
    """The estimate of a claim or part, with what it is and its interval."""
    return f"{SCALES[row['scale']]} {number(row['estimate'])} {interval(row['low'], row['high'])}".rstrip()


def corrected(row: Line) -> str:
    """Both p-values of a claim after Holm's correction; nothing where there is none."""
    p_for, p_against = row["adjusted_for"], row["adjusted_against"]
    return "" if math.isnan(p_for) else f"p {p_value(p_for)} for the claim, {p_value(p_against)} against it"


def reason(row: Line, known: Mapping[str, str]) -> str:
    """Why a claim has no verdict, for readers: the keys in it are those of what was not measured, or of a part."""
    text = row["reason"] if isinstance(row["reason"], str) else ""
    if NOT_MEASURED in text:
        what, _, rest = text.partition(NOT_MEASURED)
        return f"{in_words(what, known)}{NOT_MEASURED}{rest}"
    if NOT_SEEN in text:
        return "; ".join(in_words(one, known) for one in text.split("; "))
    part, reversed_, rest = text.partition(" is reversed before ")
    return f"{in_words(part, known)}{reversed_}{rest}" if ": " in part else text


def in_words(text: str, known: Mapping[str, str]) -> str:
    """Keys of samplers, controls, metrics and epsilons as readers know them."""
    text = re.sub(r"((?:, epsilon [a-z]+ [\d.e+-]+)+)", lambda match: f" ({_epsilons(match.group())})", text)
    return re.sub(r"\b[a-z][\w+=.]*", lambda match: known.get(match.group()) or _apart(match.group()), text)


def _epsilons(text: str) -> str:
    """Settings as a claim names them, ", epsilon prior 0.1, epsilon noise 0", as "ε1 = 0.1, ε3 = 0"."""
    pairs = (one.split() for one in text.removeprefix(", epsilon ").split(", epsilon "))
    return ", ".join(f"{SYMBOLS.get(term, term)} = {value}" for term, value in pairs)


def _apart(key: str) -> str:
    """A key that has no title: "denoiser+size=100" as "denoiser, size: 100"."""
    base, plus, changes = key.partition("+")
    changed = r"\+([a-z][\w.]*)=(\d+(?:\.\d+)?(?:e-?\d+)?)"
    said = re.sub(changed, lambda match: f", {change_in_words(match[1], float(match[2]))}", plus + changes)
    return f"{base.replace('=', ' ').replace('_', ' ')}{said}"
