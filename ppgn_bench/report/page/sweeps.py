"""What a controlled change does: measures along an ablation's axis, and heat maps of a grid of epsilons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import style
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.sweeps import Heat, HeatRow, Response
from ppgn_bench.report.page.about import listed
from ppgn_bench.report.page.blocks import Block, Figures, Heading, Section, Shown, Text
from ppgn_bench.report.page.main_tables import short
from ppgn_bench.report.page.samples import place_title
from ppgn_bench.report.results import SETTING, Results
from ppgn_bench.report.tables.estimates import real_value, replication, seeds, values_by_row
from ppgn_bench.report.words.phrases import EPSILON_AXES, at_epsilons, axis_unit, axis_words
from ppgn_bench.statistics.intervals import Estimate, mean_interval

RESPONSES = ("frechet_distance", "judge_accuracy", "precision", "recall", "within_class_dissimilarity",
             "high_frequency_distance", "modes_covered", "steps_to_picture", "lagged_distance_500")  # fmt: skip
HEATS = ("judge_accuracy", "kernel_distance", "within_class_dissimilarity", "diverged_share")
RELEASED = (1e-5, 1e-3, 1e-1)  # ratios of epsilon 1 to epsilon 2 that the release's README remarks on
BySetting = dict[tuple[float, ...], Estimate]


def ablations(results: Results, folder: Path) -> Section:
    """For each ablation with one axis: every measure against its values, with bands over seeds."""
    blocks: list[Block] = []
    along_one = [ablation for ablation in results.context.get("ablations", []) if len(ablation["axes"]) == 1]
    for ablation, dataset in itertools.product(along_one, results.datasets):
        for sweep in dict.fromkeys([*results.sweeps(dataset, "quality"), *results.sweeps(dataset, "mixing")]):
            if shown := _responses(results, ablation, dataset, sweep, folder):
                blocks += [Heading(f"{ablation['title']}: {place_title(results, dataset, sweep)}"), Figures(shown)]
    if blocks:
        lead = (
            "One thing changed, all else equal: the same classifier, starts, noise and budget. Line: mean over "
            "training seeds; band: its 95 % interval, where there are two seeds or more; dashed: real images. Every "
            "value has its rows in the main table."
        )
        blocks.insert(0, Text(lead, "note"))
    return Section("ablations", "Ablations", blocks)


def grids(results: Results, folder: Path) -> Section:
    """Heat maps of every sweep with several values of epsilon 1 and of epsilon 3, lines where one epsilon varies."""
    blocks: list[Block] = []
    for dataset in results.datasets:
        for sweep in results.sweeps(dataset, "quality"):
            shown = [*_heats(results, dataset, sweep, folder), *_slices(results, dataset, sweep, folder)]
            blocks += [Heading(place_title(results, dataset, sweep)), Figures(shown)] if shown else []
    if blocks:
        lead = (
            "Mean over training seeds in each cell. Grey: no value. A cross: more than half of its chains diverged; "
            "they are counted and left out of the other measures. Arrows at the right: where epsilon 1 is 1e-5, 1e-3 "
            "and 1e-1 of epsilon 2, the settings that the README of the released code remarks on [C] (its update is "
            "normalised, so only the ratio can be compared)."
        )
        blocks.insert(0, Text(lead, "note"))
    return Section("grids", "Grids of epsilons", blocks)


def _responses(results: Results, ablation: Mapping[str, Any], dataset: str, sweep: str, folder: Path) -> list[Shown]:
    (axis,) = ablation["axes"]
    levels = {key: values[axis] for key, values in ablation["samplers"].items()}
    if _settings(results, dataset, sweep, levels) != 1:  # measured elsewhere, or crossed with epsilons: no one line
        return []
    panels = []
    for name in RESPONSES:
        values = {row.variant: of_seed for row, of_seed in values_by_row(results, dataset, sweep, name).items()}
        here = [values.get(key) or values.get(results.first[key], {}) for key in levels]  # the default's stand once
        estimates = [mean_interval(list(of_seed.values()), METRICS[name].transform) for of_seed in here]
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            panels.append(_response(results, (dataset, sweep), name, estimates))
    if not panels:
        return []
    panels += _held_out(results, list(levels), dataset)
    label = axis_words(axis)
    figure = sweep_figures.responses(panels, [f"{value:g}" for value in levels.values()], label)
    file = f"ablation_{ablation['name']}_{dataset}_{sweep}"
    caption = (
        f"{ablation['title']}: measures against {label}{axis_unit(axis)}; its levels stand evenly spaced, whatever "
        f"their distance{at_epsilons(results, dataset, sweep, list(levels))}. {replication(_counts(panels))}"
    )
    return [Shown(file, style.save(figure, folder, file), caption, caption)]


def _settings(results: Results, dataset: str, sweep: str, keys: Mapping[str, float]) -> int:
    """At how many epsilons, at most, a sweep has one of these samplers; 0 where it has none of them."""
    frame = results.metrics
    here = frame[(frame.dataset == dataset) & (frame.sweep == sweep) & frame.variant.isin(list(keys))]
    return int(here[["variant", *SETTING]].drop_duplicates().variant.value_counts().max()) if len(here) else 0


def _response(results: Results, place: tuple[str, str], name: str, estimates: Sequence[Estimate]) -> Response:
    metric = METRICS[name]
    return Response(short(metric), estimates, real_value(results, *place, name), metric.transform)


def _held_out(results: Results, keys: Sequence[str], dataset: str) -> list[Response]:
    """Errors of each sampler's generator on held-out images, from its loss log: x, h1 and h, the three autoencoders."""
    recipes = {row["key"]: row["networks"].get("generator") for row in results.context["variants"]}
    panels = []
    for term, symbol in {"image": "x", "h1": "h1", "code": "h"}.items():
        estimates = []
        for key in keys:
            tables = [t for (place, name, _), t in results.losses.items() if (place, name) == (dataset, recipes[key])]
            values = [table.value[table.term == f"held-out {term}"] for table in tables]
            estimates.append(mean_interval([float(value.iloc[0]) for value in values if len(value)], "log"))
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            panels.append(Response(f"held-out error of {symbol}", estimates, math.nan, "log"))
    return panels


