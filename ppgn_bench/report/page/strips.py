"""Chains as strips: one of every sampler, from start to end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.report.figures.mosaics import evenly, picture
from ppgn_bench.report.page.blocks import Block, Figures, Folded, Section, Text, drawn
from ppgn_bench.report.page.samples import arrays, by_targets, shown_setting, suffix
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.places import dataset_title, goal, kind, place_title, places

STRIP_DRAWS = 11  # columns of a strip
STRIP_TILE = 48  # so that three strips fit beside each other


def strips(results: Results, folder: Path) -> Section:
    """For each data set and sweep one chain of every variant, from start to end."""
    blocks: list[Block] = [
        Text(
            "One chain of every sampler, from left to right. All samplers that walk codes leave from the "
            "same code, all that walk pixels from the same noise; the chain is the first of its "
            f"{goal(results)}, not chosen."
        )
    ]
    runs = [(*place, run) for run in ("quality", "mixing") for place in places(results, run)]
    for dataset, sweep, run in sorted(runs, key=lambda place: results.datasets.index(place[0])):
        if not results.too_many(dataset, sweep):
            blocks += _strips_of(results, (dataset, sweep, run), folder)
    if len(blocks) == 1:
        blocks.append(Text("No chain strips: no run of this experiment kept pictures."))
    return Section("strips", "Chains as still pictures", blocks)


def _strips_of(results: Results, place: tuple[str, str, str], folder: Path) -> list[Block]:
    """The strips of one run of a sweep, a figure for each target that has one."""
    dataset, sweep, run = place
    strips_ = arrays(results, dataset, sweep, f"{run}.strip")
    blocks: list[Block] = []
    for number, (targets, keys) in enumerate(by_targets(results, dataset, list(strips_)).items()):
        own = {key: strips_[key] for key in keys}
        parts = _strips_to(results, place, own, targets, (folder, suffix(number)))
        blocks.append(Folded(f"{place_title(results, dataset, sweep)}: {run} run", parts))
    return blocks


def _strips_to(
    results: Results,
    place: tuple[str, str, str],
    strips_: dict[str, NDArray[Any]],
    targets: Sequence[str],
    file: tuple[Path, str],
) -> list[Block]:
    """The strips of samplers that are steered to these targets; file: the folder, and how the names of figures end."""
    dataset, sweep, run = place
    first = next(iter(strips_))
    kept = results.pictures[dataset, sweep, first]
    steps = kept[f"{run}.strip_steps"]
    same = {key: strip for key, strip in strips_.items() if strip.shape == strips_[first].shape}
    titles = [results.titles[key] + shown_setting(results, dataset, sweep, key, own=False)[1] for key in same]
    columns = evenly(len(steps), STRIP_DRAWS)
    what, shown = kind(results, dataset, targets), []
    for row, target in enumerate(kept[f"{run}.strip_targets"]):
        tiles = np.stack([strip[row, columns] for strip in same.values()])
        figure = picture(tiles, titles, [str(steps[k]) for k in columns], least=STRIP_TILE)
        caption = f"{dataset_title(results, dataset)}, {what} “{targets[int(target)]}”: columns are steps."
        shown.append(drawn(figure, file[0], f"strip_{dataset}_{sweep}_{run}_{row}{file[1]}", caption))
    blocks: list[Block] = [Text(_how_many(steps, columns), "note")]
    if len(same) < len(strips_):
        others = ", ".join(results.titles[key] for key in strips_ if key not in same)
        blocks.append(Text(f"Left out, because their chains were kept at other steps: {others}.", "note"))
    return [*blocks, Figures(shown)]


def _how_many(steps: NDArray[np.int64], columns: Sequence[int]) -> str:
    if len(columns) == len(steps):
        return f"Every kept draw is shown, {len(steps)} of them."
    return f"{len(columns)} of the {len(steps)} kept draws are shown, evenly spread from first to last."
