"""How many steps a chain needs. A chain that never gets there is censored, never dropped.

With every chain followed for the same S steps, Kaplan and Meier's restricted mean is the mean of min(T, S); it stands
beside the share of censored chains, without which it cannot be read.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

CONFIDENT = 0.9  # p_C
SELECTED = 0.98  # p_C, the threshold of the released scripts that select samples


def steps_to_picture(*, pictures: Flags, steps: Integers) -> float:
    """Mean of min(T, S): steps until a chain's draw is a picture for the first time.

    pictures [chain, draw], as `inputs.Real.picture_limits` says; steps [draw], the last of which is S. As coarse as the
    thinning. NaN without chains.
    """
    return restricted_mean(first_times(pictures, steps), float(steps[-1]))


def picture_censored(*, pictures: Flags, steps: Integers) -> float:
    """Share of chains without a picture in S steps. pictures [chain, draw], steps [draw]."""
    return censored_share(first_times(pictures, steps))


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
    return float(np.mean(np.exp(log_prob[:, -1], dtype=np.float64) > SELECTED)) if len(log_prob) else np.nan


def diverged_share(*, diverged: Integers) -> float:
    """Share of chains whose state turned non-finite. diverged [chain]: the step of it, or -1."""
    return float(np.mean(diverged >= 0)) if len(diverged) else np.nan


def confidence_times(log_prob: Array) -> Floats:
    """First step with p_C >= 0.9 of each chain, inf if there is none. log_prob [chain, step] -> [chain]."""
    return first_times(log_prob >= np.log(CONFIDENT), np.arange(log_prob.shape[1]))


def first_times(there: Flags, steps: Integers) -> Floats:
    """First step at which each chain is there, inf if it never is. there [chain, draw], steps [draw] -> [chain]."""
    return np.where(there.any(1), steps[there.argmax(1)].astype(np.float64), np.inf)


def restricted_mean(times: Floats, horizon: float) -> float:
    """Mean of min(T, horizon), times [chain], inf: never. The restricted mean if all are followed so far."""
    return float(np.minimum(times, horizon).mean()) if len(times) else np.nan


def survival(times: Floats, steps: Integers) -> Floats:
    """Share of chains that are not there yet after each step; NaN without chains. times [chain] -> [step].

    Kaplan and Meier's estimate, which is the plain share where all chains are followed equally long.
    """
    return (times[:, None] > steps).mean(0) if len(times) else np.full(len(steps), np.nan)


def censored_share(times: Floats) -> float:
    """Share of times that are inf; NaN without times."""
    return float(np.isinf(times).mean()) if len(times) else np.nan
