"""The samples of the report: random ones of every variant beside real images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ppgn_bench.columns import TERMS
from ppgn_bench.report.figures.mosaics import noted, picture
from ppgn_bench.report.page import gallery
from ppgn_bench.report.page.blocks import Block, Figures, Folded, Section, Shown, Text, drawn
from ppgn_bench.report.page.gallery import Gallery
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.numbers import listed
from ppgn_bench.report.words.places import dataset_title, goal, kind, place_title, places
from ppgn_bench.report.words.terms import slashed

TINY = 1e-12  # stands for an epsilon of 0 where orders of magnitude are compared
MOST_ROWS = 20  # of an overview; a sweep of ladders has one a ladder instead
LEAD = (
    "{which}he samples are the last draws of the first chains of the first "
    "seed: random, not chosen, and the same chains for every sampler. Where a sweep has several settings, epsilon 1, "
    "2 and 3 of the one that is shown stand in brackets: in the overviews the nearest to the sampler's own, in what "
    "is folded below them the first. {extremes}The real images are held out from all training."
)
NAMED = "Unless they are named best or worst, t"
EXTREMES = (
    "Best and worst: of that seed's final draws the nearest to and the farthest from "
    "real images of {of}, in the judge's features; a chain that diverged counts as the worst. "
)

LEAST_SHOWN = 0.005  # of a probability in two digits after the point
PROBABILITIES = (
    " Below each sample the probability of its class by the network that steers, and by the judge, which never steered."
)
ELSEWHERE = "Samplers that are steered to something else than classes have their samples in “Other conditions”."


def samples(results: Results, folder: Path) -> Section:
    """One sample a target of every variant, data set by data set, and then several, with best and worst if known."""
    blocks: list[Block] = [Text(_lead(results))]
    if len(results.of_targets):
        blocks.append(Text(ELSEWHERE, "note"))
    kept = [place for place in places(results, "quality") if _to_classes(results, *place)]
    if not kept:
        blocks.append(Text("No samples: no quality run kept pictures."))
        return Section("samples", "Samples", blocks)
    blocks.append(Figures([shown for place in kept for shown in _overviews(results, *place, folder)]))
    for dataset, sweep in kept:
        if dataset not in results.real:
            title = dataset_title(results, dataset)
            blocks.append(Text(f"{title}: there is no picture of the real images.", "note"))
        if not results.too_many(dataset, sweep):
            keys = _to_classes(results, dataset, sweep)
            for targets, own in by_targets(results, dataset, keys).items():
                gallery_ = _gallery(results, (dataset, sweep), own, targets)
                of = f"{listed(gallery_.labels)} samples of each {kind(results, dataset, targets)}"
                blocks.append(Folded(f"{place_title(results, dataset, sweep)}: {of}", [gallery_]))
    return Section("samples", "Samples", blocks)


def _lead(results: Results) -> str:
    """How samples were taken, and which are called best and worst, where any are."""
    if not any("quality.best" in arrays for arrays in results.pictures.values()):
        return LEAD.format(which="T", extremes="")
    of = "their class" if goal(results) == "class" else "their class, or of all where the target is none"
    return LEAD.format(which=NAMED, extremes=EXTREMES.format(of=of))


def _to_classes(results: Results, dataset: str, sweep: str) -> list[str]:
    """The samplers that this section shows: of others the section of other conditions has a row of samples a target."""
    of = results.of_targets
    elsewhere = set(of.variant[(of.dataset == dataset) & (of.sweep == sweep)])
    return [key for key in arrays(results, dataset, sweep, "quality.grid") if key not in elsewhere]


def shown_setting(results: Results, dataset: str, sweep: str, key: str, own: bool) -> tuple[int, str]:
    """Which of a sampler's settings a picture shows, and its epsilons as " (1/2/3)"; (0, "") where it has but one.

    own: the setting nearest to the sampler's own epsilons, by orders of magnitude; else the first.
    """
    settings = results.pictures[dataset, sweep, key].get("quality.cells_settings")
    if settings is None or len(settings) < 2:
        return 0, ""
    known = [row.epsilon[dataset] for row in results.manifest.variants if row.key == key and dataset in row.epsilon]
    place = 0
    if own and known:
        wanted = [known[0][term] for term in TERMS]
        apart = np.abs(np.log10(np.maximum(settings, TINY)) - np.log10(np.maximum(wanted, TINY)))
        place = int(np.argmin(apart.sum(axis=1)))
    return place, f" ({slashed(settings[place])})"


def _overviews(results: Results, dataset: str, sweep: str, folder: Path) -> list[Shown]:
    """One sample a target of every variant, a figure for each choice of targets; of too many one a ladder, too."""
    keys = _to_classes(results, dataset, sweep)
    ladders: dict[str, str] = {}
    for ablation in results.manifest.ablations if len(keys) > MOST_ROWS else ():
        if ablation.ladder is not None:
            ladders |= dict.fromkeys([ablation.of, *ablation.samplers], f"_{ablation.ladder}")
    groups: dict[str, list[str]] = {}
    for place, own in enumerate(by_targets(results, dataset, keys).values()):
        for key in own:
            groups.setdefault(ladders.get(key, "") + suffix(place), []).append(key)
    return [_overview(results, (dataset, sweep), group, name, folder) for name, group in groups.items()]


def by_targets(results: Results, dataset: str, keys: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """Samplers by what they are steered to: those of one group have the same columns."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for key in keys:
        groups.setdefault(results.targets(dataset, key), []).append(key)
    return groups


