"""Figures, tables, one page and a paper from what the metrics stage wrote: `build`. It measures nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from ppgn_bench.report.figures import style
from ppgn_bench.report.page import (
    about,
    changes,
    charts,
    claims,
    controls_and_costs,
    convergence,
    effects,
    explorer,
    ladders,
    main_tables,
    missing,
    player,
    samples,
    sweeps,
    worlds,
)
from ppgn_bench.report.page.blocks import Figures, Section, every_block, folded, page
from ppgn_bench.report.paper import document
from ppgn_bench.report.results import read
from ppgn_bench.storage import files


class DatasetFacts(TypedDict):
    """A data set: image is [channel, height, width], classes are names, modes of a class (0: unknown)."""

    name: str
    title: str
    source: str  # one sentence: what it is
    image: list[int]
    classes: list[str]
    modes: int
    sizes: dict[str, int]  # train, judge, reference, control -> number of images


class SweepFacts(TypedDict):
    """A run of a sweep: "quality" (each chain from its own state) or "mixing" (all from a common one)."""

    name: str  # of the sweep
    run: str
    chains_per_class: int
    steps: int
    keep_every: int


class VariantFacts(TypedDict):
    """A row of the table of samplers: networks role -> recipe, epsilon with prior, condition and noise."""

    key: str
    title: str
    space: str
    prior: str
    networks: dict[str, str]
    epsilon: dict[str, float]
    update: dict[str, Any]  # how it differs from the plain update of its space
    source: str


class NetworkFile(TypedDict):
    """A trained network and its log of losses."""

    dataset: str
    recipe: str
    seed: int
    losses: str  # path of the CSV: step, term, value


class Context(TypedDict):
    """What the report cannot read in the results: given by the caller, plain values that JSON can hold."""

    name: str
    datasets: list[DatasetFacts]
    sweeps: list[SweepFacts]
    variants: list[VariantFacts]
    networks: list[NetworkFile]
    hardware: dict[str, str]
    versions: dict[str, str]
    settings: dict[str, Any]


def build(experiment_dir: Path, context: Context | Mapping[str, Any]) -> Path:
    """Write tables, figures, report/index.html and report/report.pdf of an experiment; return the page's path.

    experiment_dir: results/<experiment>, with its metrics.csv; whatever else is missing gives a sentence. The
    same results and context give the same bytes; figures of an earlier build go. Raises UserError for a file
    that cannot be read.
    """
    results, figures = read(experiment_dir, context), experiment_dir / "figures"
    figures.mkdir(parents=True, exist_ok=True)  # there even where nothing can be drawn
    with style.drawing():  # a section without blocks has nothing to say in this experiment, and goes
        checked, failures = controls_and_costs.controls(results)
        sections: list[Section] = [
            claims.ledger(results, experiment_dir),
            about.overview(results),
            missing.gaps(results),
            samples.samples(results, figures),
            main_tables.main_tables(results, experiment_dir),
            charts.tradeoff(results, figures),
            convergence.convergence(results, figures),
            player.player(results),
            samples.strips(results, figures),
            charts.mixing(results, figures),
            sweeps.ablations(results, figures),
            changes.changes(results, figures),
            explorer.explorer(results),
            sweeps.grids(results, figures),
            effects.effects(results, experiment_dir),
            ladders.ladders(results, figures),
            worlds.worlds(results, experiment_dir),
            folded(charts.losses(results, figures), "Losses and held-out errors of every network"),
            charts.worth(results, figures),
            folded(controls_and_costs.costs(results, experiment_dir), "Seconds, speed and memory of every job"),
            checked,
            about.samplers(results, experiment_dir),
            about.paper(),
            about.settings(results),
        ]
    sections = [section for section in sections if section.blocks]
    _remove_stale(experiment_dir, sections)
    document.write(results, experiment_dir)
    place = experiment_dir / "report" / "index.html"
    files.save_text(place, page(f"Plug & Play Generative Networks, measured: {context['name']}", failures, sections))
    return place


def _remove_stale(experiment_dir: Path, sections: Sequence[Section]) -> None:
    """Remove figures of an earlier build that this one did not draw: of a variant that is gone, say."""
    blocks = [block for section in sections for block in every_block(section.blocks)]
    drawn = {figure.name for block in blocks if isinstance(block, Figures) for figure in block.figures}
    for path in (experiment_dir / "figures").glob("*.*"):
        if path.suffix in (".pdf", ".png") and path.stem not in drawn:
            path.unlink()
