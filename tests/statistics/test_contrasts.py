"""Tests over training seeds: textbook values, degenerate samples, and the seeds that are still needed."""

import itertools

import numpy as np
import pytest
from scipy import stats

from ppgn_bench.statistics.contrasts import (
    MOST_SEEDS,
    all_hold,
    any_holds,
    contrast,
    equivalence,
    holm,
    seeds_needed,
    trend,
)

ALPHA = 0.025


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_a_contrast_is_the_paired_t_test_of_scipy(n: int):
    first, second = np.random.default_rng(n).normal(1.0, 0.5, (2, n))
    result = contrast(first - second)
    greater, less = (stats.ttest_rel(first, second, alternative=side) for side in ("greater", "less"))
    interval = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))
    assert (result.p_greater, result.p_less) == pytest.approx((greater.pvalue, less.pvalue))
    assert result.estimate == pytest.approx((first - second).mean())
    assert (result.spread, result.n) == (pytest.approx((first - second).std(ddof=1)), n)


def test_equivalence_is_the_larger_of_two_one_sided_t_tests():
    differences = [0.01, -0.02, 0.03, 0.02, -0.01]
    above = stats.ttest_1samp(differences, -0.04, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, 0.04, alternative="less").pvalue
    assert above < below
    assert equivalence(differences, 0.04) == pytest.approx(below)
    assert equivalence(np.negative(differences), 0.04) == pytest.approx(below)


def test_equivalence_at_2_5_percent_is_a_95_percent_interval_within_the_margin():
    rng = np.random.default_rng(0)
    for differences in rng.normal(0.0, 0.5, (200, 5)):
        result = contrast(differences)
        within = max(-result.low, result.high) < 0.7
        assert (equivalence(differences, 0.7) < ALPHA) == within


@pytest.mark.parametrize("margin", [0.0, -1.0, np.nan, np.inf])
def test_a_margin_that_is_none_is_refused(margin: float):
    with pytest.raises(ValueError, match="margin"):
        equivalence([1.0, 2.0], margin)


def test_a_trend_has_pages_exact_p_and_the_least_squares_slope_of_each_seed():
    table = np.random.default_rng(2).normal(size=(5, 6)) + 0.1 * np.arange(6)
    result = trend(table)
    assert result.page_rising == pytest.approx(stats.page_trend_test(table, method="exact").pvalue)
    assert result.page_falling == pytest.approx(stats.page_trend_test(-table, method="exact").pvalue)
    slopes = [stats.linregress(range(6), row).slope for row in table]
    assert (result.slope.estimate, result.slope.spread) == pytest.approx((np.mean(slopes), np.std(slopes, ddof=1)))
    assert result.ends == contrast(table[:, 5] - table[:, 0])
    assert min(result.p_drop, result.p_lift) > ALPHA
    assert result.p_rising == max(result.page_rising, result.slope.p_greater)
    assert result.p_falling == max(result.page_falling, result.slope.p_less)


@pytest.mark.parametrize(("levels", "method"), [(9, "exact"), (10, "asymptotic")])
def test_pages_law_is_exact_up_to_nine_levels_and_normal_above(levels: int, method: str):
    table = np.random.default_rng(5).normal(size=(5, levels)) + 0.1 * np.arange(levels)
    assert trend(table).page_rising == stats.page_trend_test(table, method=method).pvalue


def test_pages_p_is_at_most_1_where_its_sum_of_probabilities_is_not():
    falling = np.tile([6.0, 5.0, 4.0, 3.0, 2.0, 1.0], (4, 1))
    assert stats.page_trend_test(falling, method="exact").pvalue > 1
    assert (trend(falling).page_rising, trend(falling).p_rising) == (1, 1)


def test_pages_p_is_the_share_of_orders_that_rise_as_much():
    table = np.array([[1.0, 3.0, 2.0], [2.0, 1.0, 3.0]])
    orders = np.array(list(itertools.permutations([1, 2, 3]))) @ [1, 2, 3]
    statistic = (table @ [1, 2, 3]).sum()
    share = np.mean([a + b >= statistic for a, b in itertools.product(orders, orders)])
    assert trend(table).page_rising == pytest.approx(share)


