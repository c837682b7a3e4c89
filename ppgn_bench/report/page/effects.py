"""Factorial sweeps: what each of several switches does alone, and what they do together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pandas import DataFrame

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.blocks import Block, Section, Table, noted
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import values_by_row
from ppgn_bench.report.tables.readable import wide
from ppgn_bench.report.words.controls import mark, marked
from ppgn_bench.report.words.metrics import HEADLINES
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.report.words.places import judged_by, place_title, places
from ppgn_bench.report.words.samplers import axis_words
from ppgn_bench.report.words.terms import AXES, unslashed
from ppgn_bench.statistics.intervals import mean_interval, on_scale
from ppgn_bench.storage.manifest import Ablation

LEAD = (
    "All combinations of the switches at equal budgets. A main effect: the mean over all combinations with the "
    "switch on, less that with it off. An interaction: half of how much one switch changes the other's effect. "
    "Computed within each seed; mean over seeds with 95 % interval. Distances: the factor by which "
    "they change (below 1 is better); shares: the factor of their odds; others: the difference."
)
Levels = tuple[float, ...]


class Factorial(NamedTuple):
    """Switches with two levels each, and for each measure every combination's value by seed."""

    switches: tuple[str, ...]
    values: Mapping[str, Mapping[Levels, Mapping[int, float]]]


def effects(results: Results, folder: Path) -> Section:
    """Main effects and interactions of every ablation that a sweep crosses with epsilons, two levels each."""
    blocks: list[Block] = []
    for ablation, place in itertools.product(results.manifest.ablations, places(results, "quality")):
        if crossed := _factorial(results, ablation, *place):
            frame = DataFrame(_lines(crossed), columns=["effect", "metric", "scale", "mean", "low", "high", "seeds"])
            table = _table(results, place[0], frame, f"{ablation.title}: {place_title(results, *place)}")
            export.save(folder, f"effects_{ablation.name}_{place[0]}_{place[1]}", frame, [table])
            blocks.append(table)
    return noted("effects", "What noise and prior each buy", LEAD, blocks)


def contrast(cells: Mapping[Levels, float], switches: tuple[int, ...]) -> float:
    """Effect of some switches together, from a value for each combination of two levels of all switches.

        2^(1 - k) * sum over combinations of value * product over these switches of (+1 on, -1 off)

    cells: levels -> value, all 2^k combinations; switches: places in the levels. One place: a main effect.
    """
    count = len(next(iter(cells)))
    low = [min(levels[place] for levels in cells) for place in range(count)]
    signed = (value * math.prod(1 if levels[s] > low[s] else -1 for s in switches) for levels, value in cells.items())
    return sum(signed) / 2 ** (count - 1)


def _factorial(results: Results, ablation: Ablation, dataset: str, sweep: str) -> Factorial | None:
    """The full factorial of an ablation's axes and a sweep's epsilons; None where it is none with two levels each."""
    values: dict[str, dict[Levels, Mapping[int, float]]] = {}
    for name in HEADLINES:
        for row, of_seed in values_by_row(results, dataset, sweep, name).items():
            if row.variant in ablation.samplers:
                own = tuple(ablation.samplers[row.variant].values())
                values.setdefault(name, {})[(*own, *unslashed(row.epsilons))] = of_seed
    every = {levels for cells in values.values() for levels in cells}
    names = (*map(axis_words, ablation.axes), *AXES)
    levels_of = [sorted({levels[place] for levels in every}) for place in range(len(names))] if every else []
    varied = [place for place, levels in enumerate(levels_of) if len(levels) > 1]
    if len(varied) < 2 or any(len(levels_of[place]) != 2 for place in varied) or len(every) != 2 ** len(varied):
        return None
    kept = {
        name: {tuple(levels[place] for place in varied): of_seed for levels, of_seed in cells.items()}
        for name, cells in values.items()
    }
    return Factorial(tuple(names[place] for place in varied), kept)


def _lines(crossed: Factorial) -> Iterator[tuple[str, str, str, float, float, float, int]]:
    """Effect by effect and metric by metric: the mean over seeds with its interval, carried back from the scale."""
    places = range(len(crossed.switches))
    for switches in (chosen for size in (1, 2, 3) for chosen in itertools.combinations(places, size)):
        label = " × ".join(crossed.switches[place] for place in switches)
        for name, cells in crossed.values.items():
            transform = METRICS[name].transform
            contrasts = []
            for seed in sorted(set.intersection(*(set(of_seed) for of_seed in cells.values()))):
                scaled = {k: float(on_scale(of_seed[seed], transform)) for k, of_seed in cells.items()}
                contrasts.append(contrast(scaled, switches))
            estimate = mean_interval([value for value in contrasts if math.isfinite(value)])
            ends = (estimate.mean, estimate.low, estimate.high)
            mean, low, high = ends if transform == "none" else map(float, np.exp(ends))
            yield label, name, transform, mean, low, high, estimate.n


def _table(results: Results, dataset: str, lines: DataFrame, title: str) -> Table:
    """The effects on the headline metrics; factors where a metric's scale is the logarithm or the logit."""
    factor = {name: "" if METRICS[name].transform == "none" else ", ×" for name in HEADLINES}
    heads = {name: f"{marked(results, dataset, name)}{factor[name]}" for name in HEADLINES}
    labels = {label: label for label in lines.effect}
    caption = (
        f"{title}. Main effects of the switches and, with a × between them, interactions. "
        f"{replication(lines.seeds, 'paired over seeds')} A column with a × has the factor by which a distance, or the "
        "odds of a share, changes; else the difference."
    )
    notes = [caption, judged_by(results, [dataset]), mark(results, dataset, set(lines.metric))]
    return wide(lines, ("effect", labels), ("metric", heads), "effect of", " ".join(filter(None, notes)))
