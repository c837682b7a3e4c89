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

from ppgn_bench.evidence import Estimate
from ppgn_bench.report import style
from ppgn_bench.report.style import COLUMN, CONTROL
from ppgn_bench.report.tables import number

LINE = "#0072b2"
TITLE = 26  # letters in a line of a panel's title


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


def responses(panels: Sequence[Response], ticks: Sequence[str], label: str) -> Figure:
    """Small panels, one a measure: mean and 95 % interval at each value of the axis, evenly spaced."""
    columns, rows = 2, -(-len(panels) // 2)
    height = 1.3 * rows + 0.55
    figure = Figure(figsize=(COLUMN, height))
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    edges = {"left": 0.13, "right": 0.98, "top": 1 - 0.35 / height, "bottom": 0.55 / height}
    figure.subplots_adjust(**edges, hspace=0.6, wspace=0.3)
    places = range(len(ticks))
    for axes, panel in zip(grid.flat, panels, strict=False):
        means = [estimate.mean for estimate in panel.estimates]
        low, high = ([getattr(e, end) for e in panel.estimates] for end in ("low", "high"))
        axes.fill_between(places, low, high, color=LINE, alpha=0.2, linewidth=0)
        axes.plot(places, means, color=LINE, marker="o", markersize=3.5)
        if np.isfinite(panel.real):
            axes.axhline(panel.real, color=CONTROL.colour, linewidth=0.9, linestyle=(0, (4, 3)))
        _scale(axes, "y", panel, ticks=4)
        axes.set_title(fill(panel.label, TITLE), pad=2)
        axes.set_xticks(list(places), ticks, rotation=45 if max(map(len, ticks)) > 4 else 0)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
        if rows > 1:
            grid[-2, -1].tick_params(labelbottom=True)
    figure.supxlabel(label, y=0.01, fontsize="medium")
    return figure


def rungs(panels: Sequence[Response], labels: Sequence[str]) -> Figure:
    """Small panels, one a measure: mean and 95 % interval of each rung, the first at the top, labels at the left."""
    columns, rows = 2, -(-len(panels) // 2)
    tall = 0.155 * len(labels)
    above = 0.22 + 0.13 * max(panel.label.count("\n") for panel in panels)  # inches
    height = (tall + above + 0.33) * rows
    figure = Figure(figsize=(COLUMN, height))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.43, right=0.97, top=1 - above / height, bottom=0.28 / height,
                           hspace=(above + 0.33) / tall, wspace=0.14)  # fmt: skip
    places = np.arange(len(labels))
    for axes, panel in zip(grid.flat, panels, strict=False):
        ends = np.array([(estimate.low, estimate.high) for estimate in panel.estimates])
        axes.hlines(places, ends[:, 0], ends[:, 1], color=LINE, linewidth=1.2, alpha=0.6)
        axes.plot([estimate.mean for estimate in panel.estimates], places, color=LINE, marker="o", markersize=3.5,
                  linestyle="none")  # fmt: skip
        if np.isfinite(panel.real):
            axes.axvline(panel.real, color=CONTROL.colour, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_title(panel.label, pad=2)
        axes.set_yticks(places, labels)
        _scale(axes, "x", panel, ticks=2)
    grid[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
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


def heats(
    panels: Sequence[Heat], priors: Sequence[float], noises: Sequence[float], lost: NDArray[np.bool_],
    marks: Sequence[float],
) -> Figure:  # fmt: skip
    """Heat maps, epsilon 1 upwards and epsilon 3 to the right; lost cells are crossed, marks are arrows at the right.

    Light is better, and the number stands in its cell.
    """
    columns, rows = 2, -(-len(panels) // 2)
    width = max(COLUMN, (0.36 * len(noises) + 0.45) * columns)
    side = 0.2 * len(priors)
    titles = [fill(panel.label, 5 * len(noises) + 4) for panel in panels]
    above = 0.3 + 0.12 * max(title.count("\n") for title in titles)
    height = (side + above + 0.1) * rows + 0.45
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.6 / width, right=1 - 0.2 / width, top=1 - above / height, bottom=0.45 / height,
                           hspace=(above + 0.1) / side, wspace=0.12)  # fmt: skip
    for axes, panel, title in zip(grid.flat, panels, titles, strict=False):
        shade = colormaps["viridis_r"].with_extremes(bad="#cccccc")
        axes.imshow(panel.badness, cmap=shade, origin="lower", aspect="auto", vmin=0)
        middle = np.nanmax(panel.badness) / 2
        for (row, column), value in np.ndenumerate(panel.values):
            dark = panel.badness[row, column] > middle
            text = "–" if np.isnan(value) else number(value)
            axes.text(column, row, text, ha="center", va="center", fontsize=5.5, color="white" if dark else "black")
            if lost[row, column]:
                axes.plot(column, row, marker="x", color="#d55e00", markersize=9)
        axes.set_title(title, pad=2)
        axes.grid(visible=False)
        axes.set_xticks(range(len(noises)), [f"{value:g}" for value in noises], rotation=45)
        axes.set_yticks(range(len(priors)), [f"{value:g}" for value in priors])
    for axes in grid[:, -1]:
        _arrows(axes, marks, priors)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    figure.supxlabel("ε3, noise", y=0.01, fontsize="medium")
    figure.supylabel("ε1, prior", x=0.005, fontsize="medium")
    return figure


def _arrows(axes: Axes, marks: Sequence[float], priors: Sequence[float]) -> None:
    """Arrows at the right edge where the marks lie between the rows of epsilon 1, which are a logarithm apart."""
    known = [place for place, prior in enumerate(priors) if prior > 0]
    for mark in marks:
        if known and priors[known[0]] <= mark <= priors[-1]:
            place = np.interp(np.log10(mark), np.log10([priors[place] for place in known]), known)
            axes.annotate("", xy=(1, place), xytext=(1.08, place), xycoords=("axes fraction", "data"),
                          textcoords=("axes fraction", "data"),
                          arrowprops={"arrowstyle": "-|>", "color": "#d55e00", "linewidth": 0.8})  # fmt: skip
