"""How varied the samples are, and whether the variety is that of real images.

More is not always better: garbage is varied too. Features and logits are the judge's; targets are
numbers, labels the classes that images should have. A measure without enough images is NaN; nothing here raises for
empty or constant input.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ppgn_bench.metrics.images import Images
from ppgn_bench.metrics.pairs import LISTED, drawn_pairs
from ppgn_bench.metrics.quality import MANIFOLD_NEIGHBOURS, manifold_share, parts, radii
from ppgn_bench.metrics.similarity import structural_similarity

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Pixels = Images | Array  # in [0, 1]

COVERAGE_NEIGHBOURS = 5  # density and coverage, as published
PAIRS_PER_TARGET = 100
PER_PIXEL = 8  # numbers that SSIM holds at once for a pair, besides what it smooths
FIVE_SCALES_SIDE = 176  # smallest side that torchmetrics accepts for the five scales of MS-SSIM at 11 x 11


def recall(*, real: Array, generated: Array) -> float:
    """Share of real images on the generated manifold (Kynkaanniemi et al. 2019), by torch-fidelity, k = 3.

    real, generated [n, feature]. Far outliers among the generated images inflate it.
    """
    return manifold_share("recall", real, generated, MANIFOLD_NEIGHBOURS)


def coverage(*, real: Array, generated: Array) -> float:
    """Coverage (Naeem et al. 2020): share of real images with a generated one in their neighbourhood.

        1 / n * sum over real i of [min over j of |g_j - r_i| < distance of r_i to its k-th neighbour],  k = 5

    real [n, feature], generated [m, feature] -> 0 to 1. Neighbourhoods are real, so outliers don't inflate it.
    """
    if len(real) <= COVERAGE_NEIGHBOURS or not len(generated):
        return np.nan
    nearest = np.concatenate([cdist(some, generated).min(1) for some in parts(real, len(generated))])
    return float((nearest < radii(real, COVERAGE_NEIGHBOURS)).mean())


def vendi_score(*, features: Array, targets: Integers) -> float:
    """Effective number of images of a target: Vendi score (Friedman & Dieng 2023), mean over targets.

        exp(-sum of e log e),  e the eigenvalues of K / n,  K the cosine similarities of the features

    features [n, feature], targets [n] -> 1 (all alike) to images per target. Within a target, so that a sampler that
    only steers gains nothing. It grows with the images per target: equal in every row.
    """
    scores = [_effective_number(features[targets == target]) for target in np.unique(targets)]
    return float(np.mean(scores)) if scores else np.nan


def within_class_dissimilarity(*, images: Pixels, targets: Integers, seed: int = 0) -> float:
    """1 - SSIM (Wang et al. 2004) of random pairs of one target, mean over pairs, then over targets.

    images [n, channel, height, width] in [0, 1], targets [n]. At most 100 seeded pairs a target; Gaussian 11 x 11,
    sigma 1.5, reflected at the border. One scale; from 176 pixels on MS-SSIM (Wang et al. 2003) with its five scales:
    fewer scales would need weights that nobody published. More is not better: compare it with that of real images.
    """
    groups = [np.flatnonzero(targets == target) for target in np.unique(targets)]
    values = [_mean_dissimilarity(images, group, seed) for group in groups if len(group) > 1]
    return float(np.mean(values)) if values else np.nan


def modes_covered(*, modes: Integers, accepted: NDArray[np.bool_], labels: Integers) -> float:
    """Number of known modes among a class's accepted samples, mean over classes.

    modes [n] as the judge reads them, accepted [n] bool (`quality.accepted`), labels [n]. It grows with the samples per
    class: equal in every row.
    """
    counts = [len(np.unique(modes[(labels == label) & accepted])) for label in np.unique(labels)]
    return float(np.mean(counts)) if counts else np.nan


def _effective_number(features: Array) -> float:
    """Vendi score of one set; features of length 0 are alike, and unlike all others."""
    lengths = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    directions = np.hstack([features / np.where(lengths > 0, lengths, 1), lengths == 0])
    eigenvalues = np.linalg.svd(directions, compute_uv=False) ** 2 / len(features)  # of K / n, but for zeros
    present = eigenvalues[eigenvalues > 0]
    return float(np.exp(-np.sum(present * np.log(present))))


def _mean_dissimilarity(images: Pixels, group: Integers, seed: int) -> float:
    """Of random pairs of a group, indices of images."""
    if len(group) * (len(group) - 1) // 2 > LISTED:
        chosen = group[drawn_pairs(len(group), PAIRS_PER_TARGET, seed)]
    else:
        pairs = np.stack(np.triu_indices(len(group), k=1), axis=1)
        chosen = group[pairs[np.random.default_rng(seed).permutation(len(pairs))[:PAIRS_PER_TARGET]]]
    several = min(images.shape[-2:]) >= FIVE_SCALES_SIDE
    similarity = _similarity_at_five_scales if several else structural_similarity
    mean = 0.0
    for part in parts(chosen, PER_PIXEL * math.prod(images.shape[1:])):
        first, second = (np.asarray(images[side], dtype=np.float32) for side in part.T)
        mean += similarity(first, second) * (len(part) / len(chosen))
    return 1 - mean


def _similarity_at_five_scales(first: Array, second: Array) -> float:
    """MS-SSIM by torchmetrics, mean over pairs of images [n, channel, height, width]."""
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    # torchmetrics ignores kernel_size for a Gaussian: sigma 1.5 alone makes it 11 x 11
    sides = torch.from_numpy(first), torch.from_numpy(second)
    found = multiscale_structural_similarity_index_measure(*sides, sigma=1.5, data_range=1.0)
    return torch.as_tensor(found).item()
