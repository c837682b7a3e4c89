"""Factors: what images show beside their class. They label images for networks that generators know nothing of.

Each function takes a data set's images uint8 [n, channel, height, width], labels [n] and modes [n] or None, and gives
int64 [n, factor], the columns in the order of the data set's entry: a value, or -1 for what lies between two values.
All of it is measured in the picture, at any image size; lengths are percent of the image's side.

A cut point is a pair (low, high): one value lies below low, the next from high on. Those of digits are round numbers
near quantiles of the split `train` (which ones stands beside them), looked at image by image; docs/networks.md.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data import shapes as drawing

Images = NDArray[np.uint8]
Integers = NDArray[np.int64]
Measured = NDArray[np.float64]
Cuts = Sequence[tuple[float, float]]

SIZES: Cuts = ((25.6, 27.0), (29.0, 30.4))  # radii are 23 to 33, equally likely; a third of a pixel of 32 is seen
MNIST_SLANT: Cuts = ((-4, 0), (11, 15))  # degrees; quantiles .22, .32, .59, .68
MNIST_THICKNESS: Cuts = ((7.8, 8.3), (9.5, 10.0))  # .28, .38, .63, .71
DIGITS_THICKNESS: Cuts = ((20.9, 21.5), (23.0, 23.7))  # .26, .39, .65, .75: strokes of 8 x 8 pixels
MNIST_LOOP: Cuts = ((1, 5),)  # of the levels of ink; 6 % of the images lie between
DIGITS_LOOP: Cuts = ((1, 3),)  # fewer, as ink of 8 x 8 pixels is blurred; 23 %

INK = np.arange(1, 10) / 10  # levels at which a loop is looked for
SMALLEST = 1 / 256  # share of the image that a loop has inside: 3 pixels of 28 x 28
PART = 1000  # images that are measured at once, as float64
STEP = 8  # between the points that a shape's area is counted with, in its own coordinates


def shapes(images: Images, labels: Integers, modes: Integers | None) -> Integers:
    """Background (dark, light), hue (as HUES), size (small, middle, large) of the coloured shapes.

    The mode says the first two; the size is that of the radius which the inked area has in a shape of this class.
    """
    assert modes is not None
    return np.stack([modes % 2, modes // 2, parted(radii(images, labels, modes), SIZES)], axis=1)


def mnist(images: Images, labels: Integers, modes: Integers | None) -> Integers:
    """Loop (no loop, loop), slant (backward, upright, forward), thickness (thin, medium, thick) of digits of MNIST."""
    return np.stack(
        [
            parted(_of_ink(images, loops), MNIST_LOOP),
            parted(_of_ink(images, slants), MNIST_SLANT),
            parted(_of_ink(images, thicknesses), MNIST_THICKNESS),
        ],
        axis=1,
    )


def digits(images: Images, labels: Integers, modes: Integers | None) -> Integers:
    """Loop and thickness of the digits of 8 x 8 pixels, as of MNIST's.

    No slant: each digit fills its box, so half of the slant's variance would be the class (a tenth of it on MNIST).
    """
    loop = parted(_of_ink(images, loops), DIGITS_LOOP)
    return np.stack([loop, parted(_of_ink(images, thicknesses), DIGITS_THICKNESS)], axis=1)


def parted(values: NDArray[np.number], cuts: Cuts) -> Integers:
    """Which value each number [n] has, counted from 0: 0 below the first cut; -1 inside a cut, and where it is NaN."""
    place = np.searchsorted(np.ravel(cuts), values, side="right")
    return np.where((place % 2 == 1) | np.isnan(values), -1, place // 2).astype(np.int64)


def radii(images: Images, labels: Integers, modes: Integers) -> Measured:
    """Radius [n] of each coloured shape in percent of the side, from how much of the image has its hue.

    The drawing's colours are known, so the mean colour says the share that is inked, which grows as the square of the
    radius. Within 2 % of it, as the drawing counts points: less than half of the gaps between SIZES.
    """
    paper, hue = np.array(drawing.BACKGROUNDS)[modes % 2], np.array(drawing.HUES)[modes // 2]
    way = hue - paper
    share = ((images.mean((2, 3)) - paper) * way).sum(1) / (way * way).sum(1)
    areas = np.array([_area(label) for label in range(len(drawing.SHAPE_NAMES))])
    return np.asarray(100 * np.sqrt(share / areas[labels]))


def _area(label: int) -> float:
    """Of a shape with radius 1."""
    axis = np.arange(-2 * drawing.RADIUS, 2 * drawing.RADIUS, STEP, dtype=np.int64)
    return float(drawing.covers(label, axis[None, :], axis[:, None]).sum() * (STEP / drawing.RADIUS) ** 2)


def thicknesses(ink: Measured) -> Measured:
    """Mean width [n] of the strokes in percent of the side: 2 area / outline. NaN without ink.

    ink [n, height, width] in [0, 1], also of what follows. The outline is the total variation, from the gradient at the
    corners of pixels: a stroke of one pixel has two sides there. On MNIST it correlates to .96 with twice the mean of
    the distance transform along the ridge.
    """
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    across, down = np.diff(padded, axis=2), np.diff(padded, axis=1)
    outline = np.hypot(across[:, 1:] + across[:, :-1], down[..., 1:] + down[..., :-1]).sum((1, 2)) / 2
    return _ratio(200 * ink.sum((1, 2)), ink.shape[-1] * outline)


def slants(ink: Measured) -> Measured:
    """Angle of the shear [n] in degrees, from the second moments; positive where the top leans to the right.

        tan(slant) = -m_xy / m_yy,  y down

    It is the angle by which the rows must be moved so that x and y no longer correlate. NaN without ink.
    """
    y, x = np.mgrid[: ink.shape[1], : ink.shape[2]].astype(float)
    area = ink.sum((1, 2))
    dx, dy = (axis - _ratio((ink * axis).sum((1, 2)), area)[:, None, None] for axis in (x, y))
    return np.asarray(np.degrees(np.arctan(_ratio(-(ink * dx * dy).sum((1, 2)), (ink * dy * dy).sum((1, 2))))))


def loops(ink: Measured) -> Measured:
    """At how many of the levels INK [n] a piece of background lies enclosed, not smaller than SMALLEST of the image.

    How deep a loop is: none has 0; a gap that is nearly closed has few; a loop of full ink has all nine.
    """
    from scipy.ndimage import label

    beside = np.zeros((3, 3, 3))  # pixels that touch by a side, of one image: ink may touch by corners
    beside[1] = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    found = np.zeros(len(ink))
    for level in INK:
        pieces, count = label(np.pad(ink <= level, ((0, 0), (1, 1), (1, 1)), constant_values=True), beside)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        sizes[0] = sizes[pieces[:, 0, 0]] = 0  # ink itself, and what is outside
        found += (sizes[pieces] >= SMALLEST * ink[0].size).any((1, 2))
    return found


def _ratio(above: Measured, below: Measured) -> Measured:
    """NaN where there is nothing below."""
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))


def _of_ink(images: Images, measure: Callable[[Measured], Measured]) -> Measured:
    """What is measured of grey images, ink bright: some at once, so that a large set takes no gigabytes."""
    parts = (images[first : first + PART, 0] / 255 for first in range(0, len(images), PART))
    return np.concatenate([measure(part) for part in parts])
