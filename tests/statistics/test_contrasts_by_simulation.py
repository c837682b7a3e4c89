"""How often the tests over training seeds are wrong, and their intervals right, in simulated experiments."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from ppgn_bench.metrics.resplits import halves
from ppgn_bench.statistics.contrasts import all_hold, any_holds, contrast, equivalence, holm, trend
from ppgn_bench.statistics.intervals import from_resplits, paired

ALPHA = 0.025
Measure = Callable[[np.ndarray, np.ndarray], float]
TRAP = (1.0, 2.0, 4.0, 5.0, 6.0, 3.0)  # a rise whose last level collapses: Page's p over five seeds is 2.5e-4


def error(rate: float, trials: int) -> float:
    """Three and a half standard errors of a simulated rate."""
    return 3.5 * np.sqrt(rate * (1 - rate) / trials)


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("transform", ["none", "log"])
def test_a_95_percent_interval_of_a_difference_covers_it_95_times_in_100(n: int, transform: str):
    rng = np.random.default_rng(10 + n)
    first, second = rng.normal(0.4, 0.5, (2000, n)), rng.normal(0.0, 0.7, (2000, n))
    if transform == "log":
        first, second = np.exp(first), np.exp(second)
    result = [
        contrast(paired(dict(enumerate(a)), dict(enumerate(b)), transform)) for a, b in zip(first, second, strict=True)
    ]
    assert np.mean([f.low <= 0.4 <= f.high for f in result]) == pytest.approx(0.95, abs=error(0.05, 2000))


@pytest.mark.parametrize("n", [3, 5, 10])
def test_no_difference_is_called_one_in_either_direction_2_5_times_in_100(n: int):
    result = [contrast(row) for row in np.random.default_rng(20 + n).normal(size=(4000, n))]
    for wrong in ([f.p_greater <= ALPHA for f in result], [f.p_less <= ALPHA for f in result]):
        assert np.mean(wrong) == pytest.approx(ALPHA, abs=error(ALPHA, 4000))


def against_real(n: int, trials: int, measure: Measure, transform: str, rng: np.random.Generator) -> np.ndarray:
    """p for above and below of samplers that draw from the very law of real images: with resplits, and a constant.

    A pool of 2 x 100 real images; n samplers of 100 each, compared with the first half; ten ways to part the pool.
    """
    labels = np.zeros(100, dtype=np.int64)
    parted = [(np.arange(100), np.arange(100, 200)), *(halves(labels, labels, number) for number in range(1, 10))]
    found = []
    for _ in range(trials):
        pool = rng.normal(size=(200, 3))
        drawn = {seed: measure(pool[:100], rng.normal(size=(100, 3))) for seed in range(n)}
        real = {number: measure(pool[ours], pool[theirs]) for number, (ours, theirs) in enumerate(parted)}
        alone = contrast(paired(drawn, dict.fromkeys(drawn, real[0]), transform))
        beside = contrast(*from_resplits(drawn, real, transform))
        found.append([beside.p_greater, beside.p_less, alone.p_greater, alone.p_less])
    return np.array(found)


def share(real: np.ndarray, generated: np.ndarray) -> float:
    """A metric of the samples alone, as accuracy is."""
    return float((generated[:, 0] < 1).mean())


def distance(real: np.ndarray, generated: np.ndarray) -> float:
    """A metric of both, as FD is."""
    means, spreads = (getattr(real, name)(0) - getattr(generated, name)(0) for name in ("mean", "std"))
    return float((means**2).sum() + (spreads**2).sum())


@pytest.mark.parametrize("n", [5, 10])
def test_samples_of_the_law_of_real_images_are_called_different_from_them_2_5_times_in_100(n: int):
    shares = against_real(n, 1000, share, "none", np.random.default_rng(100 + n)) <= ALPHA
    assert shares[:, :2].mean(0) == pytest.approx(ALPHA, abs=error(ALPHA, 1000))
    distances = against_real(n, 400, distance, "log", np.random.default_rng(110 + n)) <= ALPHA
    assert (distances[:, :2].mean(0) <= ALPHA).all()  # the reference varies between resplits, too


@pytest.mark.parametrize("n", [5, 10])
def test_one_measurement_of_real_images_taken_as_a_constant_would_be_wrong_far_more_often(n: int):
    for measure, transform in ((share, "none"), (distance, "log")):
        wrong = against_real(n, 300, measure, transform, np.random.default_rng(120 + n))[:, 2:] <= ALPHA
        assert wrong.sum(1).mean() > 5 * 2 * ALPHA


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("at", [-1.0, 1.0])
def test_a_difference_of_the_margin_is_called_equivalent_2_5_times_in_100(n: int, at: float):
    # A spread small beside the margin: there the test is as bold as it gets.
    rows = np.random.default_rng(30 + n).normal(at, 0.1, (4000, n))
    wrong = [equivalence(row, 1.0) <= ALPHA for row in rows]
    assert np.mean(wrong) == pytest.approx(ALPHA, abs=error(ALPHA, 4000))


@pytest.mark.parametrize("n", [5, 10])
def test_a_flat_curve_is_called_a_trend_at_most_2_5_times_in_100(n: int):
    result = [trend(table) for table in np.random.default_rng(40 + n).normal(size=(2000, n, 6))]
    assert 0.003 < np.mean([f.p_rising <= ALPHA for f in result]) <= ALPHA
    assert 0.003 < np.mean([f.p_falling <= ALPHA for f in result]) <= ALPHA
    for page in ([f.page_rising <= ALPHA for f in result], [f.page_falling <= ALPHA for f in result]):
        assert np.mean(page) <= ALPHA + error(ALPHA, 2000)


def test_page_is_conservative_where_values_tie():
    tables = np.random.default_rng(50).integers(0, 3, (2000, 5, 6))
    assert np.mean([trend(table).page_rising <= ALPHA for table in tables]) <= ALPHA


@pytest.mark.parametrize("n", [5, 10])
def test_a_straight_rise_is_called_one_and_its_mirror_image_a_fall(n: int):
    tables = np.arange(6.0) + np.random.default_rng(60 + n).normal(size=(500, n, 6))
    assert np.mean([trend(table).p_rising <= ALPHA for table in tables]) > 0.99
    assert np.mean([trend(table[:, ::-1]).p_falling <= ALPHA for table in tables]) > 0.99


@pytest.mark.parametrize("n", [5, 10])
@pytest.mark.parametrize("sign", [1, -1], ids=["rise", "fall"])
def test_a_curve_whose_last_level_collapses_is_no_trend_though_page_and_slope_call_it_one(n: int, sign: int):
    assert stats.page_trend_test([TRAP] * 5, method="exact").pvalue == pytest.approx(2.5e-4, rel=0.01)
    noise = np.random.default_rng(70 + n).normal(0.0, 0.5, (300, n, 6))
    result = [trend(sign * (np.array(TRAP) + each)) for each in noise]
    parts = [
        (f.page_rising, f.slope.p_greater, f.ends.p_greater, f.p_rising)
        if sign > 0
        else (f.page_falling, f.slope.p_less, f.ends.p_less, f.p_falling)
        for f in result
    ]
    page, slope, ends, combined = (np.array(parts) <= ALPHA).mean(axis=0)
    assert min(page, slope, ends) > 0.9
    assert combined < 0.03


@pytest.mark.parametrize("last", [0.0, -8.0], ids=["to the first level", "far below"])
def test_a_collapse_to_the_start_or_below_is_no_rise(last: float):
    curve = np.array([0.0, 1.0, 2.0, 3.0, 4.0, last])
    result = [trend(curve + each) for each in np.random.default_rng(80).normal(size=(1000, 5, 6))]
    assert np.mean([f.p_rising <= ALPHA for f in result]) <= ALPHA


def test_a_rise_that_levels_off_is_still_one():
    curve = np.array([0.0, 2.0, 3.0, 3.5, 3.8, 3.9])
    result = [trend(curve + each) for each in np.random.default_rng(81).normal(size=(500, 5, 6))]
    assert np.mean([f.p_rising <= ALPHA for f in result]) > 0.95


def test_a_family_of_25_null_claims_has_a_false_one_2_5_times_in_100():
    values = np.random.default_rng(90).normal(size=(2000, 25, 5))
    t = values.mean(axis=2) / values.std(axis=2, ddof=1) * np.sqrt(5)
    p = stats.t.sf(t, 4)
    adjusted = [holm({str(claim): float(value) for claim, value in enumerate(row)}, 25) for row in p]
    assert np.mean([min(each.values()) <= ALPHA for each in adjusted]) == pytest.approx(ALPHA, abs=error(ALPHA, 2000))
    assert np.mean(p.min(axis=1) <= ALPHA) > 0.4  # what it would be without Holm


def test_a_family_in_which_20_claims_are_true_has_a_false_one_at_most_2_5_times_in_100():
    p = np.random.default_rng(91).uniform(size=(4000, 5))
    true = {f"true {i}": 1e-9 for i in range(20)}
    false = [holm({**true, **{str(claim): float(value) for claim, value in enumerate(row)}}, 25) for row in p]
    wrong = np.mean([min(each[str(claim)] for claim in range(5)) <= ALPHA for each in false])
    assert wrong == pytest.approx(ALPHA, abs=error(ALPHA, 4000))


def test_a_claim_with_one_null_part_and_one_true_part_holds_2_5_times_in_100():
    rng = np.random.default_rng(92)
    null, true = rng.normal(size=(4000, 5)), rng.normal(10.0, 1.0, (4000, 5))
    wrong = [all_hold([contrast(a).p_greater, contrast(b).p_greater]) <= ALPHA for a, b in zip(null, true, strict=True)]
    assert np.mean(wrong) == pytest.approx(ALPHA, abs=error(ALPHA, 4000))


def test_one_of_three_null_parts_is_called_reversed_2_5_times_in_100():
    rows = np.random.default_rng(93).normal(size=(2000, 3, 5))
    wrong = [any_holds(contrast(part).p_less for part in parts) <= ALPHA for parts in rows]
    assert np.mean(wrong) == pytest.approx(ALPHA, abs=error(ALPHA, 2000))
