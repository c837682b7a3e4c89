"""From Eq. 11 to the released code: what each switch of the released sampler does, one rung after the other."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.sweeps import Response
from ppgn_bench.report.page.blocks import Section, Shown, drawn, headed, noted
from ppgn_bench.report.page.samples import under_real
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import by_variant, real_value
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.metrics import ALONG, FAILS
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.report.words.places import kind, place_title, places
from ppgn_bench.statistics.intervals import mean_interval

MEASURES = (*ALONG, "confident_share", "diverged_share")
FOOT = "the plain update"
LEAD = (
    "Rungs that begin with + keep the switches of all rungs above them; the others stand on the last of those, and "
    "have what they name besides. Dot: mean over seeds; line: its 95 % interval, where there are two seeds "
    "or more; dashed: real images. Every value has its row in the main table. The released code: each step has a mean "
    "absolute size of its own (normalised), the noise inside that; the epsilons of its class script; codes cut to "
    "0..30, here in units of the mean activation; the gradient of the target's logit alone; starts at N(0, I) without "
    "the ReLU [C]. Its crop does not apply here. Selection leaves the chains as they are, and so has no row of "
    "pictures: it drops final draws from the sample that is measured, and the share with p_C > 0.98 says how much of "
    f"it is left. {FAILS}"
)


class Ladder(NamedTuple):
    """A ladder's name, the title of the sampler at its foot, and its samplers upwards with their labels."""

    name: str
    title: str
    rungs: dict[str, str]


def ladders(results: Results, folder: Path) -> Section:
    """For each ladder of the config, data set and sweep: every measure down its rungs, and a row of samples a rung."""
    shown = (
        (
            f"{ladder.title}: {place_title(results, *place)}",
            [*_measures(results, ladder, place, folder), *_samples(results, ladder, place, folder)],
        )
        for ladder, place in itertools.product(_ladders(results), places(results, "quality"))
    )
    return noted("ladders", "From Eq. 11 to the released code", LEAD, headed(shown))


def _ladders(results: Results) -> list[Ladder]:
    """The ladders of the config: their rungs are the ablations that name them, the foot is what these change."""
    ladders: dict[str, Ladder] = {}
    for ablation in results.manifest.ablations:
        if ablation.ladder is not None:
            of, name = ablation.of, ablation.ladder
            ladder = ladders.setdefault(name, Ladder(name, results.titles.get(of, of), {of: FOOT}))
            for key in ablation.samplers:
                ladder.rungs[key] = results.titles[key].removeprefix(f"{ladder.title}, ")
    return list(ladders.values())


def _measures(results: Results, ladder: Ladder, place: tuple[str, str], folder: Path) -> list[Shown]:
    """Every measure down the rungs; nothing where fewer than two were measured."""
    panels = []
    measured: set[str] = set()
    for metric in MEASURES:
        values = by_variant(results, *place, metric)
        measured |= values.keys() & ladder.rungs.keys()
        scale = METRICS[metric].transform
        estimates = [mean_interval(list(values.get(key, {}).values()), scale) for key in ladder.rungs]
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            real = real_value(results, *place, metric)
            panels.append(Response(marked(results, place[0], metric), estimates, real, scale))
    if len(measured) < 2 or not panels:
        return []
    figure = sweep_figures.rungs(panels, list(ladder.rungs.values()))
    over = replication(sweep_figures.counts(panels))
    caption = f"{ladder.title}: measures down the ladder from Eq. 11 to the released code. {over}"
    return [drawn(figure, folder, f"ladder_{ladder.name}_{place[0]}_{place[1]}", caption)]


def _samples(results: Results, ladder: Ladder, place: tuple[str, str], folder: Path) -> list[Shown]:
    """One sample of each target from every rung, under a row of real images where there is one.

    Not from a rung that selects: its chains are those of the rung without it; nor from one with other targets than the
    foot has.
    """
    dataset, sweep = place
    targets = results.targets(dataset, next(iter(ladder.rungs)))
    left_out = {row.key for row in results.manifest.variants if "select" in row.update}
    left_out |= {key for key in ladder.rungs if results.targets(dataset, key) != targets}
    grids = {key: results.pictures.get((dataset, sweep, key), {}).get("quality.grid") for key in ladder.rungs}
    rows = {ladder.rungs[key]: grid[:, 0] for key, grid in grids.items() if grid is not None and key not in left_out}
    if len(rows) < 2:
        return []
    figure = under_real(results, dataset, targets, [*rows.values()], [*rows])
    of = f"one random sample of each {kind(results, dataset, targets)} (columns) from each rung (rows)"
    caption = f"{ladder.title}: {of}."
    return [drawn(figure, folder, f"ladder_samples_{ladder.name}_{dataset}_{sweep}", caption)]
