"""Images that are named by number and made when they are asked for: of however many few lie in memory at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Pixels = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Images:
    """What looks like an array of images, [*numbers.shape, channel, height, width], and holds their numbers alone.

    read: numbers [n] -> those images [n, channel, height, width]; numbers: one an image, of any shape; of_one: its
    shape. Indexing chooses among the numbers and reads nothing; `numpy.asarray` reads all that are left.
    """

    read: Callable[[Integers], Pixels]
    numbers: Integers
    of_one: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """As of the array that they would be."""
        return (*self.numbers.shape, *self.of_one)

    @property
    def flat(self) -> Images:
        """The same, one after the other."""
        return replace(self, numbers=self.numbers.ravel())

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, kept: Any) -> Images:
        return replace(self, numbers=np.asarray(self.numbers[kept]))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Pixels:
        return np.asarray(self.read(self.numbers.ravel()).reshape(self.shape), dtype=dtype)

    def made(self, change: Callable[[Pixels], Pixels]) -> Images:
        """The same, each changed when it is read."""
        return replace(self, read=lambda numbers: change(self.read(numbers)))


def images_of(images: Images | Pixels, leading: int = 1) -> Images:
    """The images of an array [..., channel, height, width], with so many axes before; images as they are."""
    if isinstance(images, Images):
        return images
    of_one = images.shape[leading:]
    each = images.reshape(-1, *of_one)
    return Images(each.__getitem__, np.arange(len(each)).reshape(images.shape[:leading]), of_one)


def as_floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Images in [0, 1]."""
    return np.divide(images, np.float32(255), dtype=np.float32)
