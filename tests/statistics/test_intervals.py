"""Estimates over training seeds: the interval is Student's, and pairs are compared seed by seed."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logit

from ppgn_bench.statistics.intervals import (
    HALF_SAMPLE,
    contributions,
    from_resplits,
    mean_interval,
    paired,
    separated,
    spread_interval,
    usable_scale,
)


def test_interval_of_1_2_3_is_the_textbook_one():
    estimate = mean_interval([1.0, 2.0, 3.0])
    half = 4.302652729749464 / np.sqrt(3)  # t(.975, 2) s / sqrt(n), s = 1
    assert (estimate.mean, estimate.n) == (2.0, 3)
    assert (estimate.low, estimate.high) == pytest.approx((2 - half, 2 + half))


def test_log_interval_is_the_interval_of_the_logarithms_carried_back():
    estimate = mean_interval([1.0, 10.0, 100.0], transform="log")
    low, high = stats.t.interval(0.95, 2, loc=np.log(10), scale=np.log(10) / np.sqrt(3))
    assert estimate.mean == pytest.approx(10)
    assert (estimate.low, estimate.high) == pytest.approx((np.exp(low), np.exp(high)))


def test_logit_interval_stays_between_0_and_1_and_moves_sure_shares_in_by_half_a_sample():
    estimate = mean_interval([0.9, 0.99, 1.0], transform="logit")
    assert 0 < estimate.low < estimate.mean < estimate.high < 1
    moved = mean_interval([0.9, 0.99, 1 - HALF_SAMPLE], transform="logit")
    assert estimate == moved


@pytest.mark.parametrize("transform", ["none", "log", "logit"])
def test_equal_values_give_themselves_and_an_interval_of_no_width(transform):
    estimate = mean_interval([1.0, 1.0, 1.0], transform)
    assert (estimate.mean, estimate.low, estimate.high, estimate.n) == (1.0, 1.0, 1.0, 3)


def test_one_seed_has_a_mean_and_no_interval():
    estimate = mean_interval([0.3], transform="logit")
    assert (estimate.mean, estimate.n) == (0.3, 1)
    assert np.isnan([estimate.low, estimate.high]).all()


def test_a_nan_is_a_seed_without_a_value():
    assert mean_interval([1.0, np.nan, 3.0]) == mean_interval([1.0, 3.0])
    nothing = mean_interval([np.nan, np.nan])
    assert nothing.n == 0
    assert np.isnan(nothing.mean)


def test_log_of_a_zero_falls_back_to_the_natural_scale():
    assert mean_interval([0.0, 1.0, 2.0], "log") == mean_interval([0.0, 1.0, 2.0])


def test_an_infinite_value_has_no_interval():
    estimate = mean_interval([1.0, np.inf], "log")
    assert estimate.mean == np.inf
    assert np.isnan(estimate.low)


def test_unknown_transform_is_refused():
    with pytest.raises(ValueError, match="sqrt"):
        mean_interval([1.0, 2.0], "sqrt")


def test_equal_variants_are_separated_5_times_in_100():
    rng = np.random.default_rng(1)
    pairs = rng.normal(size=(4000, 2, 4))
    wrong = [separated(dict(enumerate(a)), dict(enumerate(b))) for a, b in pairs]
    assert np.mean(wrong) == pytest.approx(0.05, abs=0.012)  # 3.5 standard errors of 4,000 trials


def test_pairing_separates_what_two_intervals_of_their_own_do_not():
    first = {0: 1.0, 1: 5.0, 2: 9.0}
    second = {0: 1.5, 1: 5.4, 2: 9.6}
    assert mean_interval(list(first.values())).high > mean_interval(list(second.values())).low
    assert separated(first, second)
    assert not separated(first, {0: 9.6, 1: 5.4, 2: 1.5})  # the same values, other partners


def test_fewer_than_two_common_seeds_separate_nothing():
    assert not separated({0: 1.0, 1: 1.0}, {1: 9.0, 2: 9.0})
    assert not separated({0: 1.0, 1: np.nan}, {0: 9.0, 1: 9.0})


def test_values_equal_in_every_seed_are_not_separated_and_a_constant_gap_is():
    always = {0: 1.0, 1: 1.0, 2: 1.0}
    assert not separated(always, dict(always), "logit")
    assert separated(always, {0: 0.5, 1: 0.5, 2: 0.5}, "logit")


def test_differences_are_those_of_seeds_that_both_sides_have():
    first = {3: 5.0, 0: 1.0, 1: 2.0, 2: np.nan}
    second = {0: 4.0, 1: np.nan, 2: 3.0, 3: 1.0, 4: 9.0}
    assert paired(first, second).tolist() == [4.0, -3.0]
    assert paired(first, {7: 1.0}).tolist() == []


def test_differences_of_logarithms_are_those_of_ratios_and_of_logits_those_of_odds():
    first, second = {0: 0.8, 1: 0.5}, {0: 0.2, 1: 0.5}
    assert paired(first, second, "log") == pytest.approx([np.log(4), 0])
    assert paired(first, second, "logit") == pytest.approx([np.log(16), 0])


def test_a_zero_on_either_side_puts_all_pairs_on_the_natural_scale():
    first, second = {0: 8.0, 1: 0.0, 2: 4.0}, {0: 2.0, 1: 3.0}
    assert usable_scale([*first.values(), *second.values()], "log") == "none"
    assert paired(first, second, "log").tolist() == [6.0, -3.0]
    assert paired({0: 8.0, 2: 0.0}, second, "log") == pytest.approx([np.log(4)])  # seed 2 is in no pair


@pytest.mark.filterwarnings("error")
def test_both_infinite_is_no_difference_and_one_infinite_is_an_infinite_one():
    differences = paired({0: np.inf, 1: np.inf}, {0: np.inf, 1: 1.0})
    assert np.isnan(differences[0])
    assert differences[1] == np.inf
    assert not separated({0: np.inf, 1: 5.0, 2: 6.0}, {0: np.inf, 1: 1.0, 2: 2.0})


def test_what_groups_contribute_to_a_mean_are_their_own_means_and_a_shift_with_the_number_of_samples_adds_nothing():
    values = np.array([0.2, 0.9, 0.4, 0.7])
    without = np.array([np.delete(values, k).mean() for k in range(4)])
    np.testing.assert_allclose(contributions(values.mean(), without), values)
    assert contributions(values.mean(), without + 0.1).mean() == pytest.approx(values.mean())


@pytest.mark.parametrize(("transform", "scale"), [("none", float), ("log", np.log), ("logit", logit)])
def test_an_interval_of_single_values_holds_one_more_of_the_same_law(transform, scale):
    values = np.array([0.2, 0.25, 0.3, 0.22, 0.27])
    found = spread_interval(values, transform)
    scaled = np.array([scale(value) for value in values])
    half = stats.t.ppf(0.975, 4) * scaled.std(ddof=1)
    assert (scale(found.low), scale(found.high)) == pytest.approx((scaled.mean() - half, scaled.mean() + half))
    for equal in ([1.0], [1.0, 1.0]):
        assert (spread_interval(equal, transform).low, spread_interval(equal, transform).high) == (1.0, 1.0)


def test_differences_from_real_images_are_taken_on_the_scale_from_their_mean_there():
    differences, real = from_resplits({3: 2.0, 5: 8.0}, {0: 1.0, 1: 4.0}, "log")
    assert differences == pytest.approx([np.log(2 / 2), np.log(8 / 2)])
    assert real == pytest.approx(np.log([1.0, 4.0]))
    differences, real = from_resplits({3: 2.0, 5: -8.0}, {0: 1.0, 1: 4.0}, "log")  # which no logarithm holds
    assert differences == pytest.approx([-0.5, -10.5])
