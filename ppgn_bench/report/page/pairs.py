"""Two samplers with the same thing changed in both: does it decide which of them is the better one?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from ppgn_bench.claims.text import SCALES
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.figures.sweeps import Response
from ppgn_bench.report.page.blocks import Section, Shown, drawn, headed, noted
from ppgn_bench.report.page.changes import NO_CHANGE, change
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import BySeed, by_variant
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.metrics import ALONG, FAILS
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.report.words.places import place_title, places
from ppgn_bench.report.words.samplers import axis_unit, axis_words
from ppgn_bench.storage.manifest import Ablation

LEAD = (
    "Both samplers have the same thing changed, as the classifier that serves both: the first against the second, "
    "paired within each seed, with a 95 % interval. Dashed: they are alike. Where a line crosses it, what is "
    "changed decides which of them is the better one. Distances and steps as a ratio, shares as a ratio of odds, "
    f"others as a difference. {FAILS}"
)


def pairs(results: Results, folder: Path) -> Section:
    """For each two ablations of different samplers with the same axis: one against the other at each of its values."""
    titles = results.titles
    shown = (
        (f"{titles.get(first.of, first.of)} against {titles.get(second.of, second.of)}: {place_title(results, *place)}",
         _figure(results, first, second, place, folder))
        for (first, second), place in itertools.product(list(_alike(results)), places(results))
    )  # fmt: skip
    return noted("pairs", "Does the order of two samplers hang on it?", LEAD, headed(shown))


def _alike(results: Results) -> Iterator[tuple[Ablation, Ablation]]:
    """Ablations of two samplers along one axis, by the same encoders; the one that the report names later first."""
    known = [one for one in results.manifest.ablations if len(one.axes) == 1 and one.ladder is None]
    order = list(results.titles)
    served = {row.key: row.networks.get("encoder") for row in results.manifest.variants}

    def encoders(ablation: Ablation) -> list[str | None]:
        (axis,) = ablation.axes
        return [served.get(key) for key in ablation.along(axis)]

    for one, other in itertools.combinations(known, 2):
        alike = one.axes == other.axes and encoders(one) == encoders(other)
        if one.of != other.of and alike and None not in encoders(one):
            second, first = sorted((one, other), key=lambda own: order.index(own.of) if own.of in order else -1)
            yield first, second


def _figure(
    results: Results, first: Ablation, second: Ablation, place: tuple[str, str], folder: Path
) -> list[Shown]:  # fmt: skip
    """A panel a measure; nothing where fewer than two values of the axis were measured there."""
    (axis,) = first.axes
    panels = []
    for name in ALONG:
        values = by_variant(results, *place, name)
        sides = [[_of(results, values, key) for key in one.along(axis)] for one in (first, second)]
        if sum(all(both) for both in zip(*sides, strict=True)) < 2:
            continue  # a sweep of the samplers themselves has the default alone
        scale = METRICS[name].transform
        estimates = [change(one, other, scale) for one, other in zip(sides[0], sides[1], strict=True)]
        transform = "none" if scale == "none" else "log"
        panels.append(
            Response(f"{marked(results, place[0], name)},\n{SCALES[scale]}", estimates, NO_CHANGE[scale], transform)
        )
    if not panels:
        return []
    label = axis_words(axis)
    figure = sweep_figures.responses(panels, [f"{value:g}" for value in first.along(axis).values()], label)
    caption = (
        f"{first.title}, against {second.title} (alike: dashed) at each {label}{axis_unit(axis)}, paired over "
        f"seeds. {replication(sweep_figures.counts(panels))}"
    )
    return [drawn(figure, folder, f"pair_{first.name}_{second.name}_{place[0]}_{place[1]}", caption)]


def _of(results: Results, values: dict[str, BySeed], key: str) -> BySeed:
    """A sampler's values; those of the default stand once, under its own name."""
    return values.get(key) or values.get(results.first[key], {})
