"""The charts of the report: quality against diversity, convergence, mixing, and the losses of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from pandas import DataFrame

from ppgn_bench.evidence import mean_interval
from ppgn_bench.metrics import CONTROLS, METRICS
from ppgn_bench.recipes import title_of
from ppgn_bench.report import figures, style
from ppgn_bench.report.figures import Point
from ppgn_bench.report.numbers import short
from ppgn_bench.report.page import Block, Cell, Figures, Heading, Section, Shown, Table, Text
from ppgn_bench.report.results import Results, rows
from ppgn_bench.report.samples import dataset_title, place_title
from ppgn_bench.report.tables import ByRow, control_values, interval, number, real_value, values_by_row

QUALITY = "frechet_distance"
DIVERSITY = ("within_class_dissimilarity", "recall")
CURVES: Mapping[str, tuple[str, tuple[float, float] | None, str]] = {
    "p_condition": (
        "p_C of the own class",
        (-0.03, 1.03),
        "probability that the steering network gives the own class",
    ),
    "distance": (
        "distance to nearest real",
        None,
        "judge-feature distance to the nearest real image of the class",
    ),
    "to_picture": ("share without a picture", (-0.03, 1.03), "Kaplan-Meier: share of chains without their picture yet"),
    "to_confidence": ("share below p_C = 0.9", (-0.03, 1.03), "Kaplan-Meier: share of chains not yet at p_C >= 0.9"),
}
WAITING = ("to_picture", "to_confidence")  # curves that are a share of chains, not quantiles over them
HELD_OUT = "held-out "  # what the rows of a loss log start with that were measured after training
Place = tuple[str, str]  # data set, sweep


def tradeoff(results: Results, folder: Path) -> Section:
    """FD (judge) against two measures of diversity, variants and controls with their intervals."""
    blocks: list[Block] = [
        Text(
            "Neither axis is enough alone: a sampler that repeats one good image and one that draws diverse "
            "garbage may each do well on one of them. The place to be is beside the held-out real images."
        )
    ]
    blocks += _for_each(results, "quality", lambda place: _scatters(results, place, folder))
    return Section("tradeoff", "Quality against diversity", blocks)


def convergence(results: Results, folder: Path) -> Section:
    """p_C and the distance to real images against the step, and how many chains still wait for either."""
    blocks: list[Block] = [
        Text(
            "Thin lines: the median chain of each training seed. Band: from the 10th to the 90th of 100 "
            "chains, mean over seeds. Of the Kaplan-Meier curves a thin line is a seed's share of chains, the band "
            "its 95 % interval over seeds at each step. All panels of a figure have the same axes."
        )
    ]
    blocks += _for_each(results, "quality", lambda place: _curves(results, place, folder))
    return Section("convergence", "Convergence", blocks)


def mixing(results: Results, folder: Path) -> Section:
    """Every metric of the sweeps that start all chains of a class in one common state."""
    blocks: list[Block] = [
        Text(
            "All chains of a class leave from one common state, so that what they visit is the sampler's "
            "doing and not the starts'. A sampler without noise moves all of them alike. Dots: means "
            "over training seeds with 95 % intervals."
        )
    ]
    for dataset in results.datasets:
        if not results.sweeps(dataset, "mixing"):
            title = dataset_title(results, dataset)
            blocks.append(Text(f"{title}: no mixing run was made, so nothing is said about mixing."))
    blocks += _for_each(results, "mixing", lambda place: _forests(results, place, folder))
    for dataset in results.datasets:
        for sweep in results.sweeps(dataset, "mixing"):
            without = _without_values(results, (dataset, sweep))
            place = place_title(results, dataset, sweep)
            blocks += [Text(f"{place}: no variant has a value of {'; '.join(without)}.", "note")] if without else []
    return Section("mixing", "Mixing", blocks)


def losses(results: Results, folder: Path) -> Section:
    """The loss terms of every network while it trained."""
    blocks: list[Block] = [Text("Thin lines: training seeds. Thick: their mean. Each term as its loss log holds it.")]
    for dataset in results.datasets:
        recipes = list(dict.fromkeys(recipe for place, recipe, _ in results.losses if place == dataset))
        title, shown = dataset_title(results, dataset), []
        for recipe in recipes:
            found = [table for (place, name, _), table in results.losses.items() if (place, name) == (dataset, recipe)]
            found = [table[~table.term.str.startswith(HELD_OUT)] for table in found]
            name = f"losses_{dataset}_{recipe}"
            network = title_of(recipe)
            caption = f"{title}: {network}, {_seeds(len(found))}"
            figure = figures.losses(found)
            shown.append(Shown(name, style.save(figure, folder, name), caption, f"Losses of {caption}"))
        blocks.append(Heading(title))
        blocks.append(Figures(shown) if shown else Text("No loss log was found."))
        blocks += _held_out(results, dataset, recipes)
    return Section("losses", "Training losses", blocks)


def _held_out(results: Results, dataset: str, recipes: list[str]) -> list[Block]:
    """The errors of the trained networks on held-out images, where their logs have them."""
    columns = dict.fromkeys(term for _, table in results.losses.items() for term in table.term if HELD_OUT in term)
    rows_ = []
    for recipe in recipes:
        tables = [table for (place, name, _), table in results.losses.items() if (place, name) == (dataset, recipe)]
        cells = []
        for term in columns:
            values = [float(value) for table in tables for value in table.value[table.term == term]]
            estimate = mean_interval(values, "log")
            cells.append(Cell(number(estimate.mean), interval(estimate)))
        if any(cell.text != "–" for cell in cells):
            rows_.append([Cell(title_of(recipe)), *cells])
    if not rows_:
        return []
    caption = (
        f"{dataset_title(results, dataset)}: on held-out images, under the training noise, after training. Errors are "
        "over the variance of their target; asymmetry is that of the Jacobian of E(G(h)) - h, 0 for a gradient"
    )
    return [Table(caption, [Cell("network"), *(Cell(term.removeprefix(HELD_OUT)) for term in columns)], rows_)]


def _for_each(results: Results, run: str, draw: Callable[[Place], list[Shown]]) -> list[Block]:
    """The figures of each data set and sweep with this run, or a sentence in their place."""
    blocks: list[Block] = []
    for dataset in results.datasets:
        for sweep in results.sweeps(dataset, run):
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
        rows_ = [*_points(results, place, names), *_points(results, place, names, control_values)]
        points = [point for point in rows_ if np.isfinite([estimate.mean for estimate in point.estimates]).all()]
        if not points:
            continue
        labels = tuple(short(METRICS[name]) for name in names)
        positive = all(point.estimates[0].mean > 0 for point in points)
        figure = figures.scatter(points, (labels[0], labels[1]), "log" if positive else "linear")
        name = f"tradeoff_{place[0]}_{place[1]}_{diversity}"
        caption = f"{short(METRICS[QUALITY])} (left is better) against {short(METRICS[diversity])}; 95 % intervals."
        shown.append(Shown(name, style.save(figure, folder, name), caption, caption))
    return shown


def _curves(results: Results, place: Place, folder: Path) -> list[Shown]:
    frame, shown = results.curves, []
    for curve, (label, limits, meaning) in CURVES.items():
        here = frame[(frame.dataset == place[0]) & (frame.sweep == place[1])]
        here = here[(here.run == "quality") & (here.curve == curve)]
        every = rows(results, here)
        found = [row for row in every if row.part.middle.notna().any()]
        if not found:
            continue
        looks = style.looks([row.key for row in found], CONTROLS)
        panels = {row.label: _over_seeds(row.part) if curve in WAITING else row.part for row in found}
        figure = figures.bands(panels, {row.label: looks[row.key] for row in found}, label, limits)
        name = f"{curve}_{place[0]}_{place[1]}"
        lost = [row.label for row in every if not row.part.middle.notna().any()]
        without = f" No chain has a value of: {', '.join(lost)}." if lost else ""
        caption = f"{meaning[0].upper()}{meaning[1:]}, against the step.{without}"
        shown.append(Shown(name, style.save(figure, folder, name), caption, caption))
    return shown


def _over_seeds(part: DataFrame) -> DataFrame:
    """A curve's low and high as the interval over seeds at each step."""
    found = {step: mean_interval(at.middle) for step, at in part.groupby("step")}
    low = part.step.map({step: max(estimate.low, 0.0) for step, estimate in found.items()})
    return part.assign(low=low, high=part.step.map({step: min(estimate.high, 1.0) for step, estimate in found.items()}))


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
        figure = figures.forest(points, metric.unit, scale, None if math.isnan(real) else real)
        file = f"{name}_{place[0]}_{place[1]}"
        dashed = "" if math.isnan(real) else " Dashed: real images."
        caption = f"{metric.title[0].upper()}{metric.title[1:]}.{dashed}"
        shown.append(Shown(file, style.save(figure, folder, file), caption, caption))
    return shown


def _without_values(results: Results, place: Place) -> list[str]:
    """Titles of the metrics that were measured on a sweep and gave no number for any variant or seed."""
    frame = results.metrics[(results.metrics.dataset == place[0]) & (results.metrics.sweep == place[1])]
    known = frame.groupby("metric").value.count()
    return [metric.title for name, metric in METRICS.items() if name in known.index and known[name] == 0]


def _points(
    results: Results, place: Place, names: tuple[str, ...], values_of: Callable[..., ByRow] = values_by_row
) -> list[Point]:
    """Every row of a sweep, or of its controls, with its estimates of these metrics, NaN where there is no value."""
    tables = [values_of(results, *place, name) for name in names]
    looks = style.looks([row.variant for row in tables[0]], CONTROLS)
    points = []
    for row in tables[0]:
        values = [list(table.get(row, {}).values()) for table in tables]
        pairs = zip(values, names, strict=True)
        estimates = tuple(mean_interval(value, METRICS[name].transform) for value, name in pairs)
        points.append(Point(row.row, looks[row.variant], estimates))
    return points


def _seeds(count: int) -> str:
    return f"{count} training seed{'s' if count != 1 else ''}"
