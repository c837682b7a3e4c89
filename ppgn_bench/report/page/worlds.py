"""Analytic worlds: denoisers against exact scores, samplers against exact draws, and a picture of both terms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pandas import DataFrame, concat

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures import worlds as world_figures
from ppgn_bench.report.figures.worlds import Line, Panel
from ppgn_bench.report.page.blocks import Block, Cell, Figures, Heading, Section, Shown, Table, Text
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import interval, number, replication
from ppgn_bench.report.tables.readable import T_LOG, over_seeds, wide
from ppgn_bench.statistics.intervals import Estimate, mean_interval
from ppgn_bench.storage import files

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
    for world in results.context.get("worlds", []):
        frames = [files.load_table(path, [*KEYS, "seed", "value"]) for path in world["tables"] if Path(path).is_file()]
        if not frames:
            continue
        table = _estimates(concat(frames, ignore_index=True))
        export.save(folder, f"world_{world['name']}", table, list(_selections(table, world)))
        shown = [*_figures(table, world, folder / "figures"), *_picture(world, folder / "figures")]
        blocks += [Heading(world["title"]), Figures(shown), *_tables(table, world)]
    if blocks:
        blocks.insert(0, Text(LEAD, "note"))
    return Section("worlds", "Analytic worlds: exact truth", blocks)


def _estimates(rows: DataFrame) -> DataFrame:
    """A line for each setting and metric: mean over seeds with its interval."""
    lines = []
    for key, part in rows.groupby(KEYS, dropna=False, sort=False):
        scale = "log" if part.metric.iloc[0] in LOGARITHMIC else "none"
        estimate = mean_interval(part.value.to_numpy(dtype=float), scale)
        lines.append((*key, *vars(estimate).values()))
    return DataFrame(lines, columns=[*KEYS, "mean", "low", "high", "seeds"])


def _figures(table: DataFrame, world: Mapping[str, Any], folder: Path) -> Iterator[Shown]:
    name, titles = world["name"], world["walkers"]
    scores = [
        Panel(f"error to score of {target}", list(_denoisers(table, target)), 1.0, True) for target in ("p_sigma", "p")
    ]
    powers = {**titles, "approx": PLAIN}
    drawn = {
        "scores": (scores, "noise of the denoiser, sigma", "zero everywhere", SCORES),
        "laws": (_laws(table, COUPLED, titles, "acceptance rate"), "step size, ε3", "exact draws", LAWS),
        "powers": (_laws(table, DECOUPLED, powers, "diverged share"), "step size, ε3", "exact draws", POWERS),
    }
    for kind, (panels, axis, level, caption) in drawn.items():
        file = f"world_{name}_{kind}"
        figure = world_figures.errors(panels, axis, level)
        said = f"{caption} {replication(table.seeds)}"
        yield Shown(file, style.save(figure, folder, file), said, said)


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
        lines = [_line(titles[key], found, "step_size") for key, found in own.items() if len(found)]
        exact = law[(law.metric == metric) & (law.method == "exact_draws")]["mean"]
        level = float(exact.iloc[0]) if len(exact) else math.nan
        panels.append(Panel(title, lines, level, metric in LOGARITHMIC))
    return panels


def _line(label: str, part: DataFrame, axis: str) -> Line:
    ordered = part.sort_values(axis)
    return Line(label, ordered[axis].tolist(), [_estimate(row) for row in ordered.to_dict("records")])


def _estimate(row: Mapping[Any, Any]) -> Estimate:
    return Estimate(row["mean"], row["low"], row["high"], row["seeds"])


def _picture(world: Mapping[str, Any], folder: Path) -> Iterator[Shown]:
    """Trajectories, where a world has a picture: in two dimensions."""
    if world["dimensions"] != 2 or not Path(world["picture"]).is_file():
        return
    arrays, header = files.load_arrays(world["picture"], "trajectories")
    file = f"world_{world['name']}_trajectories"
    caption = (
        f"The same {arrays['trajectories'].shape[1]} chains with parts of Eq. 5 switched off; wanted is class "
        f"{header['label']}. Grey: density p(x). Inside the dashed line p(y|x) is above a half. Ring: start, dot: end. "
        "The condition alone is content anywhere beyond the line; the prior alone climbs to the nearest mode of any "
        "class; both without noise come to rest at a mode of the class; with noise chains visit them all."
    )
    figure = world_figures.trajectories(arrays, PANELS)
    yield Shown(file, style.save(figure, folder, file), caption, caption)


def _selections(table: DataFrame, world: Mapping[str, Any]) -> Iterator[Table]:
    """The page's two tables as others may print them: denoisers by noise level, walkers by step size."""
    score = table[(table.part == "score") & (table.target == "p_sigma")]
    sizes = {size: f"trained on {size:,.0f} states" for size in sorted(score.training_size.dropna().unique())}
    sigmas = {sigma: f"σ = {sigma:g}" for sigma in sorted(score.sigma.unique())}
    caption = f"{world['title']}. Relative error of a denoiser's residual against the score of p_sigma"
    said = over_seeds(score, T_LOG)
    down, across = ("training_size", sizes), ("sigma", sigmas)
    yield wide(score, down, across, "denoiser", f"{caption}; zero everywhere has 1. {said}")
    law = table[(table.part == "law") & (table.metric == "sliced_wasserstein") & (table.target == "own")]
    exact = law[law.method == "exact_draws"]
    steps = {step: f"ε3 = {step:g}" for step in sorted(law.step_size.dropna().unique())}
    floors = [exact.assign(step_size=step) for step in steps]
    down = ("method", world["walkers"] | {"exact_draws": "as many exact draws"})
    caption = f"{world['title']}. Sliced Wasserstein distance to what each sampler aims at"
    said = over_seeds(law, T_LOG)
    lines, across = concat([law[law.method != "exact_draws"], *floors]), ("step_size", steps)
    yield wide(lines, down, across, "sampler", f"{caption}. {said}", ["exact_draws"])


