"""Mean and covariance of features: by torch-fidelity, and of more than memory should hold twice block by block."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Floats = NDArray[np.float64]

WHOLE = 2**24  # numbers that the library may copy as it likes; 8,192 images of 2,048 features
BLOCK = 2**22  # numbers of a block


def moments(features: Array) -> dict[str, Floats]:
    """Mean "mu" and covariance "sigma" of features [n, feature], as torch-fidelity takes them, in double precision.

    Of more than WHOLE numbers the covariance is made block by block: what is held beside the features is one block and
    two matrices, however many images there are.
    """
    if features.size > WHOLE:
        rows = max(2, BLOCK // features.shape[1])
        mean, covariance = of_blocks(features[first : first + rows] for first in range(0, len(features), rows))
        return {"mu": mean, "sigma": covariance}
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics

    found: dict[str, Floats] = fid_features_to_statistics(torch.from_numpy(np.asarray(features, dtype=np.float64)))
    return found


def of_blocks(blocks: Iterable[Array]) -> tuple[Floats, Floats]:
    """Mean [feature] and covariance [feature, feature] of rows that come in blocks [n, feature].

        C <- C + sum of (x - m_b)(x - m_b)^T + n n_b / (n + n_b) (m_b - m)(m_b - m)^T     (Chan et al. 1983)

    divided by n - 1 in the end; m_b is the mean of the block's n_b rows, m that of the n before it. Each block loses
    its own mean first, so that features far from 0 lose nothing. Raises ValueError for fewer than two rows.
    """
    count, mean, scatter = 0, np.zeros(0), np.zeros((0, 0))
    for block in blocks:
        rows = np.asarray(block, dtype=np.float64)
        if not len(rows):
            continue
        own = rows.mean(0)
        rows = rows - own
        if not count:
            count, mean, scatter = len(rows), own, rows.T @ rows
            continue
        apart, whole = own - mean, count + len(rows)
        scatter += rows.T @ rows + np.outer(apart, apart) * (count * len(rows) / whole)
        mean = mean + apart * (len(rows) / whole)
        count = whole
    if count < 2:
        raise ValueError(f"a covariance needs two rows, got {count}")
    return mean, scatter / (count - 1)
