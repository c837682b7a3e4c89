"""The pictures of other conditions: samples of each target, holes and their fills, units and what they fire for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures.contexts import Fitted, against_epsilon
from ppgn_bench.report.figures.mosaics import beside, evenly, picture, titled
from ppgn_bench.report.page.blocks import Shown, drawn
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.contexts import BASELINES, Fills, baseline, fills
from ppgn_bench.report.tables.steered import estimated, seeds_of
from ppgn_bench.report.words.conditions import CAPTIONS, CONTEXTS, SUMS, UNITS, VALUES, Steered, of_kind
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.report.words.places import dataset_title
from ppgn_bench.report.words.seeds import familiar

ON_VALUES = (
    "Classes of another kind, as how thick a stroke is: labels that neither generator nor encoder was trained with. A "
    "classifier of them, trained on its own, takes the place of the old one. Hue and background prove less: the "
    "encoder also learnt to regress the pooled image, which shows them."
)
ON_UNITS = (
    "A facet is a cluster of images in the judge's features; how far apart two images of one facet may be was fixed by "
    "real images whose kinds are known. Facets are counted among pictures alone, as many samples as top "
    "images and as equally active as there are, each weighed by its share: 1 means all alike. The gallery of the "
    "units is the next section."
)
ON_CAPTIONS = "A captioner steers: the sum over a caption's words of log p(word | words before, image)."
ON_CONTEXTS = (
    "A hole in a real image that trained nothing is filled: by its class alone where ε4 is 0, else also by what is "
    "known around it (Eq. 12). The class is asked of the real pixels with the fill in the hole, as in the released "
    "code; the context error is of the image that was generated, before it was put there."
)
ON_SUMS = (
    "Several conditions at once, their log probabilities added. What is asked may be new, or impossible: where no "
    "training image has it, a column of the table says which of the two it looks like."
)
MOST_ROWS = 24  # of targets in a picture
FILLS = 3  # of each hole, where several epsilons 4 stand beside each other
DRAWN = ("context_error", "fill_probability")  # against epsilon 4
Arrays = Mapping[str, NDArray[Any]]
Unit = tuple[str, int]  # its name and its channel
OfUnit = tuple[str, NDArray[Any], NDArray[Any]]  # a sampler, a unit's top images and samples


def values(results: Results, dataset: str, every: Sequence[Steered], folder: Path) -> list[Shown]:
    """A row of samples a value, of each sampler that another classifier steers."""
    of = [one for one in of_kind(every, VALUES) if one.steers]
    return [shown for one in of for shown in _rows(results, dataset, one, folder)]


def captions(results: Results, dataset: str, every: Sequence[Steered], folder: Path) -> list[Shown]:
    """A row of samples below each caption."""
    shown = []
    for one in of_kind(every, CAPTIONS):
        grid, names = _grid(results, dataset, one)
        if one.steers and grid is not None:
            caption = f"{dataset_title(results, dataset)}, {one.row}: samples of each caption."
            shown.append(drawn(titled(grid, names), folder, _file(CAPTIONS, dataset, one), caption))
    return shown


def contexts(results: Results, dataset: str, every: Sequence[Steered], folder: Path) -> list[Shown]:
    """Of each group of samplers fills beside holes and originals, and what they measure against epsilon 4."""
    shown: list[Shown] = []
    for group in fills(results, every):
        kept = {name: _arrays(results, dataset, one) for name, one in zip(group.names, group.samplers, strict=True)}
        what = f"{group.title}, at each epsilon 4 the first chains' fills"
        shown += _filled(results, dataset, group.samplers[0], kept, (folder, f"fills_{dataset}_{group.key}", what))
        shown += _fitted(results, dataset, group, folder)
    return shown


def sums(results: Results, dataset: str, every: Sequence[Steered], folder: Path) -> list[Shown]:
    """A row of samples a target of each sum; where it has a context, between its hole and its original."""
    shown: list[Shown] = []
    for one in of_kind(every, SUMS):
        arrays = _arrays(results, dataset, one)
        if "quality.masked" in arrays:
            file = (folder, _file(SUMS, dataset, one), f"{one.row}, the first chains' fills")
            shown += _filled(results, dataset, one, {"fills": arrays}, file)
        else:
            shown += _rows(results, dataset, one, folder)
    return shown


def units(results: Results, dataset: str, every: Sequence[Steered], folder: Path) -> list[Shown]:
    """A picture a unit: its top images, and below them a row of samples of each sampler."""
    return [_unit(results, dataset, unit, rows, folder) for unit, rows in _of_units(results, dataset, every).items()]


def files(results: Results, dataset: str, every: Sequence[Steered]) -> dict[str, list[str]]:
    """Kind of sampler -> the names of its pictures, if they were drawn."""
    steering = [one for one in every if one.steers]
    rows = {kind: [_file(kind, dataset, one) for one in of_kind(steering, kind)] for kind in (VALUES, CAPTIONS, SUMS)}
    return rows | {
        UNITS: [_unit_file(dataset, unit) for unit in _of_units(results, dataset, every)],
        CONTEXTS: [f"fills_{dataset}_{group.key}" for group in fills(results, every)],
    }


def _of_units(results: Results, dataset: str, every: Sequence[Steered]) -> dict[Unit, list[OfUnit]]:
    """Each unit, by its name and channel -> of each sampler its title, the unit's top images and samples."""
    found: dict[Unit, list[OfUnit]] = {}
    for one in of_kind(every, UNITS):
        arrays = _arrays(results, dataset, one)
        for place, name in enumerate(results.targets(dataset, one.label.variant) if "quality.top" in arrays else ()):
            rows = one.row, arrays["quality.top"][place], arrays["quality.grid"][place]
            found.setdefault((name, int(arrays["quality.units"][place])), []).append(rows)
    return found


