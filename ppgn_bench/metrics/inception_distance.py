"""KID in the features of Inception, with the kernel that everyone uses there."""

import numpy as np
from numpy.typing import NDArray

SUBSET = 1000  # images, as published and as the library has it


def kernel_inception_distance(
    *, real: NDArray[np.floating], generated: NDArray[np.floating], seed: int = 2020
) -> float:
    """KID (Binkowski et al. 2018) by torch-fidelity: the mean over 100 random subsets.

        squared MMD, unbiased,  k(x, y) = (x . y / number of features + 1)^3

    real, generated [n, feature]. Subsets of 1,000, or of all images where there are fewer: then they are all the same
    but for their order. May fall below 0. NaN for fewer than two images.
    """
    smaller = min(len(real), len(generated))
    if smaller < 2:
        return np.nan
    import torch
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

    both = (torch.from_numpy(np.asarray(side)) for side in (generated, real))
    result = kid_features_to_metric(*both, kid_subset_size=min(SUBSET, smaller), rng_seed=seed, verbose=False)
    return float(result[KEY_METRIC_KID_MEAN])
