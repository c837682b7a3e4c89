"""Figures, tables, one page and a paper from what the metrics stage wrote: `build`. It measures nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ppgn_bench.report.figures import style
from ppgn_bench.report.page import (
    about,
    changes,
    charts,
    claims,
    conditions,
    controls_and_costs,
    convergence,
    differences,
    effects,
    explorer,
    ladders,
    main_tables,
    pairs,
    player,
    samples,
    strips,
    sweeps,
    worlds,
)
from ppgn_bench.report.page.blocks import Figures, Section, every_block, folded, page
from ppgn_bench.report.paper import document
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.words import networks
from ppgn_bench.report.words.controls import deciding_failures
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import Manifest

TITLE = "Plug & Play Generative Networks, measured"


def build(experiment_dir: Path, manifest: Manifest) -> Path:
    """Write tables, figures, report/index.html and report/report.pdf of an experiment; return the page's path.

    experiment_dir: results/<experiment>, with its metrics.csv; whatever else is missing gives a sentence. Equal results
    give equal bytes; figures of an earlier build go. Raises UserError for a file that cannot be read.
    """
    results, figures = read(experiment_dir, manifest), experiment_dir / "figures"
    figures.mkdir(parents=True, exist_ok=True)  # there even where nothing can be drawn
    with style.drawing():  # a section without blocks has nothing to say in this experiment, and goes
        sections = _sections(results, experiment_dir, figures)
    _remove_stale(experiment_dir, sections)
    document.write(results, experiment_dir)
    place, failed = experiment_dir / "report" / "index.html", [*deciding_failures(results), *networks.failures(results)]
    files.save_text(place, page(f"{TITLE}: {manifest.name}", failed, sections))
    return place


def _sections(results: Results, experiment_dir: Path, figures: Path) -> list[Section]:
    """All sections of the page, in its order."""
    return [
        claims.claims(results, experiment_dir),
        about.overview(results),
        about.gaps(results),
        samples.samples(results, figures),
        conditions.conditions(results, experiment_dir),
        conditions.units(results, figures),
        main_tables.main_tables(results, experiment_dir),
        differences.differences(results, experiment_dir),
        charts.tradeoff(results, figures),
        convergence.convergence(results, figures),
        player.player(results),
        strips.strips(results, figures),
        charts.mixing(results, figures),
        sweeps.ablations(results, figures),
        pairs.pairs(results, figures),
        changes.changes(results, figures),
        explorer.explorer(results),
        sweeps.grids(results, figures),
        effects.effects(results, experiment_dir),
        ladders.ladders(results, figures),
        worlds.worlds(results, experiment_dir),
        folded(charts.losses(results, figures), "Losses and held-out errors of every network"),
        charts.worth(results, figures),
        folded(controls_and_costs.costs(results, experiment_dir), "Seconds, speed and memory of every job"),
        controls_and_costs.controls(results, figures),
        controls_and_costs.networks(results),
        about.samplers(results, experiment_dir),
        about.paper(),
        about.settings(results),
    ]


def _remove_stale(experiment_dir: Path, sections: Sequence[Section]) -> None:
    """Remove figures of an earlier build that this one did not draw: of a variant that is gone, say."""
    blocks = [block for section in sections for block in every_block(section.blocks)]
    drawn = {figure.name for block in blocks if isinstance(block, Figures) for figure in block.figures}
    for path in (experiment_dir / "figures").glob("*.*"):
        if path.suffix in (".pdf", ".png") and path.stem not in drawn:
            path.unlink()
