"""The splits of a data set: fixed, disjoint, and the same bytes on every machine.

`train` trains the networks of the samplers, and `held_out` shows how well they learned; `judge` trains the judges, and
nothing else sees it; `reference` and `control` are two halves of real images: samples are compared with the first, and
the second shows what real images score.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "held_out", "judge", "reference", "control")


@dataclass(frozen=True)
class Files:
    """Images that are files on disk, more than memory holds: each is decoded when it is wanted (`data.source`).

    image: the channels, height and width that each becomes; crop: the share of its sides, in the middle, that is seen.
    """

    paths: tuple[Path, ...]
    image: tuple[int, int, int]
    crop: float = 1.0

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


def shared_out(labels: NDArray[np.int64], each: Mapping[str, int], rest: str = "") -> dict[str, NDArray[np.int64]]:
    """Split -> numbers of its images, class by class: so many of each class, in the mapping's order.

    Which image is where hangs on the labels and on these numbers alone. What is left goes to
    `rest`; without one it is in no split.
    """
    order = np.argsort(raw_integers(seed=0, shape=(len(labels),)), kind="stable")
    ranked = [order[labels[order] == label] for label in np.unique(labels)]
    names, cuts = [*each, rest], np.cumsum([*each.values()])
    parts = [np.split(indices, cuts) for indices in ranked]
    chosen = {name: np.concatenate([own[place] for own in parts]) for place, name in enumerate(names)}
    return {name: indices for name, indices in chosen.items() if name}


def resized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Square images [n, channel, height, width] at so many pixels a side: bilinear, smoothed where they shrink."""
    if images.shape[-1] == size:
        return images
    from PIL import Image

    planes = [Image.fromarray(plane).resize((size, size), Image.Resampling.BILINEAR) for plane in _planes(images)]
    return np.stack([np.asarray(plane) for plane in planes]).reshape(*images.shape[:2], size, size)


def _planes(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images.reshape(-1, *images.shape[2:])
