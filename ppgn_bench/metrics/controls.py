"""Whether metrics can be believed: do they put what is known to be good before what is known to be bad?"""

import numpy as np
from pandas import DataFrame

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.metrics.table import METRICS, Metric
from ppgn_bench.statistics.intervals import on_scale, spread_interval, usable_scale


def check(rows: DataFrame) -> DataFrame:
    """Whether the controls come out in the order that each metric must give them, a row per pair.

        first > second:   scale(first) - scale(second) > half
        first >= second:  scale(first) - scale(second) >= -half,    half = t[QUANTILE, m - 1] * s

    half is that of the interval in which real images lie, over m resplits (`spread_interval`), on the metric's scale:
    what differs by less differs no more than real images from themselves. In ">" and "<" the value of real images is
    their mean over resplits; in ">=" and "<=" that of the first, whose very images the others are spoiled from.

    rows: those of `control_stage.measure_controls`; images as few as a sweep may have need not be separated, and are
    left out. Columns CONTROLS_CHECK, the pair as METRICS writes it; real_low, real_high: where real images lie. A
    missing value is not in order.
    """
    pairs = []
    whole = rows[rows["sweep"] == "controls"]
    for (dataset, name), group in whole.groupby(["dataset", "metric"], sort=False):
        metric = METRICS[str(name)]
        values = dict(zip(zip(group["variant"], group["seed"], strict=True), group["value"], strict=True))
        real = spread_interval(group["value"][group["variant"] == "real"], metric.transform)
        for first, sign, second in metric.orders:
            pair = tuple(
                real.mean if control == "real" and sign in "<>" else values.get((control, 0), np.nan)
                for control in (first, second)
            )
            apart, half = _apart(pair, (real.low, real.high), metric)
            ordered = {">": apart > half, "<": apart < -half, ">=": apart >= -half, "<=": apart <= half}[sign]
            pairs.append((dataset, name, first, sign, second, *pair, real.low, real.high, bool(ordered)))
    return DataFrame(pairs, columns=CONTROLS_CHECK)


def _apart(pair: tuple[float, ...], real: tuple[float, float], metric: Metric) -> tuple[float, float]:
    """Difference of a pair, and half the width of the interval of real images; both on the metric's scale."""
    scale = usable_scale([*pair, *real], metric.transform)
    first, second, low, high = on_scale([*pair, *real], scale)
    return first - second, (high - low) / 2


def not_admitted(checks: DataFrame) -> dict[tuple[str, str], str]:
    """(data set, metric) -> what the metric does not see, where it fails an order; checks: what `check` gives.

    "real from shuffled_blocks, noise; noisy_1 from noisy_2".
    """
    wrong = checks[~checks["ordered"].astype(bool)]
    refused: dict[tuple[str, str], str] = {}
    for (dataset, metric), group in wrong.groupby(["dataset", "metric"], sort=False):
        seconds: dict[str, list[str]] = {}
        for first, second in zip(group["first"], group["second"], strict=True):
            seconds.setdefault(first, []).append(second)
        refused[str(dataset), str(metric)] = "; ".join(f"{one} from {', '.join(two)}" for one, two in seconds.items())
    return refused


def failures(checks: DataFrame) -> list[str]:
    """A sentence for each metric that is not admitted; checks: what `check` gives."""
    return [f"{dataset}: {metric} does not separate {what}" for (dataset, metric), what in not_admitted(checks).items()]
