"""How well a chain moves between the images of its target. All chains of a target start from one common state.

Each target is compared with real images: those of its class, or all where it is no class (compared [target, image]).

The first fifth of the draws is warm-up and dropped everywhere. Chains with a draw that is not a number (diverged ones,
which have a share of their own) are left out. Features are the judge's.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.metrics.pairs import mean_distance

Array = NDArray[np.floating]
Integers = NDArray[np.integer]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

WARMUP = 0.2  # share of the draws
IDENTIFIED = 1.1  # R-hat below which chains count as samples of one distribution
STILL = 1e-3  # standard deviations of real images: below it two draws are one


def lagged_distance(
    *, features: Array, targets: Integers, steps: Integers, real: Array, compared: Mask, lag: int
) -> float:
    """Distance of two draws of one chain `lag` steps apart, over that of two real images of its target.

        mean over chains and t of |f(t + lag) - f(t)| / mean over real pairs of |f - f'|,  mean over targets

    features [chain, draw, feature], targets [chain], steps [draw], real [n, feature], compared [target, n]. 0: stuck;
    1: as far apart as independent real images; garbage may exceed 1. NaN if no two draws are `lag` steps apart.
    """
    first, second = np.nonzero(steps[None, :] - steps[:, None] == lag)
    later = first >= _warmup(len(steps))
    moving = _finite(features)
    ratios = []
    for target in np.unique(targets[moving]):
        chains = features[moving & (targets == target)].astype(np.float64)
        distances = np.linalg.norm(chains[:, second[later]] - chains[:, first[later]], axis=-1)
        apart = mean_distance(real[compared[target]])
        ratios.append(distances.mean() / apart if distances.size and apart > 0 else np.nan)
    return float(np.mean(ratios)) if ratios else np.nan


lagged_distance_100 = partial(lagged_distance, lag=100)
lagged_distance_500 = partial(lagged_distance, lag=500)


def modes_per_chain(*, modes: Integers, accepted: NDArray[np.bool_]) -> float:
    """Number of known modes that a chain visits with accepted draws, mean over chains.

    modes [chain, draw] as the judge reads them, accepted [chain, draw] bool. It grows with the number of draws. A chain
    that diverges keeps what it visited before.
    """
    warmup = _warmup(modes.shape[1])
    counts = [len(np.unique(m[a])) for m, a in zip(modes[:, warmup:], accepted[:, warmup:], strict=True)]
    return float(np.mean(counts)) if counts else np.nan


def r_hat(*, features: Array, targets: Integers, real: Array, compared: Mask) -> float:
    """Rank-normalised split R-hat (Vehtari et al. 2021, arviz-stats) of a target's chains, worst target.

    The scalar is `series`. NaN where one target has none: fewer than two chains, chains that all stand still, or chains
    that are copies of each other, which agree without having mixed.
    """
    values = [_target_r_hat(chains) for chains in series(features, targets, real, compared)]
    return float(np.max(values)) if values else np.nan  # max keeps NaN


def ess(*, features: Array, targets: Integers, real: Array, compared: Mask) -> float:
    """Bulk effective sample size (Vehtari et al. 2021, arviz-stats) of a target's chains, mean over targets.

    In draws, of all the target's chains together. 0 for a target whose chains all stand still; NaN ("not identified")
    as soon as one other target has R-hat >= 1.1 or none.
    """
    values = [_target_ess(chains) for chains in series(features, targets, real, compared)]
    return float(np.mean(values)) if values else np.nan


def autocorrelation_steps(*, features: Array, targets: Integers, steps: Integers, real: Array, compared: Mask) -> float:
    """Integrated autocorrelation time in steps, mean over targets.

        tau = chains * draws / ESS * steps between draws      (1 + rho) / (1 - rho) draws for an AR(1) chain

    steps [draw]. NaN ("not identified") as soon as one target stands still, has R-hat >= 1.1 or none. Not below about
    the steps between draws.
    """
    values = []
    for chains in series(features, targets, real, compared):
        effective = _target_ess(chains)
        values.append(chains.size / effective if effective > 0 else np.nan)
    return float(np.mean(values) * np.median(np.diff(steps))) if values else np.nan


def series(features: Array, targets: Integers, real: Array, compared: Mask) -> list[Floats]:
    """Scalars of each target's chains after warm-up: places along the widest real direction.

        (f - mean) . v / s,  v the first principal component of the target's real features, s their deviation
        along it

    features [chain, draw, feature], targets [chain], real [n, feature], compared [target, n] -> per target [chain,
    draw]. A target whose real images have no spread gives NaN.
    """
    moving = _finite(features)
    scalars = []
    for target in np.unique(targets):
        known = real[compared[target]].astype(np.float64)
        chains = features[moving & (targets == target), _warmup(features.shape[1]) :].astype(np.float64)
        if len(known) < 2 or np.ptp(known, axis=0).max() == 0:
            scalars.append(np.full(chains.shape[:2], np.nan))
            continue
        _, sizes, directions = np.linalg.svd(known - known.mean(0), full_matrices=False)
        deviation = sizes[0] / np.sqrt(len(known) - 1)
        scalars.append((chains - known.mean(0)) @ directions[0] / deviation)
    return scalars


def _warmup(draws: int) -> int:
    return int(WARMUP * draws)


def _finite(features: Array) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(features).all((1, 2)))


def _stand_still(chains: Floats) -> bool:
    return bool(chains.size and (np.ptp(chains, axis=1) < STILL).all())


def _target_r_hat(chains: Floats) -> float:
    too_few = len(chains) < 2 or chains.shape[1] < 4 or np.isnan(chains).any()
    if too_few or _stand_still(chains) or (np.ptp(chains, axis=0) < STILL).all():  # the last: copies
        return np.nan
    from arviz_stats.base import array_stats

    with np.errstate(divide="ignore"):  # each chain still at a place of its own: infinite
        return float(array_stats.rhat(chains, chain_axis=0, draw_axis=1))


def _target_ess(chains: Floats) -> float:
    if _stand_still(chains):
        return 0.0
    if not _target_r_hat(chains) < IDENTIFIED:
        return np.nan
    from arviz_stats.base import array_stats

    return float(array_stats.ess(chains, chain_axis=0, draw_axis=1, method="bulk"))
