"""One thing changed at a time: what a sampler with another training, or other losses, does against the one it is of."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from ppgn_bench.claims.text import SCALES
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.sweeps import Response
from ppgn_bench.report.page.blocks import Section, Shown, drawn, headed, noted
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import BySeed, by_variant
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.metrics import ALONG, FAILS
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.report.words.places import place_title, places
from ppgn_bench.statistics.intervals import Estimate, mean_interval, paired

NO_CHANGE = {"none": 0.0, "log": 1.0, "logit": 1.0}
LEAD = (
    "Each row is an ablation: its name says what is changed, against the sampler without it: differences within each "
    "seed, their mean and its 95 % interval. Dashed: no change. Distances and steps as a ratio, shares as a "
    f"ratio of odds, others as a difference. {FAILS}"
)


def changes(results: Results, folder: Path) -> Section:
    """For each sampler that several ablations without an axis are of: what each of them changes."""
    groups: dict[str, list[str]] = {}
    for ablation in results.manifest.ablations:
        if not ablation.axes and ablation.ladder is None:
            groups.setdefault(ablation.of, []).extend(ablation.samplers)
    shown = (
        (f"{results.titles.get(of, of)}, changed: {place_title(results, *place)}",
         _figure(results, of, changed, place, folder))
        for (of, changed), place in itertools.product(groups.items(), places(results))
    )  # fmt: skip
    return noted("changes", "One change at a time", LEAD, headed(shown))


def _figure(results: Results, of: str, changed: list[str], place: tuple[str, str], folder: Path) -> list[Shown]:
    """Panels of paired differences; nothing where fewer than two changed samplers stand beside the one they are of."""
    values = {name: by_variant(results, *place, name) for name in ALONG}
    measured = {variant for of_metric in values.values() for variant in of_metric}
    there = [key for key in changed if key in measured]
    if of not in measured or len(there) < 2:
        return []
    panels = []
    for name, of_metric in values.items():
        scale = METRICS[name].transform
        estimates = [change(of_metric.get(key, {}), of_metric.get(of, {}), scale) for key in there]
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            transform = "none" if scale == "none" else "log"
            panels.append(
                Response(f"{marked(results, place[0], name)},\n{SCALES[scale]}", estimates, NO_CHANGE[scale], transform)
            )
    if not panels:
        return []
    figure = sweep_figures.rungs(panels, [results.titles[key] for key in there], columns=4)
    title = results.titles.get(of, of)
    caption = (
        f"Ablations of {title} against {title} itself (no change: dashed), paired over seeds; the name of each says "
        f"what is changed. {replication(sweep_figures.counts(panels))}"
    )
    return [drawn(figure, folder, f"changes_of_{of}_{place[0]}_{place[1]}", caption)]


def change(changed: BySeed, own: BySeed, scale: str) -> Estimate:
    """The paired difference on the metric's scale, carried back: a ratio where it is a logarithm or a logit."""
    estimate = mean_interval(paired(changed, own, scale))
    if scale == "none":
        return estimate
    mean, low, high = map(float, np.exp([estimate.mean, estimate.low, estimate.high]))
    return Estimate(mean, low, high, estimate.n)
