"""A map of epsilons to walk on: every cell's samples and metrics, for samplers that were run at several settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.blocks import Block, Section, Text, Widget
from ppgn_bench.report.page.sprites import sprite
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import badness, by_setting, real_value
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.metrics import FAILS, arrow, short
from ppgn_bench.report.words.numbers import interval, number
from ppgn_bench.report.words.places import goal, place_title, places
from ppgn_bench.report.words.terms import AXES, equations, slashed
from ppgn_bench.statistics.intervals import Estimate

ORDER = (0, 2, 1, 3)  # of epsilons: down, across, and one map for each value of the last; axes that vary come first
TILE = 48
LEAD = (
    "Choose a sampler and a measure, then click a cell, or walk with the arrow keys, to see what was sampled there "
    "and all that was measured. Cells: mean over seeds; the stronger the colour, the better. A cross: more "
    "than half of the cell's chains diverged. Samples: the last draw of the first chain of each {goal}, of the first "
    f"seed, not chosen. {FAILS}"
)
Setting = tuple[float, ...]  # epsilon 1 to 4
Estimates = Mapping[str, Mapping[Setting, Estimate]]  # metric -> setting -> estimate


def explorer(results: Results) -> Section:
    """The maps of every sweep with samplers at several settings; without one the section has nothing to say."""
    mapped = [place for place in (_place(results, *place) for place in places(results)) if place]
    blocks: list[Block] = []
    if mapped:
        without = "Without scripts there is no map to walk on; the still pictures below say the same."
        blocks = [
            Text(without, "unscripted"),
            Text(LEAD.format(goal=goal(results)), "scripted"),
            Widget("explorer", {"places": mapped}),
        ]
    return Section("explorer", "Explore the epsilons", blocks)


def _place(results: Results, dataset: str, sweep: str) -> dict[str, Any] | None:
    measured: dict[str, dict[str, Mapping[Setting, Estimate]]] = {}  # variant -> metric -> setting -> estimate
    for name in METRICS:
        for variant, of_setting in by_setting(results, dataset, sweep, name).items():
            measured.setdefault(variant, {})[name] = of_setting
    reals = {name: real_value(results, dataset, sweep, name) for of in measured.values() for name in of}
    samplers = []
    for variant, estimates in measured.items():
        settings = sorted({setting for of_metric in estimates.values() for setting in of_metric})
        if len(settings) > 1:
            pictures = results.pictures.get((dataset, sweep, variant), {})
            map_ = _map(settings, estimates, reals)
            named = {"title": results.titles[variant], "targets": results.targets(dataset, variant)}
            measures = [_measure(results, dataset, name, reals[name]) for name in estimates]
            samplers.append({**named, **map_, "measures": measures, **_samples(pictures, settings)})
    title = place_title(results, dataset, sweep)
    return {"title": title, "samplers": samplers} if samplers else None


def _map(settings: Sequence[Setting], estimates: Estimates, reals: Mapping[str, float]) -> dict[str, Any]:
    """One sampler's axes, and of each cell its place [down, across, map], epsilons and value of every measure."""
    names = list(estimates)
    values = [sorted({setting[axis] for setting in settings}) for axis in range(len(AXES))]
    axes = sorted(ORDER, key=lambda axis: len(values[axis]) == 1)[:3]
    values[axes[0]].reverse()  # upwards, as in the figures of the grids
    ranks = [[values[axis].index(setting[axis]) for axis in axes] for setting in settings]
    scattered = len({(down, across) for down, across, _ in ranks}) == len(settings)
    if scattered:  # one map holds them all: a plain grid, or points of a search, no two of them in one cell
        ranks = [[down, across, 0] for down, across, _ in ranks]
    shades = {name: _shades([_at(estimates, name, s).mean for s in settings], name, reals[name]) for name in names}
    lost = [_at(estimates, "diverged_share", setting).mean > 0.5 for setting in settings]
    return {
        "axes": [{"name": AXES[axis], "values": [f"{value:g}" for value in values[axis]]} for axis in axes],
        "layers": [] if scattered else [f"{AXES[axes[2]]}: {value:g}" for value in values[axes[2]]],
        "cells": [
            {
                "at": ranks[place],
                "epsilons": equations(setting),
                "lost": lost[place],
                "values": [_value(_at(estimates, name, setting), shades[name][place]) for name in names],
            }
            for place, setting in enumerate(settings)
        ],
    }


def _samples(pictures: Mapping[str, NDArray[Any]], settings: Sequence[Setting]) -> dict[str, Any]:
    """Samples of the settings as one sprite, a row a setting, and which row each has; none: an empty source."""
    if "quality.cells" not in pictures:
        return {"source": "", "size": [0, 0], "rows": [], "count": 0}
    cells = np.asarray(pictures["quality.cells"])
    known = [slashed(row) for row in pictures["quality.cells_settings"].tolist()]
    height, width = cells.shape[-2:]
    scale = math.ceil(TILE / max(height, width))
    rows = [known.index(slashed(setting)) if slashed(setting) in known else -1 for setting in settings]
    return {"source": sprite(cells), "size": [scale * width, scale * height], "rows": rows, "count": len(cells)}


def _at(estimates: Estimates, name: str, setting: Setting) -> Estimate:
    return estimates.get(name, {}).get(setting) or Estimate(math.nan, math.nan, math.nan, 0)


def _measure(results: Results, dataset: str, name: str, real: float) -> dict[str, str]:
    known = "" if math.isnan(real) else number(real)
    return {
        "name": marked(results, dataset, name, short(name)),
        "unit": f"{arrow(name)} {METRICS[name].unit}",
        "real": known,
    }


def _value(estimate: Estimate, shade: float) -> list[Any]:
    """Text, interval, and how good it is among its sampler's settings, 0 to 1; None without a value."""
    return [
        number(estimate.mean),
        interval(estimate.low, estimate.high),
        None if math.isnan(shade) else round(shade, 3),
    ]


def _shades(means: Sequence[float], name: str, real: float) -> list[float]:
    """How good each mean is, from the worst (0) to the best (1), on the metric's scale; NaN without a value."""
    bad = badness(means, name, real)
    finite = bad[np.isfinite(bad)]
    span = float(np.ptp(finite)) if len(finite) else 0.0
    return [1 - float(value - finite.min()) / span if span and np.isfinite(value) else math.nan for value in bad]
