"""Real images split into two halves anew, as often as one likes: how much what real images score hangs on the split.

The halves `reference` and `control` are one draw of many. Their pool is cut again, class by class, by a seeded stream
that is the same on every machine; each pair of halves is then measured as the first one is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.source import ImageSource
from ppgn_bench.data.splits import raw_integers
from ppgn_bench.metrics.inputs import Arrays, Real

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Some images of two sources, numbered as if the second one followed the first."""

    first: ImageSource
    second: ImageSource
    chosen: Integers

    @cached_property
    def labels(self) -> Integers:
        """The class of each image."""
        return np.concatenate([self.first.labels, self.second.labels])[self.chosen]

    @property
    def modes(self) -> Integers | None:
        """The mode of each image within its class, where both sources know it."""
        if self.first.modes is None or self.second.modes is None:
            return None
        return np.concatenate([self.first.modes, self.second.modes])[self.chosen]

    @property
    def factors(self) -> Integers | None:
        """The value of each factor of each image, where both sources know it."""
        if self.first.factors is None or self.second.factors is None:
            return None
        return np.concatenate([self.first.factors, self.second.factors])[self.chosen]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channel, height, width of every image."""
        return self.first.shape

    @property
    def in_memory(self) -> bool:
        """Whether all images lie in memory."""
        return self.first.in_memory and self.second.in_memory

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.chosen)

    def batch(self, indices: Integers) -> NDArray[np.uint8]:
        """The images of these numbers."""
        wanted = self.chosen[indices]
        images = np.empty((len(wanted), *self.shape), dtype=np.uint8)
        beyond = wanted >= len(self.first)
        images[~beyond] = self.first.batch(wanted[~beyond])
        images[beyond] = self.second.batch(wanted[beyond] - len(self.first))
        return images


def halves(first: Integers, second: Integers, number: int, seed: int = 0) -> tuple[Integers, Integers]:
    """The pool of two splits, given by their labels, in two again: numbers of the images of either, class by class.

    Of each class either has as many as before. An image of the second split has the number len(first) + its own.
    """
    labels = np.concatenate([first, second])
    order = np.argsort(raw_integers((seed, number), (len(labels),)), kind="stable")
    ours, theirs = [], []
    for label in np.unique(labels):
        own = order[labels[order] == label]
        cut = np.count_nonzero(first == label)
        ours.append(own[:cut])
        theirs.append(own[cut:])
    return np.concatenate(ours), np.concatenate(theirs)


def resplit(
    real: Real, control: ImageSource, pool: Mapping[str, NDArray[Any]], number: int
) -> tuple[Real, Part, Arrays]:
    """What samples would be compared with under another split, the other half, and what the judge says of that.

    pool: what the judge says of all images, those of the reference first.
    """
    labels = real.source.labels, control.labels
    if real.pretrained:  # most classes have one image: of each class none would ever change sides
        labels = np.zeros_like(labels[0]), np.zeros_like(labels[1])
    ours, theirs = halves(*labels, number)
    reference = {name: values[ours] for name, values in pool.items()}
    source = Part(real.source, control, ours)
    reference["labels"] = source.labels
    arrays = {**real.arrays, **{f"reference.{name}": values for name, values in reference.items()}}
    other = replace(real, source=source, reference=reference, arrays=arrays)
    return other, Part(real.source, control, theirs), {name: values[theirs] for name, values in pool.items()}
