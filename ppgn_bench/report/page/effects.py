"""Factorial sweeps: what each of several switches does alone, and what they do together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pandas import DataFrame

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.blocks import Block, Cell, Section, Table, Text
from ppgn_bench.report.page.main_tables import short
from ppgn_bench.report.page.samples import place_title
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import interval, number, values_by_row
from ppgn_bench.report.tables.readable import HEADLINES, over_seeds, wide
from ppgn_bench.report.words.phrases import EPSILON_AXES, axis_words
from ppgn_bench.statistics.intervals import Estimate, mean_interval, on_scale

MEASURES = ("frechet_distance", "judge_accuracy", "precision", "recall", "within_class_dissimilarity",
            "lagged_distance_500")  # fmt: skip
Levels = tuple[float, ...]


class Factorial(NamedTuple):
    """Switches with two levels each, and for each measure every combination's value by seed."""

    switches: tuple[str, ...]
    values: Mapping[str, Mapping[Levels, Mapping[int, float]]]


def effects(results: Results, folder: Path) -> Section:
    """Main effects and interactions of every ablation that a sweep crosses with epsilons, two levels each."""
    blocks: list[Block] = []
    for ablation, dataset in itertools.product(results.context.get("ablations", []), results.datasets):
        for sweep in results.sweeps(dataset, "quality"):
            found = _factorial(results, ablation, dataset, sweep)
            if found is None:
                continue
            lines = list(_lines(found))
            columns = ["effect", "metric", "scale", "mean", "low", "high", "seeds"]
            name = f"effects_{ablation['name']}_{dataset}_{sweep}"
            frame, title = (
                DataFrame(lines, columns=columns),
                f"{ablation['title']}: {place_title(results, dataset, sweep)}",
            )
            export.save(folder, name, frame, [_selection(frame, title)])
            blocks.append(_table(title, lines))
    if blocks:
        lead = (
            "All combinations of the switches at equal budgets. A main effect: the mean over all combinations with the "
            "switch on, less that with it off. An interaction: half of how much one switch changes the other's effect. "
            "Computed within each training seed; mean over seeds with 95 % interval. Distances: the factor by which "
            "they change (below 1 is better); shares: the factor of their odds; others: the difference."
        )
        blocks.insert(0, Text(lead, "note"))
    return Section("effects", "What noise and prior each buy", blocks)


def contrast(cells: Mapping[Levels, float], switches: tuple[int, ...]) -> float:
    """Effect of some switches together, from a value for each combination of two levels of all switches.

        2^(1 - k) * sum over combinations of value * product over these switches of (+1 on, -1 off)

    cells: levels -> value, all 2^k combinations; switches: places in the levels. One place: a main effect.
    """
    count = len(next(iter(cells)))
    low = [min(levels[place] for levels in cells) for place in range(count)]
    signed = (value * math.prod(1 if levels[s] > low[s] else -1 for s in switches) for levels, value in cells.items())
    return sum(signed) / 2 ** (count - 1)


def _factorial(results: Results, ablation: Mapping[str, Any], dataset: str, sweep: str) -> Factorial | None:
    """The full factorial of an ablation's axes and a sweep's epsilons; None where it is none with two levels each."""
    values: dict[str, dict[Levels, Mapping[int, float]]] = {}
    for name in MEASURES:
        for row, of_seed in values_by_row(results, dataset, sweep, name).items():
            if row.variant in ablation["samplers"]:
                own = tuple(ablation["samplers"][row.variant].values())
                values.setdefault(name, {})[(*own, *map(float, row.epsilons.split("/")))] = of_seed
    every = {levels for cells in values.values() for levels in cells}
    names = (*map(axis_words, ablation["axes"]), *EPSILON_AXES)
    levels_of = [sorted({levels[place] for levels in every}) for place in range(len(names))] if every else []
    varied = [place for place, levels in enumerate(levels_of) if len(levels) > 1]
    if len(varied) < 2 or any(len(levels_of[place]) != 2 for place in varied) or len(every) != 2 ** len(varied):
        return None
    kept = {
        name: {tuple(levels[place] for place in varied): of_seed for levels, of_seed in cells.items()}
        for name, cells in values.items()
    }
    return Factorial(tuple(names[place] for place in varied), kept)


def _lines(found: Factorial) -> Iterator[tuple[str, str, str, float, float, float, int]]:
    places = range(len(found.switches))
    for size in (1, 2, 3):
        for switches in itertools.combinations(places, size):
            label = " × ".join(found.switches[place] for place in switches)
            for name, cells in found.values.items():
                transform = METRICS[name].transform
                seeds = set.intersection(*(set(of_seed) for of_seed in cells.values()))
                contrasts = []
                for seed in sorted(seeds):
                    scaled = {k: float(on_scale(of_seed[seed], transform)) for k, of_seed in cells.items()}
                    contrasts.append(contrast(scaled, switches))
                estimate = mean_interval([value for value in contrasts if math.isfinite(value)])
                ends = (estimate.mean, estimate.low, estimate.high)
                mean, low, high = ends if transform == "none" else map(float, np.exp(ends))
                yield label, name, transform, mean, low, high, estimate.n


def _selection(lines: DataFrame, title: str) -> Table:
    """The effects on the headline metrics; ratios where a metric's scale is the logarithm or the logit."""
    columns = {name: heading for name, heading in HEADLINES.items() if name in MEASURES}
    factors = {name: f"{heading}, ×" for name, heading in columns.items() if METRICS[name].transform != "none"}
    effects_ = {label: label for label in dict.fromkeys(lines.effect)}
    caption = (
        f"{title}. Main effects of the switches and, with a × between them, interactions. "
        f"{over_seeds(lines, 'paired over seeds')} A column with a × has the factor by which a distance, or the odds "
        "of a share, changes; else the difference."
    )
    return wide(lines, ("effect", effects_), ("metric", columns | factors), "effect of", caption)


def _table(caption: str, lines: list[tuple[str, str, str, float, float, float, int]]) -> Table:
    """A row an effect, a column a measure."""
    names = list(dict.fromkeys(line[1] for line in lines))
    rows = []
    for label in dict.fromkeys(line[0] for line in lines):
        cells = [Cell(label)]
        for name in names:
            (line,) = [line for line in lines if (line[0], line[1]) == (label, name)]
            sign = "" if line[2] == "none" else "× "
            cells.append(Cell(sign + number(line[3]), interval(Estimate(*line[3:]))))
        rows.append(cells)
    return Table(caption, [Cell("effect of"), *(Cell(short(METRICS[name])) for name in names)], rows)
