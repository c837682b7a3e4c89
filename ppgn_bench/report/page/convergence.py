"""Convergence: how long chains wait, all samplers on one pair of axes, and what each does on its way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pandas import DataFrame

from ppgn_bench.report.figures import plots, style, waiting
from ppgn_bench.report.figures.waiting import Survival
from ppgn_bench.report.page.blocks import Section, Shown, Text, drawn
from ppgn_bench.report.page.charts import Place, for_each
from ppgn_bench.report.results import Label, Results
from ppgn_bench.report.words.numbers import replication, seeds
from ppgn_bench.statistics.intervals import mean_interval

CURVES: Mapping[str, tuple[str, tuple[float, float] | None, str]] = {  # curve -> label, limits, what it is
    "p_condition": ("p_C of the own class", (-0.03, 1.03), "Probability that the steering network gives the own class"),
    "distance": ("distance to nearest real", None, "Distance in judge features to the nearest real image of the class"),
}
WAITING = {"to_picture": "no picture yet", "to_confidence": "p_C not yet 0.9"}  # a share of chains
LEAD = (
    "Kaplan-Meier: the share of chains that still wait for their picture (a draw that is as near to a real image "
    "as 19 in 20 real images are to another one) or for p_C of 0.9, after so many steps; a chain that never gets "
    "there counts to the end. "
    "Below, a panel a sampler: thin lines are the median chain of each seed, the band goes from the 10th to "
    "the 90th of 100 chains, mean over seeds. All panels of a figure have the same axes."
)


def convergence(results: Results, folder: Path) -> Section:
    """How many chains still wait after so many steps; p_C and the distance to real images against the step."""

    def draw(place: Place) -> list[Shown]:
        return [*_waiting(results, place, folder), *_panels(results, place, folder)]

    return Section("convergence", "Convergence", [Text(LEAD), *for_each(results, "quality", draw)])


def _here(results: Results, place: Place, curve: str) -> DataFrame:
    frame = results.curves[(results.curves.run == "quality") & (results.curves.curve == curve)]
    return frame[(frame.dataset == place[0]) & (frame.sweep == place[1])]


def _known(every: Mapping[Label, DataFrame]) -> dict[Label, DataFrame]:
    """The rows that have a value at some step."""
    return {row: part for row, part in every.items() if part.middle.notna().any()}


def _waiting(results: Results, place: Place, folder: Path) -> list[Shown]:
    """All samplers on one pair of axes, for both events."""
    known = {label: _known(results.rows(_here(results, place, curve))) for curve, label in WAITING.items()}
    panels = {
        label: [_survival(row.row, results.looks[row.variant], part) for row, part in of_event.items()]
        for label, of_event in known.items()
        if of_event
    }
    if not panels:
        return []
    shown = next(curve for curve, label in WAITING.items() if label in panels)
    count = _here(results, place, shown).seed.nunique()
    caption = (
        f"Kaplan-Meier: share of chains that still wait, against the step. {replication([count])} Bands: the interval "
        "at each step."
    )
    return [drawn(waiting.survivals(panels), folder, f"waiting_{place[0]}_{place[1]}", caption)]


def _survival(label: str, look: style.Look, part: DataFrame) -> Survival:
    """Mean over seeds and its interval at each step, cut to what a share can be."""
    of_step = part.groupby("step").middle
    estimates = [mean_interval(values) for _, values in of_step]
    ends = np.clip([(estimate.low, estimate.high) for estimate in estimates], 0.0, 1.0)
    means = np.array([estimate.mean for estimate in estimates])
    return Survival(label, look, np.array(list(of_step.groups)), means, ends[:, 0], ends[:, 1])


def _panels(results: Results, place: Place, folder: Path) -> list[Shown]:
    """A figure a curve, a panel a sampler."""
    shown = []
    for curve, (label, limits, meaning) in CURVES.items():
        every = results.rows(_here(results, place, curve))
        known = _known(every)
        if not known:
            continue
        panels = {row.row: part for row, part in known.items()}
        figure = plots.bands(panels, {row.row: results.looks[row.variant] for row in known}, label, limits)
        lost = [row.row for row in every if row not in known]
        without = f" No chain has a value of: {', '.join(lost)}." if lost else ""
        count = seeds(max(part.seed.nunique() for part in known.values()))
        caption = (
            f"{meaning}, against the step. Lines: the median chain of each of {count}; band: "
            f"80 % of the chains.{without}"
        )
        shown.append(drawn(figure, folder, f"{curve}_{place[0]}_{place[1]}", caption))
    return shown
