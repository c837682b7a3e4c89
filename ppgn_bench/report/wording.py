"""Claims in words: keys of samplers and metrics as readers know them, estimates with their intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ppgn_bench.claims_text import SCALES
from ppgn_bench.metrics import METRICS
from ppgn_bench.report.numbers import short
from ppgn_bench.report.results import Results
from ppgn_bench.report.samples import dataset_title
from ppgn_bench.report.tables import number


def words(results: Results) -> dict[str, str]:
    """Keys of samplers, metrics, data sets and worlds -> what a reader knows them by."""
    worlds = {world["name"]: inline(world["title"].partition(":")[0]) for world in results.context.get("worlds", [])}
    datasets = {name: inline(dataset_title(results, name)) for name in results.datasets}
    return {name: short(metric) for name, metric in METRICS.items()} | dict(results.titles) | datasets | worlds


def inline(title: str) -> str:
    """A title as it stands within a sentence: "Shapes" becomes "shapes", "MNIST" stays."""
    return title[0].lower() + title[1:] if title[1:2].islower() else title


def estimate(row: Mapping[Any, Any]) -> str:
    """The estimate of a claim or part, with what it is and its interval."""
    span = "" if math.isnan(row["low"]) else f" [{number(row['low'])}, {number(row['high'])}]"
    return f"{SCALES[row['scale']]} {number(row['estimate'])}{span}"


def in_words(text: str, known: Mapping[str, str]) -> str:
    """Keys of samplers, controls and metrics as readers know them; what follows "epsilon" is none."""
    return re.sub(
        r"(?<!epsilon )\b[a-z][\w+=.]*", lambda found: known.get(found.group()) or _apart(found.group()), text
    )


def _apart(key: str) -> str:
    """A key that has no title: "denoiser+size=100" as "denoiser, size 100"."""
    return key.replace("+", ", ").replace("=", " ").replace("_", " ")
