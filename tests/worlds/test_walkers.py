"""Denoisers and walkers on worlds whose answers are known in closed form."""

import pytest
import torch

from ppgn_bench.jobs import Exploring
from ppgn_bench.worlds import denoising, mixtures, walkers
from ppgn_bench.worlds.table import WALKERS, Walker

DEVIATION, SIGMA = 0.7, 0.5
JOB = Exploring(
    world="a", seed=0, components=(), walkers={}, sigmas=(SIGMA,), training_sizes=(1,), iterations=1, drift_sigma=SIGMA,
    step_sizes=(0.4, 0.7), chains=300, steps=400,
)  # fmt: skip


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def gaussian():
    """One Gaussian, one class: p(y | x) is 1 everywhere, and every power of p is a Gaussian."""
    return mixtures.mixture([(0, 1.0, (0.5, 0.5), DEVIATION)])


@pytest.fixture
def pair():
    """Two classes far apart."""
    return mixtures.mixture([(0, 0.5, (-2.0, 0.0), 0.5), (1, 0.5, (2.0, 0.0), 0.5)])


def fields(world):
    blurred = mixtures.smoothed(world, SIGMA)
    return {"score": lambda x: mixtures.score(world, x), "perfect": lambda x: SIGMA**2 * mixtures.score(blurred, x)}


def test_a_denoiser_of_a_gaussian_learns_the_score_of_the_smoothed_gaussian(gaussian):
    denoisers = denoising.trained(gaussian, [0.3, SIGMA], [20, 5000], 400, rng())
    rows = denoising.score_errors(gaussian, denoisers, rng(1))
    errors = {(r["method"], r["target"], r["sigma"], r.get("training_size")): r["value"] for r in rows}
    assert len(errors) == len(rows) == 2 * (2 * 2 + 1)
    blurred, x = mixtures.smoothed(gaussian, SIGMA), torch.randn(50, 2, generator=rng(2)).double()
    one = denoising.alone(denoisers, SIGMA)
    assert one.sizes == (5000,)
    score = denoising.residual(one, x.float()[None])[0].double() / SIGMA**2
    assert denoising.relative_error(score, mixtures.score(blurred, x)) < 0.05
    assert errors["denoiser", "p_sigma", SIGMA, 5000] < 0.05
    assert errors["denoiser", "p_sigma", SIGMA, 20] > 2 * errors["denoiser", "p_sigma", SIGMA, 5000]
    shrink = DEVIATION**2 / (DEVIATION**2 + SIGMA**2)  # the score of p_sigma is that of p times this
    assert errors["perfect", "p", SIGMA, None] == pytest.approx((1 - shrink) ** 2)


def test_an_estimate_of_zero_has_a_relative_error_of_one():
    truth = torch.randn(30, 4, generator=rng())
    assert denoising.relative_error(torch.zeros(30, 4), truth) == 1
    assert denoising.relative_error(truth, truth) == 0


@pytest.mark.parametrize("walker", WALKERS.values(), ids=WALKERS)
def test_epsilons_and_aim_say_the_same_powers(walker):
    step_sizes = torch.tensor([0.1, 0.7])
    epsilon = walkers.epsilons(walker, SIGMA, step_sizes)
    _, a, b = walkers.aim(walker, SIGMA)
    unit = 1 if walker.prior == "score" else SIGMA**2
    torch.testing.assert_close(2 * unit * epsilon["prior"] / step_sizes**2, torch.full((2,), a))
    torch.testing.assert_close(2 * epsilon["condition"] / step_sizes**2, torch.full((2,), b))


