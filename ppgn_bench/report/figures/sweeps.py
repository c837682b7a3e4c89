"""Figures of controlled changes: small panels along an axis, and heat maps. Each function returns one figure."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Literal, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures.style import COLUMN
from ppgn_bench.statistics.intervals import Estimate

LINE = "#0072b2"
TITLE = 26  # letters in a line of a panel's title
CELL = (0.31, 0.2)  # inches, width and height of one of a heat map


class Response(NamedTuple):
    """A measure along an axis: an estimate for each of its values, what real images have (or NaN), and its scale."""

    label: str
    estimates: Sequence[Estimate]
    real: float
    transform: str


class Heat(NamedTuple):
    """A measure over two epsilons: values and badness [epsilon 1, epsilon 3], 0 the best of them."""

    label: str
    values: NDArray[np.float64]
    badness: NDArray[np.float64]


class HeatRow(NamedTuple):
    """Maps at one epsilon 2: its label, a map a measure, the lost cells, and where arrows point on epsilon 1."""

    label: str
    panels: Sequence[Heat]
    lost: NDArray[np.bool_]
    marks: Sequence[float]


def counts(panels: Sequence[Response]) -> list[int]:
    """How many values are behind each mean of these panels."""
    return [estimate.n for panel in panels for estimate in panel.estimates]


def responses(panels: Sequence[Response], ticks: Sequence[str], label: str) -> Figure:
    """Small panels, one a measure: mean and 95 % interval at each value of the axis, evenly spaced."""
    columns = 2 if len(panels) < 5 else 4
    rows = -(-len(panels) // columns)
    height, width = 1.3 * rows + 0.55, COLUMN * columns / 2
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    edges = {"left": 0.48 / width, "right": 1 - 0.08 / width, "top": 1 - 0.35 / height, "bottom": 0.55 / height}
    figure.subplots_adjust(**edges, hspace=0.6, wspace=0.3)
    places = range(len(ticks))
    for axes, panel in zip(grid.flat, panels, strict=False):
        means = [estimate.mean for estimate in panel.estimates]
        low, high = ([getattr(e, end) for e in panel.estimates] for end in ("low", "high"))
        axes.fill_between(places, low, high, color=LINE, alpha=0.2, linewidth=0)
        axes.plot(places, means, color=LINE, marker="o", markersize=3.5)
        style.dashed(axes, panel.real)
        _scale(axes, "y", panel, ticks=4)
        axes.set_title(fill(panel.label, TITLE), pad=2)
        axes.set_xticks(list(places), ticks, rotation=45 if max(map(len, ticks)) > 4 else 0)
    style.hide_rest(grid, len(panels))
    figure.supxlabel(label, y=0.01, fontsize="medium")
    return figure


def rungs(panels: Sequence[Response], labels: Sequence[str], columns: int = 2) -> Figure:
    """Small panels, one a measure: mean and 95 % interval of each rung, the first at the top, labels at the left."""
    rows = -(-len(panels) // columns)
    width = 1.6 + 1.05 * columns
    tall = 0.155 * len(labels)
    above = 0.22 + 0.13 * max(panel.label.count("\n") for panel in panels)  # inches
    height = (tall + above + 0.33) * rows
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    figure.subplots_adjust(left=1.6 / width, right=1 - 0.11 / width, top=1 - above / height, bottom=0.28 / height,
                           hspace=(above + 0.33) / tall, wspace=0.14)  # fmt: skip
    places = np.arange(len(labels))
    for axes, panel in zip(grid.flat, panels, strict=False):
        ends = np.array([(estimate.low, estimate.high) for estimate in panel.estimates])
        axes.hlines(places, ends[:, 0], ends[:, 1], color=LINE, linewidth=1.2, alpha=0.6)
        axes.plot([estimate.mean for estimate in panel.estimates], places, color=LINE, marker="o", markersize=3.5,
                  linestyle="none")  # fmt: skip
        style.dashed(axes, panel.real, upright=True)
        axes.set_title(panel.label, pad=2)
        axes.set_yticks(places, labels)
        _scale(axes, "x", panel, ticks=2)
    grid[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    style.hide_rest(grid, len(panels), labels=False)
    return figure


def _scale(axes: Axes, side: Literal["x", "y"], panel: Response, ticks: int) -> None:
    """Distances stand on a logarithmic axis, and what is 0 everywhere at the foot of an axis from 0 to 1."""
    ends = np.array([(estimate.low, estimate.mean, estimate.high) for estimate in panel.estimates])
    shown = ends[np.isfinite(ends)]
    if panel.transform == "log" and (shown > 0).all():
        axes.set(**{f"{side}scale": "log"})
        style.plain_ticks(getattr(axes, f"{side}axis"), ticks)
        return
    axes.locator_params(axis=side, nbins=ticks)
    if not shown.any():
        axes.set(**{f"{side}lim": (-0.05, 1)})


def heats(rows: Sequence[HeatRow], priors: Sequence[float], noises: Sequence[float]) -> Figure:
    """Heat maps, a row an epsilon 2 and a column a measure; in each epsilon 1 upwards and epsilon 3 to the right.

    Lost cells are crossed, marks are arrows at the right. Light is better, and the number stands in its cell.
    """
    columns = len(rows[0].panels)
    wide, tall = max(CELL[0] * len(noises), 1.1), CELL[1] * len(priors)  # inches, of a map
    titles = [fill(panel.label, int(wide / 0.062)) for panel in rows[0].panels]
    above = 0.2 + 0.13 * max(title.count("\n") for title in titles)
    width, height = 0.85 + (wide + 0.12) * columns + 0.1, above + (tall + 0.12) * len(rows) + 0.5
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(len(rows), columns, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.85 / width, right=1 - 0.22 / width, top=1 - above / height, bottom=0.62 / height,
                           hspace=0.12 / tall, wspace=0.12 / wide)  # fmt: skip
    for line, row in zip(grid, rows, strict=True):
        for axes, panel in zip(line, row.panels, strict=True):
            _heat(axes, panel, row.lost)
        line[0].set_ylabel(row.label, labelpad=3)
        _arrows(line[-1], row.marks, priors)
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, pad=2)
    grid[0, 0].set_xticks(range(len(noises)), [f"{value:g}" for value in noises])
    grid[0, 0].set_yticks(range(len(priors)), [f"{value:g}" for value in priors])
    for axes in grid[-1]:
        axes.tick_params(axis="x", rotation=45)
    figure.supxlabel("ε3, noise", y=0.01, fontsize="medium")
    figure.supylabel("ε1, prior", x=0.005, fontsize="medium")
    return figure


def _heat(axes: Axes, panel: Heat, lost: NDArray[np.bool_]) -> None:
    """One map: colours, a number in each cell, crosses."""
    axes.grid(visible=False)
    if not np.isfinite(panel.values).any():
        axes.set_facecolor("#cccccc")
        return
    shade = colormaps["viridis_r"].with_extremes(bad="#cccccc")
    axes.imshow(panel.badness, cmap=shade, origin="lower", aspect="auto", vmin=0)
    middle = np.nanmax(panel.badness) / 2
    for (row, column), value in np.ndenumerate(panel.values):
        colour = "white" if panel.badness[row, column] > middle else "black"
        axes.text(column, row, in_a_cell(value), ha="center", va="center", fontsize=6.5, color=colour)
        if lost[row, column]:
            axes.plot(column, row, marker="x", color="#d55e00", markersize=9)


def in_a_cell(value: float) -> str:
    """Two digits, and three decimals at most: what a cell has room for; "–" without a value."""
    if np.isnan(value):
        return "–"
    text = f"{value:.3f}" if abs(value) < 0.0995 else f"{value:.2f}" if abs(value) < 0.995 else f"{value:.2g}"
    text = f"{value:.0f}" if abs(value) >= 9.95 else text
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return {"-0": "0"}.get(text, text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text)


def _arrows(axes: Axes, marks: Sequence[float], priors: Sequence[float]) -> None:
    """Arrows at the right edge where the marks lie between the rows of epsilon 1, which are a logarithm apart."""
    known = [place for place, prior in enumerate(priors) if prior > 0]
    for mark in marks:
        if known and priors[known[0]] <= mark <= priors[-1]:
            place = np.interp(np.log10(mark), np.log10([priors[place] for place in known]), known)
            axes.annotate("", xy=(1, place), xytext=(1.08, place), xycoords=("axes fraction", "data"),
                          textcoords=("axes fraction", "data"),
                          arrowprops={"arrowstyle": "-|>", "color": "#d55e00", "linewidth": 0.8})  # fmt: skip
