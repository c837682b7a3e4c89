"""Images with a hole: which real one a context is, of a split that trains nothing and judges no sample; one's own."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.decoding import decoded
from ppgn_bench.data.masks import MASKS, hole, read_mask
from ppgn_bench.data.source import ImageSource
from ppgn_bench.errors import UserError, brief, hint

SPLIT = "control"


def originals(source: ImageSource, which: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The images of these classes and numbers [n, 2] -> [n, channel, height, width].

    Number 0 is the first of its class in the source. Raises UserError for a number that its class does not have.
    """
    places = {label: np.flatnonzero(source.labels == label) for label in np.unique(which[:, 0])}
    for label, number in which:
        if number >= len(places[label]):
            raise UserError(
                f"context: no image {number + 1} of class {label}, the split {SPLIT} has {len(places[label])}"
            )
    return source.batch(np.array([places[label][number] for label, number in which], dtype=np.int64))


class Context(NamedTuple):
    """A picture with a hole that chains fill: its pixels, and where the hole is."""

    original: NDArray[np.uint8]  # [channel, height, width]
    hole: NDArray[np.bool_]  # [height, width]


def read_context(path: Path, mask: str, shape: tuple[int, int, int]) -> Context:
    """A picture of one's own in this shape (channel, height, width), grey or in colour, and its hole.

    mask: a name of MASKS, or an image file, white in the hole. Raises UserError that begins with --inpaint or --mask
    for a file that is missing or no image or has another size, and for an unknown name.
    """
    from PIL import Image

    try:
        original = decoded(path, shape)
        with Image.open(path) as image:
            size = image.size
    except UserError as error:
        raise UserError(f"--inpaint: {error}") from None
    if size != shape[:0:-1]:
        raise UserError(f"--inpaint: {path}: has {size[0]} x {size[1]} pixels; must have {shape[2]} x {shape[1]}")
    if mask not in MASKS and not Path(mask).is_file():
        raise UserError(f"--mask: {brief(mask)} is no file and no known mask; {hint(mask, MASKS)}")
    try:
        return Context(original, hole(mask, shape[2]) if mask in MASKS else read_mask(mask, shape[2]))
    except UserError as error:
        raise UserError(f"--mask: {error}") from None
