"""Whether metrics can be believed: do they put what is known to be good before what is known to be bad?"""

from collections.abc import Mapping

import numpy as np
from pandas import DataFrame
from scipy.special import stdtrit

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.metrics.metric import Metric
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.statistics.intervals import QUANTILE, on_scale, usable_scale


def check(rows: DataFrame, judge: str = "") -> DataFrame:
    """Whether the controls come out in the order that each metric must give them, a row per pair.

        first > second:   mean of d > t[QUANTILE, m - 1] * s,    d[k] = scale(first[k]) - scale(second[k])
        first >= second:  mean of d >= -t[QUANTILE, m - 1] * r

    over m resplits of the real images, both sides made of the same half in each; s is the standard deviation of d, r
    that of real images, neither over sqrt(m) (why: `contrasts.contrast`); on the metric's scale, but shares as they
    are. So ">" holds where the metric sees the flaw beyond what chance of the images explains, ">=" where it takes the
    flaw for no merit that real images do not have against themselves. Where a side has one row, s is r.

    rows: those of `control_stage.measure_controls`, or of a whole run; images as few as a sweep may have need not be
    separated, and are left out. judge: by which the controls were measured, of OTHER_JUDGES; "" for the data set's.
    Columns CONTROLS_CHECK, the pair as METRICS writes it: the means of both, how far they are `apart` on the metric's
    scale, and the `margin` of the rule. A missing value is not in order; a control that a data set cannot have, say for
    want of training images, is in no pair.
    """
    pairs = []
    whole = rows[rows["sweep"] == f"controls{judge}"]
    there = {str(dataset): set(own) for dataset, own in whole.groupby("dataset", sort=False)["variant"]}
    for (dataset, name), group in whole.groupby(["dataset", "metric"], sort=False):
        metric = METRICS[str(name)]
        values = {
            str(control): dict(zip(own["seed"], own["value"], strict=True))
            for control, own in group.groupby("variant", sort=False)
        }
        for first, sign, second in metric.orders:
            if not {first, second} <= there[str(dataset)]:
                continue
            sides = values.get(first, {}), values.get(second, {})
            both, apart, margin = _apart(*sides, sign, values.get("real", {}), metric)
            ordered = {">": apart > margin, "<": apart < -margin, ">=": apart >= -margin, "<=": apart <= margin}[sign]
            pairs.append((dataset, name, first, sign, second, *both, apart, margin, bool(ordered)))
    return DataFrame(pairs, columns=CONTROLS_CHECK)


def _apart(
    first: Mapping[int, float], second: Mapping[int, float], sign: str, real: Mapping[int, float], metric: Metric
) -> tuple[tuple[float, float], float, float]:
    """Means of both sides over the resplits that they share, the mean difference on the metric's scale, the margin."""
    shared = [number for number in first if number in second]
    pair = np.array([[side[number] for number in shared] for side in (first, second)], dtype=float).reshape(2, -1)
    known = np.array([*real.values()], dtype=float)
    # Shares as they are: near 0 and 1, where controls lie, a logit makes a lot of a single image.
    scale = usable_scale([*pair.ravel(), *known], "none" if metric.transform == "logit" else metric.transform)
    differences = on_scale(pair[0], scale) - on_scale(pair[1], scale)
    of = differences if sign in "<>" and len(differences) > 1 else on_scale(known, scale)
    margin = float(stdtrit(len(of) - 1, QUANTILE) * np.std(of, ddof=1)) if len(of) > 1 else 0.0
    one, other = pair.mean(1) if shared else (np.nan, np.nan)
    return (float(one), float(other)), float(differences.mean()) if shared else np.nan, margin


def missed(checks: DataFrame) -> dict[tuple[str, str], dict[str, list[str]]]:
    """(data set, metric) -> control -> those that the metric does not see it apart from, of each that is not admitted.

    checks: what `check` gives, or a file of it. A metric that has no entry is admitted. All that says so asks here.
    """
    wrong = checks[checks["ordered"].astype(str) != "True"]
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for dataset, metric, first, second in wrong[["dataset", "metric", "first", "second"]].itertuples(index=False):
        found.setdefault((dataset, metric), {}).setdefault(first, []).append(second)
    return found


def not_admitted(checks: DataFrame) -> dict[tuple[str, str], str]:
    """The same in one line: "real from shuffled_blocks, noise; noisy_1 from noisy_2"."""
    return {
        key: "; ".join(f"{first} from {', '.join(seconds)}" for first, seconds in of_metric.items())
        for key, of_metric in missed(checks).items()
    }


def failures(checks: DataFrame) -> list[str]:
    """A sentence for each metric that is not admitted; checks: what `check` gives."""
    return [f"{dataset}: {metric} does not separate {what}" for (dataset, metric), what in not_admitted(checks).items()]
