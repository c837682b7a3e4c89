"""Figures of analytic worlds: errors as lines, and trajectories over a density. Each function returns one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ppgn_bench.evidence import Estimate
from ppgn_bench.report.style import COLUMN, CONTROL, TERMS

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
    """Panels of lines with 95 % bands over a logarithmic axis, and one legend; level: what the dashed line is."""
    labels = list(dict.fromkeys(line.label for panel in panels for line in panel.lines))
    columns, rows = 2, -(-len(panels) // 2)
    legend = 0.15 * (len(labels) + 1) + 0.05  # inches
    height = 1.6 * rows + 0.4 + legend
    figure = Figure(figsize=(COLUMN, height))
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    figure.subplots_adjust(left=0.13, right=0.98, top=1 - 0.2 / height, bottom=(legend + 0.5) / height,
                           hspace=0.22, wspace=0.32)  # fmt: skip
    drawn, dashed = {}, None
    for axes, panel in zip(grid.flat, panels, strict=False):
        for line in panel.lines:
            place = labels.index(line.label) % len(TERMS)
            means, low, high = ([getattr(e, end) for e in line.estimates] for end in ("mean", "low", "high"))
            axes.fill_between(line.places, low, high, color=TERMS[place], alpha=0.2, linewidth=0)
            (drawn[line.label],) = axes.plot(line.places, means, color=TERMS[place], marker=MARKERS[place],
                                             markersize=3.5, linewidth=1.1)  # fmt: skip
        if np.isfinite(panel.level):
            dashed = axes.axhline(panel.level, color=CONTROL.colour, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_title(panel.title, pad=3)
        axes.set_xscale("log")
        ticks = sorted({place for line in panel.lines for place in line.places})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        if panel.logarithmic:
            axes.set_yscale("log")
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    if dashed:
        drawn[level] = dashed  # last in the legend
    figure.text(0.55, (legend + 0.1) / height, label, ha="center")
    figure.legend(list(drawn.values()), list(drawn), loc="lower left", bbox_to_anchor=(0.1, 0.0), frameon=False,
                  handlelength=2.2, labelspacing=0.25, borderpad=0.2)  # fmt: skip
    return figure


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
    figure.subplots_adjust(left=0.08, right=0.99, top=1 - 0.2 / height, bottom=0.22 / height,
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
