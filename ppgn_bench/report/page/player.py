"""Chains to play: every kept draw of one chain a target from every variant, on one slider."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from ppgn_bench.report.figures.mosaics import evenly
from ppgn_bench.report.page.blocks import Block, Section, Text, Widget
from ppgn_bench.report.page.samples import shown_setting
from ppgn_bench.report.page.sprites import sprite
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.places import dataset_title, goal

TILE = 80  # pixels of the page that a tile has at least
DRAWS = 60  # of a chain at most, so that the page stays small
LEAD = (
    "Choose a run and a {goal}, and move the slider: it moves the chains of all samplers at once. Those that walk "
    "codes leave from the same code, those that walk pixels from the same noise; each chain is the first of its "
    f"{{goal}}, of the first seed and the first setting, not chosen. Of more than {DRAWS} kept "
    "draws some are left out, evenly."
)
Chains = list[tuple[str, str, Mapping[str, NDArray[Any]]]]  # sweep, variant, its pictures


def player(results: Results) -> Section:
    """The player of every run that kept chains; where none did the section has nothing to say."""
    places = [
        _place(results, dataset, run, chains, several=len(groups) > 1)
        for dataset in results.datasets
        for run in ("quality", "mixing")
        for groups in [_groups(results, dataset, run)]
        for chains in groups
    ]
    blocks: list[Block] = []
    if places:
        without, steered = (
            "Without scripts nothing plays; the still pictures below show the same chains.",
            goal(results),
        )
        widget = Widget("player", {"places": places, "goal": steered})
        blocks = [Text(without, "unscripted"), Text(LEAD.format(goal=steered), "scripted"), widget]
    return Section("player", "Play the chains", blocks)


def _groups(results: Results, dataset: str, run: str) -> list[Chains]:
    """A data set's chains of a run, of all sweeps: together where steps and targets are the same."""
    groups: dict[Any, Chains] = {}
    for sweep in results.sweeps(dataset, run):  # so that the first group has the first sweep of the config
        for variant in results.variants:
            pictures = results.pictures.get((dataset, sweep, variant), {})
            if f"{run}.strip" in pictures:
                shown = [pictures[f"{run}.{name}"].tolist() for name in ("strip_steps", "strip_targets")]
                key = *itertools.chain(*shown), *results.targets(dataset, variant)
                groups.setdefault(key, []).append((sweep, variant, pictures))
    return [sorted(chains, key=lambda chain: results.variants.index(chain[1])) for chains in groups.values()]


def _place(results: Results, dataset: str, run: str, chains: Chains, several: bool) -> dict[str, Any]:
    pictures = chains[0][2]
    sweeps = dict.fromkeys(sweep for sweep, _, _ in chains)
    names = results.targets(dataset, chains[0][1])
    steps = pictures[f"{run}.strip_steps"]
    kept = evenly(len(steps), DRAWS)
    height, width = pictures[f"{run}.strip"].shape[-2:]
    scale = math.ceil(TILE / max(height, width))
    of = f", sweep {', '.join(sweeps)}" if several else ""
    return {
        "title": f"{dataset_title(results, dataset)}: {run} run{of}, {int(steps[-1])} steps",
        "steps": steps[kept].tolist(),
        "targets": [names[int(target)] for target in pictures[f"{run}.strip_targets"]],
        "size": [scale * width, scale * height],
        "chains": [
            {
                **_labels(results, (dataset, sweep, variant), f"sweep {sweep}" if len(sweeps) > 1 else ""),
                "source": sprite(pictures[f"{run}.strip"][:, kept]),
            }
            for sweep, variant, pictures in chains
        ],
    }


def _labels(results: Results, place: tuple[str, str, str], sweep: str) -> dict[str, str]:
    """What stands below a sampler's tile, and its colour."""
    variant = place[2]
    spaces = {row.key: f"walks {row.space}s" for row in results.manifest.variants}
    _, setting = shown_setting(results, *place, own=False)
    small = [spaces.get(variant, ""), sweep, f"ε{setting}" if setting else ""]
    return {
        "title": results.titles[variant],
        "small": ", ".join(filter(None, small)),
        "colour": results.looks[variant].colour,
    }
