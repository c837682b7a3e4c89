"""Figures of analytic worlds: errors as lines, and trajectories over a density. Each function returns one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures.plots import name_ends
from ppgn_bench.report.figures.style import COLUMN, CONTROL, TERMS
from ppgn_bench.statistics.intervals import Estimate

MARKERS = "osD^vPX*"
SHADES = ("#f4f4f4", "#dddddd", "#c2c2c2", "#a3a3a3", "#808080")
GROUND = (0.02, 0.1, 0.3, 0.55, 0.8)  # contours, as shares of the highest density


class Line(NamedTuple):
    """A line: its label, places along the axis, and an estimate at each."""

    label: str
    places: Sequence[float]
    estimates: Sequence[Estimate]


class Panel(NamedTuple):
    """Lines on one pair of axes; level: a dashed line, or NaN; logarithmic: the upright axis."""

    title: str
    lines: Sequence[Line]
    level: float
    logarithmic: bool


def errors(panels: Sequence[Panel], label: str, level: str) -> Figure:
    """Panels of lines with 95 % bands over a logarithmic axis, names at their ends; level: what the dashed line is."""
    labels = list(dict.fromkeys(line.label for panel in panels for line in panel.lines))
    tall = max(1.1, 0.14 * (len(labels) + 1))
    height = (tall + 0.38) * len(panels) + 0.3
    figure = Figure(figsize=(1.3 * COLUMN, height))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
    figure.subplots_adjust(left=0.1, right=0.56, top=1 - 0.2 / height, bottom=0.4 / height, hspace=0.38 / tall)
    for axes, panel in zip(grid.flat, panels, strict=True):
        for line in panel.lines:
            place = labels.index(line.label)
            _draw(axes, line, TERMS[place % len(TERMS)], MARKERS[place % len(MARKERS)])
        axes.set_title(panel.title, pad=3)
        axes.set_xscale("log")
        ticks = sorted({place for line in panel.lines for place in line.places})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        if panel.logarithmic:
            axes.set_yscale("log")
        named = {line.label: end for line in panel.lines if (end := _end(line))}
        names, ends = list(named), list(named.values())
        colours = [TERMS[labels.index(name) % len(TERMS)] for name in names]
        if np.isfinite(panel.level):
            style.dashed(axes, panel.level)
            names, ends, colours = [*names, level], [*ends, (ticks[-1], panel.level)], [*colours, CONTROL.colour]
        name_ends(axes, names, colours, ends, 0.135 / tall)
    grid[-1, 0].set_xlabel(label)
    return figure


def _draw(axes: Axes, line: Line, colour: str, marker: str) -> None:
    means, low, high = ([getattr(estimate, end) for estimate in line.estimates] for end in ("mean", "low", "high"))
    axes.fill_between(line.places, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(line.places, means, color=colour, marker=marker, markersize=3.5, linewidth=1.1)


def _end(line: Line) -> tuple[float, float] | None:
    """The last point that has a value: samplers that diverge have none at large steps."""
    known = [(place, e.mean) for place, e in zip(line.places, line.estimates, strict=True) if np.isfinite(e.mean)]
    return known[-1] if known else None


def trajectories(arrays: Mapping[str, NDArray[Any]], titles: Sequence[str]) -> Figure:
    """The same chains with parts of Eq. 5 switched off, over the density (grey) and where p(y | x) is a half (line).

    arrays: trajectories [panel, chain, step, 2], x, y, density and class_probability [y, x]. A ring is where a chain
    starts, a dot where it ends; who leaves the picture is cut at its edge.
    """
    rows = -(-len(titles) // 2)
    x, y, density = arrays["x"], arrays["y"], arrays["density"]
    width = (COLUMN - 0.5) / 2
    side = width * float(np.ptp(y) / np.ptp(x))
    height = (side + 0.28) * rows + 0.25
    figure = Figure(figsize=(COLUMN, height))
    grid = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.08, right=0.97, top=1 - 0.2 / height, bottom=0.22 / height,
                           hspace=0.24 / side, wspace=0.06)  # fmt: skip
    for axes, paths, title in zip(grid.flat, arrays["trajectories"], titles, strict=False):
        axes.contourf(x, y, density, [share * density.max() for share in (*GROUND, 1.01)], colors=SHADES)
        axes.contour(x, y, arrays["class_probability"], [0.5], colors=TERMS[2], linewidths=0.9, linestyles="dashed")
        for path in paths:
            axes.plot(path[:, 0], path[:, 1], color=TERMS[0], linewidth=0.6, alpha=0.6)
        axes.plot(*paths[:, 0].T, linestyle="none", marker="o", markersize=3, color="white", markeredgecolor=TERMS[0],
                  markeredgewidth=0.7)  # fmt: skip
        axes.plot(*paths[:, -1].T, linestyle="none", marker="o", markersize=3, color=TERMS[1])
        axes.set_title(title, pad=3)
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(y[0], y[-1])
        axes.grid(visible=False)
    return figure
