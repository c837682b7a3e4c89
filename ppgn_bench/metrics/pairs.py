"""Some pairs, or some images, of more than can be listed: by a stream that is the same on every machine."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

Integers = NDArray[np.int64]

LISTED = 2**21  # pairs that are listed at most, of 2,048 images; of more some are drawn
DRAWN = 2**20  # of which a mean distance is taken then


def drawn_pairs(count: int, wanted: int, seed: int = 0) -> Integers:
    """So many different pairs i < j of `count` things, at random [wanted, 2]; no list of all is made.

    wanted: at most half of all pairs. Pair number k is (i, j), k = j (j - 1) / 2 + i.
    """
    whole = count * (count - 1) // 2
    if 2 * wanted > whole:
        raise ValueError(f"{wanted} pairs are too many to draw of {whole}")
    raw = (np.random.PCG64(seed).random_raw(2 * wanted + 64) % np.uint64(whole)).astype(np.int64)
    _, first = np.unique(raw, return_index=True)
    numbers = raw[np.sort(first)[:wanted]]
    later = ((1 + np.sqrt(1 + 8 * numbers.astype(np.float64))) // 2).astype(np.int64)
    later -= later * (later - 1) // 2 > numbers  # the root may round up
    later += later * (later + 1) // 2 <= numbers
    return np.stack([numbers - later * (later - 1) // 2, later], 1)


def some(count: int, most: int, seed: int = 0) -> Integers:
    """At most so many of `count` things, at random, in order; all where there are no more."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")[:most])


def mean_distance(rows: NDArray[np.floating]) -> float:
    """Mean Euclidean distance of two different rows [n, feature]: of all pairs, or of DRAWN where more than LISTED.

    NaN for fewer than two rows.
    """
    rows = np.asarray(rows, dtype=np.float64)
    if len(rows) < 2:
        return np.nan
    if len(rows) * (len(rows) - 1) // 2 <= LISTED:
        return float(pdist(rows).mean())
    total = 0.0
    for some_of in np.array_split(drawn_pairs(len(rows), DRAWN), 64):
        total += float(np.linalg.norm(rows[some_of[:, 0]] - rows[some_of[:, 1]], axis=1).sum())
    return total / DRAWN
