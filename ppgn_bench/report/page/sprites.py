"""Pictures inside the page: many small ones as one, which it cuts into tiles. Far smaller than one file each."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ppgn_bench.report.figures.mosaics import are_photographs

QUALITY = 85  # of JPEG, with all of the colours (4:4:4): high frequencies are what samplers differ in

Pixels = NDArray[np.uint8]


def sprite(tiles: Pixels, gap: int = 0) -> str:
    """Tiles [row, column, channel, height, width], 1 or 3 channels, one pixel a pixel, as a data URI.

    gap: pixels between neighbours, transparent, or white where the tiles are photographs.
    """
    rows, columns, channels, height, width = tiles.shape
    canvas = np.zeros((rows, columns, height + gap, width + gap, 4), np.uint8)
    canvas[:, :, :height, :width, :3] = np.repeat(tiles, 3 // channels, axis=2).transpose(0, 1, 3, 4, 2)
    canvas[:, :, :height, :width, 3] = 255
    joined = canvas.transpose(0, 2, 1, 3, 4).reshape(rows * (height + gap), columns * (width + gap), 4)
    joined = joined[: rows * (height + gap) - gap, : columns * (width + gap) - gap]
    if are_photographs(tiles):
        return photograph_uri(Image.fromarray(np.where(joined[:, :, 3:] > 0, joined[:, :, :3], np.uint8(255))))
    return data_uri(Image.fromarray(joined if gap else joined[:, :, :3]))


def data_uri(image: Image.Image) -> str:
    """The picture as lossless WebP inside the page."""
    buffer = BytesIO()
    image.save(buffer, "WEBP", lossless=True, method=2)
    return "data:image/webp;base64," + b64encode(buffer.getvalue()).decode()


def photograph_uri(image: Image.Image) -> str:
    """The picture as JPEG inside the page: of photographs a few percent of what is lossless."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return "data:image/jpeg;base64," + b64encode(buffer.getvalue()).decode()
