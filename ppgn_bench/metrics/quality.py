"""How real the samples are: steering and realism as the judge sees them, and two measures without a network.

Features and logits are the judge's. `real` and `generated` have equal size in every row of the results. A measure
without enough images is NaN; nothing here raises for empty or constant input.
"""

import math
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ppgn_bench.metrics.images import Images
from ppgn_bench.metrics.moments import moments

Array = NDArray[np.floating]
Pixels = Images | Array  # in [0, 1]
Integers = NDArray[np.integer]
Floats = NDArray[np.float64]
Rows = TypeVar("Rows", NDArray[Any], Images, Pixels)

KID_SUBSET = 100  # the library's 1,000 are more images than a real half has
MANIFOLD_NEIGHBOURS = 3  # improved precision and recall, as published
DENSITY_NEIGHBOURS = 5  # density and coverage, as published
AT_ONCE = 2**22  # distances or pixels in memory, where there may be too many
COPIES = 16  # numbers that a Fourier transform holds for each of an image's
MOST_BY_LIBRARY = 4000  # images whose distances to each other torch-fidelity holds all at once


def judge_accuracy(*, logits: Array, labels: Integers) -> float:
    """Share of samples whose most likely class, for the judge, is their target.

    logits [n, class], labels [n]. Says how well a sampler steers, nothing about realism: garbage can have 1.0.
    """
    return float(np.mean(logits.argmax(1) == labels)) if len(labels) else np.nan


def inception_score(*, logits: Array) -> float:
    """Inception Score (Salimans et al. 2016) with the judge for Inception, by torch-fidelity, one split.

        IS = exp(mean over x of KL(p(y | x) || p(y)))

    logits [n, class] -> 1 to the number of classes. Ten splits, the library's default, would bias a few hundred low.
    """
    if not len(logits):
        return np.nan
    from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, isc_features_to_metric

    logits = np.asarray(logits, dtype=np.float64)
    floored = np.maximum(logits, logits.max(1, keepdims=True) - 700)  # exp(-746) is 0, whose logarithm fails
    return float(isc_features_to_metric(*_tensors(floored), splits=1, shuffle=False)[KEY_METRIC_ISC_MEAN])


def frechet_distance(*, real: Array, generated: Array) -> float:
    """Frechet distance (Heusel et al. 2017) in judge features, by torch-fidelity. Never to be called FID.

        |mean_r - mean_g|^2 + trace(C_r + C_g - 2 (C_r C_g)^(1/2))

    real, generated [n, feature]; squared feature units. Biased upwards at small n: read it beside that of real images.
    Means and covariances of many images are made block by block (`moments`).
    """
    if min(len(real), len(generated)) < 2:
        return np.nan
    from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_statistics_to_metric

    statistics = [moments(side) for side in (generated, real)]
    return float(fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID])


def kernel_distance(*, real: Array, generated: Array, seed: int = 2020) -> float:
    """KID (Binkowski et al. 2018) in judge features, by torch-fidelity: the mean over 100 random subsets.

        squared MMD, unbiased,  k(x, y) = (x . y / mean over real of |r|^2 + 1)^3

    real, generated [n, feature]. Subsets of 100, or of all images where there are fewer. May fall below 0. The kernel
    is scaled by the real images where KID divides by the number of features: KID leans on the scale that Inception's
    features happen to have, a judge's may have any.
    """
    smaller = min(len(real), len(generated))
    if smaller < 2:
        return np.nan
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

    size = min(KID_SUBSET, smaller)
    square = float(np.mean(np.sum(np.asarray(real, dtype=np.float64) ** 2, axis=1)))
    gamma = 1 / square if square > 0 else 1.0
    kernel = {"kid_subset_size": size, "kid_kernel_poly_gamma": gamma, "rng_seed": seed}
    result = kid_features_to_metric(*_tensors(generated, real), **kernel, verbose=False)
    return float(result[KEY_METRIC_KID_MEAN])


def precision(*, real: Array, generated: Array) -> float:
    """Share of generated images on the real manifold (Kynkaanniemi et al. 2019), by torch-fidelity, k = 3.

    real, generated [n, feature]. A collapsed sample of one good image has 1: read it beside recall.
    """
    return manifold_share("precision", real, generated, MANIFOLD_NEIGHBOURS)


def density(*, real: Array, generated: Array) -> float:
    """Density (Naeem et al. 2020): in how many real neighbourhoods a generated image lies, against k.

        1 / (k m) * sum over generated j and real i of [|g_j - r_i| < distance of r_i to its k-th neighbour],  k = 5

    real [n, feature], generated [m, feature] -> 0 to n / k, 1 expected of real images. Rewards crowding where real
    images are dense.
    """
    if len(real) <= DENSITY_NEIGHBOURS or not len(generated):
        return np.nan
    reach = radii(real, DENSITY_NEIGHBOURS)
    inside = [(cdist(some, real) < reach).sum(1) for some in parts(generated, len(real))]
    return float(np.concatenate(inside).mean() / DENSITY_NEIGHBOURS)


