"""An image file as pixels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.errors import UserError

MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # channels -> Pillow's name


def decoded(path: str | Path, shape: tuple[int, int, int], crop: float = 1.0) -> NDArray[np.uint8]:
    """The image of a file in this shape (channel, height, width), 0 to 255; crop: the share of its sides that is seen.

    Grey or colour becomes what the shape says; transparency is dropped where it has no channel. Another size: the
    shorter side is resized (bicubic, smoothed where it shrinks), and the centre is cropped. A photograph is turned
    upright. Of colour of 16 bits a channel Pillow reads the upper 8; grey of more than 8 it would cut at 255. Raises
    UserError with the path for a file that is missing, unreadable, truncated, no image, or of such grey.
    """
    from PIL import Image, ImageOps

    channels, height, width = shape
    try:
        with Image.open(path) as image:
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"grey of more than 8 bits, Pillow's mode {image.mode}; convert it to 8")
            ImageOps.exif_transpose(image, in_place=True)
            wanted = image if image.mode == MODES[channels] else image.convert(MODES[channels])
            if wanted.size != (width, height) or crop < 1:
                wanted = ImageOps.fit(wanted, (width, height), Image.Resampling.BICUBIC, (1 - crop) / 2)
            return np.asarray(wanted, dtype=np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
    except Exception as error:  # Pillow's decoders raise whatever a damaged file makes of them
        raise UserError(f"{path}: not an image that can be read ({' '.join(str(error).split())})") from error
