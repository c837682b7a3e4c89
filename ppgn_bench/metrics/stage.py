"""The metrics stage: chains, real images and the judge in; rows, curves and pictures out."""

import itertools
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame, concat
from scipy.special import log_softmax

from ppgn_bench.columns import CURVES, EPSILONS, METRICS_TABLE, in_columns
from ppgn_bench.data.source import ImageSource, opened, passes
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Measuring, MeasuringControls, Resampling, Sampling, read
from ppgn_bench.lookup import resolve
from ppgn_bench.metrics import convergence
from ppgn_bench.metrics.inputs import (
    Arrays,
    Labels,
    Real,
    as_floats,
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
            for view, (chosen, of) in _views(setting(chains, run, index), labels, reals).items():
                arrays = {**of.arrays, **chain_arrays(chosen, labels, of, sampling.update.select)}
                rows.extend(_rows({**key, "sweep": key["sweep"] + view}, own, arrays))
                if not view:
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

    One variant per entry of CONTROLS, all of the control half's size; metrics of chains have no controls. sizes:
    sweep -> images of a class; a sweep whose samples are fewer than the control half has controls of its own, of that
    size and under its name, since distances between sets depend on how many images they have. reals and sensitivity as
    in `measure`. The grid shows the first control images of each class.
    """
    metrics = {
        name: metric
        for name, metric in _applicable(_chosen(job), "quality", reals[0]).items()
        if not any(array.startswith("chain.") for array in metric.reads.values())
    }
    rows: list[Row] = []
    control = opened(reals[0].data_file, "control")
    whole = int(np.unique(control.labels, return_counts=True)[1].min())
    sets = {"controls": (whole, 0), f"controls{HALF_SAMPLES}": (max(1, whole // 2), 0)}
    sets |= dict.fromkeys([f"controls{SECOND_JUDGE}"] if len(reals) > 1 else [], (whole, 1))
    sets |= {sweep: (size, 0) for sweep, size in job.sizes.items() if size < whole}
    surest = [_surest(real) for real in reals]
    for sweep, (per_class, judge) in sets.items():
        real = reals[judge]
        for name, (images, labels) in _controls(real, control, surest[judge], seed, per_class).items():
            named = {"dataset": real.header["dataset"], "sweep": sweep, "variant": name, "seed": 0}
            key = named | dict.fromkeys(EPSILONS, np.nan)
            sample = judged(real.judge, [images], len(images), real.device)
            sample |= {"images": as_floats(images), "labels": labels, "targets": labels}
            rows.extend(_rows(key, metrics, {**real.arrays, **sample_arrays(sample, real)}))
    first = first_of_each(control.labels, GRID_COLUMNS)
    grid = control.batch(first.ravel()).reshape(*first.shape, *control.shape)
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


def _controls(
    real: Real, control: ImageSource, surest: NDArray[np.int64], seed: int, per_class: int
) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Images and target classes of each entry of CONTROLS, so many of each class; a wrong class is the next one."""
    chosen = np.sort(first_of_each(control.labels, per_class).ravel())
    images, labels = control.batch(chosen), control.labels[chosen]
    classes, training = np.unique(labels), real.training
    first = first_of_each(training.labels, per_class).ravel()
    sure = surest[first_of_each(training.labels[surest], per_class)].ravel()
    noise = np.random.default_rng(seed).integers(0, 256, images.shape, dtype=np.uint8)
    return {
        "real": (images, labels),
        "training": (training.batch(first), training.labels[first]),
        "surest": (training.batch(sure), training.labels[sure]),
        "wrong_class": (images, classes[(np.searchsorted(classes, labels) + 1) % len(classes)]),
        "repeated": (np.repeat(images[:1], len(images), axis=0), labels),
        "noise": (noise, labels),
    }


def _surest(real: Real) -> NDArray[np.int64]:
    """Indices of the training images, those with the highest p(own class) by the judge first."""
    labels = real.training.labels
    log_prob = log_softmax(judged(real.judge, passes(real.training), len(labels), real.device)["logits"], axis=1)
    return np.argsort(-log_prob[np.arange(len(labels)), labels], kind="stable")


def _applicable(metrics: Mapping[str, Metric], run: str, real: Real, labels: Labels = ()) -> dict[str, Metric]:
    """The metrics for this run, for what is known of the data set, and for targets with these classes."""
    modes, classes = real.header["num_modes"] > 0, None not in labels
    return {
        name: metric
        for name, metric in metrics.items()
        if metric.run == run and (modes or not metric.known_modes) and (classes or not metric.known_classes)
    }


def _rows(key: Mapping[str, Any], metrics: Mapping[str, Metric], arrays: Arrays) -> list[Row]:
    """One row per metric, from the arrays that it reads."""
    rows = []
    for name, metric in metrics.items():
        read = {parameter: arrays[array] for parameter, array in metric.reads.items()}
        rows.append({**key, "metric": name, "value": resolve(metric.function)(**read)})
    return rows


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
