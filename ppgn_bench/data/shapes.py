"""Coloured shapes."""

import math
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.splits import Split, raw_integers

UNIT = 4096  # half an image, in the integer coordinates of the drawing
RADIUS = 1024  # a shape's radius in its own coordinates
SUBPIXELS = 4  # each pixel is the mean of 4 x 4 points
POINTS = 2**20  # that are looked at at once, each as a few integers of 8 bytes
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
        some = max(1, POINTS // (image_size * SUBPIXELS) ** 2)
        for first in range(0, count, some):  # the points of all images at once would take gigabytes
            part = slice(first, first + some)
            images[part] = _draw(labels[part], modes[part], raw[part, 1:], image_size)
        splits[name] = Split(images, labels, modes)
    return splits


def _draw(labels: NDArray[np.int64], modes: NDArray[np.int64], raw: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Draw one image per row: coverage of 4 x 4 points a pixel, blended between background and hue."""
    points = size * SUBPIXELS
    axis = (2 * np.arange(points) + 1 - points) * UNIT // points
    x, y = axis[None, None, :], axis[None, :, None]
    shift_x, shift_y = (raw[:, k] % 821 - 410 for k in (0, 1))
    radius = 1880 + raw[:, 2] % 824
    angle = raw[:, 3] % 31 - 15
    cosine = np.array([round(math.cos(math.radians(a)) * UNIT) for a in angle])
    sine = np.array([round(math.sin(math.radians(a)) * UNIT) for a in angle])
    column = (slice(None), None, None)
    dx, dy = x - shift_x[column], y - shift_y[column]
    u = (cosine[column] * dx + sine[column] * dy) // UNIT * RADIUS // radius[column]
    v = (cosine[column] * dy - sine[column] * dx) // UNIT * RADIUS // radius[column]
    inside = np.zeros(u.shape, dtype=bool)
    for label in range(10):
        rows = labels == label
        inside[rows] = covers(label, u[rows], v[rows])
    coverage = inside.reshape(-1, size, SUBPIXELS, size, SUBPIXELS).sum((2, 4))[:, None]  # 0..16
    ink = np.array(HUES)[modes // 2][:, :, None, None]
    paper = np.array(BACKGROUNDS)[modes % 2][:, :, None, None]
    full = SUBPIXELS**2
    return ((coverage * ink + (full - coverage) * paper + full // 2) // full).astype(np.uint8)


def covers(label: int, u: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.bool_]:
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