def _unit_file(dataset: str, unit: Unit) -> str:
    return f"unit_{dataset}_{unit[0].replace(' ', '_')}_channel_{unit[1]}"


def _unit(results: Results, dataset: str, unit: Unit, rows: Sequence[OfUnit], folder: Path) -> Shown:
    """Of the unit's top images and of all samples as many as there are of the fewest."""
    count = min(len(images) for _, *sides in rows for images in sides)
    tiles = np.stack([rows[0][1][:count], *(samples[:count] for _, _, samples in rows)])
    figure = picture(tiles, [f"top {familiar(results, dataset)}", *(title for title, _, _ in rows)], [], 0)
    caption = f"{dataset_title(results, dataset)}, {unit[0]}: channel {unit[1]} of the first seed's encoder."
    return drawn(figure, folder, _unit_file(dataset, unit), caption)


def _rows(results: Results, dataset: str, one: Steered, folder: Path) -> Iterator[Shown]:
    """A row of samples a target."""
    grid, names = _grid(results, dataset, one)
    if grid is not None:
        what = "value" if one.kind == VALUES else "target"
        caption = f"{dataset_title(results, dataset)}, {one.row}: a row of samples for each {what}."
        yield drawn(picture(grid, names, []), folder, _file(one.kind, dataset, one), caption)


def _filled(
    results: Results, dataset: str, one: Steered, kept: Mapping[str, Arrays], file: tuple[Path, str, str]
) -> Iterator[Shown]:
    """Holes, fills and originals, a row a context. kept: heading -> arrays; file: folder, name and what is shown."""
    names = results.targets(dataset, one.label.variant)
    of = {name: arrays for name, arrays in kept.items() if len(arrays.get("quality.masked", ())) == len(names)}
    if not of:
        return
    rows, first = evenly(len(names), MOST_ROWS), next(iter(of.values()))
    groups = {"masked": first["quality.masked"][rows, None]}
    most = FILLS if len(of) > 1 else None
    groups |= {name: arrays["quality.grid"][rows, :most] for name, arrays in of.items()}
    groups |= {"original": first["quality.original"][rows, None]}
    folder, name, what = file
    caption = f"{dataset_title(results, dataset)}, {what}: a hole, fills put into it, and what was there."
    yield drawn(beside(groups, [names[row] for row in rows]), folder, name, caption)


def _fitted(results: Results, dataset: str, group: Fills, folder: Path) -> Iterator[Shown]:
    """What fills measure against epsilon 4, where there are several of it."""
    if not group.along_context:
        return
    panels, counts = [], []
    for metric in DRAWN:
        of = [seeds_of(results, dataset, one, metric) for one in group.samplers]
        estimates = [estimated(of_seed.values(), metric) for of_seed in of]
        if any(np.isfinite(one.mean) for one in estimates):
            lines = {name: baseline(results, dataset, group, name, metric) for name in BASELINES}
            limits = (-0.03, 1.03) if METRICS[metric].unit == "share" else None
            panels.append(Fitted(marked(results, dataset, metric), estimates, lines, limits))
            counts += [one.n for one in estimates]
    if panels:
        caption = (
            f"{dataset_title(results, dataset)}, {group.title}: against ε4, 0 being apart from the others. Dashed: "
            f"what fills a hole without a sampler. {replication(counts)}"
        )
        figure = against_epsilon(panels, [one.context for one in group.samplers])
        yield drawn(figure, folder, f"context_{dataset}_{group.key}", caption)


def _grid(results: Results, dataset: str, one: Steered) -> tuple[NDArray[Any] | None, list[str]]:
    """Samples of each target [target, column, ...] and its name; of too many targets some, evenly chosen."""
    grid, names = _arrays(results, dataset, one).get("quality.grid"), results.targets(dataset, one.label.variant)
    if grid is None or len(grid) != len(names):
        return None, []
    rows = evenly(len(names), MOST_ROWS)
    return grid[rows], [names[row] for row in rows]


def _arrays(results: Results, dataset: str, one: Steered) -> Arrays:
    return results.pictures.get((dataset, one.sweep, one.label.variant), {})


def _file(kind: str, dataset: str, one: Steered) -> str:
    return f"{kind}_{dataset}_{one.sweep}_{one.label.variant}"
