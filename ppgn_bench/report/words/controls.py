"""Whether the metrics order the controls whose order is known, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.metrics import short
from ppgn_bench.report.words.missing import TABLES
from ppgn_bench.report.words.numbers import number
from ppgn_bench.report.words.places import dataset_title


def ordered(line: Mapping[Any, Any]) -> bool:
    """Whether a line of the check says that its controls are in order."""
    return str(line["ordered"]) == "True"


def order(line: Mapping[Any, Any]) -> tuple[str, str]:
    """The order that two controls must have, and their two values: "real < noise", "3.1 against 90"."""
    values = {line["better"]: line["value_better"], line["worse"]: line["value_worse"]}
    orders = METRICS[line["metric"]].orders if line["metric"] in METRICS else ()
    known = [one for one in orders if {one[0], one[2]} == set(values)]
    first, sign, second = known[0] if known else (line["better"], "better than", line["worse"])
    return f"{first} {sign} {second}".replace("_", " "), f"{number(values[first])} against {number(values[second])}"


def failures(results: Results) -> list[str]:
    """A sentence for each check that failed."""
    sentences = []
    for line in results.check.to_dict("records"):
        if not ordered(line) and line["dataset"] in results.datasets:
            must, pair = order(line)
            title = dataset_title(results, line["dataset"])
            sentences.append(f"{title}: {short(line['metric'])} does not put {must} ({pair}).")
    return sentences


def outcome(results: Results) -> str:
    """How many checks hold, or failed."""
    count, failed = len(results.check), len(failures(results))
    if not count:
        return TABLES["check"]
    return f"{failed} of {count} checks of controls failed." if failed else f"All {count} checks of controls hold."
