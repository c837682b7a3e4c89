"""What every network must do, and whether it does, as a table of the page and the paper."""

from __future__ import annotations

import numpy as np
from pandas import DataFrame

from ppgn_bench.report.page.blocks import Cell, Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.networks import of_run, pair
from ppgn_bench.report.words.places import dataset_title
from ppgn_bench.training.changes import title_of
from ppgn_bench.training.checks import CHECKS

CAPTION = "What networks must do, on how many seeds they do, and the numbers of the seed that is nearest to not"


def checks(results: Results) -> list[Table]:
    """A row a network and a check, a column a data set; none without a check."""
    rows = of_run(results)
    if not len(rows):
        return []
    datasets = [name for name in results.datasets if name in set(rows.dataset)]
    lines = []
    for (recipe, check), part in rows.groupby(["recipe", "check"], sort=False):
        cells = [_cell(part[part.dataset == name]) for name in datasets]
        lines.append([Cell(title_of(str(recipe))), Cell(CHECKS[str(check)].title, marks=("text",)), *cells])
    titles = (Cell(dataset_title(results, name), marks=("text",)) for name in datasets)
    return [Table(CAPTION, [Cell("network"), Cell("what is measured", marks=("text",)), *titles], lines)]


def _cell(rows: DataFrame) -> Cell:
    if not len(rows):
        return Cell("not trained", marks=("text",))
    sign = -1 if CHECKS[rows.check.iloc[0]].sign == ">" else 1
    worst = rows.iloc[int((sign * rows.value / rows.bound).fillna(np.inf).argmax())]
    holds, required = bool(rows.holds.all()), bool(rows.required.all())
    text = f"{'✓' if holds else '✗'} {rows.holds.sum()} of {len(rows)}"
    marks = ("text",) if holds or not required else ("text", "bad")
    return Cell(text, pair(worst.check, worst.value, worst.bound), marks)
