"""Hidden units: how much samples make them fire, and how many kinds of image these are (claim C21).

shown: of each unit samples, and as many of its top training images, as `facets.Shown`. Of units without enough pictures
a facet count is missing; the mean is over those that have one. NaN where none has.
"""

from collections.abc import Sequence

import numpy as np

from ppgn_bench.metrics.facets import Shown, facets_at_equal_activation

Pairs = Sequence[tuple[Shown, Shown]]


def relative_activation(*, shown: Pairs) -> float:
    """Mean activation of samples over that of the top training images, mean over units: 1 is as active as these."""
    ratios = [
        np.mean(samples.activation) / np.mean(top.activation)
        for samples, top in shown
        if len(samples.activation) and np.mean(top.activation) > 0
    ]
    return float(np.mean(ratios)) if ratios else np.nan


def sample_facets(*, shown: Pairs, limit: float) -> float:
    """Facets of a unit's samples at equal activation with its top training images, mean over units."""
    return _mean(shown, limit, 0)


def real_facets(*, shown: Pairs, limit: float) -> float:
    """Facets of a unit's top training images at equal activation with its samples, mean over the same units."""
    return _mean(shown, limit, 1)


def _mean(shown: Pairs, limit: float, side: int) -> float:
    counts = np.array([facets_at_equal_activation(*both, limit)[side] for both in shown])
    return float(np.nanmean(counts)) if np.isfinite(counts).any() else np.nan
