"""The splits of a data set: fixed, disjoint, and the same bytes on every machine.

`train` trains the networks of the samplers, `judge` trains the judge; `reference` and `control` are two halves of real
images: samples are compared with the first, and the second shows what real images score.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "judge", "reference", "control")


@dataclass(frozen=True)
class Files:
    """Images that are files on disk, more than memory holds: each is decoded when it is wanted (`data.source`).

    image: the channels, height and width that each becomes.
    """

    paths: tuple[Path, ...]
    image: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Image, channel, height, width: as of the array that they would be."""
        return (len(self.paths), *self.image)

    def __len__(self) -> int:
        return len(self.paths)


class Split(NamedTuple):
    """Real images of one split: an array of them, or their files.

    modes is None where nobody knows the modes of a class; classes: the names of the classes, where the images have
    them with them, to be held against those that the entry says.
    """

    images: NDArray[np.uint8] | Files
    labels: NDArray[np.int64]
    modes: NDArray[np.int64] | None
    classes: tuple[str, ...] | None = None


def raw_integers(seed: int | tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Non-negative 62-bit integers from the bit stream that NumPy promises never to change."""
    words = np.random.PCG64(seed).random_raw(math.prod(shape))
    return (words >> np.uint64(2)).astype(np.int64).reshape(shape)
