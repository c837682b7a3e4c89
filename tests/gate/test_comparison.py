"""When a cell has regressed, passed or is undecided; on synthetic measurements, with the METRICS table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from pandas import DataFrame, concat

from ppgn_bench.columns import EPSILONS, MEASURED
from ppgn_bench.gate import comparison
from ppgn_bench.gate.comparison import TOLERANCE, Cell
from ppgn_bench.metrics.table import METRICS, WITHOUT

EPSILON = dict.fromkeys(EPSILONS, 0.1)
KEY = ("joint_ppgn_h", "frechet_distance")
FD = (10.0, 11.0, 12.0, 13.0, 14.0)


def table(cells: Mapping[tuple[str, str], Sequence[float]], **columns: object) -> DataFrame:
    """metrics.csv of (variant, metric) -> values of seeds 0, 1, ..."""
    shared = {"dataset": "digits", "sweep": "own", **EPSILON, **columns}
    rows = [
        {**shared, "variant": variant, "metric": metric, "seed": seed, "value": value}
        for (variant, metric), values in cells.items()
        for seed, value in enumerate(values)
    ]
    return DataFrame(rows, columns=[*MEASURED, "metric", "value"])


def one(values: Sequence[float], metric: str = "frechet_distance", before: Sequence[float] = FD) -> Cell:
    """The cell of Joint PPGN-h with these values after the others."""
    (cell,) = comparison.seed_cells(*(table({("joint_ppgn_h", metric): side}) for side in (before, values)))
    return cell


def scaled(factor: float, jitter: float = 0.02) -> list[float]:
    return [value * factor * (1 + jitter * (-1) ** seed) for seed, value in enumerate(FD)]


def test_the_same_values_are_identical() -> None:
    cell = one(FD)
    assert (cell.status, cell.reason, cell.gated) == ("passed", "identical", True)


def test_a_difference_within_the_margin_passes() -> None:
    cell = one(scaled(1.05))
    assert (cell.status, cell.reason) == ("passed", "within the margin")
    assert (cell.estimate, cell.margin) == (pytest.approx(1.05, rel=0.01), pytest.approx(1.25))
    assert cell.low < cell.estimate < cell.high < cell.margin


LOW, HIGH = (0.5, 0.52, 0.48, 0.51, 0.5), (0.9, 0.91, 0.89, 0.92, 0.9)


@pytest.mark.parametrize(
    ("metric", "before", "now", "status"),
    [
        ("frechet_distance", FD, scaled(1.6), "regressed"),
        ("frechet_distance", FD, scaled(0.5), "improved"),
        ("recall", HIGH, LOW, "regressed"),
        ("recall", LOW, HIGH, "improved"),
    ],
)
def test_a_difference_beyond_the_margin_is_worse_or_better_as_the_metric_says(metric, before, now, status) -> None:
    cell = one(now, metric, before)
    assert cell.status == status
    assert min(cell.p_worse, cell.p_better) == (cell.p_worse if status == "regressed" else cell.p_better) < 0.001


def test_a_significant_difference_on_the_margin_is_undecided() -> None:
    cell = one(scaled(1.23, jitter=0.03))
    assert cell.p_worse < comparison.ALPHA
    assert (cell.status, cell.reason) == ("undecided", "the interval is finer than the margin and holds it")


def test_a_wide_difference_is_undecided_and_says_how_many_seeds_it_needs() -> None:
    cell = one([20.0, 6.0, 19.0, 8.0, 22.0])
    assert cell.status == "undecided"
    assert cell.needed is not None
    assert f"{cell.needed} training seeds" in cell.reason


@pytest.mark.parametrize(
    "values", [[], [float("nan")] * 5, [float("inf")] * 5], ids=["no rows", "no values", "infinite"]
)
def test_a_gated_cell_that_is_no_longer_measured_has_regressed(values: list[float]) -> None:
    cell = one(values)
    assert (cell.status, cell.reason) == ("regressed", "no longer measured")


def test_one_seed_decides_nothing_unless_it_is_the_same() -> None:
    assert one([20.0], before=[10.0]).status == "undecided"
    assert one([10.0], before=[10.0]).status == "passed"


def test_seeds_are_paired_and_those_in_common_count() -> None:
    cell = one([*scaled(1.6), 1.0, 1.0])
    assert (cell.count, cell.status) == (5, "regressed")


def test_another_epsilon_of_a_samplers_only_setting_is_still_compared() -> None:
    (cell,) = comparison.seed_cells(table({KEY: FD}), table({KEY: scaled(1.6)}, epsilon_noise=0.5))
    assert (cell.status, cell.setting) == ("regressed", "")


def test_settings_of_a_grid_are_cells_of_their_own_and_not_gated() -> None:
    first = table({KEY: FD}, sweep="grid")
    others = (table({KEY: values}, sweep="grid", epsilon_noise=0.5) for values in (FD, scaled(1.6)))
    cells = comparison.seed_cells(*(concat([first, other]) for other in others))
    assert {cell.setting: cell.status for cell in cells} == {
        "0.1, 0.1, 0.1, 0.1": "passed",
        "0.1, 0.1, 0.5, 0.1": "regressed",
    }
    assert not any(cell.gated for cell in cells)


def test_controls_and_views_for_sensitivity_are_no_cells() -> None:
    view, real = table({KEY: FD}, sweep="own+second_judge"), table({("real", "frechet_distance"): [3.0]})
    assert comparison.seed_cells(view, view) == comparison.seed_cells(real, real) == []


def test_holm_is_over_the_gated_cells_alone() -> None:
    names = [KEY, ("ppgn_h", "frechet_distance"), ("am", "frechet_distance")]
    old, new = (table(dict.fromkeys(names, values)) for values in (FD, scaled(1.6)))
    cells = {cell.variant: cell for cell in comparison.seed_cells(old, new)}
    assert cells["ppgn_h"].p_worse == pytest.approx(2 * cells["am"].p_worse)
    assert not cells["am"].gated


def test_at_most_eight_cells_of_a_data_set_are_gated() -> None:
    assert 0 < sum(len(metric.gated) for metric in METRICS.values()) <= 8


# --------------------------------------------------------------------------------------------------- fixed networks


def starts(values: Sequence[float], statistic: str = "judge_accuracy") -> DataFrame:
    """gate/starts.csv of a mean over starts."""
    left = {f"own{WITHOUT}{k}": float(np.mean(np.delete(values, k))) for k in range(len(values))}
    rows = {"own": float(np.mean(values)), **left}
    shared = {"dataset": "digits", "variant": "am", "seed": 0, "metric": statistic, **EPSILON}
    return DataFrame([{**shared, "sweep": sweep, "value": value} for sweep, value in rows.items()])


def test_starts_are_paired() -> None:
    rng = np.random.default_rng(0)
    before = rng.uniform(0.2, 0.8, 20)
    (cell,) = comparison.start_cells(starts(before), starts(before - 0.1 + rng.normal(0, 0.01, 20)))
    assert (cell.status, cell.count) == ("regressed", 20)
    assert cell.estimate == pytest.approx(-0.1, abs=0.01)
    (cell,) = comparison.start_cells(starts(before), starts(before - 0.01))
    assert cell.status == "passed"


def test_a_metric_that_should_be_as_real_images_regresses_both_ways() -> None:
    before = np.random.default_rng(0).uniform(0.2, 0.8, 20)
    for shift in (0.2, -0.2):
        after = before + shift + 0.01 * np.sin(np.arange(20))
        name = "within_class_dissimilarity"
        (cell,) = comparison.start_cells(starts(before, name), starts(after, name))
        assert cell.status == "regressed"


# ---------------------------------------------------------------------------------------------------- exact numbers


def exact(values: Mapping[str, float]) -> DataFrame:
    return DataFrame([{"part": "a", "name": name, "number": "b", "value": value} for name, value in values.items()])


def test_numbers_are_the_same_to_rounding() -> None:
    old = exact({"x": 100.0, "y": -1e-3, "z": 0.0, "missing": float("nan")})
    near = exact({"x": 100.0 * (1 + 0.9 * TOLERANCE), "y": -1e-3, "z": 0.0, "missing": float("nan"), "new": 1.0})
    assert comparison.moved_numbers(old, near).empty


@pytest.mark.parametrize("now", [{"x": 100 * (1 + 2 * TOLERANCE)}, {"x": float("nan")}, {"y": 100.0}, {"x": -100.0}])
def test_a_number_that_moved_is_named(now: dict[str, float]) -> None:
    moved = comparison.moved_numbers(exact({"x": 100.0}), exact(now))
    assert list(moved.name) == ["x"]
