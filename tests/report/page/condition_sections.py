"""The section on other conditions of example results, and what tests look for in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ppgn_bench.report.figures import style
from ppgn_bench.report.page import conditions
from ppgn_bench.report.page.blocks import Cell, Figures, Section, Shown, Table, Text, every_block
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.words.conditions import CAPTIONS, CONTEXTS, SUMS, UNITS, VALUES
from tests.example_conditions import with_conditions
from tests.example_results import save_light

KINDS = {
    "swapped": VALUES, "random_codes": VALUES, "old": VALUES, "units": UNITS, "units_dgn_am": UNITS,
    "captions": CAPTIONS, "fill+epsilon_context=0": CONTEXTS, "fill+epsilon_context=0.01": CONTEXTS,
    "class_and_stroke": SUMS, "class_in_context": SUMS,
}  # fmt: skip


PARTS = {
    VALUES: "another classifier", UNITS: "hidden units", CAPTIONS: "captions", CONTEXTS: "inpainting",
    SUMS: "sums of conditions",
}  # fmt: skip


def made(root: Path, **few: Any) -> Results:
    return read(root, with_conditions(root, save_light(root), **few))


def section(results: Results, root: Path) -> Section:
    with style.drawing():
        return conditions.conditions(results, root)


def tables(shown: Section) -> dict[str, Table]:
    """Tables by how their captions begin, after the data set."""
    found = [block for block in every_block(shown.blocks) if isinstance(block, Table)]
    return {table.caption.partition(": ")[2].partition(".")[0]: table for table in found}


def figures(shown: Section) -> list[Shown]:
    return [figure for block in every_block(shown.blocks) if isinstance(block, Figures) for figure in block.figures]


def texts(shown: Section) -> list[Text]:
    return [block for block in shown.blocks if isinstance(block, Text)]


def cells(table: Table) -> Iterator[tuple[str, str, Cell]]:
    """Row, column and cell of every number."""
    for row in table.rows:
        for head, cell in zip(table.header[1:], row[1:], strict=True):
            yield row[0].text, head.text, cell


def of(table: Table, row: str, column: str) -> Cell:
    return next(cell for own, head, cell in cells(table) if (own, head) == (row, column))
