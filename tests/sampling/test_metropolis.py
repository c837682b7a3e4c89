"""Exact MALA: detailed balance, and laws that no step size and no drift can bend."""

import math

import pytest
import torch

from ppgn_bench.sampling import update

CHAINS, STEPS = 2000, 120


def some_points(chains=50, d=3):
    """Two states of each chain, with proposal means and log densities that have nothing to do with each other."""
    rng = torch.Generator().manual_seed(0)
    here, there = ((*torch.randn(2, chains, d, generator=rng).double(), torch.randn(chains, generator=rng).double())
                   for _ in range(2))  # fmt: skip
    return here, there, torch.rand(chains, generator=rng).double() + 0.2


def test_the_ratio_of_a_move_is_the_inverse_of_the_way_back():
    here, there, epsilon = some_points()
    forth, back = update.log_acceptance(here, there, epsilon), update.log_acceptance(there, here, epsilon)
    assert forth.abs().max() > 1
    torch.testing.assert_close(forth, -back)


def test_accepted_moves_are_in_detailed_balance():
    here, there, epsilon = some_points()

    def flow(source, target):
        """Log of pi(source) q(target | source) min(1, ratio)."""
        move = torch.distributions.Normal(source[1], epsilon[:, None]).log_prob(target[0]).sum(1)
        return source[2] + move + update.log_acceptance(source, target, epsilon).clamp(max=0)

    torch.testing.assert_close(flow(here, there), flow(there, here))


def law(drift, noise, metropolis):
    """Last states of chains whose target is a standard normal; drift: its terms, with epsilon 1 = epsilon 3^2 / 2."""
    epsilon = {"prior": torch.full((CHAINS,), noise**2 / 2).double(), "noise": torch.full((CHAINS,), noise).double()}
    rng = torch.Generator().manual_seed(1)
    state, moves = torch.full((CHAINS, 2), 2.0, dtype=torch.float64), []

    def look_at(x):
        return update.Point(x, {"prior": drift(x)}, -(x**2).sum(1) / 2)

    now = look_at(state)
    for _ in range(STEPS):
        drawn = torch.randn(CHAINS, 2, generator=rng).double()
        if metropolis:
            log_uniform = torch.rand(CHAINS, generator=rng).double().log()
            now, accepted = update.metropolis_step(now, look_at, epsilon, drawn, log_uniform)
            state = now.state
            moves.append(accepted.double().mean().item())
        else:
            state = update.step(state, {"prior": drift(state)}, epsilon, drawn)
    return state, moves


@pytest.mark.parametrize("noise", [0.5, 1.0, 1.5])
def test_a_gaussian_keeps_its_moments_at_every_step_size(noise):
    state, moves = law(lambda x: -x, noise, metropolis=True)
    assert state.mean().item() == pytest.approx(0, abs=4.5 / math.sqrt(state.numel()))
    assert state.var().item() == pytest.approx(1, rel=4.5 * math.sqrt(2 / state.numel()))
    assert 0.3 < moves[-1] < 1


def test_without_acceptance_the_variance_is_that_of_the_first_order_autoregression():
    state, _ = law(lambda x: -x, 1.0, metropolis=False)
    assert state.var().item() == pytest.approx(1 / (1 - (1 - 0.5) ** 2), rel=4.5 * math.sqrt(2 / state.numel()))


@pytest.mark.parametrize("drift", [lambda x: 0 * x, lambda x: 0.5 - 0.3 * x, lambda x: x.sin()],
                         ids=["none", "of another law", "of no law"])  # fmt: skip
def test_a_drift_that_is_no_score_is_corrected(drift):
    state, moves = law(drift, 0.8, metropolis=True)
    assert state.mean().item() == pytest.approx(0, abs=4.5 / math.sqrt(state.numel()))
    assert state.var().item() == pytest.approx(1, rel=4.5 * math.sqrt(2 / state.numel()))
    assert moves[-1] < 0.95


def test_what_is_not_finite_is_rejected_and_the_other_chains_move():
    def look_at(x):
        return update.Point(x, {"prior": torch.where(x > 5, math.inf, 0.0)}, -(x**2).sum(1) / 2)

    epsilon = {"prior": torch.ones(2), "noise": torch.tensor([0.1, 0.1])}
    here, ones = look_at(torch.tensor([[9.0], [1.0]])), torch.ones(2, 1)
    now, accepted = update.metropolis_step(here, look_at, epsilon, ones, torch.full((2,), -5.0))
    assert accepted.tolist() == [False, True]
    torch.testing.assert_close(now.state, torch.tensor([[9.0], [1.1]]))
    there = look_at(now.state)  # what is known of a state comes along with it
    torch.testing.assert_close(now.terms["prior"], there.terms["prior"])
    torch.testing.assert_close(now.log_target, there.log_target)
