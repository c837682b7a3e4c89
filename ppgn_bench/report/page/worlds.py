"""Analytic worlds: denoisers against exact scores, samplers against exact draws, and a picture of both terms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pandas import DataFrame, concat

from ppgn_bench.report.figures import worlds as world_figures
from ppgn_bench.report.figures.worlds import Line, Panel
from ppgn_bench.report.page.blocks import Block, Figures, Heading, Section, Shown, Table, drawn, noted
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.readable import T_LOG, wide
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.statistics.intervals import Estimate, mean_interval
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import World

KEYS = ["part", "method", "target", "sigma", "training_size", "step_size", "metric"]
LOGARITHMIC = ("relative_error", "sliced_wasserstein")
COUPLED = ("mala", "approx", "mala_denoiser", "approx_denoiser", "approx_perfect")
DECOUPLED = ("approx", "weak_prior", "strong_prior", "strong_condition", "stronger_condition", "forgotten_variance")
PANELS = ("condition alone (as AM)", "prior alone, no noise", "prior and condition, no noise", "all three: MALA-approx")
PLAIN = "a = 1, b = 1"  # what "approx" is among powers

LEAD = (
    "Mixtures of Gaussians, three classes, with exact density, score and p(y|x). Means over seeds with 95 % bands. A "
    "chain starts far outside and takes a fixed number of steps, so an error at the smallest step sizes is that of a "
    "walk too short, one at the largest that of the step itself. The sliced Wasserstein distance is in units of the "
    "state, the error of mode weights a total variation, from 0 to 1; both are means over classes, and dashed is what "
    "as many independent exact draws have."
)
SCORES = (
    "Relative error E|s - truth|² / E|truth|² of the denoiser's residual over sigma², on fresh noisy states. Dashed: "
    "an estimate of zero everywhere has 1. The perfect denoiser has the score of p_sigma, so its error against the "
    "score of p is what smoothing alone costs."
)
LAWS = (
    "MALA's accept/reject makes every drift aim at p(x) p(y|x); without it a score aims there too, a residual of a "
    "denoiser at p_sigma(x) p(y|x). Missing points: more than half of the chains of a class diverged."
)
POWERS = (
    "MALA-approx with epsilons that are not coupled: a = 2 ε1/ε3² (times sigma² for a residual) and b = 2 ε2/ε3² are "
    "the powers of p(x)^a p(y|x)^b that it aims at as the step shrinks. The last forgets a residual's 1/sigma²."
)


def worlds(results: Results, folder: Path) -> Section:
    """What the truth says of denoisers and of samplers, world by world; no blocks where there is no world."""
    blocks: list[Block] = []
    for world in results.manifest.worlds:
        frames = [files.load_table(path, [*KEYS, "seed", "value"]) for path in world.tables if Path(path).is_file()]
        if frames:
            estimates = _estimates(concat(frames, ignore_index=True))
            tables = [_denoiser_table(estimates, world), _walker_table(estimates, world)]
            export.save(folder, f"world_{world.name}", estimates, tables)
            shown = [*_figures(estimates, world, folder / "figures"), *_picture(world, folder / "figures")]
            blocks += [Heading(world.title), Figures(shown), *tables]
    return noted("worlds", "Analytic worlds: exact truth", LEAD, blocks)


def _estimates(rows: DataFrame) -> DataFrame:
    """A line for each setting and metric: mean over seeds with its interval."""
    lines = []
    for key, part in rows.groupby(KEYS, dropna=False, sort=False):
        scale = "log" if part.metric.iloc[0] in LOGARITHMIC else "none"
        estimate = mean_interval(part.value.to_numpy(dtype=float), scale)
        lines.append((*key, *vars(estimate).values()))
    return DataFrame(lines, columns=[*KEYS, "mean", "low", "high", "seeds"])


def _figures(table: DataFrame, world: World, folder: Path) -> Iterator[Shown]:
    name, titles = world.name, world.walkers
    scores = [
        Panel(f"error to score of {target}", list(_denoisers(table, target)), 1.0, True) for target in ("p_sigma", "p")
    ]
    powers = {**titles, "approx": PLAIN}
    figures = {
        "scores": (scores, "noise of the denoiser, sigma", "zero everywhere", SCORES),
        "laws": (_laws(table, COUPLED, titles, "acceptance rate"), "step size, ε3", "exact draws", LAWS),
        "powers": (_laws(table, DECOUPLED, powers, "diverged share"), "step size, ε3", "exact draws", POWERS),
    }
    for kind, (panels, axis, level, caption) in figures.items():
        figure = world_figures.errors(panels, axis, level)
        yield drawn(figure, folder, f"world_{name}_{kind}", f"{caption} {replication(table.seeds)}")


def _denoisers(table: DataFrame, target: str) -> Iterator[Line]:
    """A line for each training size, and one for the perfect denoiser where it errs."""
    part = table[(table.part == "score") & (table.target == target)]
    for size in sorted(part.training_size.dropna().unique()):
        yield _line(f"trained on {size:,.0f} states", part[part.training_size == size], "sigma")
    if len(perfect := part[part.method == "perfect"]):
        yield _line("perfect denoiser", perfect, "sigma")


def _laws(table: DataFrame, walkers: Sequence[str], titles: Mapping[str, str], last: str) -> list[Panel]:
    """Both errors against each walker's own aim, the distance to p(x) p(y | x), and last what else is asked for."""
    law = table[table.part == "law"]
    asked = {
        "distance to own aim": ("sliced_wasserstein", "own"),
        "distance to p(x) p(y|x)": ("sliced_wasserstein", "wanted"),
        "error of mode weights, own aim": ("mode_error", "own"),
        last: (last.replace(" ", "_"), ""),
    }
    panels = []
    for title, (metric, target) in asked.items():
        part = law[(law.metric == metric) & (law.target.fillna("") == target)]
        own = {key: part[part.method == key] for key in walkers}
        lines = [_line(titles[key], of_walker, "step_size") for key, of_walker in own.items() if len(of_walker)]
        draws = law[(law.metric == metric) & (law.method == "exact_draws")]["mean"]
        level = float(draws.iloc[0]) if len(draws) else math.nan
        panels.append(Panel(title, lines, level, metric in LOGARITHMIC))
    return panels


