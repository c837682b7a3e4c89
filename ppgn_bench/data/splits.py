"""The splits of a data set: fixed, disjoint, and the same bytes on every machine.

`train` trains the networks of the samplers, `judge` trains the judge; `reference` and `control` are two halves of real
images: samples are compared with the first, and the second shows what real images score.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "judge", "reference", "control")


class Split(NamedTuple):
    """Real images of one split; modes is None where nobody knows the modes of a class."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    modes: NDArray[np.int64] | None


def raw_integers(seed: int | tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Non-negative 62-bit integers from the bit stream that NumPy promises never to change."""
    words = np.random.PCG64(seed).random_raw(math.prod(shape))
    return (words >> np.uint64(2)).astype(np.int64).reshape(shape)