def manifold(real: Array) -> Floats:
    """How far improved precision's manifold reaches around each real image: the distance to its third neighbour [n].

    Fewer than four images have none, and an empty array says so.
    """
    return radii(real, MANIFOLD_NEIGHBOURS) if len(real) > MANIFOLD_NEIGHBOURS else np.empty(0)


def accepted(*, logits: Array, labels: Integers, real: Array, manifold: Array, generated: Array) -> NDArray[np.bool_]:
    """Which samples the judge accepts: as their target class, and as an image.

    The first holds where the class of the largest logit is the label; the second where the sample lies on the real
    manifold: as near to at least one real image as that says. logits [n, class], labels [n], generated [n, feature],
    real [m, feature], manifold [m] of `manifold` -> [n].
    """
    on_target = logits.argmax(1) == labels
    if not len(manifold):
        return np.zeros_like(on_target)
    return on_target & inside(generated, real, manifold)


def high_frequency_distance(*, real: Pixels, generated: Pixels, band: Array) -> float:
    """How far the energy in one band of spatial frequencies is from that of real images, in octaves.

        | log2(mean energy of generated / mean energy of real) |,  low < radial frequency <= high

    real, generated [n, channel, height, width] in [0, 1]; band (low, high) in cycles/pixel. 0 is real, 1 is half or
    twice the energy. Finds checkerboards, speckle and blur that judges overlook.
    """
    if not len(real) or not len(generated):
        return np.nan
    return float(abs(np.log2(_band_energy(generated, band) / _band_energy(real, band))))


def manifold_share(which: str, real: Array, generated: Array, neighbours: int) -> float:
    """Improved "precision" or "recall" by torch-fidelity; NaN for too few images. real, generated [n, feature].

    The library holds all distances at once: of more than MOST_BY_LIBRARY images they are made here, in parts.
    """
    if min(len(real), len(generated)) <= neighbours:
        return np.nan
    if max(len(real), len(generated)) > MOST_BY_LIBRARY:
        on, points = (real, generated) if which == "precision" else (generated, real)
        return float(inside(points, on, radii(on, neighbours)).mean())
    from torch_fidelity.metric_prc import prc_features_to_metric

    result = prc_features_to_metric(*_tensors(generated, real), prc_neighborhood=neighbours, verbose=False)
    return float(result[which])


def radii(real: Array, neighbours: int) -> Floats:
    """Distance of each real image to its k-th nearest other real image [n]."""
    each = [
        np.partition(cdist(some, real), neighbours, axis=1)[:, neighbours].copy() for some in parts(real, len(real))
    ]
    return np.concatenate(each)  # rank 0 is the image itself; a copy, since a view would keep all distances


def inside(points: Array, centres: Array, reach: Array) -> NDArray[np.bool_]:
    """Which points [n, feature] are as near to a centre [m, feature] as its reach [m] says -> [n]."""
    return np.concatenate([(cdist(some, centres) <= reach).any(1) for some in parts(points, len(centres))])


def parts(rows: Rows, each: int) -> list[Rows]:
    """Rows in as many parts as keep what has `each` numbers a row within AT_ONCE numbers, or row by row."""
    count = max(1, min(len(rows), -(-len(rows) * each // AT_ONCE)))
    least, more = divmod(len(rows), count)
    ends = [place * least + min(place, more) for place in range(count + 1)]
    return [rows[first:end] for first, end in pairwise(ends)]


def _tensors(*arrays: Array) -> list[Any]:
    """Arrays as torch-fidelity takes them: float64 tensors."""
    import torch

    return [torch.from_numpy(np.asarray(array, dtype=np.float64)) for array in arrays]


def _band_energy(images: Pixels, band: Array) -> float:
    """Mean energy per image, channel and frequency in the band, not below that of rounding to 8 bits."""
    rows, columns = (np.fft.fftfreq(size) for size in images.shape[-2:])
    radius = np.hypot(rows[:, None], columns)
    inside = (radius > band[0]) & (radius <= band[1])
    size, energy = math.prod(images.shape[1:]), 0.0
    for part in parts(images, size):
        # A transform holds several complex copies of what it is given.
        spectra = (np.fft.fft2(np.asarray(some, dtype=np.float64), norm="ortho") for some in parts(part, COPIES * size))
        squares = np.concatenate([np.abs(spectrum[..., inside]) ** 2 for spectrum in spectra])
        energy += float(np.mean(squares)) * (len(part) / len(images))
    rounding = (1 / 255) ** 2 / 12  # variance of a uniform error: flat images stay finite
    return max(energy, rounding)
