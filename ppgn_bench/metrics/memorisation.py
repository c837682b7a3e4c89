"""Whether samples are copies of training images.

`quality.nearest_training_distance` looks at pixels; here it is the judge's features that say what is near.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ppgn_bench.metrics.quality import parts

Array = NDArray[np.floating]


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
