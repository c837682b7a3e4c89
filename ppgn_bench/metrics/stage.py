"""The metrics stage: chains, real images and the judge in; rows, curves and pictures out."""

import itertools
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pandas import DataFrame, concat

from ppgn_bench.columns import CURVES, EPSILONS, METRICS_TABLE, in_columns
from ppgn_bench.data.source import opened
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Measuring, MeasuringControls, Resampling, Sampling, read
from ppgn_bench.lookup import resolve
from ppgn_bench.metrics import convergence
from ppgn_bench.metrics.control_images import Control, control_sets, controls, surest
from ppgn_bench.metrics.inputs import (
    Arrays,
    Labels,
    Real,
    chain_arrays,
    half,
    judged,
    numbers_within,
    sample_arrays,
    setting,
)
from ppgn_bench.metrics.pictures import GRID_COLUMNS, drawn, first_of_each
from ppgn_bench.metrics.table import HALF_SAMPLES, METRICS, SECOND_JUDGE, WITHOUT, Metric
from ppgn_bench.storage import files

Row = dict[str, Any]

QUANTILES = (0.1, 0.5, 0.9)  # low, middle, high: over chains


def measure(job: Measuring, chain_files: Sequence[Path], reals: Sequence[Real]) -> tuple[DataFrame, DataFrame, Arrays]:
    """Measure all seeds and settings of one variant on one sweep: the rows, the curves and the pictures.

    reals: of `read_real`, with the judge and perhaps a second one. Only metrics made for a run, for what is known of
    the data set and for what the targets are are measured; where a metric has too little to go by its value is missing
    (NaN). Where a sampler selects, samples are what it keeps; chains, curves and pictures (`pictures.drawn`) are of
    all. What half the samples or the second judge say has rows of its own, of the sweeps "<sweep>+half_samples" and
    "<sweep>+second_judge". Raises UserError for chains of several variants or of another data set.
    """
    metrics = _chosen(job)
    real = reals[0]
    samplings = {path: sampling_of(path) for path in chain_files}
    _require_one_variant(samplings, real.header["dataset"])
    rows: list[Row] = []
    curves: list[DataFrame] = []
    pictures: Arrays = {}
    for path in sorted(chain_files, key=lambda path: samplings[path].seed):
        chains, _ = files.load_arrays(path, "chains")
        sampling = samplings[path]
        labels = [target.label for target in sampling.targets]
        for (index, epsilon), run in itertools.product(enumerate(sampling.settings), sampling.runs):
            key = _key(sampling, epsilon)
            own = _applicable(metrics, run, real, labels)
            whole: list[Row] = []
            for view, (chosen, of) in _views(setting(chains, run, index), labels, reals).items():
                arrays = {**of.arrays, **chain_arrays(chosen, labels, of, sampling.update.select)}
                known = _without_judge(whole) if view == SECOND_JUDGE else {}
                measured = _rows({**key, "sweep": key["sweep"] + view}, own, arrays, known)
                rows.extend(measured)
                if not view:
                    whole = measured
                    curves.append(_curves({**key, "run": run}, arrays))
        pictures = pictures or drawn(chains, sampling, real)
    return DataFrame(rows, columns=list(METRICS_TABLE)), concat(curves, ignore_index=True), pictures


def _views(chains: Arrays, labels: Labels, reals: Sequence[Real]) -> dict[str, tuple[Arrays, Real]]:
    """Ending of a sweep's name -> chains and what they are compared with: as they are, and for sensitivity."""
    views = {"": (chains, reals[0]), HALF_SAMPLES: (half(chains, labels, reals[0]), reals[0])}
    return views | dict.fromkeys([SECOND_JUDGE] if len(reals) > 1 else [], (chains, reals[-1]))


def measure_left_out(job: Resampling, chains: Arrays, real: Real) -> DataFrame:
    """Measure the quality run of one setting as it is, and without each of its starts: rows of the gate.

    The number of a start counts the chains of a target: what is left out is one chain of each. Rows without start k are
    of the sweep "<sweep>+without_<k>".
    """
    found = setting(chains, "quality", 0)
    start = numbers_within(found["targets"])
    key = _key(job.sampling, job.sampling.settings[0])
    labels = [target.label for target in job.sampling.targets]
    metrics = _applicable(_chosen(job.measuring), "quality", real, labels)
    rows: list[Row] = []
    for number in (None, *range(start.max() + 1)):
        kept = {name: array if name == "steps" else array[start != number] for name, array in found.items()}
        ending = "" if number is None else f"{WITHOUT}{number}"
        arrays = {**real.arrays, **chain_arrays(kept, labels, real, job.sampling.update.select)}
        rows.extend(_rows({**key, "sweep": key["sweep"] + ending}, metrics, arrays))
    return DataFrame(rows, columns=list(METRICS_TABLE))


