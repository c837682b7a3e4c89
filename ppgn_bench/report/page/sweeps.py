"""What a controlled change does: measures along an ablation's axis, and heat maps of a grid of epsilons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.sweeps import Heat, HeatRow, Response
from ppgn_bench.report.page.blocks import Section, Shown, drawn, headed, noted
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import badness, by_setting, by_variant, real_value
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.metrics import ALONG, FAILS
from ppgn_bench.report.words.numbers import listed, replication, seeds
from ppgn_bench.report.words.places import place_title, places
from ppgn_bench.report.words.samplers import at_epsilons, axis_unit, axis_words
from ppgn_bench.report.words.sentences import README_ARROWS, README_RATIOS
from ppgn_bench.report.words.terms import AXES, SETTING
from ppgn_bench.statistics.intervals import Estimate, mean_interval
from ppgn_bench.storage.manifest import Ablation

HEATS = ("judge_accuracy", "frechet_distance", "coverage", "diverged_share")
BySetting = dict[tuple[float, ...], Estimate]
Axes = tuple[Sequence[float], float, Sequence[float], float]  # priors, epsilon 2, noises, epsilon 4
ALONG_AN_AXIS = (
    "One thing changed, all else equal: the same classifier, starts, noise and budget. Line: mean over seeds; "
    "band: its 95 % interval, where there are two seeds or more; dashed: real images. Every value has its rows in the "
    f"main table. {FAILS}"
)
ON_A_GRID = (
    "Mean over seeds in each cell. Grey: no value. A cross: more than half of its chains diverged; they are "
    f"counted and left out of the other measures. {FAILS} {README_ARROWS}"
)


def ablations(results: Results, folder: Path) -> Section:
    """For each ablation with one axis: every measure against its values, with bands over seeds."""
    along_one = [ablation for ablation in results.manifest.ablations if len(ablation.axes) == 1]
    shown = (
        (f"{ablation.title}: {place_title(results, *place)}", _responses(results, ablation, *place, folder))
        for ablation, place in itertools.product(along_one, places(results))
    )
    return noted("ablations", "Ablations", ALONG_AN_AXIS, headed(shown))


def grids(results: Results, folder: Path) -> Section:
    """Heat maps of every sweep with several values of epsilon 1 and of epsilon 3, lines where one epsilon varies."""
    shown = (
        (place_title(results, *place), [*_heats(results, *place, folder), *_slices(results, *place, folder)])
        for place in places(results, "quality")
    )
    return noted("grids", "Grids of epsilons", ON_A_GRID, headed(shown))


def _responses(results: Results, ablation: Ablation, dataset: str, sweep: str, folder: Path) -> list[Shown]:
    (axis,) = ablation.axes
    levels = ablation.along(axis)
    if _settings(results, dataset, sweep, levels) != 1:  # measured elsewhere, or crossed with epsilons: no one line
        return []
    panels = []
    for name in ALONG:
        values = by_variant(results, dataset, sweep, name)
        here = [values.get(key) or values.get(results.first[key], {}) for key in levels]  # the default's stand once
        estimates = [mean_interval(list(of_seed.values()), METRICS[name].transform) for of_seed in here]
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            panels.append(_response(results, (dataset, sweep), name, estimates))
    if not panels:
        return []
    panels += _held_out(results, list(levels), dataset)
    label = axis_words(axis)
    figure = sweep_figures.responses(panels, [f"{value:g}" for value in levels.values()], label)
    caption = (
        f"{ablation.title}: measures against {label}{axis_unit(axis)}; its levels stand evenly spaced, whatever "
        f"their distance{at_epsilons(results, dataset, sweep, list(levels))}. "
        f"{replication(sweep_figures.counts(panels))}"
    )
    return [drawn(figure, folder, f"ablation_{ablation.name}_{dataset}_{sweep}", caption)]


def _settings(results: Results, dataset: str, sweep: str, keys: Mapping[str, float]) -> int:
    """At how many epsilons, at most, a sweep has one of these samplers; 0 where it has none of them."""
    here = results.here(dataset, sweep)
    here = here[here.variant.isin(list(keys))]
    return int(here[["variant", *SETTING]].drop_duplicates().variant.value_counts().max()) if len(here) else 0


def _response(results: Results, place: tuple[str, str], name: str, estimates: Sequence[Estimate]) -> Response:
    metric = METRICS[name]
    return Response(marked(results, place[0], name), estimates, real_value(results, *place, name), metric.transform)


def _held_out(results: Results, keys: Sequence[str], dataset: str) -> list[Response]:
    """Errors of each sampler's generator on held-out images, from its loss log: x, h1 and h, the three autoencoders.

    Nothing where all have the same generator, as along an epsilon.
    """
    recipes = {row.key: row.networks.get("generator") for row in results.manifest.variants}
    if len({recipes[key] for key in keys}) < 2:
        return []
    panels = []
    for term, symbol in {"image": "x", "h1": "h1", "code": "h"}.items():
        estimates = []
        for key in keys:
            logs = results.logs(dataset, recipes[key])
            values = [log.value[log.term == f"held-out {term}"] for log in logs]
            estimates.append(mean_interval([float(value.iloc[0]) for value in values if len(value)], "log"))
        if any(np.isfinite(estimate.mean) for estimate in estimates):
            panels.append(Response(f"held-out error of {symbol}", estimates, math.nan, "log"))
    return panels


def _heats(results: Results, dataset: str, sweep: str, folder: Path) -> Iterator[Shown]:
    values = {name: by_setting(results, dataset, sweep, name) for name in HEATS}
    for variant in dict.fromkeys(variant for of_variant in values.values() for variant in of_variant):
        priors, conditions, noises, contexts = _levels(values, variant)
        if len(noises) < 2 or len(priors) < 2 or len(contexts) > 1:
            continue
        maps = [
            _heat_row(results, (dataset, sweep), values, variant, (priors, c, noises, contexts[0])) for c in conditions
        ]
        known = [name for name in HEATS if any(np.isfinite(of_name[name].values).any() for of_name, _ in maps)]
        if not known:
            continue
        lines = [
            HeatRow(f"ε2 = {c:g}", [of_name[name] for name in known], lost, [x * c for x in README_RATIOS])
            for c, (of_name, lost) in zip(conditions, maps, strict=True)
        ]
        count = max(estimate.n for of_variant in values.values() for estimate in of_variant.get(variant, {}).values())
        caption = (
            f"{results.titles[variant]}: epsilon 1 by epsilon 3, at epsilon 2 = "
            f"{listed([f'{condition:g}' for condition in conditions])}. Means over {seeds(count)}; "
            f"intervals: tables/main_{dataset}_{sweep}.csv."
        )
        file = f"grid_of_epsilons_{dataset}_{sweep}_{variant}"
        yield drawn(sweep_figures.heats(lines, priors, noises), folder, file, caption)


def _levels(values: Mapping[str, Mapping[str, BySetting]], variant: str) -> list[list[float]]:
    """The values of each epsilon that a sampler was run at."""
    settings = {setting for of_variant in values.values() for setting in of_variant.get(variant, {})}
    return [sorted({setting[axis] for setting in settings}) for axis in range(len(AXES))]


def _heat_row(
    results: Results, place: tuple[str, str], values: Mapping[str, Mapping[str, BySetting]], variant: str,
    axes: Axes,
) -> tuple[dict[str, Heat], NDArray[np.bool_]]:  # fmt: skip
    """The map of each measure at one epsilon 2, and where most chains diverged; axes: as `_means`."""
    maps = {}
    for name in HEATS:
        means = _means(values[name].get(variant, {}), axes)
        bad = badness(means, name, real_value(results, *place, name), "none")
        worse = bad - np.nanmin(bad) if METRICS[name].direction != "real" and np.isfinite(bad).any() else bad
        maps[name] = Heat(marked(results, place[0], name), means, worse)
    return maps, _means(values["diverged_share"].get(variant, {}), axes) > 0.5


def _means(of_setting: BySetting, axes: Axes) -> NDArray[np.float64]:
    """Means over seeds [epsilon 1, epsilon 3], NaN where there is none; axes: priors, epsilon 2, noises, epsilon 4."""
    priors, condition, noises, context = axes
    estimates = [[of_setting.get((prior, condition, noise, context)) for noise in noises] for prior in priors]
    return np.array([[one.mean if one else math.nan for one in row] for row in estimates])


def _slices(results: Results, dataset: str, sweep: str, folder: Path) -> Iterator[Shown]:
    """Measures against the one epsilon that has several values."""
    values = {name: by_setting(results, dataset, sweep, name) for name in dict.fromkeys([*HEATS, *ALONG])}
    for variant in dict.fromkeys(variant for of_variant in values.values() for variant in of_variant):
        varied = [(axis, levels) for axis, levels in zip(AXES, _levels(values, variant), strict=True) if levels[1:]]
        if len(varied) != 1:
            continue
        ((label, levels),) = varied
        lines = {name: [cells[variant][s] for s in sorted(cells[variant])] for name, cells in values.items()
                 if variant in cells}  # fmt: skip
        panels = [
            _response(results, (dataset, sweep), name, estimates)
            for name, estimates in lines.items()
            if np.isfinite([estimate.mean for estimate in estimates]).any()
        ]
        if panels:
            figure = sweep_figures.responses(panels, [f"{level:g}" for level in levels], label)
            caption = (
                f"{results.titles[variant]}: measures against {label}. {replication(sweep_figures.counts(panels))}"
            )
            yield drawn(figure, folder, f"slice_of_epsilons_{dataset}_{sweep}_{variant}", caption)
