"""One thing changed at a time: what a sampler with another training, or other losses, does against the one it is of."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import style
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.sweeps import Response
from ppgn_bench.report.page.blocks import Block, Figures, Heading, Section, Shown, Text
from ppgn_bench.report.page.samples import place_title
from ppgn_bench.report.results import ByRow, Results
from ppgn_bench.report.tables.estimates import replication, values_by_row
from ppgn_bench.statistics.intervals import Estimate, mean_interval, paired

MEASURES = {  # metric -> what stands above its panel
    "frechet_distance": "FD (judge)",
    "judge_accuracy": "judge accuracy",
    "precision": "precision",
    "recall": "recall",
    "within_class_dissimilarity": "1 - SSIM",
    "high_frequency_distance": "high frequencies",
    "steps_to_picture": "steps to picture",
    "lagged_distance_500": "lag-500 distance",
}
CHANGES = {"none": "difference", "log": "ratio", "logit": "odds ratio"}
NO_CHANGE = {"none": 0.0, "log": 1.0, "logit": 1.0}
LEAD = (
    "Each row is an ablation: its name says what is changed, against the sampler without it: differences within each "
    "training seed, their mean and its 95 % interval. Dashed: no change. Distances and steps as a ratio, shares as a "
    "ratio of odds, others as a difference."
)


def changes(results: Results, folder: Path) -> Section:
    """For each sampler that several ablations without an axis are of: what each of them changes."""
    groups: dict[str, dict[str, str]] = {}
    for ablation in results.context.get("ablations", []):
        if not ablation["axes"] and ablation["ladder"] is None:
            groups.setdefault(ablation["of"], {}).update(dict.fromkeys(ablation["samplers"], ablation["title"]))
    blocks: list[Block] = []
    for (of, changed), dataset in itertools.product(groups.items(), results.datasets):
        for sweep in dict.fromkeys([*results.sweeps(dataset, "quality"), *results.sweeps(dataset, "mixing")]):
            if shown := _figure(results, of, list(changed), (dataset, sweep), folder):
                title = results.titles.get(of, of)
                blocks += [Heading(f"{title}, changed: {place_title(results, dataset, sweep)}"), Figures([shown])]
    if blocks:
        blocks.insert(0, Text(LEAD, "note"))
    return Section("changes", "One change at a time", blocks)


def _figure(results: Results, of: str, changed: list[str], place: tuple[str, str], folder: Path) -> Shown | None:
    """Panels of paired differences, or None where fewer than two changed samplers stand beside the one they are of."""
    measured = {row.variant for name in MEASURES for row in values_by_row(results, *place, name)}
    there = [key for key in changed if key in measured]
    if of not in measured or len(there) < 2:
        return None
    panels = []
    for name, label in MEASURES.items():
        scale = METRICS[name].transform
        estimates = _against(values_by_row(results, *place, name), of, there, scale)
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            transform = "none" if scale == "none" else "log"
            panels.append(Response(f"{label},\n{CHANGES[scale]}", estimates, NO_CHANGE[scale], transform))
    if not panels:
        return None
    figure = sweep_figures.rungs(panels, [results.titles[key] for key in there], columns=4)
    said = replication(estimate.n for panel in panels for estimate in panel.estimates)
    title = results.titles.get(of, of)
    caption = (
        f"Ablations of {title} against {title} itself (no change: dashed), paired over seeds; the name of each says "
        f"what is changed. {said}"
    )
    file = f"changes_of_{of}_{place[0]}_{place[1]}"
    return Shown(file, style.save(figure, folder, file), caption, caption)


def _against(values: ByRow, of: str, changed: list[str], scale: str) -> list[Estimate]:
    """Paired differences on the metric's scale, carried back: a ratio where it is a logarithm or a logit."""
    by_variant = {row.variant: of_seed for row, of_seed in values.items()}
    estimates = []
    for key in changed:
        differences = paired(by_variant.get(key, {}), by_variant.get(of, {}), scale)
        estimate = mean_interval(differences)
        if scale != "none":
            mean, low, high = np.exp([estimate.mean, estimate.low, estimate.high])
            estimate = Estimate(float(mean), float(low), float(high), estimate.n)
        estimates.append(estimate)
    return estimates
