"""What networks of factors are trained on, and what is measured of them on held-out images.

An image between two values of a factor has the label -1: it is left out of that factor, and counts for the others.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.factors import answers
from ppgn_bench.training.batches import Passes
from ppgn_bench.training.objectives import Material, Noise, Terms

UNKNOWN = -1  # the label of an image between two values
SHIFT = 14  # the judge's training images are moved by up to a 14th of their side: 2 pixels of 28, 1 of 16
HANDED = ("slant",)  # factors that change where an image is turned or mirrored
NOISY = 4  # images for each image of noise, in training
FAINTEST = 0.1  # contrast of the noise that a judge sees in training, at least; full contrast at most
NOISE_SEED = 0  # of what is measured on noise


def losses(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """Cross entropy of each factor, over the images whose value is known; 0 where it is of none."""
    return _of_each(network(batch.images).logits, batch)


def judge_losses(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """The same, in training on images that are `shifted`, half of them `turned`; and what is said of pixel noise.

        noise = mean over factors of mean over values of -log q(value | pixel noise), over log(number of values)

    Noise has no factors: the term is 1 where all values are equally likely, and more else, so that an answer to noise
    is a guess. Without it a network is sure of one value for all noise, and a sampler that drew noise would always be
    right about that value (Hendrycks et al. 2019: outlier exposure).
    """
    if not network.training:
        return losses(network, batch, noise)
    images, half, count = shifted(batch.images, noise), len(batch.images) // 2, len(batch.images)
    seen = [turned(images[:half], noise), images[half:], pixel_noise(images[: -(-count // NOISY)], noise)]
    said = network(torch.cat(seen)).logits
    terms = _of_each({name: logits[:count] for name, logits in said.items()}, batch, half)
    return terms | {"noise": _surprise({name: logits[count:] for name, logits in said.items()})}


def _of_each(said: Mapping[str, Tensor], batch: Material, turned_first: int = 0) -> Terms:
    """The terms of all factors; of images that are turned, so many at the front, those of HANDED are not known."""
    assert batch.factors is not None
    terms: Terms = {}
    for (name, logits), labels in zip(said.items(), batch.factors.T, strict=True):
        first = turned_first if name in HANDED else 0
        left = labels[first:]
        known = (left != UNKNOWN).sum().clamp(min=1)
        terms[name] = F.cross_entropy(logits[first:], left, ignore_index=UNKNOWN, reduction="sum") / known
    return terms


def _surprise(said: Mapping[str, Tensor]) -> Tensor:
    each = [-logits.log_softmax(1).mean() / math.log(logits.shape[1]) for logits in said.values()]
    return torch.stack(each).mean()


def shifted(images: Tensor, noise: Noise) -> Tensor:
    """Images moved by whole pixels, each by its own, at most a SHIFTth of the side; what comes in is as the border.

    Unlike `objectives.moved`, which judges of classes learn from, it changes no width, no area and no slant.
    """
    (count, _, height, width), device = images.shape, images.device
    most = height // SHIFT
    by = torch.randint(-most, most + 1, (2, count * noise.of, 1), generator=noise.rng, device=device)
    by = noise.own(by, axis=1)
    rows = (torch.arange(height, device=device) + by[0]).clamp(0, height - 1)
    columns = (torch.arange(width, device=device) + by[1]).clamp(0, width - 1)
    chosen = torch.arange(count, device=device)[:, None, None], rows[:, :, None], columns[:, None, :]
    return images.movedim(1, -1)[chosen].movedim(-1, 1)


def turned(images: Tensor, noise: Noise) -> Tensor:
    """Square images turned by a quarter, a half or three quarters, or mirrored besides, all in the same way.

    Which changes no factor but those of HANDED.
    """
    quarters, mirror = torch.randint(0, 4, (2,), generator=noise.rng, device=images.device).tolist()
    rotated = images.rot90(quarters, (2, 3))
    return rotated.flip(3) if mirror % 2 else rotated


def pixel_noise(images: Tensor, noise: Noise) -> Tensor:
    """As many images of the same shape, every pixel drawn evenly, around 0.5, each image with a contrast of its own."""
    count, device = len(images) * noise.of, images.device
    contrast = torch.rand(count, 1, 1, 1, generator=noise.rng, device=device) * (1 - FAINTEST) + FAINTEST
    pixels = torch.rand(count, *images.shape[1:], generator=noise.rng, device=device)
    return 0.5 + noise.own(contrast) * (noise.own(pixels) - 0.5)


def told(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """Of each factor the share of held-out images that are told right, "accuracy.<factor>", and the least of these.

    Of the images whose value is known.
    """
    said = [(network(part.images).logits, part.factors) for part in held_out]
    found: Terms = {}
    for place, name in enumerate(said[0][0]):
        values = torch.cat([logits[name].argmax(1) for logits, _ in said])
        labels = torch.cat([factors[:, place] for _, factors in said if factors is not None])
        found[f"accuracy.{name}"] = (values == labels)[labels != UNKNOWN].double().mean()
    return {**found, "least_accuracy": torch.stack([*found.values()]).min()}


def told_of_noise(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """The share of images of pixel noise to which there is an answer at all, of the factor where it is largest.

    As many images as are held out, each pixel drawn evenly from [0, 1].
    """
    rng = torch.Generator().manual_seed(NOISE_SEED)
    drawn = [network(torch.rand(part.images.shape, generator=rng).to(part.images)).logits for part in held_out]
    shares = [torch.cat([answers(said[name]) != UNKNOWN for said in drawn]).double().mean() for name in drawn[0]]
    return {"noise_answered": torch.stack(shares).max()}
