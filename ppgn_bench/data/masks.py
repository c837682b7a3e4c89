"""Holes in square images, for inpainting: by name, or from an image file. Nothing here imports torch."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.errors import UserError, hint

Box = tuple[float, float, float, float]  # top, left, bottom, right, as shares of the side
Mask = NDArray[np.bool_]

WHITE = 128  # the darkest grey of 0 to 255 that is white
EIGHTHS = (1 / 8, 3 / 8, 5 / 8, 7 / 8)  # where stripes and dots begin; each is an eighth wide

MASKS: Mapping[str, tuple[Box, ...]] = MappingProxyType(
    {
        "centre": ((1 / 4, 1 / 4, 3 / 4, 3 / 4),),
        "left": ((0, 0, 1, 1 / 2),),
        "right": ((0, 1 / 2, 1, 1),),
        "top": ((0, 0, 1 / 2, 1),),
        "bottom": ((1 / 2, 0, 1, 1),),
        "stripes": tuple((0, start, 1, start + 1 / 8) for start in EIGHTHS),
        "dots": tuple((down, across, down + 1 / 8, across + 1 / 8) for down in EIGHTHS for across in EIGHTHS),
        # The release's hole: 100 of 227 pixels a side; it lies anywhere, here in the middle [C].
        "patch": ((63.5 / 227, 63.5 / 227, 163.5 / 227, 163.5 / 227),),
    }
)


def hole(name: str, size: int) -> Mask:
    """Return the mask of this name for images of so many pixels a side: True in the hole [size, size].

    A box begins and ends at the pixel that holds its edge: of 5 pixels the centre is 1 to 2. Raises UserError for an
    unknown name, with the known ones, and where images are so small that no pixel is left in the hole, or around it.
    """
    if name not in MASKS:
        raise UserError(f"mask: there is no {name!r}; {hint(name, MASKS)}")
    mask = np.zeros((size, size), dtype=np.bool_)
    for box in MASKS[name]:
        top, left, bottom, right = (int(edge * size) for edge in box)  # eighths are exact
        mask[top:bottom, left:right] = True
    return _checked(mask, f"mask {name!r}")


def read_mask(path: str | Path, size: int) -> Mask:
    """Read a mask from an image file: True where it is white (128 or more of 255), which is the hole [size, size].

    Colour counts as its grey; transparency is dropped. Raises UserError with the path for a file that is missing or no
    image, one that has not so many pixels a side, and one without a hole or without a known pixel.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            grey = np.asarray(image.convert("L"))
    except Exception as error:  # Pillow's decoders raise whatever a damaged file makes of them
        raise UserError(f"{path}: not an image that can be read ({' '.join(str(error).split())})") from error
    height, width = grey.shape
    if (width, height) != (size, size):
        raise UserError(f"{path}: has {width} x {height} pixels; a mask must have those of the images, {size} x {size}")
    return _checked(grey >= WHITE, str(path))


def _checked(mask: Mask, whose: str) -> Mask:
    height, width = mask.shape
    if mask.all():
        raise UserError(f"{whose}: is all hole, at {width} x {height} pixels; some must be known (black)")
    if not mask.any():
        raise UserError(f"{whose}: has no hole, at {width} x {height} pixels; the hole is white")
    return mask
