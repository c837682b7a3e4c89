"""Sheets of images as files: a still as PNG, chains as a moving GIF. A pixel of an image is a square, never a blend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from ppgn_bench.report.figures.mosaics import Pixels, mosaic

LEAST = 128  # pixels of a tile's longer side, or more
LONGEST_ROW = 12  # tiles of a single row; more become a square
HOLE = 128  # the grey of a hole
EMPTY = 255  # where a square has no tile left
FRAME, LAST = 120, 1500  # milliseconds that a frame stands, and the last one


def sheet(images: Pixels) -> Pixels:
    """Images [row, tile, channel, height, width] as one picture RGB [y, x, 3]: their rows, or a single one as a square
    where it is long.
    """
    rows, count = images.shape[:2]
    if rows == 1 and count > LONGEST_ROW:
        columns = math.ceil(math.sqrt(count))
        missing = -count % columns
        padded = np.concatenate([images[0], np.full((missing, *images.shape[2:]), EMPTY, np.uint8)])
        images = padded.reshape(-1, columns, *images.shape[2:])
    return mosaic(images, least=LEAST)


def between(original: Pixels, hole: np.ndarray, fills: Pixels) -> Pixels:
    """Fills [row, tile, channel, height, width] of a picture's hole, before them the picture with the hole, after them
    the picture itself.
    """
    ends = np.where(hole, np.uint8(HOLE), original), original
    masked, whole = (np.broadcast_to(end, (len(fills), 1, *end.shape)) for end in ends)
    return np.concatenate([masked, fills, whole], 1)


def png(picture: Pixels) -> bytes:
    """A picture RGB [y, x, 3] as a PNG file."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def gif(frames: Sequence[Pixels]) -> bytes:
    """Pictures RGB [y, x, 3] as a GIF file that plays them for ever, grey ones without loss.

    GIF has 256 colours a frame: of more the nearest are taken. Frames that are equal to the one before are one, which
    stands as long as both.
    """
    first, *others = (_few_colours(frame) for frame in frames)
    stands = [FRAME] * len(others) + [LAST]
    buffer = BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=stands, loop=0)
    return buffer.getvalue()


def _few_colours(frame: Pixels) -> Image.Image:
    if (frame == frame[:, :, :1]).all():
        return Image.fromarray(frame[:, :, 0])
    return Image.fromarray(frame).quantize(256, dither=Image.Dither.NONE)
