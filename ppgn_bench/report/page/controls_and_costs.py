"""What the numbers cost, whether the metrics order the controls whose order is known, and networks do their job."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.report.figures.mosaics import picture
from ppgn_bench.report.page.blocks import Block, Cell, Figures, Folded, Section, Shown, Table, Text, drawn
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import experiment, export
from ppgn_bench.report.tables.networks import checks
from ppgn_bench.report.words import networks as network_words
from ppgn_bench.report.words.controls import (
    ORDERS,
    deciding_failures,
    explained,
    in_words,
    not_admitted,
    order,
    ordered,
    outcome,
)
from ppgn_bench.report.words.metrics import short
from ppgn_bench.report.words.missing import TABLES
from ppgn_bench.report.words.places import dataset_title


def costs(results: Results, folder: Path) -> Section:
    """Seconds, chain-steps a second and memory of each network and each sampler."""
    frame, tables = experiment.costs(results)
    export.save(folder, "costs", frame, tables)
    how = (
        "Geometric means, of memory the largest; an interval where there are three seeds or more. Timings depend on "
        "the machine and its load."
    )
    return Section("costs", "Cost", [Text(how, "note"), *tables] if tables else [Text(TABLES["costs"])])


def controls(results: Results, folder: Path) -> Section:
    """What the controls look like, and which metrics order them, data set by data set."""
    title, shown = "Do the metrics work?", _pictures(results, folder)
    pictures: list[Block] = [Figures(shown)] if shown else []
    if not len(results.check):
        return Section("controls", title, [*pictures, Text(outcome(results))])
    text = (
        f"{ORDERS} A metric that fails one of its orders on a data set is not admitted there: it is marked †, and a "
        "claim that rests on it is not decided."
    )
    verdict = Text(outcome(results), "bad" if deciding_failures(results) else "plain")
    every = Folded("Every order, and the two values", [_orders(results)])
    return Section("controls", title, [Text(text), *pictures, verdict, _admissions(results), every])


def _admissions(results: Results) -> Table:
    """A row a metric: how many of its orders hold on each data set, and which do not."""
    rows = []
    for metric, of_metric in results.check.groupby("metric", sort=False):
        cells = []
        for name in _checked(results):
            held = [ordered(line) for line in of_metric[of_metric.dataset == name].to_dict("records")]
            missed = not_admitted(results, name).get(str(metric))
            if not held:
                cells.append(Cell("not measured"))
                continue
            said, small = f"{sum(held)} of {len(held)} orders", f"does not put {missed}" if missed else ""
            cells.append(Cell(f"{'✗' if missed else '✓'} {said}", small, ("text", "bad") if missed else ("text",)))
        rows.append([Cell(short(str(metric))), *cells])
    return Table("Which metrics are admitted, and which orders they miss", _header(results), rows)


def _orders(results: Results) -> Table:
    """A row an order that a metric must give: whether it does, and its two values."""
    rows = []
    for (metric, _, _), part in results.check.groupby(["metric", "first", "second"], sort=False):
        lines = {line["dataset"]: line for line in part.to_dict("records")}
        cells = [_cell(*order(lines[name]), ordered(lines[name])) if name in lines else Cell("not measured")
                 for name in _checked(results)]  # fmt: skip
        rows.append([Cell(short(str(metric))), *cells])
    return Table("What must hold, and the two values", _header(results), rows)


def _header(results: Results) -> list[Cell]:
    titles = (dataset_title(results, name) for name in _checked(results))
    return [Cell("metric"), *(Cell(title, marks=("text",)) for title in titles)]


def _checked(results: Results) -> list[str]:
    return [name for name in results.datasets if name in set(results.check.dataset)]


def _pictures(results: Results, folder: Path) -> list[Shown]:
    """The first image of each control that should be of each class, a row a control, for every data set."""
    shown = []
    for dataset in results.datasets:
        kept = {name: results.controls.get(dataset, {}).get(f"control.{name}") for name in CONTROLS}
        tiles = {in_words(name): images for name, images in kept.items() if images is not None}
        if tiles:
            classes = results.dataset(dataset).classes
            figure = picture(np.stack([*tiles.values()]), [*tiles], classes)
            caption = f"{dataset_title(results, dataset)}, the controls, an image a class. {explained()}."
            shown.append(drawn(figure, folder, f"controls_{dataset}", caption))
    return shown


def networks(results: Results) -> Section:
    """What each network must do, and whether it does, data set by data set."""
    text = (
        "A sampler is judged by networks that do their job, on images that trained none of them: a denoiser must be "
        "better than doing nothing at its own noise, both cut to where images and codes lie, and not far from a Wiener "
        "filter, the best linear denoiser of the training images; a discriminator must tell real from drawn; a code "
        "must not have units that never fire. Of E(G(h)), which no loss makes a denoiser of noise on h alone, and of "
        "networks that only ablations take, it is only said."
    )
    verdict = Text(network_words.outcome(results), "bad" if network_words.failures(results) else "plain")
    return Section("networks", "Do the networks do their job?", [Text(text), verdict, *checks(results)])


def _cell(must: str, pair: str, holds: bool) -> Cell:
    return Cell(f"{'✓' if holds else '✗'} {must}", pair, ("text",) if holds else ("text", "bad"))
