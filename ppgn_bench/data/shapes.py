"""Coloured shapes."""

import math
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.splits import Split, raw_integers

UNIT = 4096  # half an image, in the integer coordinates of the drawing
RADIUS = 1024  # a shape's radius in its own coordinates
SUBPIXELS = 4  # each pixel is the mean of 4 x 4 points
POINTS = 2**15  # of an image that are looked at at once: their integers of 4 bytes stay in a cache
BACKGROUNDS = ((40, 40, 40), (216, 216, 216))
HUES = (
    (230, 34, 34),
    (230, 150, 20),
    (200, 210, 30),
    (50, 180, 50),
    (30, 190, 200),
    (40, 80, 230),
    (140, 50, 210),
    (230, 60, 170),
)
HUE_NAMES = ("red", "orange", "yellow", "green", "cyan", "blue", "violet", "pink")
SHAPE_NAMES = ("disc", "ring", "square", "frame", "triangle", "plus", "bars", "crescent", "hourglass", "half disc")
SHAPE_SPLITS = MappingProxyType({"train": 4000, "judge": 4000, "reference": 400, "control": 400, "held_out": 400})


def shapes(image_size: int) -> dict[str, Split]:
    """Ten shapes in colour, drawn in integer arithmetic: the set whose modes are known exactly.

    Every class has the same 16 modes, 8 hues x 2 backgrounds (mode = 2 * hue + background), equally likely, and
    smooth nuisance: position (up to a twentieth of the image off its middle), scale (radius 23 to 33 % of the image),
    rotation (up to 15 degrees).
    """
    splits = {}
    for seed, (name, count) in enumerate(SHAPE_SPLITS.items()):
        labels = np.arange(count, dtype=np.int64) % 10
        raw = raw_integers(seed=seed, shape=(count, 6))
        modes = (raw[:, 0] % 16).astype(np.int64)
        images = np.empty((count, 3, image_size, image_size), dtype=np.uint8)
        for index in range(count):
            images[index] = _draw(int(labels[index]), int(modes[index]), raw[index, 1:], image_size)
        splits[name] = Split(images, labels, modes)
    return splits


def _draw(label: int, mode: int, raw: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Draw one image: coverage of 4 x 4 points a pixel, 0 to 16, blended between background and hue."""
    covered = _covered(label, raw, size)
    full = SUBPIXELS**2
    levels = np.arange(full + 1)
    ink, paper = np.array(HUES[mode // 2]), np.array(BACKGROUNDS[mode % 2])
    blended = (levels * ink[:, None] + (full - levels) * paper[:, None] + full // 2) // full
    return np.take(blended.astype(np.uint8), covered, axis=1)


def _covered(label: int, raw: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """How many of its points the shape covers in each pixel, some rows of pixels at a time."""
    points = size * SUBPIXELS
    axis = ((2 * np.arange(points) + 1 - points) * UNIT // points).astype(np.int32)
    dx, dy = (axis - np.int32(raw[k] % 821 - 410) for k in (0, 1))
    radius = np.int32(1880 + raw[2] % 824)
    angle = math.radians(raw[3] % 31 - 15)
    cosine, sine = np.int32(round(math.cos(angle) * UNIT)), np.int32(round(math.sin(angle) * UNIT))
    covered = np.empty((size, size), np.uint8)
    some = max(1, POINTS // (points * SUBPIXELS))
    for first in range(0, size, some):
        down = dy[first * SUBPIXELS : (first + some) * SUBPIXELS, None]
        u = (cosine * dx + sine * down) // UNIT * RADIUS // radius
        v = (cosine * down - sine * dx) // UNIT * RADIUS // radius
        inside = covers(label, u, v)
        columns = inside.view(np.uint8).reshape(-1, SUBPIXELS, points).sum(1, dtype=np.uint8)
        covered[first : first + some] = columns.reshape(-1, size, SUBPIXELS).sum(2, dtype=np.uint8)
    return covered


def covers(label: int, u: NDArray[np.signedinteger], v: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
    """Which points lie in the shape, in coordinates where its radius is 1024."""
    r2, au, av = u * u + v * v, abs(u), abs(v)
    match SHAPE_NAMES[label]:
        case "disc":
            return r2 <= 920**2
        case "ring":
            return (r2 <= 1000**2) & (r2 >= 560**2)
        case "square":
            return np.maximum(au, av) <= 800
        case "frame":
            return (np.maximum(au, av) <= 860) & (np.maximum(au, av) >= 480)
        case "triangle":
            return (v <= 720) & (v >= 2 * au - 960)
        case "plus":
            return (np.maximum(au, av) <= 1000) & (np.minimum(au, av) <= 300)
        case "bars":
            return (au <= 960) & (av >= 240) & (av <= 800)
        case "crescent":
            return (r2 <= 1000**2) & ((u - 440) ** 2 + v * v >= 760**2)
        case "hourglass":
            return (av <= 920) & (au <= av + 100)
        case _:  # half disc
            return ((v + 400) >= 0) & (u * u + (v + 400) ** 2 <= 1060**2)