def _line(label: str, part: DataFrame, axis: str) -> Line:
    ordered = part.sort_values(axis)
    values = ordered[["mean", "low", "high", "seeds"]].itertuples(index=False, name=None)
    return Line(label, ordered[axis].tolist(), [Estimate(*of_place) for of_place in values])


def _picture(world: World, folder: Path) -> Iterator[Shown]:
    """Trajectories, where a world has a picture: in two dimensions."""
    if world.dimensions != 2 or not Path(world.picture).is_file():
        return
    arrays, header = files.load_arrays(world.picture, "trajectories")
    caption = (
        f"The same {arrays['trajectories'].shape[1]} chains with parts of Eq. 5 switched off; wanted is class "
        f"{header['label']}. Grey: density p(x). Inside the dashed line p(y|x) is above a half. Ring: start, dot: end. "
        "The condition alone is content anywhere beyond the line; the prior alone climbs to the nearest mode of any "
        "class; both without noise come to rest at a mode of the class; with noise chains visit them all."
    )
    yield drawn(world_figures.trajectories(arrays, PANELS), folder, f"world_{world.name}_trajectories", caption)


def _denoiser_table(table: DataFrame, world: World) -> Table:
    """Denoisers by noise level."""
    score = table[(table.part == "score") & (table.target == "p_sigma")]
    sizes = {size: f"trained on {size:,.0f} states" for size in sorted(score.training_size.dropna().unique())}
    sigmas = {sigma: f"σ = {sigma:g}" for sigma in sorted(score.sigma.unique())}
    caption = (
        f"{world.title}. Relative error of a denoiser's residual against the score of p_sigma; zero everywhere has 1. "
        f"{replication(score.seeds, T_LOG)}"
    )
    return wide(score, ("training_size", sizes), ("sigma", sigmas), "denoiser", caption)


def _walker_table(table: DataFrame, world: World) -> Table:
    """Walkers by step size, above as many exact draws."""
    law = table[(table.part == "law") & (table.metric == "sliced_wasserstein") & (table.target == "own")]
    draws = law[law.method == "exact_draws"]
    steps = {step: f"ε3 = {step:g}" for step in sorted(law.step_size.dropna().unique())}
    lines = concat([law[law.method != "exact_draws"], *(draws.assign(step_size=step) for step in steps)])
    down = ("method", world.walkers | {"exact_draws": "as many exact draws"})
    caption = (
        f"{world.title}. Sliced Wasserstein distance to what each sampler aims at. {replication(law.seeds, T_LOG)}"
    )
    return wide(lines, down, ("step_size", steps), "sampler", caption, ["exact_draws"])