def suffix(place: int) -> str:
    """What the figures of the first choice of targets, and of the others, are called."""
    return f"_targets_{place}" if place else ""


def _overview(results: Results, place: tuple[str, str], keys: Sequence[str], suffix: str, folder: Path) -> Shown:
    """One sample a target of these variants, below a row of real images where there is one."""
    dataset, sweep = place
    targets = results.targets(dataset, keys[0])
    rows, labels = [], []
    for key in keys:
        kept = results.pictures[dataset, sweep, key]
        setting, said = shown_setting(results, dataset, sweep, key, own=True)
        rows.append(kept["quality.cells"][setting] if said else kept["quality.grid"][:, 0])
        labels.append(results.titles[key] + said)
    bracketed = any(label != results.titles[key] for label, key in zip(labels, keys, strict=True))
    said_of = [results.pictures[dataset, sweep, key].get("quality.probabilities") for key in keys]
    by_two = bracketed or any(of is None for of in said_of)
    figure = (
        under_real(results, dataset, targets, rows, labels)
        if by_two
        else noted(np.stack(rows), labels, targets, [[*map(_probabilities, of)] for of in said_of if of is not None])
    )
    of = f"one random sample of each {kind(results, dataset, targets)} (columns) from each sampler (rows)"
    caption = f"{place_title(results, dataset, sweep)}: {of}."
    caption += " In brackets epsilon 1, 2 and 3: the setting of the sweep nearest to its own." if bracketed else ""
    caption += "" if by_two else PROBABILITIES
    return drawn(figure, folder, f"variants_{dataset}_{sweep}{suffix}", caption)


def _probabilities(pair: NDArray[np.floating[Any]]) -> str:
    """What the network that steers and the judge say of an image: "0.99 / 0.002"."""
    return " / ".join(f"{value:.2f}" if value >= LEAST_SHOWN else f"{value:.1g}" for value in pair)


def under_real(
    results: Results, dataset: str, targets: Sequence[str], rows: Sequence[NDArray[Any]], labels: Sequence[str]
) -> Figure:
    """Rows of one sample a target, with their labels, below a row of real images where the targets are classes."""
    real = _real(results, dataset, targets)
    if real is not None:
        rows, labels = [real[:, 0], *rows], ["real images", *labels]
    return picture(np.stack(rows), labels, targets, None if real is None else 0)


def _real(results: Results, dataset: str, targets: Sequence[str]) -> NDArray[np.uint8] | None:
    """Real images of each target, where the targets are classes and there are some."""
    return results.real.get(dataset) if kind(results, dataset, targets) == "class" else None


def _gallery(results: Results, place: tuple[str, str], keys: Sequence[str], targets: Sequence[str]) -> Gallery:
    """Several samples of each target from these variants, beside real images where there are some."""
    dataset, sweep = place
    real = _real(results, dataset, targets)
    cards = [] if real is None else [gallery.card(results.titles["real"], {"grid": real})]
    names = {"best": "quality.best", "grid": "quality.grid", "worst": "quality.worst"}
    for key in keys:
        kept = results.pictures[dataset, sweep, key]
        pictures = {name: kept[array] for name, array in names.items() if array in kept}
        _, setting = shown_setting(results, dataset, sweep, key, own=False)
        cards.append(gallery.card(results.titles[key] + setting, pictures))
    return Gallery(targets, cards)


def arrays(results: Results, dataset: str, sweep: str, array: str) -> dict[str, NDArray[Any]]:
    """One array of every variant's pictures, in report order, where there is one."""
    files = {key: results.pictures.get((dataset, sweep, key), {}) for key in results.variants}
    return {key: arrays[array] for key, arrays in files.items() if array in arrays}
