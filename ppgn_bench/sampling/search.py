"""The search that the epsilons come from: the points that are tried, and the rule that chooses one of them.

Every variant has the same number of trials, at the same points of the same box, on seeds and real images that no
verdict uses. Nothing here knows a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ppgn_bench.columns import SEARCHED
from ppgn_bench.errors import UserError
from ppgn_bench.metrics.table import SECOND_JUDGE

if TYPE_CHECKING:
    from pandas import DataFrame, Series  # the workflow reads a search's points every time it is started

SETTING = tuple(f"epsilon_{term}" for term in SEARCHED)
LEAST_ACCURACY = 0.8  # of the judge on the target class
MOST_WAITING = 0.1  # of the chains: in none of whose kept draws there was a picture
LEAST_STEERING = 0.9  # mean p of the network that steers, of trials against photographs
WITHIN = 0.1  # of the best share, where no trial meets one of these
# What a trial is measured by: a metric, and which of the judges it asks.
MEASURED = {
    "judge_accuracy": ("judge_accuracy", ""),
    "picture_censored": ("picture_censored", ""),
    "frechet_distance": ("frechet_distance", ""),
    "frechet_distance_second_judge": ("frechet_distance", SECOND_JUDGE),
    "high_frequency_distance": ("high_frequency_distance", ""),
}


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
    """All trials, a row each, and which of a variant's on a data set is chosen: the one with the lowest score.

        score = (log2 FD + log2 FD of the second judge) / 2 + |energy of the highest octave against real images|

    in octaves, each a mean over all seeds. Compared are trials that steer, with a judge accuracy of LEAST_ACCURACY or
    more, and of these those that arrive, at most MOST_WAITING of whose chains have no picture. Where no trial does the
    one or the other, those within WITHIN of the best in it are compared instead.

    metrics: the long table of a search. Columns: dataset, variant, epsilons, those of MEASURED, score, chosen. Raises
    UserError for a table without trials, and for a variant of which no trial has all of MEASURED.
    """
    if not ((metrics.metric == "judge_accuracy") & metrics.epsilon_noise.notna()).any():
        raise UserError("no trial of a search: no row of judge_accuracy has epsilons")
    key = ["dataset", "variant", *SETTING]
    values = (_measured(metrics, name, *where).groupby(key, sort=False) for name, where in MEASURED.items())
    parts = [of_trials.agg(lambda of_seeds: of_seeds.mean(skipna=False)) for of_trials in values]
    trials = parts[0].to_frame().join([part.to_frame() for part in parts[1:]]).reset_index()
    for name in ("frechet_distance", "frechet_distance_second_judge"):
        trials[name] = 2 ** trials[name]
    octaves = np.log2(trials.frechet_distance * trials.frechet_distance_second_judge) / 2
    trials["score"] = octaves + trials.high_frequency_distance
    best = [_best(own) for _, own in trials.groupby(["dataset", "variant"], sort=False)]
    return trials.assign(chosen=trials.index.isin(best))


def believed(metrics: DataFrame) -> DataFrame:
    """All trials against photographs, a row each, and which is chosen of a variant's: the one that the judge believes.

        score = - mean over seeds of ln p(judge)

    the lowest, of the trials whose mean p of the network that steers is LEAST_STEERING or more; where none is, the one
    with the highest such p. Each seed has classes of its own (docs/imagenet.md). metrics: the long table of a search.
    Columns: dataset, variant, epsilons, both means, score, chosen.
    """
    key = ["dataset", "variant", *SETTING]
    rows = metrics[metrics.epsilon_noise.notna() & ~metrics.sweep.str.contains("+", regex=False)]
    steering, judge = (
        rows[rows.metric == name].groupby(key, sort=False).value
        for name in ("steering_probability", "judge_probability")
    )
    trials = steering.mean().rename("steering_probability").to_frame().join(judge.mean().rename("judge_probability"))
    trials = trials.join(judge.agg(lambda each: -np.log(each).mean()).rename("score")).reset_index()
    best = []
    for _, own in trials.groupby(["dataset", "variant"], sort=False):
        steer = own[own.steering_probability >= LEAST_STEERING]
        best.append(own.steering_probability.idxmax() if steer.empty else steer.score.idxmin())
    return trials.assign(chosen=trials.index.isin(best))


def _measured(metrics: DataFrame, name: str, metric: str, ending: str) -> Series[float]:
    """A number of each trial and seed; distances of distributions as logarithms, so that a mean is a geometric one."""
    sweep = metrics.sweep.str.partition("+")
    rows = metrics[(metrics.metric == metric) & (sweep[1] + sweep[2] == ending) & metrics.epsilon_noise.notna()]
    values = rows.set_index(["dataset", "variant", *SETTING])["value"].rename(name)
    return np.log2(values) if metric == "frechet_distance" else values


def _best(trials: DataFrame) -> object:
    """Index of the trial that the rule chooses, of those that were measured in full."""
    known = trials.dropna(subset=[*MEASURED])
    if known.empty:
        first, lacking = trials.iloc[0], ", ".join(name for name in MEASURED if trials[name].isna().any())
        raise UserError(
            f"{first.variant} on {first.dataset}: no trial has all that the rule asks for; missing: {lacking}"
        )
    steering = _meeting(known, -known.judge_accuracy, -LEAST_ACCURACY)
    return _meeting(steering, steering.picture_censored, MOST_WAITING).score.idxmin()


def _meeting(trials: DataFrame, values: Series[float], most: float) -> DataFrame:
    """The trials whose value is at most this, where there is none those near the lowest."""
    lowest = values.min()
    return trials[values <= (most if lowest <= most else lowest + WITHIN)]
