"""The figures of the paper: which of those that were drawn it shows where, and what stands below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppgn_bench.metrics import METRICS
from ppgn_bench.report.paper_tables import Doc, over_seeds, seeds_of
from ppgn_bench.report.results import SETTING, Results
from ppgn_bench.report.samples import place_title

INTERVALS, BANDS = "intervals", "bands"
TRAVEL = ("lagged_distance_500", "modes_per_chain")
Place = tuple[str, str]  # data set, sweep


def first_sweep(results: Results, dataset: str, run: str) -> str | None:
    """The first sweep of the config that has this run on a data set and few enough settings to show; else None."""
    names = [row["name"] for row in results.context["sweeps"] if row["run"] == run]
    there = results.sweeps(dataset, run)
    return next((name for name in names if name in there and not results.too_many(dataset, name)), None)


def picture(folder: Path, name: str, files: Sequence[str], caption: str, where: str = "wide") -> list[Doc]:
    """A figure of these drawings, those of them that are there, two beside each other; none where none is.

    where: "wide" (it floats over both columns) or "page" (in the one column of the appendix).
    """
    drawn = [file for file in files if (folder / f"{file}.pdf").is_file()]
    images = [{"file": f"/figures/{file}.pdf", "alt": caption} for file in drawn]
    return [{"name": f"figure-{name}", "images": images, "caption": [caption], "where": where}] if drawn else []


def samples(results: Results, folder: Path) -> list[Doc]:
    """One sample a class of every sampler, the data sets beside each other."""
    places = _places(results, "quality")
    caption = (
        f"{_sides(results, places)}: one random sample of each class (columns) from each sampler (rows), the last draw "
        "of the first chain of the first training seed, not chosen; above them real images where they were kept."
    )
    return picture(folder, "samples", [f"variants_{dataset}_{sweep}" for dataset, sweep in places], caption)


def tradeoffs(results: Results, folder: Path) -> list[Doc]:
    """Quality against two measures of diversity, for each data set."""
    found = []
    for dataset, sweep in _places(results, "quality"):
        caption = (
            f"{place_title(results, dataset, sweep)}: FD (judge), where left is better, against 1 - SSIM within a "
            f"class and against recall; {_over(results, (dataset, sweep), INTERVALS)}. Crosses are controls, of one "
            "measurement each. The place to be is beside the held-out real images."
        )
        files = [f"tradeoff_{dataset}_{sweep}_{name}" for name in ("within_class_dissimilarity", "recall")]
        found += picture(folder, f"tradeoff-{dataset}", files, caption)
    return found


def convergence(results: Results, folder: Path) -> list[Doc]:
    """How many chains still wait for their picture and for confidence, the data sets beside each other."""
    places = _places(results, "quality")
    over = "; ".join(dict.fromkeys(_over(results, place, BANDS) for place in places))
    caption = (
        f"{_sides(results, places)}: Kaplan-Meier curves, the share of chains without their picture yet and of those "
        f"still below p_C = 0.9, against the step; {over}."
    )
    return picture(folder, "convergence", [f"waiting_{dataset}_{sweep}" for dataset, sweep in places], caption)


def costs(results: Results, folder: Path) -> list[Doc]:
    """Quality against what sampling costs, the data sets beside each other."""
    places = _places(results, "quality")
    over = "; ".join(dict.fromkeys(_over(results, place, INTERVALS) for place in places))
    caption = f"{_sides(results, places)}: FD (judge) against the time to draw 1,000 samples; {over}."
    return picture(folder, "costs", [f"worth_{dataset}_{sweep}" for dataset, sweep in places], caption)


def mixing(results: Results, folder: Path) -> list[Doc]:
    """How far chains from one common state travel, and how many known modes each visits."""
    places = _places(results, "mixing")
    files = {(place, name): f"{name}_{place[0]}_{place[1]}" for name in TRAVEL for place in places}
    drawn = [key for key, file in files.items() if (folder / f"{file}.pdf").is_file()]
    panels = "; ".join(f"{place_title(results, *place)}: {METRICS[name].title}" for place, name in drawn)
    over = "; ".join(dict.fromkeys(_over(results, place, INTERVALS) for place in places))
    caption = (
        f"{panels}. All chains of a class leave from one common state; {over}. Dashed: real images, where they have a "
        "value."
    )
    return picture(folder, "mixing", list(files.values()), caption)


def ablations(results: Results, folder: Path) -> list[Doc]:
    """One change at a time against the sampler that is changed, then every measure along each ablation of one axis."""
    found = []
    for dataset, sweep in _sweeps(results):
        changes = [path.stem for path in sorted(folder.glob(f"changes_of_*_{dataset}_{sweep}.pdf"))]
        paired = (
            f"{place_title(results, dataset, sweep)}: one change at a time against the sampler that is changed, paired "
            f"over training seeds; {_over(results, (dataset, sweep), INTERVALS)}."
        )
        found += picture(folder, f"changes-{dataset}-{sweep}", changes, paired)
        drawn = {
            f"ablation_{one['name']}_{dataset}_{sweep}": _along(one)
            for one in results.context.get("ablations", [])
            if (folder / f"ablation_{one['name']}_{dataset}_{sweep}.pdf").is_file()
        }
        caption = (
            f"{place_title(results, dataset, sweep)}: {'; '.join(drawn.values())}. One thing changed, all else equal; "
            f"{_over(results, (dataset, sweep), BANDS)}. Dashed: real images."
        )
        found += picture(folder, f"ablations-{dataset}-{sweep}", list(drawn), caption)
    return found


def ladders(results: Results, folder: Path) -> list[Doc]:
    """From the plain update to the released one, rung by rung, with a row of samples a rung; in the appendix."""
    names = {ablation["ladder"] for ablation in results.context.get("ablations", [])} - {None}
    found = []
    for name in sorted(names):
        for dataset, sweep in _sweeps(results):
            files = [f"ladder_{name}_{dataset}_{sweep}", f"ladder_samples_{name}_{dataset}_{sweep}"]
            caption = (
                f"Ladder “{name}”, {place_title(results, dataset, sweep)}: from the plain update to the released one. "
                "Rungs that begin with + keep those above them, the others stand on the last of those. Measures: "
                f"{_over(results, (dataset, sweep), INTERVALS)}; dashed: real images. Pictures: one random sample of "
                "each class."
            )
            found += picture(folder, f"ladder-{name}-{dataset}-{sweep}", files, caption, "page")
    return found


def grids(results: Results, folder: Path) -> list[Doc]:
    """Heat maps over epsilon 1 and epsilon 3; in the appendix."""
    found = []
    settings = results.metrics[["dataset", "sweep", "variant", *SETTING]].drop_duplicates()
    sizes = settings.groupby(["dataset", "sweep"]).size()
    for dataset, sweep in sorted(_sweeps(results), key=lambda place: sizes[place]):  # small maps fill a page begun
        for variant in results.variants:
            caption = (
                f"{results.titles[variant]}, {place_title(results, dataset, sweep)}: epsilon 1 by epsilon 3, a row of "
                f"maps an epsilon 2. Means over n = {seeds_of(results, dataset, sweep)} training "
                "seeds, without their intervals; light is better, grey has no value, a cross: over half of the "
                "chains diverged. Arrows: epsilon 1 at 1e-5, 1e-3 and 1e-1 of epsilon 2, which the README of "
                "the release remarks on [C]."
            )
            file = f"grid_of_epsilons_{dataset}_{sweep}_{variant}"
            found += picture(folder, f"grid-{dataset}-{sweep}-{variant}", [file], caption, "page")
    return found


def worlds(results: Results, folder: Path) -> list[Doc]:
    """Errors of denoisers and of samplers, and trajectories, world by world."""
    found = []
    for world in results.context.get("worlds", []):
        name, title = world["name"], world["title"].partition(":")[0]
        told = {
            "scores": "relative error of a denoiser's residual over sigma² against the exact score (dashed: a score of "
            "zero everywhere)",
            "laws": "distance of samplers' draws to what they aim at and to p(x) p(y|x), in units of the state "
            "(dashed: as many exact draws)",
            "trajectories": "the same chains with parts of the update switched off (grey: density p(x); inside the "
            "dashed line p(y|x) is above a half; ring: start, dot: end)",
            "powers": "MALA-approx with epsilons that are not coupled, so that it aims at p(x)^a p(y|x)^b",
        }
        drawn = {
            file: text for kind, text in told.items() if (folder / f"{(file := f'world_{name}_{kind}')}.pdf").is_file()
        }
        caption = f"{title}: {'; '.join(drawn.values())}. {over_seeds(len(world['tables']), BANDS)}.".replace(
            ". n =", "; n ="
        )
        found += picture(folder, f"world-{name}", list(drawn), caption)
    return found


def _along(ablation: Mapping[str, Any]) -> str:
    return f"{ablation['title']} against {', '.join(ablation['axes']).replace('_', ' ')}"


def _over(results: Results, place: Place, what: str) -> str:
    return over_seeds(seeds_of(results, *place), what)


def _sides(results: Results, places: Sequence[Place]) -> str:
    """Titles of the places, from left to right."""
    return " and ".join(place_title(results, *place) for place in places)


def _places(results: Results, run: str) -> list[Place]:
    """Each data set with its first sweep of this run."""
    firsts = {dataset: first_sweep(results, dataset, run) for dataset in results.datasets}
    return [(dataset, sweep) for dataset, sweep in firsts.items() if sweep]


def _sweeps(results: Results) -> list[Place]:
    return [(dataset, sweep) for dataset in results.datasets for sweep in results.sweeps(dataset, "quality")]
