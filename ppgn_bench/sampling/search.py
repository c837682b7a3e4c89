"""The search that the epsilons come from: the points that are tried, and the rule that chooses one of them.

Every variant has the same number of trials, at the same points of the same box, on seeds and real images that no
verdict uses. Nothing here knows a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ppgn_bench.columns import EPSILONS

if TYPE_CHECKING:
    from pandas import DataFrame  # the workflow reads a search's points every time it is started

LEAST_ACCURACY = 0.8  # of the judge on the target class


def points(count: int, ranges: Sequence[tuple[float, float]]) -> list[tuple[float, ...]]:
    """The first points of a Sobol sequence in a box, evenly in logarithms, to three digits.

        value = low * (high / low)^(u + 1 / (2 count))

    ranges: (low, high) of each dimension; a dimension from 0 to 0 is one that a variant lacks, and stays 0. count is a
    power of two: each dimension then has one point in each of its count equal parts, and the shift puts it in their
    middle. Not scrambled, so that the points are the same everywhere.
    """
    from scipy.stats import qmc  # 1.6 s, for searches alone

    unit = qmc.Sobol(len(ranges), scramble=False).random(count) + 0.5 / count
    return [
        tuple(
            float(f"{low * (high / low) ** u:.3g}") if low else 0.0 for u, (low, high) in zip(row, ranges, strict=True)
        )
        for row in unit
    ]


def chosen(metrics: DataFrame) -> DataFrame:
    """All trials, a row each, and which of a variant's is chosen.

    The rule: of the trials whose judge accuracy, averaged over seeds, is at least LEAST_ACCURACY the one with the
    lowest geometric mean over seeds of FD (judge); where a variant has none such, that with the highest accuracy.

    metrics: the long table of a search. Columns: dataset, variant, epsilon_prior, epsilon_condition, epsilon_noise,
    judge_accuracy, frechet_distance, chosen.
    """
    samples = metrics[metrics["metric"].isin(["judge_accuracy", "frechet_distance"]) & metrics["epsilon_noise"].notna()]
    key = ["dataset", "variant", *EPSILONS]
    values = samples.pivot(index=[*key, "seed"], columns="metric", values="value")
    values["frechet_distance"] = np.log(values["frechet_distance"])
    trials = values.groupby(level=key, sort=False).mean()
    trials["frechet_distance"] = np.exp(trials["frechet_distance"])
    trials = trials.reset_index()[[*key, "judge_accuracy", "frechet_distance"]]
    best = [_best(own) for _, own in trials.groupby(["dataset", "variant"], sort=False)]
    return trials.assign(chosen=trials.index.isin(best))


def _best(trials: DataFrame) -> object:
    """Index of the trial that the rule chooses."""
    steered = trials[trials["judge_accuracy"] >= LEAST_ACCURACY]
    return steered["frechet_distance"].idxmin() if len(steered) else trials["judge_accuracy"].idxmax()
