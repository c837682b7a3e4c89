"""What two networks of many classes say of an image, and how much detail it has beside real photographs.

Probabilities are means over images: each image counts alike. NaN where there is none.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ppgn_bench.metrics import quality
from ppgn_bench.metrics.images import Images

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Pixels = Images | Array  # in [0, 1]

TOP = 5


def steering_probability(*, log_prob: Array, diverged: Integers) -> float:
    """Mean probability of its target that the network that steers gives a chain's last state; of chains that are there.

    log_prob [chain, step], natural logarithm; diverged [chain], -1 where a chain has not. What ascent climbs: it says
    that the climb was done, and nothing of what is seen.
    """
    last = log_prob[diverged < 0, -1]
    return float(np.exp(last, dtype=np.float64).mean()) if len(last) else np.nan


def judge_probability(*, logits: Array, labels: Integers) -> float:
    """Mean probability of its class that a judge gives an image. logits [n, class], labels [n] -> 0 to 1.

    A judge that never steered believes what it sees, not what another network was led to say.
    """
    if not len(labels):
        return np.nan
    return float(softmax(np.asarray(logits, dtype=np.float64), axis=1)[np.arange(len(labels)), labels].mean())


def top_5_accuracy(*, logits: Array, labels: Integers) -> float:
    """Share of images whose class is among the judge's five likeliest, as ImageNet's challenge counts.

    logits [n, class], labels [n]. Of equal logits the higher place counts. 1 where there are five classes or fewer.
    """
    if not len(labels):
        return np.nan
    own = np.take_along_axis(logits, labels[:, None], axis=1)
    return float(np.mean((logits > own).sum(1) < TOP))


def total_variation_distance(*, real: Pixels, generated: Pixels) -> float:
    """How far the total variation of images is from that of real photographs, in octaves.

        | log2(mean TV of generated / mean TV of real) |,  TV(x) = mean |difference to the next pixel|, across and down

    real, generated [n, channel, height, width] in [0, 1]. 0 is real, 1 is half or twice as much.
    """
    if not len(real) or not len(generated):
        return np.nan
    return float(abs(np.log2(_total_variation(generated) / _total_variation(real))))


def _total_variation(images: Pixels) -> float:
    """Mean over images, channels and both directions, not below that of rounding to 8 bits."""
    found = 0.0
    for part in quality.parts(images, math.prod(images.shape[1:])):
        pixels = np.asarray(part)
        each = (np.abs(np.diff(pixels, axis=axis), dtype=np.float64).mean() for axis in (2, 3))
        found += sum(each) / 2 * (len(part) / len(images))
    return max(found, 1 / 255 / 3)  # the mean difference of two uniform errors of a level's width