def test_holm_is_the_published_example_and_counts_what_did_not_run():
    p_values = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    assert holm(p_values, 4) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    absent = {f"absent {i}": 1.0 for i in range(3)}
    whole = holm({**p_values, **absent}, 7)
    assert holm(p_values, 7) == {name: whole[name] for name in p_values}
    assert holm({"a": 0.6, "b": 0.01}, 25) == pytest.approx({"a": 1.0, "b": 0.25})
    assert holm({}, 25) == {}


def test_holm_refuses_more_names_than_the_family_has_and_what_is_no_probability():
    with pytest.raises(ValueError, match="2 p-values in a family of 1"):
        holm({"a": 0.1, "b": 0.1}, 1)
    with pytest.raises(ValueError, match="nan"):
        holm({"a": np.nan}, 1)


def test_all_parts_hold_as_surely_as_the_weakest_and_any_at_bonferronis_price():
    assert all_hold([0.01, 0.2, 0.001]) == 0.2
    assert any_holds([0.01, 0.2, 0.001]) == pytest.approx(0.003)
    assert any_holds([0.6, 0.7]) == 1.0


@pytest.mark.parametrize("rule", [all_hold, any_holds])
@pytest.mark.parametrize("parts", [[], [0.1, np.nan], [0.1, 1.1]], ids=str)
def test_no_part_or_an_improper_one_is_refused(rule, parts):
    with pytest.raises(ValueError):  # noqa: PT011  # the empty case has the message of max and min
        rule(parts)


# degenerate samples


@pytest.mark.parametrize("differences", [[], [3.0], [np.nan, 3.0]], ids=str)
def test_fewer_than_two_seeds_claim_nothing(differences):
    result = contrast(differences)
    assert np.isnan([result.low, result.high, result.spread]).all()
    assert (result.p_greater, result.p_less, equivalence(differences, 9.0)) == (1, 1, 1)
    assert result.n == len(differences) - np.isnan(differences).sum()


def test_the_same_difference_in_every_seed_follows_t_to_its_limit():
    gap = contrast([0.1, 0.1, 0.1])  # the mean of three times 0.1 is not 0.1 in floating point
    assert (gap.estimate, gap.low, gap.high, gap.spread) == (0.1, 0.1, 0.1, 0.0)
    assert (gap.p_greater, gap.p_less) == (0, 1)
    assert contrast([0.1, 0.1, 0.1 + 1e-9]).p_greater < 1e-12  # no jump there
    assert (equivalence([0.1] * 3, 0.2), equivalence([0.1] * 3, 0.1), equivalence([0.1] * 3, 0.05)) == (0, 1, 1)


def test_no_difference_in_any_seed_is_no_evidence_of_one_and_is_equivalence():
    result = contrast([0.0, 0.0, 0.0])
    assert (result.estimate, result.p_greater, result.p_less) == (0, 1, 1)
    assert equivalence([0.0, 0.0, 0.0], 0.01) == 0


@pytest.mark.filterwarnings("error")
def test_an_infinite_difference_leaves_all_open():
    result = contrast([1.0, 1.1, np.inf])
    assert (result.estimate, result.p_greater, result.p_less, result.n) == (np.inf, 1, 1, 3)
    assert np.isnan([result.low, result.high, result.spread]).all()
    assert equivalence([0.0, 0.0, np.inf], 1.0) == 1


def test_seeds_with_a_missing_level_are_left_out_of_a_trend():
    table = np.random.default_rng(3).normal(size=(7, 4))
    table[2, 1], table[5, 3] = np.nan, np.inf
    assert trend(table) == trend(np.delete(table, [2, 5], axis=0))
    assert trend(table).slope.n == 5


def test_one_seed_has_no_trend_and_two_levels_are_not_one():
    one = trend([[1.0, 2.0, 3.0]])
    assert (one.p_rising, one.p_falling, one.slope.estimate) == (1, 1, 1)
    with pytest.raises(ValueError, match=r"\(5, 2\)"):
        trend(np.ones((5, 2)))


@pytest.mark.parametrize("last", [3.0, 5.0, -9.0])
def test_a_last_level_below_an_earlier_one_in_every_seed_refuses_the_rise(last: float):
    table = np.tile([1.0, 2.0, 4.0, 5.0, 6.0, last], (5, 1))
    result, mirrored = trend(table), trend(-table)
    assert (result.p_drop, result.p_rising) == (0, 1)
    assert (mirrored.p_lift, mirrored.p_falling) == (0, 1)


