"""What each network is trained on: one objective per network, as named terms.

A term is a mean squared error over the variance of its target (so that 1 is the error of the best constant) or a mean
negative log-likelihood. The recipe's weights add them up; a term without a weight is measured, not trained on. A term
is a mean over images: that of a batch is the mean of those of its equal parts (`training.parts`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks import classifier as classifiers
from ppgn_bench.networks import judge as judges

# Of the images that judges learn from: the share that is moved, and the most by which each number of the map from a
# pixel to where it is taken from changes (half the side is 1): 0.2 is a turn of 11 degrees or a fifth in size.
MOVED, MOST = 0.75, 0.2


class Material(NamedTuple):
    """What the objectives draw on: images and labels, and the frozen networks that the recipe needs.

    images float [n, channel, height, width] in [0, 1]; labels [n]; modes [n] or None; factors [n, factor], -1 where an
    image is between two values, or None; networks: role -> network; codes and h1 of the clean images, or None where
    there is no encoder; whole: where these are a part of a batch, what must be known of all of it: a name of `OF_WHOLE`
    -> that of the whole batch.
    """

    images: Tensor
    labels: Tensor
    modes: Tensor | None = None
    factors: Tensor | None = None
    networks: Mapping[str, Any] = MappingProxyType({})
    h1: Tensor | None = None
    code: Tensor | None = None
    whole: Mapping[str, Tensor] = MappingProxyType({})

    @property
    def encoder(self) -> Any:
        """The network whose role that is, or None."""
        return self.networks.get("encoder")

    def rows(self, chosen: Tensor | slice) -> "Material":
        """The same, for some of the images."""
        tensors: dict[str, Any] = {
            key: value[chosen] for key, value in self._asdict().items() if torch.is_tensor(value)
        }
        return self._replace(**tensors)

    def of_whole(self, name: str) -> Tensor:
        """What `OF_WHOLE` says of these images, or of the batch that they are a part of."""
        return self.whole[name] if name in self.whole else OF_WHOLE[name](self)


class Noise(NamedTuple):
    """Gaussian training noise: place -> level as a fraction of the mean activation there; rng its own random stream.

    part, of: for which of how many equal parts of a batch. Each draws for all of them and takes its own, so that an
    image has the same noise however its batch is parted.
    """

    levels: Mapping[str, float]
    rng: torch.Generator
    part: int = 0
    of: int = 1

    def __call__(self, values: Tensor, place: str, mean: float = 1.0) -> Tensor:
        """Values plus noise of standard deviation level * mean. Codes and h1 have a mean of 1."""
        level = self.levels.get(place, 0.0)
        if level == 0:
            return values
        return values + level * mean * self.normal(values)

    def normal(self, like: Tensor) -> Tensor:
        """Standard normal numbers of this shape, whose first axis are images."""
        if self.of == 1:
            return torch.empty_like(like).normal_(generator=self.rng)
        shape = self.of * len(like), *like.shape[1:]  # with the axes in the same order in memory
        whole = torch.empty_strided(shape, like.stride(), dtype=like.dtype, device=like.device)
        return self.own(whole.normal_(generator=self.rng))

    def own(self, whole: Tensor, axis: int = 0) -> Tensor:
        """What is this part's of what was drawn for all of them; axis: that of the images."""
        return whole.chunk(self.of, axis)[self.part]


Terms = dict[str, Tensor]


class Drawn(NamedTuple):
    """What a generator drew, for its rival to judge beside as many real images; all without gradients."""

    images: Tensor  # [n, channel, height, width]
    codes: Tensor  # that D sees beside them [n, code]
    real_codes: Tensor  # of the real images [n, code]


def relative_error(estimate: Tensor, target: Tensor, variance: Tensor | None = None) -> Tensor:
    """Mean squared error over the variance of the target: 1 for the best constant, 0 for the target itself.

    variance: that of the batch that the target is a part of, else its own.
    """
    return F.mse_loss(estimate, target) / (target.var() if variance is None else variance)


def surprise(logits: Tensor) -> Tensor:
    """Mean of -log sigmoid(logits), in single precision at least."""
    return F.softplus(-logits.to(torch.promote_types(logits.dtype, torch.float32))).mean()


def pooled(images: Tensor, side: int) -> Tensor:
    """Images pooled to so many pixels a side and flattened: the target of the head that needs no labels."""
    return F.adaptive_avg_pool2d(images, side).flatten(1)


class OfWhole(NamedTuple):
    """A number that all images of a batch have together: the mean or the variance of some values of theirs."""

    values: Callable[[Material], Tensor | None]
    is_variance: bool = True

    def __call__(self, batch: Material) -> Tensor:
        """That of a batch."""
        values = self.values(batch)
        assert values is not None
        return values.var() if self.is_variance else values.mean()