def _tables(table: DataFrame, world: Mapping[str, Any]) -> Iterator[Table]:
    """Denoisers by noise level beside the zero field, walkers by step size."""
    score = table[(table.part == "score") & (table.target == "p_sigma")]
    sigmas = sorted(score.sigma.unique())
    rows = [
        [Cell(f"trained on {size:,.0f} states"), *_cells(score[score.training_size == size], "sigma", sigmas)]
        for size in sorted(score.training_size.unique())
    ]
    rows.append([Cell("zero everywhere", marks=("control",)), *(Cell("1") for _ in sigmas)])
    header = [Cell("denoiser"), *(Cell(f"sigma {sigma:g}") for sigma in sigmas)]
    yield Table("Relative error against the score of p_sigma", header, rows)
    law = table[(table.part == "law") & (table.metric == "sliced_wasserstein") & (table.target == "own")]
    steps = sorted(law.step_size.dropna().unique())
    rows = [
        [Cell(title), *_cells(law[law.method == key], "step_size", steps)] for key, title in world["walkers"].items()
    ]
    exact = _estimate(law[law.method == "exact_draws"].to_dict("records")[0])
    floor = Cell(number(exact.mean), interval(exact), marks=("control",))
    rows.append([Cell("as many exact draws", marks=("control",)), *(floor for _ in steps)])
    header = [Cell("sampler"), *(Cell(f"ε3 = {step:g}") for step in steps)]
    yield Table("Sliced Wasserstein distance to what each sampler aims at", header, rows)


def _cells(part: DataFrame, axis: str, values: Sequence[float]) -> list[Cell]:
    found = {row[axis]: _estimate(row) for row in part.to_dict("records")}
    return [Cell(number(found[value].mean), interval(found[value])) for value in values]
