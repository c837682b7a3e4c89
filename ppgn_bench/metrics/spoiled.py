"""Real images spoiled on purpose, so that metrics can show what they see. The same bytes on every machine.

Images uint8 [n, channel, height, width]; each has a random stream of its own, keyed by seed and its number. Where
there is a sum it is one of integers.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ppgn_bench.data.splits import raw_integers

Images = NDArray[np.uint8]

BLOCKS = 4  # blocks down and across
BLUR = 1 / 16  # standard deviation of the blur, as a share of the side
NOISE = (0.1, 0.2, 0.4)  # standard deviations of the pixel noise, as shares of the range
STREAMS = {"blocks": 1, "noise": 2}  # what tells the random streams of one seed apart
FIXED_POINT = 2**12  # the largest weight of the blur
UNIFORM_BITS = 62  # of `raw_integers`


def shuffled_blocks(images: Images, seed: int) -> Images:
    """The 4 x 4 blocks of each image in a random order: garbage with the strokes and colours of real images.

    Where 4 does not divide a side, what is left at its end stays where it is.
    """
    count, channels, *sides = images.shape
    height, width = (side // BLOCKS for side in sides)
    whole = images[..., : BLOCKS * height, : BLOCKS * width]
    blocks = whole.reshape(count, channels, BLOCKS, height, BLOCKS, width).transpose(0, 2, 4, 1, 3, 5)
    blocks = blocks.reshape(count, BLOCKS**2, channels, height, width)
    for number in range(count):
        order = np.argsort(raw_integers((seed, STREAMS["blocks"], number), (BLOCKS**2,)), kind="stable")
        blocks[number] = blocks[number, order]
    spoiled = images.copy()
    blocks = blocks.reshape(count, BLOCKS, BLOCKS, channels, height, width).transpose(0, 3, 1, 4, 2, 5)
    spoiled[..., : BLOCKS * height, : BLOCKS * width] = blocks.reshape(whole.shape)
    return spoiled


def joined_halves(images: Images, labels: NDArray[np.int64]) -> Images:
    """The left half of each image beside the right half of the next one of its class; of the last, of the first."""
    spoiled = images.copy()
    middle = images.shape[-1] // 2
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        spoiled[own, ..., middle:] = images[np.roll(own, -1), ..., middle:]
    return spoiled


def blurred(images: Images) -> Images:
    """Gaussian blur, sigma 1/16 of the longer side; the border is repeated outwards. Down, then across."""
    sigma = BLUR * max(images.shape[-2:])
    reach = math.ceil(3 * sigma)
    weights = [round(FIXED_POINT * math.exp(-((offset / sigma) ** 2) / 2)) for offset in range(-reach, reach + 1)]
    return _smoothed(_smoothed(images.mT, weights).mT, weights)


def noisy(images: Images, level: int, seed: int) -> Images:
    """Gaussian noise of standard deviation NOISE[level], cut to the range; at each level the same, but larger."""
    spoiled = np.empty_like(images)
    for number, image in enumerate(images):
        words = raw_integers((seed, STREAMS["noise"], number), image.shape)
        normal = ndtri((words + 0.5) / 2.0**UNIFORM_BITS)
        spoiled[number] = np.clip(image + np.rint(255 * NOISE[level] * normal), 0, 255)
    return spoiled


def _smoothed(images: Images, weights: list[int]) -> Images:
    """Weighted means along the last axis, rounded. Sums are of integers, which double precision holds."""
    side, reach, total = images.shape[-1], len(weights) // 2, sum(weights)
    places = np.clip(np.arange(side) + np.arange(-reach, reach + 1)[:, None], 0, side - 1)  # the border is repeated
    matrix = np.zeros((side, side))
    np.add.at(matrix, (places, np.arange(side)), np.array(weights, dtype=np.float64)[:, None])
    spoiled = np.empty_like(images)
    for number, image in enumerate(images):
        spoiled[number] = (image @ matrix + total // 2) // total
    return spoiled
