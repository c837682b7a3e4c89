"""Curves of waiting: the share of chains without their event yet, on one pair of axes or, of many samplers, apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures.plots import LETTER, TITLE, name_ends
from ppgn_bench.report.figures.style import COLUMN, Look

MOST_TOGETHER = 12  # curves on one pair of axes: the twelve samplers are distinguished by colour and marker
KINDS: tuple[Literal["-", "--", ":"], ...] = ("-", "--", ":")  # of lines, one an event


class Survival(NamedTuple):
    """A sampler's share of waiting chains: steps, mean, low and high [step]; low and high NaN without an interval."""

    label: str
    look: Look
    steps: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def survivals(panels: Mapping[str, Sequence[Survival]]) -> Figure:
    """Shares of chains that still wait, a panel an event, all samplers on each; names at the right ends.

    Of more samplers than can be distinguished on one pair of axes each has a panel of its own, with all events.
    """
    if max(map(len, panels.values())) > MOST_TOGETHER:
        return _survivals_apart(panels)
    names = [curve.label for curves in panels.values() for curve in curves]
    margin = max(1.95, LETTER * max(map(len, names)) + 0.3)  # inches, for the names
    width, tall = 3.2 + margin, max(1.5, 0.15 * max(map(len, panels.values())))
    height = (tall + 0.2) * len(panels) + 0.35
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
    figure.subplots_adjust(left=0.57 / width, right=1 - margin / width, top=1 - 0.1 / height, bottom=0.4 / height,
                           hspace=0.2 / tall)  # fmt: skip
    for axes, (label, curves) in zip(grid.flat, panels.items(), strict=True):
        colours = [curve.look.colour for curve in curves]
        for curve in curves:
            axes.fill_between(
                curve.steps, curve.low, curve.high, color=curve.look.colour, alpha=0.14, linewidth=0, step="post"
            )
            axes.step(curve.steps, curve.mean, color=curve.look.colour, where="post", linewidth=1.2,
                      marker=curve.look.marker if colours.count(curve.look.colour) > 1 else None, markersize=3.5,
                      markevery=0.2, markeredgecolor="white", markeredgewidth=0.4)  # fmt: skip
        axes.set(ylabel=f"share, {label}", ylim=(-0.03, 1.03), xscale="symlog")
        ends = [(float(curve.steps[-1]), float(curve.mean[-1])) for curve in curves]
        name_ends(axes, [c.label for c in curves], [c.look.colour for c in curves], ends, 0.135 / tall)
    _step_ticks(grid[-1, 0], max(ends)[0], (0, 1, 3, 10, 30, 100, 300, 1000))
    grid[-1, 0].set_xlabel("step")
    return figure


def _survivals_apart(panels: Mapping[str, Sequence[Survival]]) -> Figure:
    """A small panel a sampler, on equal axes: its events as lines of different kinds."""
    of_sampler: dict[str, dict[str, Survival]] = {}
    for event, curves in panels.items():
        for curve in curves:
            of_sampler.setdefault(curve.label, {})[event] = curve
    columns = 5 if len(of_sampler) > 16 else 4
    rows = -(-len(of_sampler) // columns)
    titles = {label: fill(label, TITLE - 4) for label in of_sampler}
    more = 0.14 * max(title.count("\n") for title in titles.values())
    height = (1.05 + more) * rows + 0.75
    figure = Figure(figsize=(2 * COLUMN, height))
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.075, right=0.985, top=1 - (0.5 + more) / height, bottom=0.42 / height,
                           hspace=0.35 + more / 0.75, wspace=0.1)  # fmt: skip
    styles = dict(zip(panels, KINDS, strict=False))
    for axes, (label, events) in zip(grid.flat, of_sampler.items(), strict=False):
        for event, curve in events.items():
            colour = curve.look.colour
            axes.fill_between(curve.steps, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0, step="post")
            axes.step(curve.steps, curve.mean, color=colour, where="post", linewidth=1.1, linestyle=styles[event])
        axes.set(ylim=(-0.03, 1.03), xscale="symlog")
        axes.set_title(titles[label], color=colour, pad=2)
    last = max(float(curve.steps[-1]) for curves in panels.values() for curve in curves)
    _step_ticks(grid[-1, 0], last, (0, 1, 10, 100, 1000))
    style.hide_rest(grid, len(of_sampler))
    lines = [Line2D([], [], color="#333333", linestyle=kind, linewidth=1.1) for kind in styles.values()]
    figure.legend(lines, list(panels), loc="upper right", ncols=len(lines), frameon=False, borderaxespad=0.1)
    figure.supylabel("share of chains that still wait", x=0.004, fontsize="medium")
    figure.supxlabel("step", y=0.01, fontsize="medium")
    return figure


def _step_ticks(axes: Axes, last: float, wanted: Sequence[int]) -> None:
    """Plain numbers at these steps, as far as the chains go."""
    steps = [step for step in wanted if step <= last]
    axes.set_xticks(steps, [f"{step:,}" for step in steps])
    axes.minorticks_off()
