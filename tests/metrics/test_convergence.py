"""Steps to a picture and to confidence, by hand; a chain that never gets there is censored, never dropped."""

import numpy as np
import pytest

from ppgn_bench.metrics import convergence

STEPS = np.arange(0, 80, 10)  # eight draws: the last quarter is draws 6 and 7, the one before 4 and 5
FAST = [10.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]  # line at 1: crossed at step 10
SLOW = [10.0, 6.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0]  # reaches the line exactly at step 30
RISING = [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 5.0]
FALLING = [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]  # still falling: no plateau
CONSTANT = [4.0] * 8
JITTER = [4.0, 4.1, 3.9, 4.1, 3.9, 4.1, 3.8, 4.1]  # falls by less than its own jitter
DIVERGED = [10.0, 0.5, 0.0, 0.0, *[np.nan] * 4]


def times(*chains: list[float]) -> list[float]:
    return convergence.picture_times(np.array(chains), STEPS).tolist()


def test_the_time_to_a_picture_is_the_first_step_with_nine_tenths_of_the_fall() -> None:
    assert times(FAST, SLOW) == [10, 30]


@pytest.mark.parametrize("chain", [RISING, FALLING, CONSTANT, JITTER, DIVERGED])
def test_a_chain_without_a_fall_or_a_plateau_is_censored(chain: list[float]) -> None:
    assert times(chain) == [np.inf]


def test_a_chain_that_keeps_moving_about_its_plateau_is_not_censored() -> None:
    rng = np.random.default_rng(0)
    chains = np.where(np.arange(40) < 5, 10.0, 3 + 0.8 * rng.standard_normal((200, 40)))
    result = convergence.picture_times(chains, np.arange(40))
    assert np.isinf(result).mean() < 0.05
    assert np.median(result) == pytest.approx(5, abs=1)


def test_censored_chains_enter_the_mean_with_the_horizon_and_have_their_own_share() -> None:
    read = {"distances": np.array([FAST, SLOW, RISING, DIVERGED]), "steps": STEPS}
    assert convergence.steps_to_picture(**read) == (10 + 30 + 70 + 70) / 4
    assert convergence.picture_censored(**read) == 0.5


def test_an_event_at_the_horizon_is_not_censored_though_its_time_is_the_same() -> None:
    result = np.array([70.0, np.inf])
    assert convergence.restricted_mean(result, 70) == 70
    assert convergence.censored_share(result) == 0.5


def test_too_few_draws_for_a_plateau_give_no_value() -> None:
    read = {"distances": np.array([[3.0, 1.0, 0.0]]), "steps": np.arange(3)}
    assert np.isnan(convergence.steps_to_picture(**read))
    assert np.isnan(convergence.picture_censored(**read))


def test_confidence_is_timed_at_its_first_crossing_and_never_dropped() -> None:
    p = np.array([[0.1, 0.95, 0.2, 0.99], [0.1, 0.2, 0.3, 0.9], [0.9, 0.1, 0.1, 0.1], [0.1, 0.5, 0.89, 0.8]])
    log_prob = np.log(p)
    assert convergence.confidence_times(log_prob).tolist() == [1, 3, 0, np.inf]
    assert convergence.steps_to_confidence(log_prob=log_prob) == (1 + 3 + 0 + 3) / 4
    assert convergence.confidence_censored(log_prob=log_prob) == 0.25


def test_a_chain_that_diverges_before_it_is_confident_is_censored() -> None:
    log_prob = np.array([[-3.0, np.nan, np.nan], [-3.0, -0.01, np.nan]])
    assert convergence.confidence_times(log_prob).tolist() == [np.inf, 1]


def test_the_diverged_share_counts_chains_with_a_step_of_divergence() -> None:
    assert convergence.diverged_share(diverged=np.array([-1, 0, 12, -1])) == 0.5