# What the objectives ask of a whole batch.
OF_WHOLE: Mapping[str, OfWhole] = MappingProxyType(
    {
        "mean": OfWhole(lambda batch: batch.images, is_variance=False),
        "image": OfWhole(lambda batch: batch.images),
        "pooled": OfWhole(lambda batch: pooled(batch.images, classifiers.POOLED)),
        "h1": OfWhole(lambda batch: batch.h1),
        "code": OfWhole(lambda batch: batch.code),
    }
)


def classifier(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """Cross entropy of the class, and the pooled image regressed from the code."""
    activations = network(batch.images)
    return {
        "class": F.cross_entropy(activations.logits, batch.labels),
        "pooled": relative_error(
            activations.pooled, pooled(batch.images, classifiers.POOLED), batch.of_whole("pooled")
        ),
    }


def judge(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """As the classifier's, with the mode where it is known; in training on images that are `moved`."""
    images = moved(batch.images, noise) if network.training else batch.images
    judgement = network(images)
    terms = {
        "class": F.cross_entropy(judgement.logits, batch.labels),
        "pooled": relative_error(judgement.pooled, pooled(images, judges.POOLED)),
    }
    if judgement.mode_logits is not None and batch.modes is not None:
        terms["mode"] = F.cross_entropy(judgement.mode_logits, batch.modes)
    return terms


def moved(images: Tensor, noise: Noise) -> Tensor:
    """Three quarters of the images turned, stretched, slanted and shifted a little, each in its own way; what comes
    into an image has the colour of its border. The others stay as they are, to rounding: interpolation blurs, and a
    judge must know sharp images.
    """
    count, device = len(images) * noise.of, images.device
    moves = noise.own(torch.rand(count, 1, 1, generator=noise.rng, device=device)) < MOVED
    changes = (2 * noise.own(torch.rand(count, 2, 3, generator=noise.rng, device=device)) - 1) * MOST * moves
    grid = F.affine_grid(torch.eye(2, 3, device=device) + changes, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def image_denoiser(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """R_x restores images from noise: E |R(x + n) - x|^2, over the variance of x. Noise is a fraction of the range."""
    return {"image": relative_error(network(noise(batch.images, "image")), batch.images, batch.of_whole("image"))}


def code_denoiser(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """R_h restores codes from noise: E |R(h + n) - h|^2, over the variance of h."""
    assert batch.code is not None
    return {"code": relative_error(network(noise(batch.code, "code")), batch.code, batch.of_whole("code"))}


def generator(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """G draws the image of a code again. The paper's losses but L_GAN:

        L_img = |x' - x|^2,  L_h1 = |E1(x') - E1(x)|^2,  L_h = |E(x') - h|^2,  x' = G(h)

    With noise (Joint PPGN-h) it is put on x, on h1 and on h while the targets stay clean: three denoising
    autoencoders that share parameters. Codes are those of real images, never samples of a prior.
    """
    return _reconstruction(network(noisy_codes(batch, noise)), batch)


def generator_against(network: nn.Module, batch: Material, noise: Noise, rival: nn.Module) -> tuple[Terms, Drawn]:
    """The same where there is a discriminator, with L_GAN = -log D(x', h); and what D is to judge."""
    assert batch.code is not None
    images = network(noisy_codes(batch, noise))
    terms = _reconstruction(images, batch) | {"gan": surprise(rival(images, batch.code))}
    return terms, Drawn(images.detach(), batch.code, batch.code)


def _reconstruction(images: Tensor, batch: Material) -> Terms:
    assert batch.encoder is not None
    assert batch.h1 is not None
    assert batch.code is not None
    activations = batch.encoder(images)
    return {
        "image": relative_error(images, batch.images, batch.of_whole("image")),
        "h1": relative_error(activations.h1, batch.h1, batch.of_whole("h1")),
        "code": relative_error(activations.code, batch.code, batch.of_whole("code")),
    }


def noisy_codes(batch: Material, noise: Noise) -> Tensor:
    """Codes of the images: clean without noise, else with noise on x, then on h1, then on h."""
    assert batch.encoder is not None
    assert batch.code is not None
    if not any(noise.levels.values()):
        return batch.code
    with torch.no_grad():
        noisy = noise(batch.images, "image", mean=float(batch.of_whole("mean")))
        noisy_h1 = noise(batch.encoder.first(noisy), "h1")
        return noise(batch.encoder.encode(noisy_h1), "code")


def discriminator(rival: nn.Module, batch: Material, drawn: Drawn) -> Terms:
    """D tells real images from drawn ones, each with its code: -log D(x, h) - log(1 - D(G(h), h))."""
    real, fake = rival(torch.cat([batch.images, drawn.images]), torch.cat([drawn.real_codes, drawn.codes])).chunk(2)
    return {"discriminator": surprise(real) + surprise(-fake)}
