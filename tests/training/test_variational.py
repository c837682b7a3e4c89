"""The VAE-GAN's losses by hand, what D judges of it, and what is measured of both."""

from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.networks.variational import Posterior
from ppgn_bench.sampling.priors import View, standard_normal
from ppgn_bench.training import objectives, variational
from ppgn_bench.training.held_out import edges
from ppgn_bench.training.objectives import Material, Noise
from ppgn_bench.training.recipes import RECIPES
from ppgn_bench.training.variational import divergence
from tests.training.small import SIZES, built, job


@pytest.fixture
def batch() -> Material:
    images = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return Material(images=images, labels=torch.arange(6) % 3)


def noise(seed: int = 0) -> Noise:
    return Noise({}, torch.Generator().manual_seed(seed))


def players() -> tuple[Any, Any]:
    return built("vae_gan"), built(job("vae_gan").rival)


def test_the_divergence_is_that_of_two_gaussians() -> None:
    mean, log_variance = torch.randn(2, 50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    of = torch.distributions.Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(of, torch.distributions.Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(divergence(Posterior(mean, log_variance)), expected)
    assert divergence(Posterior(torch.zeros(2, 3), torch.zeros(2, 3))) == 0


def test_its_prior_is_the_score_of_a_standard_normal() -> None:
    state = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    density = torch.distributions.Normal(0.0, 1.0).log_prob(state).sum()
    (score,) = torch.autograd.grad(density, state)
    torch.testing.assert_close(standard_normal(View(state.detach(), state, 0)), score)


def test_the_recipe_trains_on_the_papers_three_losses(batch: Material) -> None:
    network, rival = players()
    terms, drawn = variational.losses_against(network, batch, noise(), rival)
    assert set(terms) == {"kl", "image", "features", "gan"}
    assert set(RECIPES["vae_gan"].weights) == {"kl", "features", "gan"}
    assert set(variational.losses(network, batch, noise())) == {"kl", "image"}
    assert drawn.images.shape == batch.images.shape  # as many as there are real ones
    assert drawn.codes.shape == (6, SIZES.code_size)
    assert not drawn.images.requires_grad


def test_a_discriminator_that_sees_codes_sees_each_image_with_its_own(batch: Material) -> None:
    network, rival = players()
    seen: list[torch.Tensor] = []

    def sees(images: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        seen.append(codes)
        return images.flatten(1).mean(1)

    _, drawn = variational.losses_against(network, batch, noise(), rival)
    told = objectives.discriminator(sees, batch, drawn)["discriminator"]  # type: ignore[arg-type]
    assert torch.equal(seen[0], torch.cat([drawn.real_codes, drawn.codes]))
    assert not torch.equal(drawn.real_codes[3:], drawn.codes[3:])
    real, fake = (images.flatten(1).mean(1) for images in (batch.images, drawn.images))
    torch.testing.assert_close(told, (1 + (-real).exp()).log().mean() + (1 + fake.exp()).log().mean())


def test_the_game_does_not_reach_the_encoder_and_the_features_do(batch: Material) -> None:
    network, rival = players()
    encoder = [*network.trunk.parameters(), *network.parameters_of_code.parameters()]
    for term, reaches in {"gan": False, "features": True, "kl": True}.items():
        terms, _ = variational.losses_against(network, batch, noise(), rival)
        gradients = torch.autograd.grad(terms[term], encoder, allow_unused=True)
        assert any(g is not None and bool(g.abs().sum() > 0) for g in gradients) == reaches, term


def test_half_of_what_is_judged_comes_from_codes_of_images_and_half_from_the_prior(batch: Material) -> None:
    """With a posterior that says 7 of everything, and is sure."""
    network, rival = players()
    sure = Posterior(torch.full((6, 12), 7.0), torch.full((6, 12), -50.0))
    network.posterior = lambda images: sure
    _, drawn = variational.losses_against(network, batch, noise(), rival)
    assert (drawn.codes[:3] - 7).abs().max() < 1e-6
    assert drawn.codes[3:].abs().max() < 5


def test_its_discriminator_does_not_see_the_code() -> None:
    rival: Any = built(job("vae_gan").rival)
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(rival(images, torch.zeros(2, 12)), rival(images, torch.ones(2, 12)))
    other: Any = built(job("joint").rival)
    assert not torch.equal(other(images, torch.zeros(2, 12)), other(images, torch.ones(2, 12)))


def test_the_moment_error_is_zero_where_codes_are_standard_normal_and_tells_where_they_are_not(batch: Material) -> None:
    network, _ = players()

    for variance, expected in {1.0: 0.0, 0.25: 0.75, 3.0: 2.0}.items():
        said = Posterior(torch.zeros(6, 12), torch.full((6, 12), float(np.log(variance))))
        network.posterior = lambda images, said=said: said
        measured = variational.spread(network, [batch], [batch], noise())  # type: ignore[arg-type]
        assert float(measured["moment_error"]) == pytest.approx(expected, abs=1e-6)
        energies = edges(network(torch.zeros(6, 12))).detach(), edges(batch.images)
        assert float(measured["sharpness"].detach()) == pytest.approx(float(energies[0] / energies[1]), rel=1e-5)


def test_what_it_tells_of_the_rival_is_half_right_for_one_that_calls_everything_real(batch: Material) -> None:
    network, _ = players()

    def credulous(images: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        return torch.ones(len(images))

    told = variational.told(credulous, network, [batch], noise())  # type: ignore[arg-type]
    assert float(told["accuracy"]) == 0.5
