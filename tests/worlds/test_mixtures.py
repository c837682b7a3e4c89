"""Analytic worlds hold their own densities: closed forms against autograd, references and quadrature."""

import math

import pytest
import torch

from ppgn_bench.worlds import mixtures
from ppgn_bench.worlds.table import WALKERS, WORLDS


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=WORLDS)
def world(request):
    return mixtures.mixture(WORLDS[request.param].components)


@pytest.fixture
def plane():
    return mixtures.mixture(WORLDS["plane"].components)


def some_states(world, n=40):
    """States in the modes and far from them, and a class for each."""
    x = mixtures.sample(world, n, rng()) * torch.tensor([1.0, 3.0]).repeat(n // 2)[:, None]
    return x, torch.arange(n) % 3


@pytest.mark.parametrize("entry", WORLDS.values(), ids=WORLDS)
def test_a_world_of_the_table_has_three_classes_of_several_modes_and_weights_that_sum_to_one(entry):
    labels = [component.label for component in entry.components]
    assert set(labels) == {0, 1, 2}
    assert min(map(labels.count, labels)) >= 2
    assert {len(component.mean) for component in entry.components} == {entry.dimensions}
    assert math.fsum(component.weight for component in entry.components) == pytest.approx(1)


def test_a_walker_of_the_table_takes_a_prior_that_there_is_and_powers_above_zero():
    assert {walker.prior for walker in WALKERS.values()} == {"score", "perfect", "denoiser"}
    assert all(walker.prior_power > 0 and walker.condition_power > 0 for walker in WALKERS.values())


def test_the_density_is_that_of_the_library_mixture(world):
    x, _ = some_states(world)
    scales = world.variances.sqrt()[:, None].expand_as(world.means)
    parts = torch.distributions.Independent(torch.distributions.Normal(world.means, scales), 1)
    reference = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(world.weights), parts)
    torch.testing.assert_close(mixtures.log_prob(world, x), reference.log_prob(x))


def test_the_scores_are_the_gradients_of_the_log_probabilities(world):
    x, labels = some_states(world)
    x.requires_grad_()
    (score,) = torch.autograd.grad(mixtures.log_prob(world, x).sum(), x)
    torch.testing.assert_close(mixtures.score(world, x.detach()), score)
    (class_score,) = torch.autograd.grad(mixtures.class_log_prob(world, x, labels).sum(), x)
    torch.testing.assert_close(mixtures.class_score(world, x.detach(), labels), class_score)


def test_the_class_probabilities_are_shares_of_the_density(world):
    x, _ = some_states(world)
    each = torch.stack([mixtures.class_log_prob(world, x, torch.full((len(x),), c)) for c in range(3)])
    torch.testing.assert_close(each.exp().sum(0), torch.ones(len(x), dtype=torch.float64))
    own = mixtures.joint_log_prob(world, x)[:, world.labels == 1].logsumexp(1)
    torch.testing.assert_close(each[1], own - mixtures.log_prob(world, x))


def test_a_smoothed_world_is_the_convolution_with_the_noise():
    world = mixtures.mixture([(0, 0.3, (-1.0,), 0.4), (1, 0.7, (0.5,), 0.2)])
    grid = torch.linspace(-6, 6, 4001, dtype=torch.float64)
    kernel = torch.exp(-(grid**2) / (2 * 0.3**2)) / math.sqrt(2 * math.pi * 0.3**2)
    for at in (-1.5, 0.0, 0.7):
        density = mixtures.log_prob(world, (at - grid)[:, None]).exp()
        expected = torch.trapezoid(density * kernel, grid).log()
        result = mixtures.log_prob(mixtures.smoothed(world, 0.3), torch.tensor([[at]], dtype=torch.float64))[0]
        assert result.item() == pytest.approx(expected.item(), abs=1e-8)


def test_draws_have_the_moments_of_the_mixture(world):
    x = mixtures.sample(world, 40_000, rng())
    mean = world.weights @ world.means
    spread = world.weights @ (world.means**2 + world.variances[:, None]) - mean**2
    assert ((x.mean(0) - mean).abs() < 4.5 * (spread / len(x)).sqrt()).all()
    torch.testing.assert_close(x.var(0), spread, rtol=0.05, atol=0)


@pytest.mark.parametrize("powers", [(1.0, 1.0), (0.5, 1.0), (2.0, 1.0), (1.0, 3.0), (0.16, 1.0)], ids=str)
@pytest.mark.parametrize("sigma", [0.0, 0.4])
def test_draws_of_powers_have_the_moments_that_quadrature_gives(plane, powers, sigma):
    base, n, label = mixtures.smoothed(plane, sigma), 8000, 1
    side = torch.linspace(-9, 9, 301, dtype=torch.float64)
    points = torch.cartesian_prod(side, side)
    log_class = mixtures.class_log_prob(plane, points, torch.full((len(points),), label))
    density = (powers[0] * mixtures.log_prob(base, points) + powers[1] * log_class).softmax(0)
    mean = density @ points
    spread = density @ (points - mean) ** 2
    x = mixtures.powers_sample(base, plane, label, powers, n, rng())
    assert x.shape == (n, 2)
    assert ((x.mean(0) - mean).abs() < 4.5 * (spread / n).sqrt()).all()
    torch.testing.assert_close(x.var(0), spread, rtol=0.1, atol=0)


def test_a_prior_that_cannot_be_normalised_is_refused(plane):
    with pytest.raises(ValueError, match="above 0"):
        mixtures.powers_sample(plane, plane, 0, (0.0, 1.0), 5, rng())
