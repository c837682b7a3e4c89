"""Whether metrics can be believed: do they put what is known to be good before what is known to be bad?"""

import operator

import numpy as np
from pandas import DataFrame

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.metrics.table import METRICS


def check(rows: DataFrame) -> DataFrame:
    """Whether the controls come out in the order that each metric must give them, a row per pair.

    rows: those of `stage.measure_controls`; images as few as a sweep may have need not be separated, and are left out.
    Columns CONTROLS_CHECK, the pair as METRICS writes it. A missing value is not in order.
    """
    compare = {"<": operator.lt, ">": operator.gt}
    pairs = []
    whole = rows[rows["sweep"] == "controls"]
    for (dataset, name), group in whole.groupby(["dataset", "metric"], sort=False):
        values = dict(zip(group["variant"], group["value"], strict=True))
        for better, order, worse in METRICS[str(name)].orders:
            pair = values.get(better, np.nan), values.get(worse, np.nan)
            pairs.append((dataset, name, better, worse, *pair, bool(compare[order](*pair))))
    return DataFrame(pairs, columns=CONTROLS_CHECK)


def failures(checks: DataFrame) -> list[str]:
    """A sentence for each pair that a metric does not put in order; checks: what `check` gives."""
    wrong = checks[~checks["ordered"].astype(bool)]
    return [
        f"{row.dataset}: {row.metric} does not separate {row.better} from {row.worse}" for row in wrong.itertuples()
    ]
