"""Real images with a hole: which image a context is. They are of a split that trains nothing and judges no sample."""

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.source import ImageSource
from ppgn_bench.errors import UserError

SPLIT = "control"


def originals(source: ImageSource, which: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The images of these classes and numbers [n, 2] -> [n, channel, height, width].

    Number 0 is the first of its class in the source. Raises UserError for a number that its class does not have.
    """
    places = {label: np.flatnonzero(source.labels == label) for label in np.unique(which[:, 0])}
    for label, number in which:
        if number >= len(places[label]):
            raise UserError(f"context #{number + 1} of class {label}: there are {len(places[label])} such images")
    return source.batch(np.array([places[label][number] for label, number in which], dtype=np.int64))
