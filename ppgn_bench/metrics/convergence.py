"""How many steps a chain needs. A chain that never gets there is censored, never dropped.

With every chain followed for the same S steps, Kaplan and Meier's restricted mean is the mean of min(T, S); it stands
beside the share of censored chains, without which it cannot be read.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Floats = NDArray[np.float64]

FALL = 0.9  # share of the fall that makes a picture
CONFIDENT = 0.9  # p_C
SELECTED = 0.98  # p_C, the threshold of the released scripts that select samples


def steps_to_picture(*, distances: Array, steps: Integers) -> float:
    """Mean of min(T, S): steps until a chain has its picture, as `picture_times` finds them.

    distances [chain, draw], steps [draw], the last of which is S. NaN without chains or with fewer than 4 draws.
    """
    return restricted_mean(picture_times(distances, steps), float(steps[-1]))


def picture_censored(*, distances: Array, steps: Integers) -> float:
    """Share of chains without a picture in S steps. distances [chain, draw], steps [draw]."""
    return censored_share(picture_times(distances, steps))


def steps_to_confidence(*, log_prob: Array) -> float:
    """Mean of min(T, S): steps until p_C >= 0.9 for the first time. log_prob [chain, step], steps 0 to S.

    p_C is what the condition that steers the chain gives its target: it says nothing of the picture.
    """
    return restricted_mean(confidence_times(log_prob), log_prob.shape[1] - 1)


def confidence_censored(*, log_prob: Array) -> float:
    """Share of chains that never have p_C >= 0.9. log_prob [chain, step]."""
    return censored_share(confidence_times(log_prob))


def confident_share(*, log_prob: Array) -> float:
    """Share of chains whose final draw has p_C > 0.98; a diverged one has not. log_prob [chain, step]."""
    return float(np.mean(np.exp(log_prob[:, -1]) > SELECTED)) if len(log_prob) else np.nan


def diverged_share(*, diverged: Integers) -> float:
    """Share of chains whose state turned non-finite. diverged [chain]: the step of it, or -1."""
    return float(np.mean(diverged >= 0)) if len(diverged) else np.nan


def picture_times(distances: Array, steps: Integers) -> Floats:
    """Step at which each chain's distance to real images has covered 90 % of its fall; inf if censored.

        line = start - 0.9 (start - plateau),  T = first step with distance <= line

    start is the first draw; plateau and s are mean and standard deviation of the last quarter of the draws. A chain is
    censored if it does not fall (start - plateau <= 2 s, or not a number: a diverged chain) or does not stay (the mean
    of the quarter before the last lies more than s above the line). T is one of the kept steps: as coarse as the
    thinning. distances [chain, draw], steps [draw] -> [chain]. With fewer than 4 draws all are NaN.
    """
    draws = distances.shape[1]
    quarter = draws // 4
    if not quarter:
        return np.full(len(distances), np.nan)
    last, before = distances[:, draws - quarter :], distances[:, draws - 2 * quarter : draws - quarter]
    start, plateau, jitter = distances[:, 0], last.mean(1), last.std(1)
    line = start - FALL * (start - plateau)
    there = (start - plateau > 2 * jitter) & (before.mean(1) <= line + jitter)
    reached = distances <= line[:, None]
    return np.where(there, steps[reached.argmax(1)].astype(np.float64), np.inf)


def confidence_times(log_prob: Array) -> Floats:
    """First step with p_C >= 0.9 of each chain, inf if there is none. log_prob [chain, step] -> [chain]."""
    reached = log_prob >= np.log(CONFIDENT)
    return np.where(reached.any(1), reached.argmax(1).astype(np.float64), np.inf)


def restricted_mean(times: Floats, horizon: float) -> float:
    """Mean of min(T, horizon), times [chain], inf: never. The restricted mean if all are followed so far."""
    return float(np.minimum(times, horizon).mean()) if len(times) else np.nan


def survival(times: Floats, steps: Integers) -> Floats:
    """Share of chains that are not there yet after each step; NaN where a time is NaN. times [chain] -> [step].

    Kaplan and Meier's estimate, which is the plain share where all chains are followed equally long.
    """
    if not len(times) or np.isnan(times).any():
        return np.full(len(steps), np.nan)
    return (times[:, None] > steps).mean(0)


def censored_share(times: Floats) -> float:
    """Share of times that are inf; NaN where one is NaN."""
    return float(np.where(np.isnan(times), np.nan, np.isinf(times)).mean()) if len(times) else np.nan
