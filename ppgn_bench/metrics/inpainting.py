"""Fills of a hole in a real image: whether they keep its context, and whether they are varied (Eq. 12).

Images are floats in [0, 1], [n, channel, height, width]; known [n, 1, height, width] is True where the pixels of the
original are given, False in the hole. Nothing here uses a network. A measure without enough images is NaN; nothing here
raises for empty or constant input.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.metrics.images import Images
from ppgn_bench.metrics.pairs import mean_distance
from ppgn_bench.metrics.quality import parts

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Pixels = Images | Array
Known = Images | Booleans


def context_error(*, images: Pixels, originals: Pixels, known: Known) -> float:
    """RMS difference to the original over the known pixels, mean over images: the residual of Eq. 12.

        mean over images of sqrt(mean over known pixels and channels of (x - original)^2)

    0 (kept) to 1. Of the images as they were generated, before `composed`. Images without a known pixel are left out.
    Raises ValueError for arrays that do not fit each other.
    """
    return _error(images, originals, known, where=True)


def hole_error(*, images: Pixels, originals: Pixels, known: Known) -> float:
    """The same over the hole. Least is not best: a good fill need not be the one that was there."""
    return _error(images, originals, known, where=False)


def fill_diversity(
    *, images: Pixels, targets: Integers, known: Known, labels: Integers, real: Pixels, real_labels: Integers
) -> float:
    """How different the fills of one context are, against real images of the same class in the same hole.

        mean over targets of d(fills of it) / mean over targets of d(real images of its class),
        d = mean over pairs of images (`pairs.mean_distance`) of the RMS difference over the hole

    targets [n]: the number of each image's context; known and labels (the class of the original) are the same in all
    images of a target. real [m, channel, height, width], real_labels [m]. 0: one fill; 1: as different as real images
    that share nothing but the class, not a goal: real fills that agree with their context are below (those of the ten
    nearest training images 0.7 to 0.8 on mnist, 0.3 on halves of shapes). Garbage has 0.8 to 1.3: count pictures alone,
    or read it beside what judges say. Targets with one fill, no hole, or fewer than two real images are left out.
    """
    fills, others = [], []
    for target in np.unique(targets):
        own = np.flatnonzero(targets == target)
        hole = np.logical_not(np.asarray(known[own[:1]])[0, 0])
        alike = real[real_labels == labels[own[0]]]
        if hole.any() and min(len(own), len(alike)) > 1:
            fills.append(_difference(np.asarray(images[own])[..., hole]))
            others.append(_difference(np.asarray(alike)[..., hole]))
    below = np.mean(others) if others else 0.0
    return float(np.mean(fills) / below) if below > 0 else np.nan


def composed(*, images: Array, originals: Array, known: Booleans) -> Array:
    """Real pixels around, the image's own in the hole."""
    return np.where(known, originals, images)


def mean_fill(*, originals: Array, known: Booleans, training_mean: Array) -> Array:
    """Originals with the mean training image [channel, height, width] in the hole: a baseline."""
    return composed(images=training_mean[None], originals=originals, known=known)


def nearest(*, originals: Array, known: Booleans, training: Array | Iterable[Array]) -> Array:
    """Of each original the training image that is nearest on the known pixels: what fills its hole is a baseline.

    training [m, channel, height, width], or blocks of such where there are more than memory holds; of equally near ones
    the first. Where nothing is known the first of all; without a training image NaN.
    """
    found = np.full(originals.shape, np.nan, dtype=originals.dtype)
    least = np.full(len(originals), np.inf)
    places = parts(np.arange(len(originals)), originals[0].size) if len(originals) else []
    for block in [training] if isinstance(training, np.ndarray) else training:
        for some in parts(block, block[0].size) if len(block) else []:
            flat = _flat(some)
            for rows in places:
                ranks = _ranks(originals[rows], known[rows], flat)
                best = ranks.argmin(1)
                value = ranks[np.arange(len(rows)), best]
                nearer = value < least[rows]
                least[rows[nearer]] = value[nearer]
                found[rows[nearer]] = some[best[nearer]]
    return found


def _error(images: Pixels, originals: Pixels, known: Known, where: bool) -> float:
    """RMS difference over the pixels of each image that are known, or are not, mean over the images that have any."""
    if images.shape != originals.shape or known.shape != (len(images), 1, *images.shape[2:]):
        raise ValueError(f"images {images.shape}, originals {originals.shape} and known {known.shape} do not fit")
    errors = []
    for some in parts(np.arange(len(images)), math.prod(images.shape[1:])):
        for image, original, given in zip(*(np.asarray(of[some]) for of in (images, originals, known)), strict=True):
            if (chosen := given[0] == where).any():
                squares = np.square(image[:, chosen] - original[:, chosen], dtype=np.float64)
                errors.append(np.sqrt(squares.mean()))
    return float(np.mean(errors)) if errors else np.nan


def _difference(pixels: Array) -> float:
    """RMS difference of two images, mean over pairs. pixels [n, channel, pixel]."""
    flat = _flat(pixels)
    return float(mean_distance(flat) / np.sqrt(flat.shape[1]))


def _ranks(originals: Array, known: Booleans, training: Floats) -> Floats:
    """Squared distances over the known pixels, but for what is the same for all training images [original, training].

    sum of known * (t - o)^2 = sum of known * t^2 - 2 * sum of known * o * t + what o alone makes
    """
    weights = _flat(np.broadcast_to(known, originals.shape))
    return weights @ (training**2).T - 2 * (weights * _flat(originals)) @ training.T


def _flat(images: Array | Booleans) -> Floats:
    return np.asarray(images, dtype=np.float64).reshape(len(images), -1)


def mean_probability(*, probability: Floats) -> float:
    """Mean probability of the class that a fill was to have, by a judge [n]."""
    return float(np.mean(probability)) if len(probability) else np.nan
