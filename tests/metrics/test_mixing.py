"""Mixing metrics against AR(1) theory, worked examples, and chains that stand still."""

import numpy as np
import pytest

from ppgn_bench.metrics import mixing

COMPARED = np.repeat([0, 1], 200) == np.array([[0], [1]])  # [target, real image]
REAL = np.random.default_rng(9).standard_normal((400, 3)) * [3.0, 1.0, 0.5]  # widest along the first feature


def placed(scalars: np.ndarray, targets: list[int]) -> dict[str, np.ndarray]:
    """Chains [chain, draw] laid along the widest real direction, as the metrics read them."""
    features = np.zeros((*scalars.shape, 3))
    features[..., 0] = 3 * scalars
    return {"features": features, "targets": np.array(targets), "real": REAL, "compared": COMPARED}


def ar1(chains: int, draws: int, rho: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((chains, draws))
    values = np.empty_like(noise)
    values[:, 0] = noise[:, 0]
    for t in range(1, draws):
        values[:, t] = rho * values[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    return values


def test_ess_and_autocorrelation_time_of_ar1_chains_are_those_of_theory() -> None:
    chains = placed(ar1(8, 5000, rho=0.8), [0, 1] * 4)
    theory = (1 + 0.8) / (1 - 0.8)  # draws
    kept = 4 * 4000  # chains of a class, draws after the warm-up
    assert mixing.r_hat(**chains) < 1.05
    assert mixing.ess(**chains) == pytest.approx(kept / theory, rel=0.15)
    steps = np.arange(5000) * 10
    assert mixing.autocorrelation_steps(**chains, steps=steps) == pytest.approx(10 * theory, rel=0.15)


def test_the_scalar_is_in_deviations_of_real_images_along_their_widest_direction() -> None:
    scalars = ar1(2, 50, rho=0.5)
    result = mixing.series(**placed(scalars, [0, 1]))
    for label, chains in enumerate(result):
        correlation = np.corrcoef(chains[0], scalars[label, 10:])[0, 1]
        assert abs(correlation) == pytest.approx(1, abs=1e-6)
        assert chains.std() == pytest.approx(scalars[label, 10:].std(), rel=0.15)


def test_chains_that_stay_apart_are_not_identified() -> None:
    apart = placed(0.3 * ar1(4, 500, rho=0.5) + np.array([[-2.0], [-1.0], [1.0], [2.0]]), [0] * 4)
    assert mixing.r_hat(**apart) > 1.5
    assert np.isnan(mixing.ess(**apart))
    assert np.isnan(mixing.autocorrelation_steps(**apart, steps=np.arange(500)))


def test_one_class_that_stays_apart_leaves_the_whole_unidentified() -> None:
    good, bad = ar1(4, 500, rho=0.2), 0.3 * ar1(4, 500, rho=0.2) + np.array([[-2.0], [2.0], [-1.0], [1.0]])
    both = placed(np.vstack([good, bad]), [0] * 4 + [1] * 4)
    assert mixing.r_hat(**placed(good, [0] * 4)) < 1.1 < 1.5 < mixing.r_hat(**both)
    assert np.isnan(mixing.ess(**both))


@pytest.mark.parametrize("places", [[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 2.0, 3.0]], ids=["together", "apart"])
def test_constant_chains_have_no_effective_draws_and_do_not_read_as_converged(places: list[float]) -> None:
    still = placed(np.repeat(np.array(places)[:, None], 100, 1), [0] * 4)
    assert mixing.ess(**still) == 0
    assert np.isnan(mixing.r_hat(**still))
    assert np.isnan(mixing.autocorrelation_steps(**still, steps=np.arange(100)))


def test_jitter_far_below_the_spread_of_real_images_is_standing_still() -> None:
    still = placed(1 + 1e-5 * ar1(4, 100, rho=0.0), [0] * 4)
    assert mixing.ess(**still) == 0
    assert np.isnan(mixing.r_hat(**still))


def test_chains_that_are_copies_of_each_other_have_not_mixed() -> None:
    copies = placed(np.repeat(ar1(1, 500, rho=0.2), 4, axis=0), [0] * 4)
    assert np.isnan(mixing.r_hat(**copies))
    assert np.isnan(mixing.ess(**copies))


def test_a_still_class_counts_with_zero_beside_one_that_mixes() -> None:
    moving, still = ar1(4, 500, rho=0.2), np.ones((4, 500))
    alone = mixing.ess(**placed(moving, [0] * 4))
    assert mixing.ess(**placed(np.vstack([moving, still]), [0] * 4 + [1] * 4)) == pytest.approx(alone / 2)


def test_diverged_chains_are_left_out_of_r_hat() -> None:
    chains = ar1(5, 500, rho=0.2)
    alone = mixing.r_hat(**placed(chains[:4], [0] * 4))
    chains[4, 300:] = np.nan
    assert mixing.r_hat(**placed(chains, [0] * 5)) == alone


def test_a_single_chain_has_no_r_hat() -> None:
    assert np.isnan(mixing.r_hat(**placed(ar1(1, 500, rho=0.2), [0])))


def test_independent_draws_of_real_images_are_a_distance_of_one_apart() -> None:
    features = np.random.default_rng(1).standard_normal((8, 101, 3)) * [3.0, 1.0, 0.5]
    read = {"features": features, "targets": np.arange(8) % 2, "steps": np.arange(0, 1010, 10)}
    read |= {"real": REAL, "compared": COMPARED}
    assert mixing.lagged_distance_100(**read) == pytest.approx(1, abs=0.1)
    assert mixing.lagged_distance_500(**read) == pytest.approx(1, abs=0.1)


def test_the_lagged_distance_of_a_steady_walk_is_worked_by_hand() -> None:
    steps = np.arange(0, 1010, 10)
    features = (steps / 50.0)[None, :, None]  # 2 in 100 steps, 10 in 500
    real = np.array([[0.0], [4.0], [0.0], [8.0]])
    read = {
        "features": features,
        "steps": steps,
        "real": real,
        "compared": np.array([[1, 1, 0, 0], [0, 0, 1, 1]], bool),
    }
    assert mixing.lagged_distance_100(**read, targets=np.array([0])) == pytest.approx(2 / 4)
    assert mixing.lagged_distance_500(**read, targets=np.array([1])) == pytest.approx(10 / 8)


def test_a_jump_during_the_warm_up_does_not_count_as_mixing() -> None:
    steps = np.arange(0, 1010, 10)
    features = np.where(steps < 190, 0.0, 5.0)[None, :, None].repeat(3, axis=2)
    read = {"features": features, "targets": np.array([0]), "steps": steps}
    read |= {"real": REAL, "compared": COMPARED}
    assert mixing.lagged_distance_100(**read) == 0


def test_a_lag_longer_than_the_chain_has_no_distance() -> None:
    steps = np.arange(0, 210, 10)
    read = {"features": np.zeros((1, 21, 3)), "targets": np.array([0]), "steps": steps}
    assert np.isnan(mixing.lagged_distance_500(**read, real=REAL, compared=COMPARED))


def test_a_chain_visits_the_modes_of_its_accepted_draws_after_the_warm_up() -> None:
    modes = np.array([[9, 9, 1, 1, 2, 3, 1, 1, 1, 1], [9, 9, 4, 4, 4, 4, 4, 4, 4, 4]])
    accepted = np.ones_like(modes, dtype=bool)
    accepted[0, 5] = False  # the only visit to mode 3
    assert mixing.modes_per_chain(modes=modes, accepted=accepted) == (2 + 1) / 2
