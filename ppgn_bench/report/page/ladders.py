"""From Eq. 11 to the released code: what each switch of the released sampler does, one rung after the other."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import style
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.mosaics import picture
from ppgn_bench.report.figures.sweeps import Response
from ppgn_bench.report.page.blocks import Block, Figures, Heading, Section, Shown, Text
from ppgn_bench.report.page.samples import class_names, place_title
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import real_value, replication, values_by_row
from ppgn_bench.statistics.intervals import mean_interval

MEASURES = {  # metric -> what stands above its panel, which is an inch wide
    "frechet_distance": "FD (judge)",
    "judge_accuracy": "judge accuracy",
    "precision": "precision",
    "recall": "recall",
    "within_class_dissimilarity": "1 - SSIM",
    "high_frequency_distance": "high frequencies",
    "confident_share": "p_C > 0.98",
    "diverged_share": "diverged",
}
FOOT = "the plain update"
LEAD = (
    "Rungs that begin with + keep the switches of all rungs above them; the others stand on the last of those, and "
    "have what they name besides. Dot: mean over training seeds; line: its 95 % interval, where there are two seeds "
    "or more; dashed: real images. Every value has its row in the main table. The released code: each step has a mean "
    "absolute size of its own (normalised), the noise inside that; the epsilons of its class script; codes cut to "
    "0..30, here in units of the mean activation; the gradient of the target's logit alone; starts at N(0, I) without "
    "the ReLU [C]. Its crop does not apply here. Selection leaves the chains as they are, and so has no row of "
    "pictures: it drops final draws from the sample that is measured, and the share with p_C > 0.98 says how much of "
    "it is left."
)


class Ladder(NamedTuple):
    """A ladder's name, the title of the sampler at its foot, and its samplers upwards with their labels."""

    name: str
    title: str
    rungs: dict[str, str]


def ladders(results: Results, folder: Path) -> Section:
    """For each ladder of the config, data set and sweep: every measure down its rungs, and a row of samples a rung."""
    blocks: list[Block] = []
    for ladder, dataset in itertools.product(_ladders(results), results.datasets):
        for sweep in results.sweeps(dataset, "quality"):
            place = (dataset, sweep)
            if shown := [*_measures(results, ladder, place, folder), *_samples(results, ladder, place, folder)]:
                blocks += [Heading(f"{ladder.title}: {place_title(results, dataset, sweep)}"), Figures(shown)]
    if blocks:
        blocks.insert(0, Text(LEAD, "note"))
    return Section("ladders", "From Eq. 11 to the released code", blocks)


def _ladders(results: Results) -> list[Ladder]:
    """The ladders of the config: their rungs are the ablations that name them, the foot is what these change."""
    found: dict[str, Ladder] = {}
    for ablation in results.context.get("ablations", []):
        if ablation["ladder"] is not None:
            of, name = ablation["of"], ablation["ladder"]
            ladder = found.setdefault(name, Ladder(name, results.titles.get(of, of), {of: FOOT}))
            for key in ablation["samplers"]:
                ladder.rungs[key] = results.titles[key].removeprefix(f"{ladder.title}, ")
    return list(found.values())


def _measures(results: Results, ladder: Ladder, place: tuple[str, str], folder: Path) -> list[Shown]:
    """Every measure down the rungs; nothing where fewer than two were measured."""
    dataset, sweep = place
    panels = []
    measured: set[str] = set()
    for metric, label in MEASURES.items():
        values = {row.variant: of_seed for row, of_seed in values_by_row(results, dataset, sweep, metric).items()}
        measured |= values.keys() & ladder.rungs.keys()
        seeds = [list(values.get(key, {}).values()) for key in ladder.rungs]
        estimates = [mean_interval(of_seed, METRICS[metric].transform) for of_seed in seeds]
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            real = real_value(results, dataset, sweep, metric)
            panels.append(Response(label, estimates, real, METRICS[metric].transform))
    if len(measured) < 2 or not panels:
        return []
    figure = sweep_figures.rungs(panels, list(ladder.rungs.values()))
    file = f"ladder_{ladder.name}_{dataset}_{sweep}"
    said = replication(estimate.n for panel in panels for estimate in panel.estimates)
    caption = f"{ladder.title}: measures down the ladder from Eq. 11 to the released code. {said}"
    return [Shown(file, style.save(figure, folder, file), caption, caption)]


def _samples(results: Results, ladder: Ladder, place: tuple[str, str], folder: Path) -> list[Shown]:
    """One sample of each class from every rung, under a row of real images where there is one.

    Not from a rung that selects: its chains are those of the rung without it.
    """
    dataset, sweep = place
    selecting = {row["key"] for row in results.context["variants"] if "select" in row["update"]}
    drawn = [key for key in ladder.rungs if key not in selecting]
    grids = {key: results.pictures.get((dataset, sweep, key), {}).get("quality.grid") for key in drawn}
    tiles = [grid[:, 0] for grid in grids.values() if grid is not None]
    labels = [ladder.rungs[key] for key, grid in grids.items() if grid is not None]
    if len(tiles) < 2:
        return []
    real = results.real.get(dataset)
    if real is not None:
        tiles, labels = [real[:, 0], *tiles], ["real images", *labels]
    figure = picture(np.stack(tiles), labels, class_names(results, dataset), None if real is None else 0)
    file = f"ladder_samples_{ladder.name}_{dataset}_{sweep}"
    caption = f"{ladder.title}: one random sample of each class (columns) from each rung (rows)."
    return [Shown(file, style.save(figure, folder, file), caption, caption)]
