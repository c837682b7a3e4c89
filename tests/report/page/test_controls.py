"""The page's section of controls: which metrics are admitted, and where one fails."""

from pathlib import Path

import pandas as pd

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import controls_and_costs
from ppgn_bench.report.page.blocks import Folded, Table
from ppgn_bench.report.results import read
from ppgn_bench.storage import files
from tests.example_results import a_manifest, save_results

TWO_DATASETS = {"datasets": ("digits", "shapes"), "seeds": (0, 1)}
LINES = (
    ("digits", "recall", "real", ">", "noise", 0.9, 0.0, 0.9, 0.1, True),
    ("digits", "recall", "real", ">", "shuffled_blocks", 0.9, 0.89, 0.01, 0.1, False),
    ("shapes", "recall", "real", ">", "noise", 0.9, 0.0, 0.9, 0.1, True),
    ("digits", "coverage", "real", ">", "noise", 0.9, 0.0, 0.9, 0.1, True),
)


def test_a_metric_has_one_row_that_names_the_orders_it_misses_and_all_orders_are_folded(root: Path) -> None:
    save_results(root, **TWO_DATASETS)
    files.save_table(root / "controls_check.csv", pd.DataFrame(LINES, columns=list(CONTROLS_CHECK)))
    with style.drawing():
        section = controls_and_costs.controls(read(root, a_manifest(root, **TWO_DATASETS)), root / "figures")
    (admitted,) = (block for block in section.blocks if isinstance(block, Table))
    said = {row[0].text: [(cell.text, cell.small) for cell in row[1:]] for row in admitted.rows}
    assert said == {
        "recall": [("✗ 1 of 2 orders", "does not put real before shuffled blocks"), ("✓ 1 of 1 orders", "")],
        "coverage": [("✓ 1 of 1 orders", ""), ("not measured", "")],
    }
    (folded,) = (block for block in section.blocks if isinstance(block, Folded))
    (every,) = folded.blocks
    assert isinstance(every, Table)
    assert [row[1].text for row in every.rows] == ["✓ real > noise", "✗ real > shuffled blocks", "✓ real > noise"]
