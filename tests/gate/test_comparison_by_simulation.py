"""Both error rates of the gate, by simulation: how often it is wrong, and how often it lets a regression pass."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from pandas import DataFrame, read_csv
from scipy.special import expit, logit

from ppgn_bench.columns import EPSILONS
from ppgn_bench.gate import comparison
from ppgn_bench.metrics.table import METRICS, WITHOUT
from ppgn_bench.statistics.intervals import on_scale
from tests.gate.conftest import FIVE_SEEDS

RUNS = 300
EPSILON = dict.fromkeys(EPSILONS, 0.1)
GATED = [(metric, variant) for metric, entry in METRICS.items() for variant in entry.gated]
SPREAD = 0.2  # of a seed's paired difference, in logarithms and logits: the default run's are .05 to .5


Draw = Callable[[np.random.Generator], tuple[DataFrame, DataFrame]]  # a reference and a run


def rates(
    drawn: Draw,
    cells: Callable[[DataFrame, DataFrame], list[comparison.Cell]] = comparison.seed_cells,
    times: int = RUNS,
) -> dict[str, float]:
    """Share of pairs of runs with each verdict."""
    rng = np.random.default_rng(0)
    verdicts = [comparison.verdict(cell.status for cell in cells(*drawn(rng))) for _ in range(times)]
    every = (comparison.PASSED, comparison.REGRESSED, comparison.UNDECIDED)
    return {status: verdicts.count(status) / times for status in every}


def runs(seeds: int, worse: float, spread: float = SPREAD, hurt: int = len(GATED)) -> Draw:
    """A reference and a run of all gated cells on one data set, the first `hurt` of them worse by so much.

    worse: on the metric's scale, logits from a share of .82 downwards, logarithms from a distance of 12 upwards.
    """

    def drawn(rng: np.random.Generator) -> tuple[DataFrame, DataFrame]:
        tables: tuple[list[dict[str, object]], ...] = ([], [])
        for number, (metric, variant) in enumerate(GATED):
            higher = METRICS[metric].direction == "higher"
            for rows, moved in zip(tables, (0.0, worse if number < hurt else 0.0), strict=True):
                level = rng.normal(1.5 - moved if higher else 2.5 + moved, spread / np.sqrt(2), seeds)
                values = expit(level) if higher else np.exp(level)
                key = {"dataset": "digits", "sweep": "own", "variant": variant, "metric": metric, **EPSILON}
                rows += [{**key, "seed": seed, "value": value} for seed, value in enumerate(values)]
        return DataFrame(tables[0]), DataFrame(tables[1])

    return drawn


def above(rate: float, times: int = RUNS) -> float:
    """What a simulated share stays below, but for one in a thousand, if its true value is at most this."""
    return rate + 3.1 * float(np.sqrt(rate * (1 - rate) / times))


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_training_anew_without_a_change_is_rarely_called_a_regression(seeds: int) -> None:
    assert rates(runs(seeds, worse=0.0))[comparison.REGRESSED] <= above(comparison.ALPHA)


@pytest.mark.parametrize("spread", [0.02, 0.2])
def test_a_share_that_fell_by_its_margin_rarely_passes(spread: float) -> None:
    fall = 1.5 - float(logit(expit(1.5) - METRICS["judge_accuracy"].margin))
    assert GATED[0][0] == "judge_accuracy"
    assert rates(runs(5, fall, spread, hurt=1))[comparison.PASSED] <= above(comparison.ALPHA)


def test_five_seeds_catch_a_doubled_frechet_distance() -> None:
    assert rates(runs(5, worse=float(np.log(2.0))))[comparison.REGRESSED] >= 0.9


def test_a_quiet_training_passes() -> None:
    assert rates(runs(5, worse=0.0, spread=0.02))[comparison.PASSED] >= 0.9


def reference_run(rng: np.random.Generator, margins: float) -> tuple[DataFrame, DataFrame]:
    """Two runs of the gated cells with means and spreads of a real run of two data sets, not paired.

    All cells of the second are worse by so many margins.
    """
    table = read_csv(FIVE_SEEDS / "metrics.csv")
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


def test_the_default_run_trained_anew_is_rarely_called_a_regression() -> None:
    shares = rates(lambda rng: reference_run(rng, 0.0), times=RUNS // 2)
    assert shares[comparison.REGRESSED] <= above(comparison.ALPHA)


@pytest.mark.parametrize(("margins", "caught"), [(1.0, 0.5), (2.0, 0.95)])
def test_a_default_run_that_is_worse_in_all_gated_cells_is_mostly_caught(margins: float, caught: float) -> None:
    shares = rates(lambda rng: reference_run(rng, margins), times=60)
    assert shares[comparison.REGRESSED] >= caught
    assert shares[comparison.PASSED] == 0


STARTS, CLASSES, CELLS = 20, 10, 40


def start_table(chains: NDArray[np.float64]) -> DataFrame:
    """gate/starts.csv of chains [cell, start, class]: accuracy is their mean, the distance a variance (set-wise)."""
    rows: list[dict[str, object]] = []
    for number, cell in enumerate(chains):
        is_share = number % 2 == 0
        statistic = (lambda of: float(of.mean())) if is_share else (lambda of: float(of.var()))
        name = "judge_accuracy" if is_share else "frechet_distance"
        shared = {"dataset": "digits", "variant": f"v{number}", "seed": 0, **EPSILON, "metric": name}
        values = {"own": statistic(cell)}
        values |= {f"own{WITHOUT}{k}": statistic(np.delete(cell, k, axis=0)) for k in range(STARTS)}
        rows += [{**shared, "sweep": sweep, "value": value} for sweep, value in values.items()]
    return DataFrame(rows)


def chains(rng: np.random.Generator, worse: float = 0.0) -> NDArray[np.float64]:
    """Even cells: is a chain's class right? Odd ones: a number of spread 1, or more where it is worse."""
    right = rng.random((CELLS, STARTS, CLASSES)) < 0.9 - worse
    number = rng.normal(0, 1 + 3 * worse, (CELLS, STARTS, CLASSES))
    return np.where(np.arange(CELLS)[:, None, None] % 2 == 0, right, number)


def start_rates(worse: float) -> dict[str, float]:
    """Share of runs with each verdict; starts and noise are others, so that pairing helps nothing."""
    return rates(
        lambda rng: (start_table(chains(rng)), start_table(chains(rng, worse))), comparison.start_cells, times=60
    )


def test_other_starts_are_rarely_called_a_regression_of_the_sampler() -> None:
    assert start_rates(0.0)[comparison.REGRESSED] <= above(comparison.ALPHA, 60)


def test_a_worse_sampler_never_passes_and_is_caught() -> None:
    shares = start_rates(0.2)
    assert shares[comparison.PASSED] == 0
    assert shares[comparison.REGRESSED] >= 0.9
