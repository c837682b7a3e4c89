"""The dearest parts of a run, from a small table of costs, and the dearest operations of a call."""

import pandas as pd
import torch

from tests.benchmarks import dearest

COSTS = pd.DataFrame(
    [
        ("training", "mnist", None, "joint", 0, 30.0),
        ("training", "mnist", None, "joint", 1, 30.0),
        ("training", "shapes", None, "joint", 0, 50.0),
        ("sampling", "mnist", "own", "am", 0, 40.0),
        ("sampling", "mnist", "released", "am", 0, 10.0),
    ],
    columns=["kind", "dataset", "sweep", "name", "seed", "seconds"],
)


def test_seeds_of_a_part_are_added_and_data_sets_and_sweeps_are_not():
    parts = dearest.dearest(COSTS, 3)
    assert parts.seconds.tolist() == [60, 50, 40]
    assert parts.jobs.tolist() == [2, 1, 1]
    assert parts.share.sum() == 150 / 160


def test_the_dearest_operation_of_a_product_is_the_product():
    left, right = torch.randn(2, 300, 300)
    name, sizes, share, _ = dearest.operations(lambda: torch.relu(left @ right))[0]
    assert (name, sizes) == ("aten::mm", "300 x 300, 300 x 300")
    assert 0.5 < share <= 1


def test_each_part_has_its_operations_below_its_seconds():
    text = dearest.lines(dearest.dearest(COSTS, 1), [[("aten::mm", "3 x 4, 4 x 5", 0.25, 2.0)]])
    assert text[0] == "training joint mnist: 60 s of 2 jobs, 37.5% of the run"
    assert "| aten::mm | 3 x 4, 4 x 5 | 25.0% | 2 |" in text
