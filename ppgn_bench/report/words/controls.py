"""Which metrics are admitted: those that order the controls whose order is known; in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppgn_bench.metrics.controls import missed
from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.metrics import heading, short
from ppgn_bench.report.words.missing import TABLES
from ppgn_bench.report.words.numbers import number
from ppgn_bench.report.words.places import dataset_title

ORDERS = (
    "Controls are images whose order is known before anything is sampled. > and <: apart, over the ways to part real "
    "images in two halves, by more than chance explains; ≥ and ≤: not the other way round by more than real images are "
    "from themselves, where a metric is not for this flaw but must not take it for a merit."
)
SIGNS = {">=": "≥", "<=": "≤"}


def ordered(line: Mapping[Any, Any]) -> bool:
    """Whether a line of the check says that its controls are in order."""
    return str(line["ordered"]) == "True"


def order(line: Mapping[Any, Any]) -> tuple[str, str]:
    """The order that two controls must have, and their two values: "real < noise", "3.1 against 90"."""
    sign = SIGNS.get(line["order"], line["order"])
    must = f"{in_words(line['first'])} {sign} {in_words(line['second'])}"
    return must, f"{number(line['value_first'])} against {number(line['value_second'])}"


def in_words(control: str) -> str:
    """A control's name for a reader."""
    return control.replace("_", " ")


def explained() -> str:
    """What each control is."""
    return "; ".join(f"{in_words(name)}: {title}" for name, title in CONTROLS.items())


def not_admitted(results: Results, dataset: str) -> dict[str, str]:
    """Metric -> what it does not order on this data set: "real before shuffled blocks, noise"."""
    return {
        metric: "; ".join(f"{in_words(one)} before {', '.join(map(in_words, two))}" for one, two in of_metric.items())
        for (place, metric), of_metric in missed(results.check).items()
        if place == dataset
    }


def failures(results: Results) -> list[str]:
    """A sentence for each metric that is not admitted on a data set."""
    return [
        f"{short(metric)} is not admitted on {dataset_title(results, dataset)}: it does not put {what}."
        for dataset in results.datasets
        for metric, what in not_admitted(results, dataset).items()
    ]


def deciding_failures(results: Results) -> list[str]:
    """Those of `failures` on which a claim of this run rests, and which so keep it undecided."""
    rests = {(row.dataset, row.metric) for row in results.claim_parts.itertuples()}
    return [
        f"{short(metric)}, on which claims rest, is not admitted on {dataset_title(results, dataset)}: it does not put "
        f"{what}."
        for dataset in results.datasets
        for metric, what in not_admitted(results, dataset).items()
        if (dataset, metric) in rests
    ]


def marked(results: Results, dataset: str, metric: str, name: str = "") -> str:
    """A metric's name over a column, a panel or an axis: with a † where it is not admitted on this data set.

    name: if not its heading.
    """
    return f"{name or heading(metric)}{' †' if metric in not_admitted(results, dataset) else ''}"


def mark(results: Results, dataset: str, metrics: set[str]) -> str:
    """What the † in a table of these metrics means; nothing where all of them are admitted."""
    marked = {short(name): what for name, what in not_admitted(results, dataset).items() if name in metrics}
    if not marked:
        return ""
    said = ". ".join(f"{name} does not put {what}" for name, what in marked.items())
    return f"†: not admitted on {dataset_title(results, dataset)}, and decides nothing there: {said}."


def outcome(results: Results) -> str:
    """How many checks hold, or failed."""
    here = results.check[results.check.dataset.isin(results.datasets)]
    count, failed = len(here), sum(not ordered(line) for line in here.to_dict("records"))
    if not count:
        return TABLES["check"]
    return f"{failed} of {count} checks of controls failed." if failed else f"All {count} checks of controls hold."
