"""Whether metrics can be believed: do they put what is known to be good before what is known to be bad?"""

import operator

import numpy as np
from pandas import DataFrame

from ppgn_bench.metrics.table import METRICS

COLUMNS = ["dataset", "metric", "better", "worse", "value_better", "value_worse", "ordered"]


def check(rows: DataFrame) -> DataFrame:
    """Whether the controls come out in the order that each metric must give them, a row per pair.

    rows: those of `measurements.measure_controls`; images as few as a sweep may have need not be parted, and are left
    out. Columns: dataset, metric, better, worse (the pair, as METRICS writes it), value_better, value_worse, ordered. A
    missing value is not in order.
    """
    compare = {"<": operator.lt, ">": operator.gt}
    found = []
    whole = rows[rows["sweep"] == "controls"]
    for (dataset, name), group in whole.groupby(["dataset", "metric"], sort=False):
        values = dict(zip(group["variant"], group["value"], strict=True))
        for better, order, worse in METRICS[str(name)].orders:
            pair = values.get(better, np.nan), values.get(worse, np.nan)
            found.append((dataset, name, better, worse, *pair, bool(compare[order](*pair))))
    return DataFrame(found, columns=COLUMNS)
