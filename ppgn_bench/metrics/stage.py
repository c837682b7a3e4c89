"""The metrics stage: chains, real images and the judge in; rows, curves and pictures out."""

import itertools
import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame, concat

from ppgn_bench.columns import CURVES, METRICS_TABLE, TARGETS, in_columns
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Measuring, Sampling, read
from ppgn_bench.metrics import asked, convergence, quality
from ppgn_bench.metrics.chains import (
    chain_arrays,
    chains_in,
    half,
    judged_chains,
    lacks_halfway,
    numbers_within,
    parted,
    setting,
)
from ppgn_bench.metrics.inputs import Arrays, Labels, Real, judged_training
from ppgn_bench.metrics.metric import Metric
from ppgn_bench.metrics.pictures import drawn
from ppgn_bench.metrics.rows import Row, applicable, chosen, measured, reads_training, without_judge
from ppgn_bench.metrics.table import HALF_SAMPLES, OTHER_JUDGES, WITHOUT
from ppgn_bench.metrics.targets import part_met
from ppgn_bench.storage import files

OF_EVERY_DRAW = {"chain.features", "chain.modes", "chain.accepted", "chain.distances"}
QUANTILES = (0.1, 0.5, 0.9)  # low, middle, high: over chains


class Measurements(NamedTuple):
    """Of one variant on one sweep: rows of METRICS_TABLE, CURVES and TARGETS; pictures (`pictures.drawn`); networks:
    training seed -> role -> hash of the file that served it.
    """

    rows: DataFrame
    curves: DataFrame
    targets: DataFrame
    pictures: Arrays
    networks: dict[int, dict[str, str]]


def measure(job: Measuring, chain_files: Sequence[Path], reals: Sequence[Real]) -> Measurements:
    """Measure all seeds and settings of one variant on one sweep.

    reals: of `read_real`, with the judge and perhaps others. Only metrics made for a run, for what is known of
    the data set and for what the targets are are measured; where a metric has too little to go by its value is missing
    (NaN). Where a sampler selects, samples are what it keeps; chains, curves and pictures (`pictures.drawn`) are of
    all. What half the samples or another judge say has rows of its own, of the sweeps "<sweep>+half_samples",
    "<sweep>+second_judge" and "<sweep>+third_judge". What is asked beside classes is also measured target by target.
    Raises UserError for chains of several variants or of another data set.
    """
    metrics = chosen(job)
    reals = [judged_training(real) for real in reals] if reads_training(metrics) else reals
    real = reals[0]
    samplings = {path: sampling_of(path) for path in chain_files}
    _require_one_variant(samplings, real.header["dataset"])
    rows: list[Row] = []
    curves: list[DataFrame] = []
    targets: list[Row] = []
    pictures: Arrays = {}
    networks: dict[int, dict[str, str]] = {}
    for path in sorted(chain_files, key=lambda path: samplings[path].seed):
        chains, header = chains_in(path)
        sampling = samplings[path]
        networks[sampling.seed] = header.get("files", {})
        for (index, epsilon), run in itertools.product(enumerate(sampling.settings), sampling.runs):
            of_setting = asked.seen_whole(setting(chains, run, index), sampling, real)
            key = {**_key(sampling, epsilon), "run": run}
            found, curve = _of_setting(key, metrics, sampling, of_setting, reals)
            rows += found
            curves.append(curve)
            targets += _of_targets(key, metrics, sampling, of_setting, real)
        pictures = pictures or drawn(chains, sampling, real)
    tables = DataFrame(rows, columns=list(METRICS_TABLE)), concat(curves, ignore_index=True)
    return Measurements(*tables, DataFrame(targets, columns=list(TARGETS)), pictures, networks)


def _of_setting(
    key: Row, metrics: Mapping[str, Metric], sampling: Sampling, chains: Arrays, reals: Sequence[Real]
) -> tuple[list[Row], DataFrame]:
    """The rows of one run of one setting, of all views of it, and its curves. key: what names them, the run too."""
    labels = [target.label for target in sampling.targets]
    own = applicable(metrics, key["run"], reals[0], labels, asked.known_names(sampling.targets))
    unknown = {name: math.nan for name, metric in own.items() if lacks_halfway(chains, metric)}
    rows: list[Row] = []
    whole: list[Row] = []
    read = {array for metric in own.values() for array in metric.reads.values()}
    for view, chains_of_view, real in _views(chains, labels, reals, read):
        arrays = {**real.arrays, **chain_arrays(chains_of_view, labels, real, sampling.update.select)}
        if any(metric.of_conditions for metric in own.values()):
            arrays |= asked.asked_arrays(chains_of_view, sampling, real)
        gone = [name for name, metric in own.items() if not metric.of_conditions <= arrays.keys()]  # all have diverged
        known = unknown | dict.fromkeys(gone, math.nan) | (without_judge(whole) if view in OTHER_JUDGES else {})
        found = measured({**key, "sweep": key["sweep"] + view}, own, arrays, real, known)
        rows += found
        if not view:
            whole, curves = found, _curves(key, arrays, to_real=not real.pretrained)
    return rows, curves


