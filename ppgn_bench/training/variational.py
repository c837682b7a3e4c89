"""The VAE-GAN's training: its losses, and what is measured of both on held-out images."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ppgn_bench.networks.variational import Posterior
from ppgn_bench.training.batches import Passes
from ppgn_bench.training.held_out import mean_over, relative_energy
from ppgn_bench.training.objectives import Drawn, Material, Noise, Terms, relative_error, surprise


def divergence(posterior: Posterior) -> Tensor:
    """KL(q(z | x) || N(0, I)) in nats a unit, the mean over images and units.

    (m^2 + s^2 - 1 - log s^2) / 2
    """
    mean, log_variance = posterior
    return (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2


def losses(network: Any, batch: Material, noise: Noise) -> Terms:
    """A VAE: KL(q(z | x) || N(0, I)), and the error of G(z), z from q(z | x)."""
    kl, _, images = _encoded(network, batch, noise)
    return {"kl": kl, "image": relative_error(images, batch.images, batch.of_whole("image"))}


def losses_against(network: Any, batch: Material, noise: Noise, rival: Any) -> tuple[Terms, Drawn]:
    """A VAE that is judged by what D sees, and plays against D (Larsen et al. 2016, Eq. 5 to 9):

        L_prior = KL(q(z | x) || N(0, I)),  L_features = |D_l(G(z)) - D_l(x)|^2,  z from q(z | x),
        L_GAN = -log D(G(z)) - log D(G(z')), the mean of the two,  z' from N(0, I)

    D_l are the features before its dense layers. L_GAN is G's alone: it does not reach the encoder. L_image is
    measured, and trained on where it has a weight. With what D is to judge: as many images as there are real ones, half
    of them of either kind of codes.
    """
    kl, code, images = _encoded(network, batch, noise)
    features = relative_error(rival.features(images), rival.features(batch.images).detach())
    half = len(code) // 2
    codes = torch.cat([code[:half].detach(), _standard_normal(code[half:], noise)])
    drawn = network(codes)
    gan = surprise(rival(drawn, codes))
    error = relative_error(images, batch.images, batch.of_whole("image"))
    terms = {"kl": kl, "image": error, "features": features, "gan": gan}
    return terms, Drawn(drawn.detach(), codes, code.detach())


def _encoded(network: Any, batch: Material, noise: Noise) -> tuple[Tensor, Tensor, Tensor]:
    """The divergence, codes of the images, and what G makes of them."""
    posterior = network.posterior(batch.images)
    code = posterior.draw(_standard_normal(posterior.mean, noise))
    return divergence(posterior), code, network(code)


def told(rival: nn.Module, network: Any, held_out: Iterable[Material], noise: Noise) -> Terms:
    """How often D is right about held-out images and as many that G draws from N(0, I): .5 by chance."""

    def right(part: Material) -> Terms:
        """Of a pass's images, and of as many that G draws."""
        code = network.posterior(part.images).mean
        other = _standard_normal(code, noise)
        answers = rival(part.images, code) > 0, rival(network(other), other) <= 0
        return {"accuracy": torch.cat(answers).double().mean()}

    return mean_over(held_out, right)


def spread(network: Any, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """Whether codes of images lie as N(0, I) says, and how sharp G is there.

        moment_error = mean over units of |E z^2 - 1|,  z from q(z | x) of the training images

    With sharpness as every generator's, of G at the posterior's mean.
    """

    def moments(part: Material) -> Terms:
        posterior = network.posterior(part.images)
        return {"moment": (posterior.mean.square() + posterior.log_variance.exp()).mean(0)}

    sharp = relative_energy(lambda part: network(network.posterior(part.images).mean), held_out)
    return {"sharpness": sharp, "moment_error": (mean_over(train, moments)["moment"] - 1).abs().mean()}


def _standard_normal(like: Tensor, noise: Noise) -> Tensor:
    return noise.normal(like)
