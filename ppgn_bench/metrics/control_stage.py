"""The controls' stage: real images, spoiled ones and noise in; rows as if a sampler had drawn them out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from ppgn_bench.columns import EPSILONS, METRICS_TABLE
from ppgn_bench.data.source import ImageSource, opened, passes
from ppgn_bench.jobs import MeasuringControls
from ppgn_bench.metrics import memorisation
from ppgn_bench.metrics.asked import told
from ppgn_bench.metrics.chains import sample_arrays
from ppgn_bench.metrics.control_images import Control, control_sets, controls, surest
from ppgn_bench.metrics.inputs import (
    SMALLER,
    Arrays,
    Real,
    floats_of,
    inception_said,
    judged,
    judged_smaller,
    judged_training,
)
from ppgn_bench.metrics.metric import Metric
from ppgn_bench.metrics.pictures import GRID_COLUMNS, evenly, first_of_each
from ppgn_bench.metrics.remembered import Remembered
from ppgn_bench.metrics.resplits import resplit
from ppgn_bench.metrics.rows import Row, applicable, chosen, measured, without_judge
from ppgn_bench.metrics.table import RESPLITS

SEED = 0  # of what is random in controls
IN_PIXELS, NEAREST = "nearest_training_distance", "nearest"  # a metric, and what it is made of, an image at a time
# Metrics whose controls, but real images, have one row: they are slow, and no claim rests on them.
ONCE = (
    *(IN_PIXELS, "within_class_dissimilarity", "accuracy_at_half_size", "accuracy_at_quarter_size"),
    *("kernel_distance", "authenticity"),
)
# Metrics that ask a judge and that claims rest on: of controls another judge is asked for these alone.
DECIDING = ("judge_accuracy", "frechet_distance", "judge_probability", "coverage", "modes_covered")


class Side(NamedTuple):
    """Real images as one judge sees them.

    surest: numbers of the training images that it is surest of, these first; pool: what it says of all real images,
    those of the reference first, with their distances to the training images. Empty where there is none. seen: what
    the judge has said of controls.
    """

    real: Real
    surest: NDArray[np.int64]
    pool: Arrays
    seen: Remembered


def measure_controls(job: MeasuringControls, reals: Sequence[Real]) -> tuple[DataFrame, Arrays]:
    """Measure what samples are compared with as if a sampler had drawn it: rows of "controls", and pictures.

    One variant per entry of CONTROLS, all of the control half's size, as many of each class; metrics of chains have no
    controls. Each has a row for each of RESPLITS ways to part the real images in two halves, made of the same half as
    "real", numbered where samplers have their seed: 0 are the halves as they are. Of ONCE the others have that alone.
    The job's sizes: name -> samples; where they are fewer than the control half there are controls of that number, too,
    of the sweep of that name, since distances between sets depend on how many images they have. reals and sensitivity
    as in `stage.measure`.
    """
    metrics = {
        name: metric
        for name, metric in applicable(chosen(job), "quality", reals[0], of_conditions=_asked_names(reals[0])).items()
        if not any(array.startswith("chain.") for array in metric.reads.values())
    }
    control = opened(reals[0].data_file, "control", in_file=True)
    sides = _sides([judged_training(real) for real in reals], control, metrics, job.real == "reference")
    found: dict[tuple[int, int], list[Row]] = {}  # images and judge -> rows: a size is measured once
    rows: list[Row] = []
    halved = not reals[0].pretrained
    for sweep, (number, judge) in control_sets(control, job.sizes, len(reals), halved).items():
        if (number, judge) not in found:
            known = found[number, 0] if judge > 0 else ()
            asked = {name: one for name, one in metrics.items() if not (judge and one.asks_judge) or name in DECIDING}
            found[number, judge] = [
                row
                for measured_of in (_of_a_size, _of_resplits)
                for row in measured_of(sides[judge], control, asked, number, known)
            ]
        rows += [row | {"sweep": sweep} for row in found[number, judge]]
    return DataFrame(rows, columns=list(METRICS_TABLE)), _pictures(sides[0], control)


def _asked_names(real: Real) -> frozenset[str]:
    """The arrays of `asked` that controls have: what images show beside their class, where a judge can tell."""
    factors = real.header.get("factors", {}) if real.factor_judge is not None else {}
    return frozenset(f"{of}.{name}" for of in ("asked", "said") for name in factors)


def _of_a_size(
    side: Side, control: ImageSource, metrics: Mapping[str, Metric], number: int, known: Sequence[Row]
) -> Iterator[Row]:
    """Rows of all controls of so many images, without their sweep; known: of the same images under another judge."""
    key = {"dataset": side.real.header["dataset"], **dict.fromkeys(EPSILONS, np.nan)}
    for name, images_of in controls(side.real, control, side.surest, SEED, number).items():
        same = _without_judge(known, name, 0)
        arrays = {**side.real.arrays, **_arrays(images_of, side, side.real, metrics)}
        yield from measured({**key, "variant": name, "seed": 0}, metrics, arrays, side.real, same)
    for again, arrays in _resplits(side, control, number):
        same = _in_pixels(arrays) | _without_judge(known, "real", again)
        yield from measured({**key, "variant": "real", "seed": again}, metrics, arrays, side.real, same)


def _of_resplits(
    side: Side, control: ImageSource, metrics: Mapping[str, Metric], number: int, known: Sequence[Row]
) -> Iterator[Row]:
    """The same of all controls but "real", made of the other half of each pair of halves but the first."""
    key = {"dataset": side.real.header["dataset"], **dict.fromkeys(EPSILONS, np.nan)}
    quick = {name: metric for name, metric in metrics.items() if name not in ONCE and not metric.asks_inception}
    for again in range(1, RESPLITS if side.pool else 0):
        other, half, _ = resplit(side.real, control, side.pool, again)
        made = controls(other, half, side.surest, SEED, number)
        for name, images_of in made.items():
            if name != "real":
                arrays = {**other.arrays, **_arrays(images_of, side, other, quick)}
                same = _without_judge(known, name, again)
                yield from measured({**key, "variant": name, "seed": again}, quick, arrays, other, same)


def _sides(reals: Sequence[Real], control: ImageSource, metrics: Mapping[str, Metric], with_pool: bool) -> list[Side]:
    """A side a judge. Without a pool where what samples are compared with and the control half are no two draws of one.

    The distances to the training images, over all of which they go, are measured once.
    """
    distances: Arrays = {}
    if with_pool and IN_PIXELS in metrics:
        halves = [floats_of(source) for source in (reals[0].source, control)]
        both = memorisation.nearest_distances(halves, reals[0].arrays["training.images"])
        distances = {NEAREST: np.concatenate(both)}
    sides = []
    for place, real in enumerate(reals):
        other = judged(real.judge, passes(control), len(control), real.device) if with_pool else {}
        pool = {name: np.concatenate([real.reference[name], values]) for name, values in other.items()}
        if with_pool and not place and _asks_smaller(metrics):  # no other judge is asked for it: DECIDING
            pool |= _smaller((real.source, control), real)
        sides.append(Side(real, surest(real), pool | distances, Remembered()))
    return sides


def _smaller(sources: Sequence[ImageSource], real: Real) -> Arrays:
    """What is said of all images of some sources after they were reduced and enlarged again."""
    parts = [judged_smaller(images, real) for source in sources for images in passes(source)]
    return {name: np.concatenate([part[name] for part in parts]) for name in SMALLER}


def _resplits(side: Side, control: ImageSource, number: int) -> Iterator[tuple[int, Arrays]]:
    """Number -> arrays of so many real images against others, for all pairs of halves but the first."""
    for again in range(1, RESPLITS if side.pool else 0):
        other, half, seen = resplit(side.real, control, side.pool, again)
        kept = np.sort(evenly(half.labels, number))
        sample = {name: values[kept] for name, values in seen.items()}
        labels = half.labels[kept]
        images, factors = half.batch(kept), None if half.factors is None else half.factors[kept]
        sample |= {"images": images, "labels": labels, "targets": labels}
        yield again, {**other.arrays, **sample_arrays(sample, other), **_asked(images, factors, other)}


def _in_pixels(arrays: Arrays) -> dict[str, float]:
    """What need not go over all training images for every pair of halves."""
    if f"sample.{NEAREST}" not in arrays:
        return {}
    sides = arrays[f"sample.{NEAREST}"], arrays[f"matched.{NEAREST}"]
    return {IN_PIXELS: memorisation.ratio_of_medians(*sides)}


def _without_judge(rows: Sequence[Row], variant: str, seed: int) -> dict[str, float]:
    """What is known of the same images; who is sure of what hangs on the judge."""
    own = [row for row in rows if (row["variant"], row["seed"]) == (variant, seed)]
    return without_judge(own) if variant != "surest" else {}


def _arrays(images_of: Callable[[], Control], side: Side, real: Real, metrics: Mapping[str, Metric]) -> Arrays:
    """Of one control, compared with these real images: what metrics read of it."""
    images, labels, factors = images_of()
    sample = side.seen.judged(images, real)
    if _asks_smaller(metrics):
        sample |= judged_smaller(images, real)
    if any(metric.asks_inception for metric in metrics.values()):
        sample |= inception_said(images, real)
    arrays = sample_arrays(sample | {"images": images, "labels": labels, "targets": labels}, real)
    return arrays | _asked(images, factors, real)


def _asks_smaller(metrics: Mapping[str, Metric]) -> bool:
    """Whether a metric reads what a judge says of reduced images."""
    return any(f"sample.{name}" in metric.reads.values() for metric in metrics.values() for name in SMALLER)


def _asked(images: NDArray[np.uint8], factors: NDArray[np.int64] | None, real: Real) -> Arrays:
    """What is asked of images that should have these values, and what the judge of factors sees in them."""
    if factors is None or real.factor_judge is None:
        return {}
    said = told(real.factor_judge, images, real.device)
    wanted = dict(zip(real.header["factors"], factors.T, strict=True))
    return {f"asked.{name}": wanted[name] for name in wanted} | {f"said.{name}": said[name] for name in wanted}


def _pictures(side: Side, control: ImageSource) -> Arrays:
    """grid: real images [class, column, ...]; control.<name>: the first that should be of each class [class, ...]."""
    shown = first_of_each(control.labels, GRID_COLUMNS)
    pictures = {"grid": control.batch(shown.ravel()).reshape(*shown.shape, *control.shape)}
    twice = 2 * len(shown)  # so that a half has another's half beside it
    for name, images_of in controls(side.real, control, side.surest, SEED, twice).items():
        images, labels, _ = images_of()
        pictures[f"control.{name}"] = images[first_of_each(labels, 1)[:, 0]]
    return pictures
