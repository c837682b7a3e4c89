"""Steps to a picture and to confidence, by hand; a chain that never gets there is censored, never dropped."""

import numpy as np

from ppgn_bench.metrics import convergence

STEPS = np.arange(0, 80, 10)
FAST = [False, True, True, True, True, True, True, True]
SLOW = [False, False, False, True, True, True, True, True]
LEAVES = [False, False, True, False, False, False, False, False]  # had one at step 20
FROM_THE_START = [True] * 8
NEVER = [False] * 8


def test_the_time_to_a_picture_is_the_step_of_the_first_draw_that_is_one() -> None:
    chains = np.array([FAST, SLOW, LEAVES, FROM_THE_START, NEVER])
    assert convergence.first_times(chains, STEPS).tolist() == [10, 30, 20, 0, np.inf]


def test_censored_chains_enter_the_mean_with_the_horizon_and_have_their_own_share() -> None:
    read = {"pictures": np.array([FAST, SLOW, NEVER, NEVER]), "steps": STEPS}
    assert convergence.steps_to_picture(**read) == (10 + 30 + 70 + 70) / 4
    assert convergence.picture_censored(**read) == 0.5


def test_a_wandering_chain_is_not_taken_for_one_without_a_picture() -> None:
    """What the first version got wrong: it asked for a plateau, and a chain that travels has none."""
    rng = np.random.default_rng(0)
    distances = np.where(np.arange(40) < 5, 10.0, 3 + 2 * np.sin(np.arange(40) / 4) + 0.1 * rng.standard_normal(40))
    pictures = np.tile(distances, (3, 1)) <= 4
    assert convergence.picture_censored(pictures=pictures, steps=np.arange(40)) == 0


def test_an_event_at_the_horizon_is_not_censored_though_its_time_is_the_same() -> None:
    result = np.array([70.0, np.inf])
    assert convergence.restricted_mean(result, 70) == 70
    assert convergence.censored_share(result) == 0.5


def test_without_chains_there_is_no_value() -> None:
    read = {"pictures": np.zeros((0, 3), dtype=bool), "steps": np.arange(3)}
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
