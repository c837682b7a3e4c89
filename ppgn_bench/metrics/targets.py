"""Whether images show what their targets ask for, as independent judges see it.

asked: factor -> a value for each image [n], -1 where the image's target asks nothing of this factor. said: factor ->
what an independent judge of the factor sees [n]; it has every factor of asked, and may have more. "label" is a factor
like any other. A measure without enough images is NaN.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer]
Booleans = NDArray[np.bool_]
Values = Mapping[str, Integers]


def target_met(*, asked: Values, said: Values) -> float:
    """Share of images that show all that is asked of them, among those of which anything is asked: 0 to 1.

    It falls with every factor more: compare images that ask the same.
    """
    return _share(met(asked, said)[asks(asked)])


def part_met(*, asked: Integers, said: Integers) -> float:
    """Share of images that show the value of one factor, among those that ask one. asked, said [n]: of the factor."""
    return _share((asked == said)[asked >= 0])


def best_target_met(*, targets: Integers, asked: Values, said: Values) -> float:
    """What the best target reaches for what is asked, mean over all that is asked.

        mean over combinations of values that are asked of  max over targets that ask it of  target_met

    targets [n]: the number of each image's target. For a sampler that knows nothing of the factor, say one that is
    steered to classes: how often the class that shows a value most often does so. The largest of several shares is
    biased upwards where a target has few images; that favours such a sampler.
    """
    asking = asks(asked)
    if not asking.any():
        return np.nan
    combinations = np.stack([asked[name] for name in asked], axis=1)
    reached = met(asked, said)
    found: dict[tuple[int, ...], float] = {}
    for row in np.unique(np.column_stack([combinations, targets])[asking], axis=0):
        own = (combinations == row[:-1]).all(1) & (targets == row[-1])
        combination = tuple(row[:-1])
        found[combination] = max(found.get(combination, 0.0), _share(reached[own]))
    return float(np.mean(list(found.values())))


def met(asked: Values, said: Values) -> Booleans:
    """Which images show all that is asked of them [n]; those of which nothing is asked do. KeyError without a judge."""
    return np.logical_and.reduce([(values < 0) | (values == said[name]) for name, values in asked.items()])


def asks(asked: Values) -> Booleans:
    """Of which images anything is asked [n]."""
    return np.logical_or.reduce([values >= 0 for values in asked.values()])


def _share(chosen: Booleans) -> float:
    return float(np.mean(chosen)) if chosen.size else np.nan
