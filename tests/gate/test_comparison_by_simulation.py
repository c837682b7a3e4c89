"""Both error rates of the gate, by simulation: how often it cries wolf, and how often it lets a regression pass."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pandas import DataFrame, read_csv
from scipy.special import expit, logit

from ppgn_bench.gate import comparison
from ppgn_bench.metrics.table import METRICS, WITHOUT
from ppgn_bench.statistics.intervals import on_scale
from tests.conftest import ROOT

RUNS = 300
EPSILON = dict.fromkeys(comparison.SETTING, 0.1)
GATED = [(metric, variant) for metric, entry in METRICS.items() for variant in entry.gated]
SPREAD = 0.2  # of a seed's paired difference, in logarithms and logits: the default run's are .05 to .5


def runs(rng: np.random.Generator, seeds: int, worse: float, spread: float, hurt: int) -> tuple[DataFrame, DataFrame]:
    """A reference and a run of all gated cells on one data set, the first `hurt` of them worse by so much.

    worse: on the metric's scale, logits from a share of .82 downwards, logarithms from a distance of 12 upwards.
    """
    tables: list[list[dict[str, object]]] = [[], []]
    for number, (metric, variant) in enumerate(GATED):
        higher = METRICS[metric].direction == "higher"
        for rows, moved in zip(tables, (0.0, worse if number < hurt else 0.0), strict=True):
            level = rng.normal(1.5 - moved if higher else 2.5 + moved, spread / np.sqrt(2), seeds)
            values = expit(level) if higher else np.exp(level)
            key = {"dataset": "digits", "sweep": "own", "variant": variant, "metric": metric, **EPSILON}
            rows += [{**key, "seed": seed, "value": value} for seed, value in enumerate(values)]
    return DataFrame(tables[0]), DataFrame(tables[1])


def rates(seeds: int, worse: float, spread: float = SPREAD, hurt: int = len(GATED)) -> dict[str, float]:
    """Share of runs with each verdict."""
    rng = np.random.default_rng(0)
    found = [
        comparison.verdict(cell.status for cell in comparison.seed_cells(*runs(rng, seeds, worse, spread, hurt)))
        for _ in range(RUNS)
    ]
    return {
        status: found.count(status) / RUNS for status in (comparison.PASSED, comparison.REGRESSED, comparison.UNDECIDED)
    }


def above(rate: float) -> float:
    """What a simulated share stays below, but for one in a thousand, if its true value is at most this."""
    return rate + 3.1 * float(np.sqrt(rate * (1 - rate) / RUNS))


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_training_anew_without_a_change_is_rarely_called_a_regression(seeds: int) -> None:
    assert rates(seeds, worse=0.0)[comparison.REGRESSED] <= above(comparison.ALPHA)


@pytest.mark.parametrize("spread", [0.02, 0.2])
def test_a_share_that_fell_by_its_margin_rarely_passes(spread: float) -> None:
    fall = 1.5 - float(logit(expit(1.5) - METRICS["judge_accuracy"].margin))
    assert GATED[0][0] == "judge_accuracy"
    assert rates(5, fall, spread, hurt=1)[comparison.PASSED] <= above(comparison.ALPHA)


def test_five_seeds_catch_a_doubled_frechet_distance() -> None:
    assert rates(5, worse=float(np.log(2.0)))[comparison.REGRESSED] >= 0.9


def test_a_quiet_training_passes() -> None:
    assert rates(5, worse=0.0, spread=0.02)[comparison.PASSED] >= 0.9


# ------------------------------------------------------------------------- the default run's own values and spreads


def reference_run(rng: np.random.Generator, margins: float) -> tuple[DataFrame, DataFrame]:
    """Two runs of the gated cells with means and spreads of the committed reference, not paired.

    All cells of the second are worse by so many margins.
    """
    table = read_csv(ROOT / "results" / "reference" / "main" / "metrics.csv")
    gated = [(table.variant == variant) & (table.metric == metric) for metric, variant in GATED]
    table = table[(table.sweep == comparison.GATED_SWEEP) & np.any(gated, axis=0)]
    drawn = (table.copy(), table.copy())
    for (_, _, metric), rows in table.groupby(["dataset", "variant", "metric"]):
        entry = METRICS[str(metric)]
        values = on_scale(rows.value, entry.transform)
        for frame, worse in zip(drawn, (0.0, margins), strict=True):
            level = rng.normal(values.mean(), values.std(ddof=1), len(values))
            shares = np.clip(expit(level) - worse * entry.margin, 0.0025, 0.9975)
            ratios = np.exp(level) * entry.margin**worse
            frame.loc[rows.index, "value"] = ratios if entry.transform == "log" else shares
    return drawn


def reference_rates(margins: float, times: int) -> dict[str, float]:
    """Share of runs with each verdict."""
    rng = np.random.default_rng(0)
    found = [
        comparison.verdict(cell.status for cell in comparison.seed_cells(*reference_run(rng, margins)))
        for _ in range(times)
    ]
    return {status: found.count(status) / times for status in set(found)}


def test_the_default_run_trained_anew_is_rarely_called_a_regression() -> None:
    assert reference_rates(0.0, RUNS // 2).get(comparison.REGRESSED, 0.0) <= above(comparison.ALPHA)


def test_a_default_run_that_is_worse_in_all_gated_cells_is_mostly_caught() -> None:
    found = {margins: reference_rates(margins, 60) for margins in (1.0, 2.0)}
    assert found[1.0][comparison.REGRESSED] >= 0.5
    assert found[2.0][comparison.REGRESSED] >= 0.95
    assert all(comparison.PASSED not in rates for rates in found.values())


# --------------------------------------------------------------------------------------------------- fixed networks

STARTS, CLASSES, CELLS = 20, 10, 40


def start_table(chains: NDArray[np.float64]) -> DataFrame:
    """gate/starts.csv of chains [cell, start, class]: accuracy is their mean, the distance a variance (set-wise)."""
    rows: list[dict[str, object]] = []
    for number, cell in enumerate(chains):
        is_share = number % 2 == 0
        statistic = (lambda of: float(of.mean())) if is_share else (lambda of: float(of.var()))
        told = {"dataset": "digits", "variant": f"v{number}", "seed": 0, **EPSILON}
        told["metric"] = "judge_accuracy" if is_share else "frechet_distance"
        rows.append({**told, "sweep": "own", "value": statistic(cell)})
        rows += [
            {**told, "sweep": f"own{WITHOUT}{k}", "value": statistic(np.delete(cell, k, axis=0))} for k in range(STARTS)
        ]
    return DataFrame(rows)


def chains(rng: np.random.Generator, worse: float = 0.0) -> NDArray[np.float64]:
    """Even cells: is a chain's class right? Odd ones: a number of spread 1, or more where it is worse."""
    right = rng.random((CELLS, STARTS, CLASSES)) < 0.9 - worse
    number = rng.normal(0, 1 + 3 * worse, (CELLS, STARTS, CLASSES))
    return np.where(np.arange(CELLS)[:, None, None] % 2 == 0, right, number)


def start_rates(worse: float, times: int = 60) -> dict[str, float]:
    """Share of runs with each verdict; starts and noise are others, so that pairing helps nothing."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(times):
        cells = comparison.start_cells(start_table(chains(rng)), start_table(chains(rng, worse)))
        found.append(comparison.verdict(cell.status for cell in cells))
    return {status: found.count(status) / times for status in set(found)}


def test_other_starts_are_rarely_called_a_regression_of_the_sampler() -> None:
    assert start_rates(0.0).get(comparison.REGRESSED, 0.0) <= 0.025 + 3.1 * np.sqrt(0.025 * 0.975 / 60)


def test_a_worse_sampler_never_passes_and_is_caught() -> None:
    found = start_rates(0.2)
    assert found.get(comparison.PASSED, 0.0) == 0
    assert found[comparison.REGRESSED] >= 0.9
