"""Claims in words: keys of samplers and metrics as readers know them, estimates with their intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pandas import DataFrame

from ppgn_bench.claims.text import SCALES
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.main_tables import short
from ppgn_bench.report.page.samples import dataset_title
from ppgn_bench.report.results import SETTING, Results
from ppgn_bench.report.tables.estimates import number, p_value
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.training.recipes import RECIPES

NOT_MEASURED = ": not measured"
OTHERS = {  # what a claim measures, and is no metric of samples
    "held_out_code": "denoising error on held-out codes",
    "relative_error": "relative error",
    "code_denoiser": RECIPES["code_denoiser"].title,
    "joint": f"E(G(h)) of {RECIPES['joint'].title}",
}
EPSILONS = {"prior": "ε1", "condition": "ε2", "noise": "ε3", "context": "ε4"}
EPSILON_AXES = ("ε1 (prior)", "ε2 (condition)", "ε3 (noise)")
SWITCHES = {  # of an update -> what a reader sees, to go before its value
    "normalise": "normalised to",
    "noise_inside": "noise inside the normalisation",
    "lr_end": "step decays to",
    "bounds": "codes cut to",
    "condition": "condition by",
    "start": "start",
    "resets": "steps between resets",
    "redraw_prior": "ε1 redrawn in",
    "select": "p_C of those kept above",
}
VALUES = {  # of those switches
    "target_only": "the target's part of the gradient alone",
    "raw_logit": "the gradient of the raw logit",
    "normal": "N(0, I)",
}


def words(results: Results) -> dict[str, str]:
    """Keys of samplers, metrics, data sets and worlds -> what a reader knows them by."""
    worlds = {world["name"]: inline(world["title"].partition(":")[0]) for world in results.context.get("worlds", [])}
    datasets = {name: inline(dataset_title(results, name)) for name in results.datasets}
    samplers = {name: variant.title for name, variant in VARIANTS.items()}  # a claim may be of one that was not run
    metrics = {name: short(metric) for name, metric in METRICS.items()}
    return metrics | OTHERS | samplers | dict(results.titles) | datasets | worlds


def inline(title: str) -> str:
    """A title as it stands within a sentence: "Shapes" becomes "shapes", "MNIST" stays."""
    return title[0].lower() + title[1:] if title[1:2].islower() else title


def axis_words(axis: str) -> str:
    """An ablation's axis as a reader sees it: an epsilon of the chain, or what the networks were trained with."""
    epsilon, _, term = axis.partition("_")
    if epsilon == "epsilon" and term in EPSILONS:
        return f"{EPSILONS[term]} ({term})"
    group, _, place = axis.partition(".")
    if group == "noise":
        return f"training noise on {place}" if place else "training noise"
    return axis.replace("_", " ")


def axis_unit(axis: str) -> str:
    """The unit of an ablation's axis, as a recipe has it; nothing for a plain number."""
    return " (of the mean activation)" if axis.partition(".")[0] == "noise" else ""


def at_epsilons(results: Results, dataset: str, sweep: str, keys: Sequence[str]) -> str:
    """The epsilons of these samplers in a sweep, to end a caption with; nothing where they have several."""
    frame = results.metrics
    here = frame[(frame.dataset == dataset) & (frame.sweep == sweep) & frame.variant.isin(list(keys))]
    settings = here[SETTING].drop_duplicates().to_numpy().tolist()
    if len(settings) != 1:
        return ""
    return "; " + ", ".join(f"{name} = {value:g}" for name, value in zip(EPSILONS.values(), settings[0], strict=False))


def brackets(frame: DataFrame) -> str:
    """What stands in brackets after a sampler that was run at several epsilons."""
    rows = zip(frame.row, frame.epsilons, strict=True)
    several = any(epsilons and str(row).endswith(f"({epsilons})") for row, epsilons in rows)
    return " In brackets: ε1/ε2/ε3." if several else ""


def own_controls(results: Results, dataset: str, sweep: str) -> str:
    """That controls depend on the size of a sample, where this sweep has some of its own."""
    own = any(place[:2] == (dataset, sweep) for place in results.sized_values)
    return " Controls have as many images as a sampler of this sweep, and so other values elsewhere." if own else ""


def estimate(row: Mapping[Any, Any]) -> str:
    """The estimate of a claim or part, with what it is and its interval."""
    span = "" if math.isnan(row["low"]) else f" [{number(row['low'])}, {number(row['high'])}]"
    return f"{SCALES[row['scale']]} {number(row['estimate'])}{span}"


def corrected(row: Mapping[Any, Any]) -> str:
    """Both p-values of a claim after Holm's correction; nothing where there is none."""
    p_for, p_against = row["adjusted_for"], row["adjusted_against"]
    return "" if math.isnan(p_for) else f"p {p_value(p_for)} for the claim, {p_value(p_against)} against it"


def reason(row: Mapping[Any, Any], known: Mapping[str, str]) -> str:
    """Why a claim has no verdict, for readers: the keys in it are those of what was not measured, or of a part."""
    text = row["reason"] if isinstance(row["reason"], str) else ""
    if NOT_MEASURED in text:
        what, _, rest = text.partition(NOT_MEASURED)
        return f"{in_words(what, known)}{NOT_MEASURED}{rest}"
    part, reversed_, rest = text.partition(" is reversed before ")
    return f"{in_words(part, known)}{reversed_}{rest}" if ": " in part else text


def in_words(text: str, known: Mapping[str, str]) -> str:
    """Keys of samplers, controls, metrics and epsilons as readers know them."""
    text = re.sub(r"((?:, epsilon [a-z]+ [\d.e+-]+)+)", lambda found: f" ({_epsilons(found.group())})", text)
    return re.sub(r"\b[a-z][\w+=.]*", lambda found: known.get(found.group()) or _apart(found.group()), text)


def update_words(update: Mapping[str, Any]) -> str:
    """How an update differs from the plain one: "normalised to 1; codes cut to 0..30"."""
    return "; ".join(_switch(name, value) for name, value in update.items()) or "plain"


def _switch(name: str, value: Any) -> str:
    said = SWITCHES.get(name, name.replace("_", " "))
    if isinstance(value, (list, tuple)):
        return f"{said} {'..'.join(f'{end:g}' for end in value)}"
    if isinstance(value, bool):
        return said if value else f"{said}: no"
    return (
        f"{said} {f'{value:g}' if isinstance(value, (int, float)) else VALUES.get(value, str(value).replace('_', ' '))}"
    )


def _epsilons(text: str) -> str:
    """Settings as a claim names them, ", epsilon prior 0.1, epsilon noise 0", as "ε1 = 0.1, ε3 = 0"."""
    pairs = (one.split() for one in text.removeprefix(", epsilon ").split(", epsilon "))
    return ", ".join(f"{EPSILONS.get(term, term)} = {value}" for term, value in pairs)


def _apart(key: str) -> str:
    """A key that has no title: "denoiser+size=100" as "denoiser, size 100"."""
    return key.replace("+", ", ").replace("=", " ").replace("_", " ")
