"""Where real images come from. A stub of the part for images in memory: another branch has the module."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.storage import files

PASS_BYTES = 2**26  # of pixels as float32, at once


class ImageSource(Protocol):
    """Real images by number: labels [n], modes [n] or None where unknown, shape (channel, height, width)."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """The class of each image."""

    @property
    def modes(self) -> NDArray[np.int64] | None:
        """The mode of each image within its class, where that is known."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channel, height, width of every image."""

    @property
    def in_memory(self) -> bool:
        """Whether all images lie in memory."""

    def __len__(self) -> int:
        """How many images there are."""

    def batch(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The images of these numbers."""


@dataclass(frozen=True)
class InMemory:
    """A split that lies in memory."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    modes: NDArray[np.int64] | None
    in_memory: bool = True

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channel, height, width of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The images of these numbers."""
        return self.images[indices]


def opened(data_file: Path, split: str) -> ImageSource:
    """A split of a file that `prepare` wrote."""
    data, _ = files.load_arrays(data_file, "data")
    return InMemory(data[f"{split}.images"], data[f"{split}.labels"], data.get(f"{split}.modes"))


def passes(source: ImageSource, indices: NDArray[np.int64] | None = None) -> Iterator[NDArray[np.uint8]]:
    """All images in order, as many at once as PASS_BYTES hold as float32."""
    wanted = np.arange(len(source)) if indices is None else indices
    size = max(1, PASS_BYTES // (4 * math.prod(source.shape)))
    yield from (source.batch(wanted[first : first + size]) for first in range(0, len(wanted), size))


def shuffled(
    source: ImageSource, batch_size: int, seed: int, first: int = 0
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Endless batches of a streamed source, from batch number `first` on, each a function of seed and number alone."""
    number = first
    while True:
        indices = np.random.default_rng((seed, number)).permutation(len(source))[:batch_size]
        yield indices, source.batch(indices)
        number += 1