@pytest.mark.parametrize(
    ("walker", "precision"),
    [
        (Walker("", "score"), 1 / DEVIATION**2),
        (Walker("", "score", prior_power=2.0), 2 / DEVIATION**2),
        (Walker("", "perfect"), 1 / (DEVIATION**2 + SIGMA**2)),
        (Walker("", "perfect", forgets_variance=True), SIGMA**2 / (DEVIATION**2 + SIGMA**2)),
    ],
    ids=["score", "power 2", "residual", "residual without 1 / sigma^2"],
)
def test_without_acceptance_a_gaussians_power_is_reached_but_for_the_step(gaussian, walker, precision):
    law = walkers.walk(gaussian, walker, fields(gaussian)[walker.prior], JOB)
    assert law.states.shape == (2, 1, 300, 20, 2)
    assert not law.diverged.any()
    assert law.accepted.isnan().all()
    for states, step_size in zip(law.states, JOB.step_sizes, strict=True):
        rate = precision * step_size**2 / 2
        assert states.var().item() == pytest.approx(step_size**2 / (1 - (1 - rate) ** 2), rel=0.1)
        torch.testing.assert_close(states.mean((0, 1, 2)), gaussian.means[0], rtol=0, atol=0.2)


def test_with_acceptance_a_residual_reaches_the_law_that_was_not_smoothed(gaussian):
    law = walkers.walk(gaussian, Walker("", "perfect", metropolis=True), fields(gaussian)["perfect"], JOB)
    assert (law.accepted > 0.5).all()
    assert (law.accepted < 1).all()
    assert law.states[0].var().item() == pytest.approx(DEVIATION**2, rel=0.1)


def test_each_class_walks_to_its_own_mode(pair):
    law = walkers.walk(pair, Walker("", "score"), fields(pair)["score"], JOB)
    first, second = law.states[0].mean((1, 2))
    torch.testing.assert_close(first, pair.means[0], rtol=0, atol=0.15)
    torch.testing.assert_close(second, pair.means[1], rtol=0, atol=0.15)


def test_steps_that_are_too_long_are_counted_and_leave_no_error(pair):
    changes = {"chains": 40, "steps": 600, "step_sizes": (0.3, 1.5), "walkers": {"approx": Walker("", "score")}}
    rows = list(walkers.law_errors(pair, fields(pair), JOB.model_copy(update=changes), rng()))
    values = {(r["method"], r.get("target"), r.get("step_size"), r["metric"]): r["value"] for r in rows}
    assert len(values) == len(rows) == 2 * 5 + 2
    assert values["approx", None, 0.3, "diverged_share"] == 0
    assert values["approx", None, 1.5, "diverged_share"] == 1
    for metric in ("sliced_wasserstein", "mode_error"):
        assert values["approx", "own", 1.5, metric] != values["approx", "own", 1.5, metric]
        assert values["approx", "own", 0.3, metric] == values["approx", "wanted", 0.3, metric] < 0.15
        assert values["exact_draws", "own", None, metric] < 0.1


def test_a_walkers_errors_do_not_depend_on_which_others_there_are(pair):
    own = {name: Walker("", "score", prior_power=a) for name, a in (("one", 1.0), ("two", 2.0))}

    def errors(*names):
        changes = {"chains": 20, "steps": 40, "walkers": {name: own[name] for name in names}}
        rows = walkers.law_errors(pair, fields(pair), JOB.model_copy(update=changes), rng())
        return [row for row in rows if row["method"] in ("two", "exact_draws")]

    assert errors("one", "two") == errors("two")


def test_the_sliced_distance_of_a_shift_is_its_mean_projection():
    x, directions = torch.randn(500, 2, generator=rng()), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    shift = torch.tensor([3.0, -1.0])
    shifted = x[torch.randperm(500, generator=rng())] + shift
    assert walkers.sliced_wasserstein(x, shifted, directions) == pytest.approx(2)


def test_the_error_of_mode_weights_is_the_mass_that_is_in_wrong_modes(pair):
    left, right = pair.means[:1].expand(8, 2), pair.means[1:].expand(8, 2)
    assert walkers.mode_error(pair, left, left) == 0
    assert walkers.mode_error(pair, left, right) == 1
    assert walkers.mode_error(pair, torch.cat([left, right]), left) == pytest.approx(0.5)
