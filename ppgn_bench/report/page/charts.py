"""The charts of the report: quality against diversity and against its cost, mixing, and the losses of training."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pandas import DataFrame, concat

from ppgn_bench.columns import HELD_OUT
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import plots
from ppgn_bench.report.figures.plots import Point
from ppgn_bench.report.page.blocks import Block, Figures, Heading, Section, Shown, Text, drawn
from ppgn_bench.report.results import ByRow, Results
from ppgn_bench.report.tables.estimates import control_values, estimate_of, real_value, values_by_row
from ppgn_bench.report.tables.experiment import devices
from ppgn_bench.report.tables.readable import wide
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.metrics import FAILS, short
from ppgn_bench.report.words.missing import without_mixing
from ppgn_bench.report.words.numbers import replication, seeds
from ppgn_bench.report.words.places import dataset_title, goal, place_title
from ppgn_bench.statistics.intervals import mean_interval
from ppgn_bench.training.changes import title_of

QUALITY = "frechet_distance"
DIVERSITY = ("coverage", "within_class_dissimilarity")
CONTROLS = "Crosses: controls; their bars are where one half lies, however real images are parted in two."
Place = tuple[str, str]  # data set, sweep


def tradeoff(results: Results, folder: Path) -> Section:
    """FD (judge) against two measures of diversity, variants and controls with their intervals."""
    lead = (
        "Neither axis is enough alone: a sampler that repeats one good image and one that draws diverse garbage may "
        f"each do well on one of them. The place to be is beside the held-out real images. {FAILS}"
    )
    shown = for_each(results, "quality", lambda place: _scatters(results, place, folder))
    return Section("tradeoff", "Quality against diversity", [Text(lead), *shown])


def worth(results: Results, folder: Path) -> Section:
    """FD (judge) against the seconds that its samples take to draw."""
    lead = (
        "What a sample costs: a sampler that is twice as good at ten times the price may be worth less than the other "
        f"with more steps. Training is not counted; every network's own cost stands below. {FAILS}"
    )
    shown = for_each(results, "quality", lambda place: _worths(results, place, folder))
    return Section("worth", "Quality against cost", [Text(lead), *shown])


def mixing(results: Results, folder: Path) -> Section:
    """Every metric of the sweeps that start all chains of a target in one common state."""
    lead = (
        f"All chains of a {goal(results)} leave from one common state, so that what they visit is the sampler's "
        "doing and not the starts'. A sampler without noise moves all of them alike. Dots: means over seeds "
        "with 95 % intervals."
    )
    shown = for_each(results, "mixing", lambda place: _forests(results, place, folder))
    return Section("mixing", "Mixing", [Text(lead), *map(Text, without_mixing(results)), *shown])


def losses(results: Results, folder: Path) -> Section:
    """The loss terms of every network while it trained."""
    blocks: list[Block] = [Text("Thin lines: seeds. Thick: their mean. Each term as its loss log holds it.")]
    for dataset in results.datasets:
        recipes = list(dict.fromkeys(recipe for place, recipe, _ in results.losses if place == dataset))
        title, shown = dataset_title(results, dataset), []
        for recipe in recipes:
            tables = [table[~table.term.str.startswith(HELD_OUT)] for table in results.logs(dataset, recipe)]
            if all(table.empty for table in tables):
                continue  # it was not trained here
            caption = f"{title}: losses of {title_of(recipe)}, {seeds(len(tables))}"
            shown.append(drawn(plots.losses(tables), folder, f"losses_{dataset}_{recipe}", caption))
        blocks.append(Heading(title))
        blocks.append(Figures(shown) if shown else Text("No loss log was found."))
        blocks += _held_out(results, dataset, recipes)
    return Section("losses", "Training losses", blocks)


def _held_out(results: Results, dataset: str, recipes: list[str]) -> list[Block]:
    """The errors of the trained networks on held-out images, where their logs have them."""
    lines = []
    for recipe in recipes:
        logs = concat([log[log.term.str.startswith(HELD_OUT)] for log in results.logs(dataset, recipe)])
        for term, rows in logs.groupby("term", sort=False):
            lines.append((recipe, term, *vars(mean_interval(rows.value, "log")).values()))
    if not lines:
        return []
    frame = DataFrame(lines, columns=["network", "term", "mean", "low", "high", "seeds"])
    caption = (
        f"{dataset_title(results, dataset)}: on held-out images, under the training noise, after training. Errors are "
        "over the variance of their target; asymmetry is that of the Jacobian of E(G(h)) - h, 0 for a gradient: an "
        "estimate from random vectors, asymmetry_error its standard error"
    )
    networks = {recipe: title_of(recipe) for recipe in recipes}
    terms = {term: term.removeprefix(HELD_OUT) for term in frame.term}
    return [wide(frame, ("network", networks), ("term", terms), "network", caption)]


def for_each(results: Results, run: str, draw: Callable[[Place], list[Shown]]) -> list[Block]:
    """The figures of each data set and sweep with this run that compares something, or a sentence in their place."""
    blocks: list[Block] = []
    for dataset in results.datasets:
        for sweep in results.compared(dataset, run):
            blocks.append(Heading(place_title(results, dataset, sweep)))
            if many := results.too_many(dataset, sweep):
                blocks.append(Text(f"{many} settings are too many for this figure.", "note"))
                continue
            shown = draw((dataset, sweep))
            blocks.append(Figures(shown) if shown else Text("The results hold nothing to draw here."))
    return blocks


def _scatters(results: Results, place: Place, folder: Path) -> list[Shown]:
    shown = []
    for diversity in DIVERSITY:
        names = (QUALITY, diversity)
        sampled = _finite(_points(results, place, names))
        if not sampled:  # controls alone say nothing
            continue
        points = [*sampled, *_finite(_points(results, place, names, control_values))]
        labels = tuple(marked(results, place[0], name, short(name)) for name in names)
        positive = all(point.estimates[0].mean > 0 for point in points)
        figure = plots.scatter(points, (labels[0], labels[1]), ("log" if positive else "linear", "linear"))
        said = replication(estimate.n for point in sampled for estimate in point.estimates)
        caption = f"{labels[0]} (left is better) against {labels[1]}. {said} {CONTROLS}"
        shown.append(drawn(figure, folder, f"tradeoff_{place[0]}_{place[1]}_{diversity}", caption))
    return shown


def _finite(points: list[Point]) -> list[Point]:
    """Those that have a value of every measure."""
    return [point for point in points if np.isfinite([estimate.mean for estimate in point.estimates]).all()]


def _worths(results: Results, place: Place, folder: Path) -> list[Shown]:
    steps = next((row.steps for row in results.manifest.sweeps if (row.name, row.run) == (place[1], "quality")), 0)
    costs = results.costs[(results.costs.kind == "sampling") & (results.costs.dataset == place[0])]
    costs = costs[(costs.sweep == place[1]) & (costs.chain_steps_per_second > 0)]
    seconds = {str(name): 1000 * steps / part.chain_steps_per_second for name, part in costs.groupby("name")}
    points = []
    for row, of_seed in values_by_row(results, *place, QUALITY).items():
        pair = (mean_interval(seconds.get(row.variant, []), "log"), mean_interval(list(of_seed.values()), "log"))
        if np.isfinite([estimate.mean for estimate in pair]).all() and pair[1].mean > 0:
            points.append(Point(row.row, results.looks[row.variant], pair))
    if not points:
        return []
    label = marked(results, place[0], QUALITY, short(QUALITY))
    figure = plots.scatter(points, (f"seconds for 1,000 samples of {steps} steps", label), ("log", "log"))
    caption = (
        f"{label} against the time to draw 1,000 samples on {devices(results)}; left and below is "
        f"better. {replication(estimate.n for point in points for estimate in point.estimates)}"
    )
    return [drawn(figure, folder, f"worth_{place[0]}_{place[1]}", caption)]


def _forests(results: Results, place: Place, folder: Path) -> list[Shown]:
    shown = []
    for name, metric in METRICS.items():
        points = _points(results, place, (name,)) if metric.run == "mixing" else []
        finite = [point.estimates[0] for point in points if np.isfinite(point.estimates[0].mean)]
        if not finite:
            continue
        real = real_value(results, *place, name)
        positive = all(not min(estimate.mean, estimate.low) <= 0 for estimate in finite)
        scale = "log" if metric.transform == "log" and positive else "linear"
        figure = plots.forest(points, metric.unit, scale, real)
        dashed = "" if math.isnan(real) else " Dashed: real images."
        caption = f"{metric.title[0].upper()}{metric.title[1:]}. {replication(e.n for e in finite)}{dashed}"
        shown.append(drawn(figure, folder, f"{name}_{place[0]}_{place[1]}", caption))
    return shown


def _points(
    results: Results, place: Place, names: tuple[str, ...], values_of: Callable[..., ByRow] = values_by_row
) -> list[Point]:
    """Every row of a sweep, or of its controls, with its estimates of these metrics, NaN where there is no value."""
    tables = [values_of(results, *place, name) for name in names]
    points = []
    for row in tables[0]:
        values = [list(table.get(row, {}).values()) for table in tables]
        pairs = zip(values, names, strict=True)
        estimates = tuple(estimate_of(row.variant, value, METRICS[name].transform) for value, name in pairs)
        points.append(Point(row.row, results.looks[row.variant], estimates))
    return points
