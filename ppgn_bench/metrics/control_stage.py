"""The controls' stage: real images, spoiled ones and noise in; rows as if a sampler had drawn them out."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from pandas import DataFrame

from ppgn_bench.columns import EPSILONS, METRICS_TABLE
from ppgn_bench.data.source import ImageSource, opened, passes
from ppgn_bench.jobs import MeasuringControls
from ppgn_bench.metrics import quality
from ppgn_bench.metrics.control_images import Control, control_sets, controls, surest
from ppgn_bench.metrics.inputs import Arrays, Real, as_floats, judged, judged_training, sample_arrays
from ppgn_bench.metrics.pictures import GRID_COLUMNS, evenly, first_of_each
from ppgn_bench.metrics.resplits import RESPLITS, resplit
from ppgn_bench.metrics.rows import Row, applicable, chosen, measured, without_judge
from ppgn_bench.metrics.table import Metric

IN_PIXELS, NEAREST = "nearest_training_distance", "nearest"  # a metric, and what it is made of, an image at a time


def measure_controls(job: MeasuringControls, reals: Sequence[Real], seed: int = 0) -> tuple[DataFrame, Arrays]:
    """Measure what samples are compared with as if a sampler had drawn it: rows of "controls", and pictures.

    One variant per entry of CONTROLS, all of the control half's size, as many of each class; metrics of chains have no
    controls. "real" has a row for each of RESPLITS ways to part the real images in two halves, numbered where others
    have their seed: 0 are the halves as they are. The job's sizes: name -> samples; where they are fewer than the
    control half there are controls of that number, too, of the sweep of that name, since distances between sets depend
    on how many images they have. reals and sensitivity as in `stage.measure`.
    """
    metrics = {
        name: metric
        for name, metric in applicable(chosen(job), "quality", reals[0]).items()
        if not any(array.startswith("chain.") for array in metric.reads.values())
    }
    reals, control = [judged_training(real) for real in reals], opened(reals[0].data_file, "control")
    first = [surest(real) for real in reals]
    pools = _pools(reals, control, metrics) if job.real == "reference" else []
    rows: list[Row] = []
    for sweep, (number, judge) in control_sets(control, job.sizes, len(reals)).items():
        real = reals[judge]
        named = {"dataset": real.header["dataset"], "sweep": sweep, **dict.fromkeys(EPSILONS, np.nan)}
        for name, images_of in controls(real, control, first[judge], seed, number).items():
            known = _known(rows, name, 0) if judge > 0 and name != "surest" else {}
            arrays = {**real.arrays, **_arrays(images_of, real)}
            rows.extend(measured({**named, "variant": name, "seed": 0}, metrics, arrays, real, known))
        for again, arrays in _resplits(real, control, pools[judge], number) if pools else ():
            known = _known(rows, "real", again) if judge > 0 else _in_pixels(arrays)
            rows.extend(measured({**named, "variant": "real", "seed": again}, metrics, arrays, real, known))
    return DataFrame(rows, columns=list(METRICS_TABLE)), _pictures(reals[0], control, first[0], seed)


def _pools(reals: Sequence[Real], control: ImageSource, metrics: Mapping[str, Metric]) -> list[Arrays]:
    """Of each judge what it says of all real images, the reference first, and their distances to training images."""
    pools = []
    for real in reals:
        other = judged(real.judge, passes(control), len(control), real.device)
        pools.append({name: np.concatenate([real.reference[name], values]) for name, values in other.items()})
    if IN_PIXELS in metrics:
        real = reals[0]
        halves = [as_floats(source.batch(np.arange(len(source)))) for source in (real.source, control)]
        distances = np.concatenate(quality.nearest_distances(halves, real.arrays["training.images"]))
        pools = [pool | {NEAREST: distances} for pool in pools]
    return pools


def _resplits(real: Real, control: ImageSource, pool: Arrays, number: int) -> Iterator[tuple[int, Arrays]]:
    """Number -> arrays of so many real images against others, for all pairs of halves but the first."""
    for again in range(1, RESPLITS):
        other, half, seen = resplit(real, control, pool, again)
        kept = np.sort(evenly(half.labels, number))
        sample = {name: values[kept] for name, values in seen.items()}
        labels = half.labels[kept]
        sample |= {"images": half.batch(kept), "labels": labels, "targets": labels}
        yield again, {**other.arrays, **sample_arrays(sample, other)}


def _in_pixels(arrays: Arrays) -> dict[str, float]:
    """What need not go over all training images for every pair of halves."""
    if f"sample.{NEAREST}" not in arrays:
        return {}
    sides = arrays[f"sample.{NEAREST}"], arrays[f"matched.{NEAREST}"]
    return {IN_PIXELS: quality.ratio_of_medians(*sides)}


def _known(rows: Sequence[Row], variant: str, seed: int) -> dict[str, float]:
    """What no judge has a say in, of images that were measured before."""
    same = ("controls", variant, seed)
    return without_judge([row for row in rows if (row["sweep"], row["variant"], row["seed"]) == same])


def _arrays(images_of: Callable[[], Control], real: Real) -> Arrays:
    images, labels = images_of()
    sample = judged(real.judge, [images], len(images), real.device)
    return sample_arrays(sample | {"images": images, "labels": labels, "targets": labels}, real)


def _pictures(real: Real, control: ImageSource, surest: np.ndarray, seed: int) -> Arrays:
    """grid: real images [class, column, ...]; control.<name>: the first of each class, as it should be, [class, ...]."""
    shown = first_of_each(control.labels, GRID_COLUMNS)
    pictures = {"grid": control.batch(shown.ravel()).reshape(*shown.shape, *control.shape)}
    twice = 2 * len(shown)  # so that a half has another's half beside it
    for name, images_of in controls(real, control, surest, seed, twice).items():
        images, labels = images_of()
        pictures[f"control.{name}"] = images[first_of_each(labels, 1)[:, 0]]
    return pictures
