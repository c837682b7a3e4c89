"""The figures of the paper: which of those that were drawn it shows where, and what stands below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.samples import place_title
from ppgn_bench.report.page.sweeps import RELEASED
from ppgn_bench.report.paper.tables import Doc, over_seeds, seeds_of
from ppgn_bench.report.results import SETTING, Results
from ppgn_bench.report.words.phrases import at_epsilons, axis_unit, axis_words

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
        keys = [name.removeprefix("changes_of_").removesuffix(f"_{dataset}_{sweep}") for name in changes]
        whose = " and of ".join(results.titles.get(key, key) for key in keys)
        paired = (
            f"{place_title(results, dataset, sweep)}: ablations of {whose}, each against the sampler that it is of "
            "(no change: dashed), paired over training seeds; the name of each says what is changed; "
            f"{_over(results, (dataset, sweep), INTERVALS)}."
        )
        found += picture(folder, f"changes-{dataset}-{sweep}", changes, paired)
        drawn = {
            f"ablation_{one['name']}_{dataset}_{sweep}": _along(results, (dataset, sweep), one)
            for one in results.context.get("ablations", [])
            if (folder / f"ablation_{one['name']}_{dataset}_{sweep}.pdf").is_file()
        }
        caption = (
            f"{place_title(results, dataset, sweep)}: {'; '.join(drawn.values())}. One thing changed, all else equal, "
            f"its levels evenly spaced; {_over(results, (dataset, sweep), BANDS)}. Dashed: real images."
        )
        found += picture(folder, f"ablations-{dataset}-{sweep}", list(drawn), caption)
    return found


def ladders(results: Results, folder: Path) -> list[Doc]:
    """From the plain update to the released one, rung by rung, with a row of samples a rung; in the appendix."""
    ablations_ = results.context.get("ablations", [])
    names = {ablation["ladder"]: ablation["of"] for ablation in ablations_ if ablation["ladder"] is not None}
    found = []
    for name in sorted(names):
        for dataset, sweep in _sweeps(results):
            files = [f"ladder_{name}_{dataset}_{sweep}", f"ladder_samples_{name}_{dataset}_{sweep}"]
            title = results.titles.get(names[name], names[name])
            caption = (
                f"{title}, {place_title(results, dataset, sweep)}: from the plain update to the released one. "
                "Rungs that begin with + keep those above them, the others stand on the last of those. Measures: "
                f"{_over(results, (dataset, sweep), INTERVALS)}; dashed: real images. Pictures: one random sample of "
                f"each class.{_selecting(results, name)}"
            )
            found += picture(folder, f"ladder-{name}-{dataset}-{sweep}", files, caption, "page")
    return found


def _selecting(results: Results, ladder: str) -> str:
    """Why some rungs of a ladder have no pictures."""
    rungs = {key for one in results.context.get("ablations", []) if one["ladder"] == ladder for key in one["samplers"]}
    selecting = any("select" in row["update"] for row in results.context["variants"] if row["key"] in rungs)
    return " None of a rung that selects: its chains are those of the rung without it." if selecting else ""


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
                f"chains diverged.{_arrows(results, (dataset, sweep), variant)}"
            )
            file = f"grid_of_epsilons_{dataset}_{sweep}_{variant}"
            found += picture(folder, f"grid-{dataset}-{sweep}-{variant}", [file], caption, "page")
    return found


def worlds(results: Results, folder: Path, kinds: Sequence[str], where: str = "wide") -> list[Doc]:
    """Errors of denoisers ("scores") and of samplers ("laws", "powers"), and "trajectories", world by world."""
    found = []
    for world in results.context.get("worlds", []):
        name, title = world["name"], world["title"].partition(":")[0]
        told = {
            "scores": "relative error of a denoiser's residual over sigma² against the exact score (dashed: a score of "
            "zero everywhere)",
            "laws": "distance of samplers' draws to what they aim at and to p(x) p(y|x), in units of the state "
            "(dashed: as many exact draws; missing points: more than half of a class's chains diverged)",
            "trajectories": "chains with parts of the update switched off (grey: density p(x); inside the "
            "dashed line p(y|x) is above a half; ring: start, dot: end)",
            "powers": "MALA-approx with epsilons that are not coupled, so that it aims at p(x)^a p(y|x)^b "
            "(missing points as before)",
        }
        drawn = {file: told[kind] for kind in kinds if (folder / f"{(file := f'world_{name}_{kind}')}.pdf").is_file()}
        read = "in reading order, " if len(drawn) > 1 else ""
        caption = f"{title}: {read}{'; '.join(drawn.values())}. {over_seeds(len(world['tables']), BANDS)}.".replace(
            ". n =", "; n ="
        )
        found += picture(folder, f"world-{name}-{kinds[0]}", list(drawn), caption, where)
    return found


def _along(results: Results, place: Place, ablation: Mapping[str, Any]) -> str:
    """What an ablation is drawn along, in which unit, and at which epsilons."""
    axes = ", ".join(f"{axis_words(axis)}{axis_unit(axis)}" for axis in ablation["axes"])
    return f"{ablation['title']} against {axes}{at_epsilons(results, *place, list(ablation['samplers']))}"


def _arrows(results: Results, place: Place, variant: str) -> str:
    """What the arrows of a sampler's maps are; nothing where its epsilons 1 leave no room for any."""
    frame = results.metrics
    here = frame[(frame.dataset == place[0]) & (frame.sweep == place[1]) & (frame.variant == variant)]
    priors = here.epsilon_prior[here.epsilon_prior > 0]
    marks = [ratio * epsilon for ratio in RELEASED for epsilon in here.epsilon_condition.unique()]
    if not any(priors.min() <= mark <= priors.max() for mark in marks):
        return ""
    return (
        " Arrows: epsilon 1 at 1e-5, 1e-3 and 1e-1 of epsilon 2, those within the map, which the README of the "
        "release remarks on [C]."
    )


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