def test_a_curve_without_any_change_has_no_trend():
    result = trend(np.full((5, 6), 0.9))  # .9 times centred ranks sums to 1e-16, not to 0
    assert (result.slope.estimate, result.slope.p_greater, result.slope.p_less) == (0, 1, 1)
    assert (result.p_rising, result.p_falling) == (1, 1)


# the seeds that are still needed


def test_seeds_needed_are_the_fewest_whose_half_width_is_below_the_margin():
    upper = 1.0 * np.sqrt(4 / stats.chi2.ppf(0.2, 4))
    halves = {m: stats.t.ppf(0.975, m - 1) * upper / np.sqrt(m) for m in range(2, 40)}
    needed = seeds_needed(1.0, 5, 1.0)
    assert needed is not None
    assert halves[needed] < 1.0 <= halves[needed - 1]
    assert needed < seeds_needed(1.0, 5, 0.9)
    assert seeds_needed(0.0, 5, 1.0) == 2


def test_more_seeds_than_the_cap_or_no_spread_to_plan_with_is_none():
    at_cap = stats.t.ppf(0.975, MOST_SEEDS - 1) * np.sqrt(4 / stats.chi2.ppf(0.2, 4)) / np.sqrt(MOST_SEEDS)
    assert seeds_needed(1.0, 5, at_cap * 1.001) == MOST_SEEDS
    assert seeds_needed(1.0, 5, at_cap * 0.999) is None
    with np.errstate(all="raise"):
        assert (seeds_needed(1.0, 1, 1.0), seeds_needed(np.nan, 0, 1.0)) == (None, None)
    with pytest.raises(ValueError, match="margin"):
        seeds_needed(1.0, 5, 0.0)


def test_the_seeds_that_were_needed_suffice_four_times_in_five():
    rng = np.random.default_rng(4)
    enough = []
    for spread in rng.normal(size=(2000, 5)).std(axis=1, ddof=1):
        planned = seeds_needed(spread, 5, 0.8)
        half = stats.t.ppf(0.975, (planned or MOST_SEEDS) - 1) / np.sqrt(planned or MOST_SEEDS)  # true spread 1
        enough.append(half < 0.8)
    assert np.mean(enough) == pytest.approx(0.8, abs=0.05)  # whole seeds: not exactly the bound's 80 %


def test_against_real_images_it_is_welchs_test_with_their_whole_spread():
    """As scipy's for samples of which the second has that standard error: m values whose variance is m times it."""
    rng = np.random.default_rng(5)
    differences, real = rng.normal(0.3, 0.5, 6), rng.normal(1.0, 0.2, 10)
    result = contrast(differences, real)
    inflated = (real - real.mean()) * np.sqrt(len(real))
    expected = stats.ttest_ind(differences, inflated, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))
    assert 2 * min(result.p_greater, result.p_less) == pytest.approx(expected.pvalue)
    assert result.estimate == pytest.approx(differences.mean())
    inside = equivalence(differences, float(np.abs([result.low, result.high]).max()), real)
    assert inside == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize("real", [(), [1.0], [1.0, 1.0, 1.0]], ids=["none", "one", "equal"])
def test_real_images_without_a_spread_are_a_constant(real):
    differences = np.array([0.1, 0.4, 0.2, 0.3])
    assert contrast(differences, real) == contrast(differences)
    assert seeds_needed(0.3, 5, 0.2, real) == seeds_needed(0.3, 5, 0.2)


def test_seeds_that_all_agree_are_still_as_unsure_as_real_images_are():
    real = [0.0, 0.2, -0.2, 0.1, -0.1]
    result = contrast([0.3] * 5, real)
    half = stats.t.ppf(0.975, 4) * np.std(real, ddof=1)
    assert (result.low, result.high) == pytest.approx((0.3 - half, 0.3 + half))
    assert 0 < result.p_greater < 0.5


def test_no_number_of_seeds_is_finer_than_what_real_images_differ_by():
    real = [0.0, 1.0, -1.0, 0.5, -0.5, 0.2, -0.2]
    assert seeds_needed(0.01, 5, 0.5, real) is None
    assert seeds_needed(0.01, 5, 5.0, real) is not None
