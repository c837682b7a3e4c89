"""Many small pictures as one, which the page cuts into tiles: lossless, and far smaller than one file each."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def sprite(tiles: Pixels, gap: int = 0) -> str:
    """Tiles [row, column, channel, height, width], 1 or 3 channels, one pixel a pixel, as a data URI.

    gap: transparent pixels between neighbours.
    """
    rows, columns, channels, height, width = tiles.shape
    canvas = np.zeros((rows, columns, height + gap, width + gap, 4), np.uint8)
    canvas[:, :, :height, :width, :3] = np.repeat(tiles, 3 // channels, axis=2).transpose(0, 1, 3, 4, 2)
    canvas[:, :, :height, :width, 3] = 255
    joined = canvas.transpose(0, 2, 1, 3, 4).reshape(rows * (height + gap), columns * (width + gap), 4)
    joined = joined[: rows * (height + gap) - gap, : columns * (width + gap) - gap]
    return data_uri(Image.fromarray(joined if gap else joined[:, :, :3]))


def data_uri(image: Image.Image) -> str:
    """The picture as lossless WebP inside the page."""
    buffer = BytesIO()
    image.save(buffer, "WEBP", lossless=True, method=2)
    return "data:image/webp;base64," + b64encode(buffer.getvalue()).decode()