def _heats(results: Results, dataset: str, sweep: str, folder: Path) -> Iterator[Shown]:
    found = {name: _by_setting(results, dataset, sweep, name) for name in HEATS}
    for variant in dict.fromkeys(variant for of_variant in found.values() for variant in of_variant):
        settings = {setting for of_variant in found.values() for setting in of_variant.get(variant, {})}
        priors, conditions, noises = (sorted({setting[axis] for setting in settings}) for axis in range(3))
        if len(noises) < 2 or len(priors) < 2:
            continue
        maps = [
            _heat_row(results, (dataset, sweep), found, variant, (priors, condition, noises))
            for condition in conditions
        ]
        known = [name for name in HEATS if any(np.isfinite(of_name[name].values).any() for of_name, _ in maps)]
        if not known:
            continue
        lines = [
            HeatRow(f"ε2 = {condition:g}", [of_name[name] for name in known], lost, [x * condition for x in RELEASED])
            for condition, (of_name, lost) in zip(conditions, maps, strict=True)
        ]
        figure = sweep_figures.heats(lines, priors, noises)
        file = f"grid_of_epsilons_{dataset}_{sweep}_{variant}"
        counts = {estimate.n for of_variant in found.values() for estimate in of_variant.get(variant, {}).values()}
        caption = (
            f"{results.titles[variant]}: epsilon 1 by epsilon 3, at epsilon 2 = "
            f"{listed([f'{condition:g}' for condition in conditions])}. Means over {seeds(max(counts))}; "
            f"intervals: tables/main_{dataset}_{sweep}.csv."
        )
        yield Shown(file, style.save(figure, folder, file), caption, caption)


def _heat_row(
    results: Results, place: tuple[str, str], found: Mapping[str, Mapping[str, BySetting]], variant: str,
    axes: tuple[Sequence[float], float, Sequence[float]],
) -> tuple[dict[str, Heat], NDArray[np.bool_]]:  # fmt: skip
    """The map of each measure at one epsilon 2, and where most chains diverged; axes: priors, epsilon 2, noises."""
    priors, condition, noises = axes
    maps = {}
    for name in HEATS:
        of_setting = found[name].get(variant, {})
        values = np.array([[_mean(of_setting, (p, condition, n)) for n in noises] for p in priors])
        known = np.isfinite(values).any()
        badness = _badness(values, results, place, name) if known else values
        maps[name] = Heat(short(METRICS[name]), values, badness)
    diverged = found["diverged_share"].get(variant, {})
    return maps, np.array([[_mean(diverged, (p, condition, n)) > 0.5 for n in noises] for p in priors])


def _slices(results: Results, dataset: str, sweep: str, folder: Path) -> Iterator[Shown]:
    """Measures against the one epsilon that has several values."""
    found = {name: _by_setting(results, dataset, sweep, name) for name in dict.fromkeys([*HEATS, *RESPONSES])}
    for variant in dict.fromkeys(variant for of_variant in found.values() for variant in of_variant):
        settings = sorted({setting for of_variant in found.values() for setting in of_variant.get(variant, {})})
        varied = [axis for axis in range(3) if len({setting[axis] for setting in settings}) > 1]
        if len(varied) != 1:
            continue
        panels = [
            _response(results, (dataset, sweep), name, [cells[variant][s] for s in settings])
            for name, cells in found.items()
            if variant in cells and np.isfinite([cells[variant][s].mean for s in settings]).any()
        ]
        if panels:
            label = EPSILON_AXES[varied[0]]
            figure = sweep_figures.responses(panels, [f"{setting[varied[0]]:g}" for setting in settings], label)
            file = f"slice_of_epsilons_{dataset}_{sweep}_{variant}"
            caption = f"{results.titles[variant]}: measures against {label}. {replication(_counts(panels))}"
            yield Shown(file, style.save(figure, folder, file), caption, caption)


def _badness(values: NDArray[np.float64], results: Results, place: tuple[str, str], metric: str) -> NDArray[np.float64]:
    """How far each value is from the best of them, or from real images where they are the best."""
    direction = METRICS[metric].direction
    if direction == "real":
        return np.abs(values - real_value(results, *place, metric))
    return np.nanmax(values) - values if direction == "higher" else values - np.nanmin(values)


def _by_setting(results: Results, dataset: str, sweep: str, metric: str) -> dict[str, BySetting]:
    """Variant -> (epsilon 1, 2, 3) -> mean over seeds."""
    found: dict[str, BySetting] = {}
    for row, of_seed in values_by_row(results, dataset, sweep, metric).items():
        setting = tuple(float(value) for value in row.epsilons.split("/"))
        found.setdefault(row.variant, {})[setting] = mean_interval(list(of_seed.values()), METRICS[metric].transform)
    return found


def _counts(panels: Sequence[Response]) -> Iterator[int]:
    return (estimate.n for panel in panels for estimate in panel.estimates)


def _mean(of_setting: BySetting, setting: tuple[float, ...]) -> float:
    estimate = of_setting.get(setting)
    return estimate.mean if estimate else math.nan
