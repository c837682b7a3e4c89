"""Rows of metrics.csv: which metrics can be measured of a set, and their values."""

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

from ppgn_bench.jobs import Measuring
from ppgn_bench.lookup import resolve
from ppgn_bench.metrics.inputs import Arrays, Labels, Real
from ppgn_bench.metrics.metric import Metric
from ppgn_bench.metrics.table import METRICS

Row = dict[str, Any]


def chosen(job: Measuring) -> dict[str, Metric]:
    """The chosen metrics in the table's order."""
    return {name: metric for name, metric in METRICS.items() if name in job.metrics}


def reads_training(metrics: Mapping[str, Metric]) -> bool:
    """Whether one of them reads what the judge says of the training images."""
    return any({"training.features", "unit.shown"} & {*metric.reads.values()} for metric in metrics.values())


def applicable(
    metrics: Mapping[str, Metric], run: str, real: Real, labels: Labels = (), of_conditions: Set[str] = frozenset()
) -> dict[str, Metric]:
    """The metrics for this run, for what is known of the data set, for targets with these classes, and for those of the
    arrays of `asked` that there are.
    """
    modes, classes = real.header["num_modes"] > 0, None not in labels
    full = not real.pretrained
    return {
        name: metric
        for name, metric in metrics.items()
        if metric.run == run
        and (full or not metric.of_full_splits)
        and (modes or not metric.known_modes)
        and (classes or not metric.known_classes)
        and metric.of_conditions <= of_conditions
    }


def measured(
    key: Mapping[str, Any],
    metrics: Mapping[str, Metric],
    arrays: Arrays,
    real: Real,
    known: Mapping[str, float] = MappingProxyType({}),
) -> list[Row]:
    """One row per metric, from the arrays that it reads, or with the value that is known.

    real: what the arrays were judged with. What Inception has not seen has no row.
    """
    rows = []
    for name, metric in metrics.items():
        if metric.asks_inception and name not in known and not {*metric.reads.values()} <= arrays.keys():
            continue
        if name not in known:
            read = {parameter: arrays[array] for parameter, array in metric.reads.items()}
        value = known[name] if name in known else resolve(metric.function)(**read)
        judge = real.judge_digest if metric.asks_judge else real.factor_judge_digest * metric.asks_factor_judge
        if metric.asks_inception and real.inception is not None:
            judge = real.inception.digest
        rows.append({**key, "metric": name, "value": value, "judge": judge})
    return rows


def without_judge(rows: Sequence[Row]) -> dict[str, float]:
    """The values that no judge has a say in: another one need not go over all training images again."""
    return {row["metric"]: row["value"] for row in rows if not METRICS[row["metric"]].asks_judge}
