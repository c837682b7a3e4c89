"""How many different kinds of image a set shows: the facets of a hidden unit (Nguyen et al. 2016, multifaceted).

A facet is a cluster of images in judge features. How far apart two images of one facet may be is set by real images
whose kinds are known, never by samples: a kind is a class or, where modes are known, a mode of a class (shapes: one
shape in one hue on one background). Features are the judge's. A measure without enough images is NaN; nothing here
raises for empty or constant input.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ppgn_bench.metrics.pairs import some
from ppgn_bench.metrics.quality import parts

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Booleans = NDArray[np.bool_]

MOST = 4000  # real images that the limit is taken from
FEWEST = 10  # images in which facets are counted: five of two images each are just seen
LEAST_PICTURES = 0.5  # share of a set below which it shows no facets: of shuffled real images it is 0 to 0.4


class Shown(NamedTuple):
    """Images that a unit is shown by: features [n, feature], its activation [n], which are `pictures` [n]."""

    features: Array
    activation: Array
    pictures: Booleans


def facets(*, features: Array, limit: float) -> float:
    """Effective number of facets of a set of images: its clusters, each weighed by its share of the images.

        1 / sum over clusters of (share)^2,  clusters by average linkage, cut where the mean distance between two
        exceeds `limit`

    features [n, feature], limit of `facet_limit` -> 1 (all alike) to n. Equal clusters count 1 each, a lone odd image
    hardly anything: of 50 images 49 alike and one other have 1.04. It grows with the images: equal in what is compared.
    NaN for fewer than ten images or no limit. Garbage may lie in several clusters: see `facets_at_equal_activation`.
    """
    if len(features) < FEWEST or not np.isfinite(limit):
        return np.nan
    shares = np.bincount(_clusters(_tree(features), limit)) / len(features)
    return float(1 / np.sum(shares**2))


def facet_limit(*, features: Array, kinds: Integers) -> float:
    """Return the limit at which clusters of real images are most like their kinds, by the adjusted Rand index.

    features [n, feature], kinds [n] of real images -> a distance in judge features, in the middle between two heights
    of the tree at which clusters join; the smallest of equally good ones. Calibrated on real images that it was not
    taken from, 20 to 100 at a time: one to five kinds count as so many within a tenth, ten as 8 to 11. Where as many
    pairs of one kind would be apart as pairs of two kinds together, neighbouring hues of shapes were one facet: a third
    too few. NaN where there are fewer than two kinds, or no two images of one. Of more than MOST images some are taken:
    the tree holds all their distances at once.
    """
    chosen = some(len(kinds), MOST)
    features, kinds = features[chosen], kinds[chosen]
    present = len(np.unique(kinds))
    if present < 2 or present == len(kinds):
        return np.nan
    from sklearn.metrics import adjusted_rand_score

    tree = _tree(features)
    heights = np.unique(tree[:, 2])
    between = (heights[:-1] + heights[1:]) / 2
    agreement = [adjusted_rand_score(kinds, _clusters(tree, height)) for height in between]
    return float(between[np.argmax(agreement)]) if len(between) else np.nan


def pictures(*, real: Array, generated: Array, limit: float) -> Booleans:
    """Which images are as near to a real one as real ones are to each other, whatever they show.

    real [n, feature], generated [m, feature], limit: as `inputs.Real.picture_limit` has it -> [m].
    """
    if not len(real) or not len(generated):
        return np.zeros(len(generated), dtype=bool)
    return np.concatenate([cdist(rows, real).min(1) <= limit for rows in parts(generated, len(real))])


def at_equal_activation(activation: Array, other: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pick as many images from one set as from the other, with equal least activation and as equal others as there are.

    Of both sets the images count whose activation is at least the smaller of the two medians. Of the set that has fewer
    of these all are taken; each has one partner in the other, so that the sum of |differences in activation| is least.
    activation [n], other [m], finite -> indices of both, equally many, a partner at the same place; none of an empty
    set. Where one set is far more active than the other the partners differ still: show both means beside the facets.
    """
    if not len(activation) or not len(other):
        none = np.empty(0, dtype=np.int64)
        return none, none
    level = min(np.median(activation), np.median(other))
    own, theirs = (np.flatnonzero(values >= level) for values in (activation, other))
    places = linear_sum_assignment(np.abs(activation[own][:, None] - other[theirs]))
    return own[places[0]], theirs[places[1]]


def facets_at_equal_activation(first: Shown, second: Shown, limit: float) -> tuple[float, float]:
    """Facets of two sets that show one unit, say of samples and of its top real images, at equal activation.

    Pictures alone are counted, as many of each set as `at_equal_activation` picks. NaN for both where fewer than half
    of either set are pictures, or fewer than ten are picked: what is no picture shows no facet, however varied it is.
    """
    if min(_share(side.pictures) for side in (first, second)) < LEAST_PICTURES:
        return np.nan, np.nan
    seen = [(side.features[side.pictures], side.activation[side.pictures]) for side in (first, second)]
    chosen = at_equal_activation(*(activation for _, activation in seen))
    counts = [facets(features=own[0][rows], limit=limit) for own, rows in zip(seen, chosen, strict=True)]
    return counts[0], counts[1]


def _share(chosen: Booleans) -> float:
    return float(np.mean(chosen)) if len(chosen) else 0.0


def _tree(features: Array) -> NDArray[np.float64]:
    return linkage(np.asarray(features, dtype=np.float64), method="average")


def _clusters(tree: NDArray[np.float64], limit: float) -> NDArray[np.int32]:
    """The number of each image's cluster, from 0."""
    return fcluster(tree, limit, criterion="distance") - 1
