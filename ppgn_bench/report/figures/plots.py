"""The charts: estimates with their intervals, curves with their bands. Each function returns one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures.style import COLUMN, TERMS, Look, spread
from ppgn_bench.statistics.intervals import Estimate

LETTER = 0.064  # inches, the mean width of one
TITLE = 24  # letters in a line of a small panel's title


class Point(NamedTuple):
    """A row of a chart: its label, how it is drawn, and what it measures."""

    label: str
    look: Look
    estimates: tuple[Estimate, ...]


def scatter(points: Sequence[Point], labels: tuple[str, str], scales: tuple[str, str]) -> Figure:
    """Two measures against each other, with both intervals; each point's name stands at the right margin.

    labels, scales: of both axes, a scale being "linear" or "log".
    """
    height = max(0.9 * COLUMN, 0.17 * len(points) + 0.5)
    figure = Figure(figsize=(1.55 * COLUMN, height))
    axes = figure.add_axes((0.12, 0.43 / height, 0.42, (height - 0.53) / height))
    for point in points:
        across, up = point.estimates
        axes.errorbar(
            across.mean, up.mean, xerr=_arms(across), yerr=_arms(up), color=point.look.colour,
            marker=point.look.marker, markersize=5.5, linestyle="none", elinewidth=0.9, capsize=1.5,
            markeredgecolor=point.look.colour if point.look.marker == "x" else "white", markeredgewidth=0.7,
        )  # fmt: skip
    axes.set(xlabel=labels[0], ylabel=labels[1], xscale=scales[0], yscale=scales[1])
    style.plain_ticks(axes.xaxis)
    style.plain_ticks(axes.yaxis)
    places = _places(axes, [(point.estimates[0].mean, point.estimates[1].mean) for point in points])
    rows = spread([place[1] for place in places], 0.17 / (height - 0.53), 0.0, 1.0)
    for point, place, row in zip(points, places, rows, strict=True):
        axes.plot(1.045, row, transform=axes.transAxes, color=point.look.colour, marker=point.look.marker,
                  markersize=4.5, markeredgewidth=0.7, clip_on=False,
                  markeredgecolor=point.look.colour if point.look.marker == "x" else "white")  # fmt: skip
        axes.annotate(
            point.label, xy=place, xytext=(1.085, row), xycoords="axes fraction", textcoords="axes fraction",
            va="center", color=point.look.colour, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": point.look.colour, "alpha": min(0.45, 4 / len(points)),
                        "linewidth": 0.6, "shrinkA": 8, "shrinkB": 4, "relpos": (0, 0.5)},
        )  # fmt: skip
    return figure


def forest(points: Sequence[Point], label: str, scale: str, reference: float) -> Figure:
    """One measure: a row for each variant, with its interval or "no value"; a line for real images."""
    height = 0.19 * len(points) + 0.52
    margin = max(1.7, LETTER * max(len(point.label) for point in points) + 0.1)  # inches
    width = margin + 2.0
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((margin / width, 0.42 / height, 1.85 / width, (height - 0.46) / height))
    for row, point in enumerate(points):
        estimate = point.estimates[0]
        if not np.isfinite(estimate.mean):
            axes.text(0.02, -row, "no value", transform=axes.get_yaxis_transform(), va="center", color="#777777")
            continue
        axes.errorbar(
            estimate.mean, -row, xerr=_arms(estimate), color=point.look.colour, marker=point.look.marker,
            markersize=5, linestyle="none", elinewidth=1.2, capsize=2,
        )  # fmt: skip
    if not any(point.estimates[0].mean > 0 or point.estimates[0].mean < 0 for point in points):
        axes.set_xlim(-0.05, 1)  # 0 everywhere stands at the foot of its axis
    style.dashed(axes, reference, upright=True)
    axes.set_yticks([-row for row in range(len(points))], [point.label for point in points])
    axes.set_ylim(-len(points) + 0.4, 0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set(xlabel=label, xscale=scale)
    style.plain_ticks(axes.xaxis)
    return figure


def bands(
    curves: Mapping[str, DataFrame], looks: Mapping[str, Look], label: str, limits: tuple[float, float] | None
) -> Figure:
    """Small panels, one a variant, on equal axes: seeds' median chains as lines, 80 % of chains as a band.

    curves: title -> columns seed, step, low, middle, high; the band is the mean over seeds of both quantiles.
    limits: of the second axis, where they are known.
    """
    columns = 3 if len(curves) > 6 else 2  # two figures of three columns fit beside each other on a page
    rows = -(-len(curves) // columns)
    width = 4.78 if columns == 3 else COLUMN
    titles = {title: fill(title, TITLE if columns == 2 else TITLE - 3) for title in curves}
    more = 0.14 * max(title.count("\n") for title in titles.values())  # inches for titles of several lines
    height = max((0.95 + more) * rows, 1.4) + 0.45 + more  # room for the label of the second axis
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    edges = {"left": 0.56 / width, "right": 1 - 0.11 / width, "top": 1 - (0.2 + more) / height, "bottom": 0.42 / height}
    figure.subplots_adjust(**edges, hspace=0.42 + more / 0.67, wspace=0.1)
    for axes, (title, frame) in zip(grid.flat, curves.items(), strict=False):
        colour = looks[title].colour
        mean = frame.groupby("step")[["low", "middle", "high"]].mean()
        axes.fill_between(mean.index, mean.low, mean.high, color=colour, alpha=0.22, linewidth=0)
        for _, seed in frame.groupby("seed"):
            axes.plot(seed.step, seed.middle, color=colour, linewidth=0.8)
        axes.set_title(titles[title], color=colour, pad=2)
    if limits:
        grid[0, 0].set_ylim(*limits)
    style.hide_rest(grid, len(curves))
    figure.supylabel(label, x=0.005, fontsize="medium")
    figure.supxlabel("step", y=0.01, fontsize="medium")
    return figure


CURVES = {"discriminator": "D", "discriminator_accuracy": "accuracy of D"}  # what else has no room beside its curve


def losses(tables: Sequence[DataFrame]) -> Figure:
    """The loss terms of one network while it trains: a thin line a seed, a thick one for their mean."""
    figure = Figure(figsize=(COLUMN, 0.62 * COLUMN))
    axes = figure.add_axes((0.17, 0.19, 0.57, 0.77))
    terms = list(dict.fromkeys(term for table in tables for term in table.term))
    colours = {term: TERMS[place % len(TERMS)] for place, term in enumerate(terms)}
    ends = []
    for term in terms:
        curves = [table[table.term == term].groupby("step").value.mean() for table in tables]
        for curve in curves:
            axes.plot(curve.index, curve, color=colours[term], linewidth=0.5, alpha=0.45)
        mean = sum(curves[1:], curves[0]) / len(curves)
        axes.plot(mean.index, mean, color=colours[term])
        ends.append((float(mean.index[-1]), float(mean.iloc[-1])))
    positive = all((table.value > 0).all() for table in tables)
    axes.set(xlabel="training step", ylabel="loss", yscale="log" if positive else "linear")
    style.plain_ticks(axes.yaxis)
    name_ends(axes, [CURVES.get(term, term) for term in terms], list(colours.values()), ends, 0.085)
    return figure


def name_ends(
    axes: Axes, names: Sequence[str], colours: Sequence[str], ends: list[tuple[float, float]], gap: float
) -> None:
    """Names of curves at their right ends, moved apart where they would overlap; gap: a line, of the axes' height."""
    places = _places(axes, ends)
    heights = spread([place[1] for place in places], gap, 0.0, 1.0)
    for name, colour, place, height in zip(names, colours, places, heights, strict=True):
        axes.annotate(
            name, xy=place, xytext=(1.04, height), xycoords="axes fraction", textcoords="axes fraction",
            va="center", color=colour, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "alpha": 0.5, "linewidth": 0.6, "shrinkA": 0,
                        "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip


def _places(axes: Axes, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of the data as fractions of the axes."""
    axes.autoscale_view()
    moved = (axes.transLimits.transform(axes.transScale.transform(point)) for point in points)
    return [(float(x), float(y)) for x, y in moved]


def _arms(estimate: Estimate) -> list[list[float]] | None:
    """Lengths of an error bar's two arms; None without an interval."""
    if np.isnan([estimate.low, estimate.high]).any():
        return None
    return [[max(estimate.mean - estimate.low, 0.0)], [max(estimate.high - estimate.mean, 0.0)]]