def _of_targets(
    key: Row, metrics: Mapping[str, Metric], sampling: Sampling, chains: Arrays, real: Real
) -> Iterator[Row]:
    """What conditions that are no classes reach, target by target; whether the class is met that one asks beside other
    things, and how many training images show all that it asks.
    """
    names = asked.known_names(sampling.targets)
    own = {name: metric for name, metric in metrics.items() if metric.of_conditions & names}
    own = applicable(own, key["run"], real, of_conditions=names)
    if not own:
        return
    judged = judged_chains(chains, [target.label for target in sampling.targets], real)
    for number, target in enumerate(sampling.targets):
        arrays = asked.asked_arrays(parted(judged, judged["targets"] == number), sampling, real)
        there = {name: metric for name, metric in own.items() if metric.of_conditions <= arrays.keys()}
        yield from ({**row, "target": target.name} for row in measured(key, there, arrays, real))
        if asked.LABEL in target.asks and "final.said" in arrays:
            of_class = {side: arrays[f"final.{side}"][asked.LABEL] for side in ("asked", "said")}
            yield {**key, "target": target.name, "metric": "met_label", "value": part_met(**of_class)}
        if target.asks:
            known = asked.training_images(target, real)
            yield {**key, "target": target.name, "metric": "training_images", "value": known}


def _views(chains: Arrays, labels: Labels, reals: Sequence[Real], read: Set[str]) -> Iterator[tuple[str, Arrays, Real]]:
    """Ending of a sweep's name, judged chains and what they are compared with: as they are, then for sensitivity.

    read: the arrays that metrics read. Curves are of the first judge alone, so another one need not see every draw
    where no metric reads them all.
    """
    first, *others = reals
    every, to_picture = "chain.features" in read, not OF_EVERY_DRAW & read
    whole = judged_chains(chains, labels, first, every)
    yield "", whole, first
    if not first.pretrained:
        yield HALF_SAMPLES, half(whole, labels, first), first
    for ending, real in zip(OTHER_JUDGES, others, strict=False):
        yield ending, judged_chains(chains, labels, real, every, to_picture), real


def measure_left_out(job: Measuring, sampling: Sampling, chains: Arrays, real: Real) -> DataFrame:
    """Measure the quality run of one setting as it is, and without each of its starts: rows of the gate.

    The number of a start counts the chains of a target: what is left out is one chain of each. Rows without start k are
    of the sweep "<sweep>+without_<k>".
    """
    labels = [target.label for target in sampling.targets]
    found = judged_chains(setting(chains, "quality", 0), labels, real)
    start = numbers_within(found["targets"])
    key = _key(sampling, sampling.settings[0])
    metrics = applicable(chosen(job), "quality", real, labels)
    real = judged_training(real) if reads_training(metrics) else real
    rows: list[Row] = []
    for number in (None, *range(start.max() + 1)):
        kept = found if number is None else parted(found, start != number)
        ending = "" if number is None else f"{WITHOUT}{number}"
        arrays = {**real.arrays, **chain_arrays(kept, labels, real, sampling.update.select)}
        rows.extend(measured({**key, "sweep": key["sweep"] + ending}, metrics, arrays, real))
    return DataFrame(rows, columns=list(METRICS_TABLE))


def _key(job: Sampling, epsilon: Mapping[str, float]) -> Row:
    """What names the rows of one setting of a sampling."""
    named = {"dataset": job.dataset, "sweep": job.sweep, "variant": job.variant, "seed": job.seed}
    return named | in_columns(epsilon)


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


def _curves(key: Mapping[str, Any], arrays: Arrays, to_real: bool) -> DataFrame:
    """What chains do on their way: quantiles over those that have a value, and the share that is not there yet.

    Curves p_condition, distance (to real images); to_confidence and to_picture, whose low and high are missing.
    to_real: whether there are real images of every class; else distance and to_picture are left out.
    """
    steps, draws = np.arange(arrays["chain.log_prob"].shape[1]), arrays["chain.steps"]
    distances, log_prob = arrays["chain.distances"], arrays["chain.log_prob"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)  # all chains have diverged
        spread = {"p_condition": (steps, _quantiles(log_prob, np.exp)), "distance": (draws, _quantiles(distances))}
    waiting = {
        "to_confidence": (steps, convergence.survival(convergence.confidence_times(log_prob), steps)),
        "to_picture": (draws, convergence.survival(convergence.first_times(arrays["chain.pictures"], draws), draws)),
    }
    missing = np.nan
    curves = spread | {name: (at, (missing, share, missing)) for name, (at, share) in waiting.items()}
    curves = {name: of for name, of in curves.items() if to_real or name not in ("distance", "to_picture")}
    tables = []
    for name, (at, (low, middle, high)) in curves.items():
        table = DataFrame({**key, "curve": name, "step": at, "low": low, "middle": middle, "high": high})
        tables.append(table[list(CURVES)])
    return concat(tables, ignore_index=True)


def _quantiles(values: NDArray[np.floating], made: Callable[[Any], Any] = np.asarray) -> NDArray[np.float64]:
    """Quantiles over chains of what is made of their values [chain, step] -> [quantile, step], some steps at once."""
    some = (made(part.T.astype(np.float64)) for part in quality.parts(values.T, len(values)))
    return np.concatenate([np.nanquantile(part, QUANTILES, axis=0) for part in some], axis=1)