def measure_controls(job: MeasuringControls, reals: Sequence[Real], seed: int = 0) -> tuple[DataFrame, Arrays]:
    """Measure what samples are compared with as if a sampler had drawn it: rows of "controls", and a grid.

    One variant per entry of CONTROLS, all of the control half's size, as many of each class; metrics of chains have no
    controls. The job's sizes: name -> samples; where they are fewer than the control half there are controls of that
    number, too, of the sweep of that name, since distances between sets depend on how many images they have. reals and
    sensitivity as in `measure`. The grid shows the first control images of each class.
    """
    metrics = {
        name: metric
        for name, metric in _applicable(_chosen(job), "quality", reals[0]).items()
        if not any(array.startswith("chain.") for array in metric.reads.values())
    }
    rows: list[Row] = []
    control = opened(reals[0].data_file, "control")
    first = [surest(real) for real in reals]
    for sweep, (number, judge) in control_sets(control, job.sizes, len(reals)).items():
        real = reals[judge]
        for name, images_of in controls(real, control, first[judge], seed, number).items():
            named = {"dataset": real.header["dataset"], "sweep": sweep, "variant": name, "seed": 0}
            key = named | dict.fromkeys(EPSILONS, np.nan)
            same = ("controls", name) if judge > 0 and name != "surest" else ()  # images that were measured before
            known = _without_judge([row for row in rows if (row["sweep"], row["variant"]) == same])
            rows.extend(_rows(key, metrics, {**real.arrays, **_control_arrays(images_of, real)}, known))
    shown = first_of_each(control.labels, GRID_COLUMNS)
    grid = control.batch(shown.ravel()).reshape(*shown.shape, *control.shape)
    return DataFrame(rows, columns=list(METRICS_TABLE)), {"grid": grid}


def _key(job: Sampling, epsilon: Mapping[str, float]) -> Row:
    """What names the rows of one setting of a sampling."""
    named = {"dataset": job.dataset, "sweep": job.sweep, "variant": job.variant, "seed": job.seed}
    return named | in_columns(epsilon)


def _chosen(job: Measuring) -> dict[str, Metric]:
    """The chosen metrics in the table's order."""
    return {name: metric for name, metric in METRICS.items() if name in job.metrics}


def sampling_of(path: Path) -> Sampling:
    """The job that made a file of chains. Raises UserError for a file that is none, or of another version."""
    return read(Sampling, json.dumps(files.load_header(path, "chains").get("job")), str(path))


def _require_one_variant(samplings: Mapping[Path, Sampling], dataset: str) -> None:
    if not samplings:
        raise UserError("metrics: no file of chains to measure")
    first = next(iter(samplings.values()))
    for path, job in samplings.items():
        if job.dataset != dataset:
            raise UserError(f"{path}: chains of data set {job.dataset!r}, measured against {dataset!r}")
        for key in ("sweep", "variant"):
            if (own := getattr(job, key)) != (other := getattr(first, key)):
                raise UserError(f"{path}: {key} {own!r} beside {other!r}; measure one at a time")


def _control_arrays(images_of: Callable[[], Control], real: Real) -> Arrays:
    images, labels = images_of()
    sample = judged(real.judge, [images], len(images), real.device)
    return sample_arrays(sample | {"images": images, "labels": labels, "targets": labels}, real)


def _applicable(metrics: Mapping[str, Metric], run: str, real: Real, labels: Labels = ()) -> dict[str, Metric]:
    """The metrics for this run, for what is known of the data set, and for targets with these classes."""
    modes, classes = real.header["num_modes"] > 0, None not in labels
    return {
        name: metric
        for name, metric in metrics.items()
        if metric.run == run and (modes or not metric.known_modes) and (classes or not metric.known_classes)
    }


def _rows(
    key: Mapping[str, Any],
    metrics: Mapping[str, Metric],
    arrays: Arrays,
    known: Mapping[str, float] = MappingProxyType({}),
) -> list[Row]:
    """One row per metric, from the arrays that it reads, or with the value that is known."""
    rows = []
    for name, metric in metrics.items():
        if name not in known:
            read = {parameter: arrays[array] for parameter, array in metric.reads.items()}
        value = known[name] if name in known else resolve(metric.function)(**read)
        rows.append({**key, "metric": name, "value": value})
    return rows


def _without_judge(rows: Sequence[Row]) -> dict[str, float]:
    """The values that no judge has a say in: a second one need not go over all training images again."""
    return {row["metric"]: row["value"] for row in rows if not METRICS[row["metric"]].asks_judge}


def _curves(key: Mapping[str, Any], arrays: Arrays) -> DataFrame:
    """What chains do on their way: quantiles over those that have a value, and the share that is not there yet.

    Curves p_condition, distance (to real images); to_confidence and to_picture, whose low and high are missing.
    """
    steps, draws = np.arange(arrays["chain.log_prob"].shape[1]), arrays["chain.steps"]
    distances, log_prob = arrays["chain.distances"], arrays["chain.log_prob"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)  # all chains have diverged
        spread = {
            "p_condition": (steps, np.nanquantile(np.exp(log_prob), QUANTILES, axis=0)),
            "distance": (draws, np.nanquantile(distances, QUANTILES, axis=0)),
        }
    waiting = {
        "to_confidence": (steps, convergence.survival(convergence.confidence_times(log_prob), steps)),
        "to_picture": (draws, convergence.survival(convergence.picture_times(distances, draws), draws)),
    }
    missing = np.nan
    curves = spread | {name: (at, (missing, share, missing)) for name, (at, share) in waiting.items()}
    tables = []
    for name, (at, (low, middle, high)) in curves.items():
        table = DataFrame({**key, "curve": name, "step": at, "low": low, "middle": middle, "high": high})
        tables.append(table[list(CURVES)])
    return concat(tables, ignore_index=True)
