"""Fills of holes against epsilon 4: what they lose of the context, and what they show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures.plots import name_ends
from ppgn_bench.report.figures.sweeps import LINE
from ppgn_bench.statistics.intervals import Estimate

ZERO = 0.7  # decades left of the least epsilon 4 above 0: where 0 stands, which has no logarithm


class Fitted(NamedTuple):
    """A measure of fills: its label, an estimate for each epsilon 4, and what fills a hole as well -> its value.

    limits: of its axis, where they are known.
    """

    label: str
    estimates: Sequence[Estimate]
    beside: Mapping[str, float]
    limits: tuple[float, float] | None = None


def against_epsilon(panels: Sequence[Fitted], epsilons: Sequence[float]) -> Figure:
    """A panel a measure: mean and 95 % interval at each epsilon 4, on a logarithmic axis with 0 apart at its left.

    Dashed, and named at the right: baselines.
    """
    tall, margin = 1.35, 1.45  # inches: of a panel, and for the names
    width, height = 2.85 + margin, (tall + 0.2) * len(panels) + 0.35
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.7 / width, right=1 - margin / width, top=1 - 0.1 / height, bottom=0.42 / height,
                           hspace=0.2 / tall)  # fmt: skip
    places = _places(epsilons)
    for axes, panel in zip(grid, panels, strict=True):
        for apart in (True, False):  # 0 is joined to no other
            some = [k for k, value in enumerate(epsilons) if (value == 0) == apart]
            ends = [panel.estimates[k] for k in some]
            means = np.array([one.mean for one in ends])
            arms = np.nan_to_num([[one.mean - one.low for one in ends], [one.high - one.mean for one in ends]])
            axes.errorbar([places[k] for k in some], means, yerr=np.maximum(arms, 0), color=LINE, marker="o",
                          markersize=4, capsize=2.5, elinewidth=1.1)  # fmt: skip
        axes.set(ylabel=panel.label)
        if panel.limits:
            axes.set_ylim(panel.limits)
        axes.set_xticks(places, [f"{value:g}" for value in epsilons])
        _named(axes, {name: value for name, value in panel.beside.items() if math.isfinite(value)})
    grid[-1].set_xlabel("ε4 (context)")
    return figure


def _places(epsilons: Sequence[float]) -> list[float]:
    """Where each epsilon stands: its logarithm, 0 left of the others."""
    above = [math.log10(value) for value in epsilons if value > 0]
    return [math.log10(value) if value > 0 else min(above, default=0.0) - ZERO for value in epsilons]


def _named(axes: Axes, beside: Mapping[str, float]) -> None:
    """Dashed lines with their names at the right."""
    for value in beside.values():
        style.dashed(axes, value)
    right = axes.get_xlim()[1]
    name_ends(
        axes, list(beside), [style.CONTROL.colour] * len(beside), [(right, value) for value in beside.values()], 0.1
    )
    axes.set_xlim(right=right)
