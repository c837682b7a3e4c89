"""The figures of the paper: which of those that were drawn it shows where, and what stands below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page import of_conditions
from ppgn_bench.report.paper.tables import Doc
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.conditions import CAPTIONS, CONTEXTS, UNITS, VALUES, steered
from ppgn_bench.report.words.controls import explained
from ppgn_bench.report.words.numbers import listed, replication, seeds
from ppgn_bench.report.words.places import dataset_title, goal, place_title, places
from ppgn_bench.report.words.samplers import at_epsilons, axis_unit, axis_words
from ppgn_bench.report.words.seeds import familiar
from ppgn_bench.report.words.sentences import README_ARROWS, README_RATIOS
from ppgn_bench.report.words.terms import SETTING
from ppgn_bench.storage.manifest import Ablation

TRAVEL = ("lagged_distance_500", "modes_per_chain")
OF_A_WORLD = {  # kind of figure -> what it shows
    "scores": "relative error of a denoiser's residual over sigma² against the exact score (dashed: a score of zero "
    "everywhere)",
    "laws": "distance of samplers' draws to what they aim at and to p(x) p(y|x), in units of the state (dashed: as "
    "many exact draws; missing points: more than half of a class's chains diverged)",
    "trajectories": "chains with parts of the update switched off (grey: density p(x); inside the dashed line p(y|x) "
    "is above a half; ring: start, dot: end)",
    "powers": "MALA-approx with epsilons that are not coupled, so that it aims at p(x)^a p(y|x)^b (missing points as "
    "before)",
}
SHOWN_UNITS = 2  # of each data set; the page has all
NOT_CHOSEN = "Samples are the first chains' last draws, not chosen."
Place = tuple[str, str]  # data set, sweep


def first_places(results: Results, run: str) -> list[Place]:
    """Each data set with its first sweep of the config that has this run there, and few enough settings to show."""
    names = dict.fromkeys(row.name for row in results.manifest.sweeps if row.run == run)
    there = [
        [(dataset, sweep) for sweep in results.sweeps(dataset, run)
         if sweep in names and not results.too_many(dataset, sweep)]
        for dataset in results.datasets
    ]  # fmt: skip
    return [of_dataset[0] for of_dataset in there if of_dataset]


def picture(folder: Path, name: str, files: Sequence[str], caption: str, where: str = "wide") -> list[Doc]:
    """A figure of these drawings, those of them that are there, two beside each other; none where none is.

    where: "wide" (it floats over both columns) or "page" (in the one column of the appendix).
    """
    drawn = [file for file in files if _is_drawn(folder, file)]
    images = [{"file": f"/figures/{file}.pdf", "alt": caption} for file in drawn]
    return [{"name": f"figure-{name}", "images": images, "caption": [caption], "where": where}] if drawn else []


def samples(results: Results, folder: Path) -> list[Doc]:
    """One sample a target of every sampler."""
    caption = (
        f"one random sample of each {goal(results)} (columns) from each sampler (rows), the last draw of the first "
        "chain of the first seed, not chosen; above them real images where they were kept."
    )
    return _beside(results, folder, "samples", "variants", caption)


def convergence(results: Results, folder: Path) -> list[Doc]:
    """How many chains still wait for their picture and for confidence."""
    caption = (
        "Kaplan-Meier curves, the share of chains without their picture yet and of those still below p_C = 0.9, "
        f"against the step. {_over(results, first_places(results, 'quality'))}"
    )
    return _beside(results, folder, "convergence", "waiting", caption)


def costs(results: Results, folder: Path) -> list[Doc]:
    """Quality against what sampling costs."""
    over = _over(results, first_places(results, "quality"))
    return _beside(results, folder, "costs", "worth", f"FD (judge) against the time to draw 1,000 samples. {over}")


def tradeoffs(results: Results, folder: Path) -> list[Doc]:
    """Quality against two measures of diversity, for each data set."""
    shown = []
    for place in first_places(results, "quality"):
        caption = (
            f"{place_title(results, *place)}: FD (judge), where left is better, against coverage and "
            f"against 1 - SSIM within a class. {_over(results, [place])} Crosses are controls. The place to be is "
            "beside the held-out real images."
        )
        files = [_file("tradeoff", place, f"_{name}") for name in ("coverage", "within_class_dissimilarity")]
        shown += picture(folder, f"tradeoff-{place[0]}", files, caption)
    return shown


def controls(results: Results, folder: Path) -> list[Doc]:
    """What the controls look like."""
    return [
        doc
        for dataset in results.datasets
        for doc in picture(folder, f"controls-{dataset}", [f"controls_{dataset}"],
                           f"{dataset_title(results, dataset)}, the controls, an image a class. {explained()}.", "page")
    ]  # fmt: skip


def mixing(results: Results, folder: Path) -> list[Doc]:
    """How far chains from one common state travel, and how many known modes each visits."""
    where = first_places(results, "mixing")
    files = {(name, place): _file(name, place) for name in TRAVEL for place in where}
    panels = [f"{place_title(results, *place)}: {METRICS[name].title}" for (name, place), file in files.items()
              if _is_drawn(folder, file)]  # fmt: skip
    caption = (
        f"{'; '.join(panels)}. All chains of a {goal(results)} leave from one common state. {_over(results, where)} "
        "Dashed: real images, where they have a value."
    )
    return picture(folder, "mixing", [*files.values()], caption)


def ablations(results: Results, folder: Path) -> list[Doc]:
    """One change at a time against the sampler that is changed, then every measure along each ablation of one axis."""
    shown = []
    for place in places(results, "quality"):
        title, over, name = place_title(results, *place), _over(results, [place]), "-".join(place)
        files = {_file(f"changes_of_{key}", place): results.titles.get(key, key) for key in
                 sorted({one.of for one in results.manifest.ablations})}  # fmt: skip
        whose = " and of ".join(of for file, of in files.items() if _is_drawn(folder, file))
        paired = (
            f"{title}: ablations of {whose}, each against the sampler that it is of (no change: dashed), paired over "
            f"seeds; the name of each says what is changed. {over}"
        )
        shown += picture(folder, f"changes-{name}", [*files], paired)
        along = {
            _file(f"ablation_{one.name}", place): _along(results, place, one) for one in results.manifest.ablations
        }
        axes = "; ".join(text for file, text in along.items() if _is_drawn(folder, file))
        caption = (
            f"{title}: {axes}. One thing changed, all else equal, its levels evenly spaced. {over} Dashed: real images."
        )
        shown += picture(folder, f"ablations-{name}", [*along], caption)
    return shown


def ladders(results: Results, folder: Path) -> list[Doc]:
    """From the plain update to the released one, rung by rung, with a row of samples a rung; in the appendix."""
    shown = []
    for ladder, of in sorted({(one.ladder, one.of) for one in results.manifest.ablations if one.ladder is not None}):
        for place in places(results, "quality"):
            files = [_file(f"{kind}_{ladder}", place) for kind in ("ladder", "ladder_samples")]
            caption = (
                f"{results.titles.get(of, of)}, {place_title(results, *place)}: from the plain update to the released "
                "one. Rungs that begin with + keep those above them, the others stand on the last of those. Measures: "
                f"dashed, real images. {_over(results, [place])} Pictures: one random sample of each {goal(results)}."
                f"{_selecting(results, ladder)}"
            )
            shown += picture(folder, f"ladder-{ladder}-{'-'.join(place)}", files, caption, "page")
    return shown


def grids(results: Results, folder: Path) -> list[Doc]:
    """Heat maps over epsilon 1 and epsilon 3; in the appendix."""
    shown = []
    settings = results.metrics[["dataset", "sweep", "variant", *SETTING]].drop_duplicates()
    sizes = settings.groupby(["dataset", "sweep"]).size()
    for place in sorted(places(results, "quality"), key=lambda place: sizes[place]):  # small maps fill a page begun
        for variant in results.variants:
            caption = (
                f"{results.titles[variant]}, {place_title(results, *place)}: epsilon 1 by epsilon 3, a row of "
                f"maps an epsilon 2. Means over {seeds(results.num_seeds(*place))}, without their intervals; light is "
                "better, grey has no value, a cross: over half of the chains diverged."
                f"{_arrows(results, place, variant)}"
            )
            file = _file("grid_of_epsilons", place, f"_{variant}")
            shown += picture(folder, f"grid-{'-'.join(place)}-{variant}", [file], caption, "page")
    return shown


def conditions(results: Results, folder: Path) -> list[Doc]:
    """Hidden units beside what they fire for; of each data set fills of holes, and captions or values."""
    found = [of_conditions.files(results, dataset, steered(results, dataset)) for dataset in results.datasets]
    titles = [dataset_title(results, dataset) for dataset in results.datasets]
    units = [file for of in found for file in of[UNITS][:SHOWN_UNITS]]
    images = listed(list(dict.fromkeys(familiar(results, dataset) for dataset in results.datasets)))
    caption = (
        f"{listed(titles)}: hidden units of the first seed's encoder. Of each the {images} that it fires most "
        f"for, and below them samples that were steered to it. {NOT_CHOSEN}"
    )
    shown = picture(folder, "units", units, caption)
    for title, of in zip(titles, found, strict=True):  # a figure a data set: each fills much of a page
        files = [*of[CONTEXTS][:1], *(of[CAPTIONS] or of[VALUES])[:1]]
        caption = (
            f"{title}: holes that are filled, at each ε4, between what is given and what was there; and samples of "
            f"what another network asks, a row a caption or a value that the generator never saw. {NOT_CHOSEN}"
        )
        shown += picture(folder, f"conditions-{len(shown)}", files, caption)
    return shown


def worlds(results: Results, folder: Path, kinds: Sequence[str], where: str = "wide") -> list[Doc]:
    """Errors of denoisers ("scores") and of samplers ("laws", "powers"), and "trajectories", world by world."""
    shown = []
    for world in results.manifest.worlds:
        files = {f"world_{world.name}_{kind}": OF_A_WORLD[kind] for kind in kinds}
        drawn = [text for file, text in files.items() if _is_drawn(folder, file)]
        read = "in reading order, " if len(drawn) > 1 else ""
        over = replication([len(world.tables)])
        caption = f"{world.title.partition(':')[0]}: {read}{'; '.join(drawn)}. {over}"
        shown += picture(folder, f"world-{world.name}-{kinds[0]}", [*files], caption, where)
    return shown


def _beside(results: Results, folder: Path, name: str, kind: str, caption: str) -> list[Doc]:
    """One figure of a kind for each data set, beside each other."""
    where = first_places(results, "quality")
    sides = " and ".join(place_title(results, *place) for place in where)
    return picture(folder, name, [_file(kind, place) for place in where], f"{sides}: {caption}")


def _file(kind: str, place: Place, rest: str = "") -> str:
    return f"{kind}_{place[0]}_{place[1]}{rest}"


def _is_drawn(folder: Path, file: str) -> bool:
    return (folder / f"{file}.pdf").is_file()


def _selecting(results: Results, ladder: str) -> str:
    """Why some rungs of a ladder have no pictures."""
    rungs = {key for one in results.manifest.ablations if one.ladder == ladder for key in one.samplers}
    selecting = any("select" in row.update for row in results.manifest.variants if row.key in rungs)
    return " None of a rung that selects: its chains are those of the rung without it." if selecting else ""


def _along(results: Results, place: Place, ablation: Ablation) -> str:
    """What an ablation is drawn along, in which unit, and at which epsilons."""
    axes = ", ".join(f"{axis_words(axis)}{axis_unit(axis)}" for axis in ablation.axes)
    return f"{ablation.title} against {axes}{at_epsilons(results, *place, list(ablation.samplers))}"


def _arrows(results: Results, place: Place, variant: str) -> str:
    """What the arrows of a sampler's maps are; nothing where its epsilons 1 leave no room for any."""
    here = results.here(*place)
    here = here[here.variant == variant]
    priors = here.epsilon_prior[here.epsilon_prior > 0]
    marks = [ratio * epsilon for ratio in README_RATIOS for epsilon in here.epsilon_condition.unique()]
    return f" {README_ARROWS}" if any(priors.min() <= mark <= priors.max() for mark in marks) else ""


def _over(results: Results, where: Sequence[Place]) -> str:
    return replication(results.num_seeds(*place) for place in where)
