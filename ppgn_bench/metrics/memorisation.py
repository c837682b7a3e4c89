"""Whether samples are copies of training images: of their pixels, or in the judge's features."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ppgn_bench.metrics.images import Images
from ppgn_bench.metrics.quality import parts

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.floating]
Pixels = Images | Array  # in [0, 1]
Floats = NDArray[np.float64]

HELD = 4  # parts of `quality.parts` that are compared with the training images while these are gone through once
ROUNDING = 1e-5  # of a square distance in single precision, in units of the two squares that it is made of
CANDIDATES = 3  # training images of a block whose differences are taken


def nearest_training_distance(*, real: Pixels, generated: Pixels, training: Array | Iterable[Any]) -> float:
    """How far samples are from the training images, against held-out real images: memorisation.

        median over generated of d / median over real of d,  d = RMS pixel difference to the nearest training image

    Images [n, channel, height, width]; training may be blocks of such, where there are more than memory holds, through
    which one can go several times. 0: copies; 1: as new as real images; far above 1: not an image of the set. NaN where
    the real images themselves are copies.
    """
    if not len(real) or not len(generated):
        return np.nan
    if isinstance(training, np.ndarray):
        training = [training] if len(training) else []
    own, new = nearest_distances([real, generated], training)
    return ratio_of_medians(new, own)


def ratio_of_medians(first: Array, second: Array) -> float:
    """NaN where the second median is 0 or infinite."""
    below = np.median(second)
    return float(np.median(first) / below) if 0 < below < np.inf else np.nan


def nearest_distances(sets: Sequence[Pixels], training: Iterable[Any]) -> list[Floats]:
    """For each set the RMS pixel difference of each image to its nearest training image [n]; inf if there is none.

    training: blocks of images, arrays or tensors; the work is done where these lie. Of the sets HELD parts lie in
    memory at once; the blocks are gone through once for each so many.
    """
    import torch

    distances = [np.full(len(images), np.inf) for images in sets]
    in_parts = [
        part  # some images, and their places in the distances
        for images, found in zip(sets, distances, strict=True)
        for part in zip(*(parts(rows, math.prod(images.shape[1:])) for rows in (images, found)), strict=True)
    ]
    for first in range(0, len(in_parts), HELD):
        some = in_parts[first : first + HELD]
        held = torch.cat([torch.from_numpy(np.asarray(images)).flatten(1) for images, _ in some])
        nearest = np.sqrt(_nearest_squares(held, training).cpu().numpy())
        cuts = np.cumsum([len(found) for _, found in some])[:-1]
        for (_, found), own in zip(some, np.split(nearest, cuts), strict=True):
            found[:] = own
    return distances


def _nearest_squares(images: "Tensor", training: Iterable[Any]) -> "Tensor":
    """Mean squared difference of each image [n, pixel] to its nearest training image [n], in double precision.

    By |a - b|^2 = |a|^2 + |b|^2 - 2 a . b a matrix product in single precision finds CANDIDATES in a block; of those
    that are as near as the nearest so far, but for rounding, the difference itself is taken: a copy has 0.
    """
    import torch

    found = torch.full((len(images),), torch.inf, dtype=torch.float64)
    singles, pixels = images.float(), images.shape[1]
    own = singles.square().sum(1)
    for block in training:
        known = torch.as_tensor(block).flatten(1)
        singles, own, found = (rows.to(known.device) for rows in (singles, own, found))
        squares = known.float().square().sum(1)
        ranks = torch.addmm(squares[None], singles, known.float().T, alpha=-2) + own[:, None]
        rounding = ROUNDING * (own + squares.max())
        low, places = ranks.topk(min(CANDIDATES, len(known)), dim=1, largest=False)
        for rank, place in zip(low.T, places.T, strict=True):
            near = (rank <= pixels * found + rounding).nonzero()[:, 0]
            apart = (images[near.to(images.device)].to(known.device).double() - known[place[near]]).square().mean(1)
            found[near] = torch.minimum(found[near], apart)
    return found


def authenticity(*, generated: Array, training: Array) -> float:
    """Share of samples that are no near-copies of a training image: AuthPct (Alaa et al. 2022, section 4), 0 to 1.

        1 / m * sum over generated j of [|g_j - t| > distance of t to its nearest other training image],
        t the training image nearest to g_j

    generated [m, feature], training [n, feature]. Copies have 0. New real images have about a half, not 1: where
    a sample and training images are of one law, either distance may be the larger one. So the value of held-out real
    images is the best, below it are copies, far above it are no images of the set. NaN for fewer than two training
    images.
    """
    if len(training) < 2 or not len(generated):
        return np.nan
    places, distances = [], []
    for some in parts(generated, len(training)):
        near = cdist(some, training)
        places.append(near.argmin(1))
        distances.append(near.min(1))
    nearest, which = np.unique(np.concatenate(places), return_inverse=True)
    apart = np.concatenate([_to_others(some, training) for some in parts(nearest, len(training))])
    return float(np.mean(np.concatenate(distances) > apart[which]))


def _to_others(numbers: NDArray[np.int64], training: Array) -> NDArray[np.float64]:
    """Distance of some training images to their nearest other one."""
    apart = cdist(training[numbers], training)
    apart[np.arange(len(numbers)), numbers] = np.inf
    return apart.min(1)
