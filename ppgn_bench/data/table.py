"""Data sets: real images in fixed, disjoint splits. Nothing is downloaded and every byte is the same on every machine.

A split holds images uint8 [n, channel, height, width], labels int64 [n] and, where the modes of a class are known,
modes int64 [n]. The splits: `train` trains the samplers' networks, `judge` trains the judge, `reference` and `control`
are two real halves: the one that samples are held against, and the one that shows what real images score.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPLITS = ("train", "judge", "reference", "control")


class Split(NamedTuple):
    """Real images of one split; modes is None where nobody knows the modes of a class."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    modes: NDArray[np.int64] | None


@dataclass(frozen=True)
class Dataset:
    """One data set: its title, its facts, and the sizes of the networks that suit it.

    source: what it is, in a sentence; load: a function of this module, image size -> split name -> Split; source_size:
    the resolution that the images hold detail for (None: any); encoder_widths and generator_widths: channels of the
    convolutions, each of the latter doubling the resolution.
    """

    title: str
    source: str
    load: str
    image_size: int
    channels: int
    num_modes: int
    code_size: int
    encoder_widths: tuple[int, ...]
    generator_widths: tuple[int, ...]
    class_names: tuple[str, ...]
    split_sizes: Mapping[str, int]
    source_size: int | None = None

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def band(self, image_size: int) -> tuple[float, float]:
        """Return the highest octave of spatial frequency that the source resolves, cycles/pixel (low, high]."""
        nyquist = 0.5 * min(1.0, (self.source_size or image_size) / image_size)
        return nyquist / 2, nyquist


# ---------------------------------------------------------------------------------------------------------- digits


def digits(image_size: int) -> dict[str, Split]:
    """Scikit-learn's 1,797 handwritten digits (8x8, 17 grey levels), enlarged by a bilinear filter.

    1,000 train / 397 judge / 200 reference / 200 control, balanced over the classes but for `judge`, which takes what
    is left. Energy above the old Nyquist frequency is the filter's, not the writer's.
    """
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    source = load_digits()
    enlarged = zoom(source.images / 16.0, (1, image_size / 8, image_size / 8), order=1, mode="nearest", grid_mode=True)
    images = np.rint(255 * enlarged).astype(np.uint8)[:, None]  # [n, 1, height, width]
    labels = source.target.astype(np.int64)
    order = np.argsort(_raw(seed=0, shape=(len(labels),)), kind="stable")
    ranked = {c: order[labels[order] == c] for c in range(10)}
    cuts = {"reference": (0, 20), "control": (20, 40), "train": (40, 140), "judge": (140, None)}
    splits = {}
    for name, (first, last) in cuts.items():
        chosen = np.concatenate([indices[first:last] for indices in ranked.values()])
        splits[name] = Split(images[chosen], labels[chosen], None)
    return splits


# ---------------------------------------------------------------------------------------------------------- shapes

UNIT = 4096  # half an image, in the integer coordinates of the drawing
RADIUS = 1024  # a shape's radius in its own coordinates
SUBPIXELS = 4  # each pixel is the mean of 4 x 4 points
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
SHAPE_NAMES = (
    "disc",
    "ring",
    "square",
    "frame",
    "triangle",
    "plus",
    "bars",
    "crescent",
    "hourglass",
    "half disc",
)
SHAPE_SPLITS = MappingProxyType({"train": 2000, "judge": 1000, "reference": 300, "control": 300})


def shapes(image_size: int) -> dict[str, Split]:
    """Ten shapes in colour, drawn in integer arithmetic: the set whose modes are known exactly.

    Every class has the same 16 modes, 8 hues x 2 backgrounds (mode = 2 * hue + background), equally likely, and
    smooth nuisance: position (up to a twentieth of the image off its middle), scale (radius 23 to 33 % of the image),
    rotation (up to 15 degrees).
    """
    splits = {}
    for seed, (name, count) in enumerate(SHAPE_SPLITS.items()):
        labels = np.arange(count, dtype=np.int64) % 10
        raw = _raw(seed=seed, shape=(count, 6))
        modes = (raw[:, 0] % 16).astype(np.int64)
        images = _draw(labels, modes, raw[:, 1:], image_size)
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
        inside[rows] = _inside(label, u[rows], v[rows])
    coverage = inside.reshape(-1, size, SUBPIXELS, size, SUBPIXELS).sum((2, 4))[:, None]  # 0..16
    ink = np.array(HUES)[modes // 2][:, :, None, None]
    paper = np.array(BACKGROUNDS)[modes % 2][:, :, None, None]
    full = SUBPIXELS**2
    return ((coverage * ink + (full - coverage) * paper + full // 2) // full).astype(np.uint8)


def _inside(label: int, u: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.bool_]:
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


def _raw(seed: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Non-negative 62-bit integers from the bit stream that NumPy promises never to change."""
    words = np.random.PCG64(seed).random_raw(math.prod(shape))
    return (words >> np.uint64(2)).astype(np.int64).reshape(shape)


DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        "digits": Dataset(
            title="Handwritten digits",
            source="scikit-learn's 1,797 real handwritten digits, 8x8 grey, enlarged by a bilinear filter",
            load="digits",
            image_size=16,
            channels=1,
            num_modes=0,
            code_size=64,
            encoder_widths=(16, 32),
            generator_widths=(128, 64),
            class_names=tuple("0123456789"),
            split_sizes=MappingProxyType({"train": 1000, "judge": 397, "reference": 200, "control": 200}),
            source_size=8,
        ),
        "shapes": Dataset(
            title="Coloured shapes",
            source="drawn in integer arithmetic: 10 shapes x 8 hues x 2 backgrounds, with position, scale and rotation",
            load="shapes",
            image_size=24,
            channels=3,
            num_modes=16,
            code_size=128,
            encoder_widths=(24, 48, 64),
            generator_widths=(96, 48, 24),
            class_names=SHAPE_NAMES,
            split_sizes=SHAPE_SPLITS,
        ),
    }
)
