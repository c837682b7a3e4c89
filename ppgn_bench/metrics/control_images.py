"""The images of the controls: known to be good or bad, and what samples are compared with."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from ppgn_bench.data.source import ImageSource
from ppgn_bench.metrics import quality, spoiled
from ppgn_bench.metrics.inputs import Real
from ppgn_bench.metrics.pictures import evenly
from ppgn_bench.metrics.table import HALF_SAMPLES, OTHER_JUDGES

OF_FULL_SPLITS = ("training", "surest", "joined_halves")  # need training images, or two of a class


class Control(NamedTuple):
    """Images, the classes that they should have, and the values of their factors, where these are known [n, factor]."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    factors: NDArray[np.int64] | None


def control_sets(
    control: ImageSource, sizes: Mapping[str, int], judges: int, halved: bool = True
) -> dict[str, tuple[int, int]]:
    """Sweep of the rows -> how many images its controls have, and the number of the judge.

    For each size that samples have, all that `sensitivity` compares: half of it, unless not halved, and other judges.
    """
    counts = np.unique(control.labels, return_counts=True)[1]
    classes, whole = len(counts), int(counts.min()) * len(counts)
    sets: dict[str, tuple[int, int]] = {}
    for sweep, size in {"controls": whole, **{name: size for name, size in sizes.items() if size < whole}}.items():
        half = max(1, size // classes // 2) * classes
        sets |= {sweep: (size, 0)} | ({f"{sweep}{HALF_SAMPLES}": (half, 0)} if halved else {})
        sets |= {f"{sweep}{ending}": (size, 1 + place) for place, ending in enumerate(OTHER_JUDGES[: judges - 1])}
    return sets


def controls(
    real: Real, control: ImageSource, surest: NDArray[np.int64], seed: int, number: int
) -> dict[str, Callable[[], Control]]:
    """What makes each entry of CONTROLS, of so many images; a wrong class is the next one.

    Where there are no training images, and real ones of some classes only, those that need them are left out.
    One is made at a time: a half may be as much as memory should hold of it.
    """
    training, chosen = real.training, np.sort(evenly(control.labels, number))
    labels, classes = control.labels[chosen], np.unique(control.labels)
    wrong = classes[(np.searchsorted(classes, labels) + 1) % len(classes)]
    shape = (len(chosen), *control.shape)
    values, of_training = _factors(control, chosen), training.factors

    def spoilt(made: Callable[[], NDArray[np.uint8]]) -> Callable[[], Control]:
        return lambda: Control(made(), labels, values)

    def trained(own: NDArray[np.int64]) -> Control:
        return Control(training.batch(own), training.labels[own], _factors(training, own))

    made: dict[str, Callable[[], Control]] = {
        "real": spoilt(lambda: control.batch(chosen)),
        "training": lambda: trained(evenly(training.labels, number)),
        "surest": lambda: trained(surest[evenly(training.labels[surest], number)]),
        "wrong_class": lambda: Control(control.batch(chosen), wrong, _others(values, of_training)),
        "repeated": spoilt(lambda: np.repeat(control.batch(chosen[:1]), len(chosen), axis=0)),
        "joined_halves": spoilt(lambda: spoiled.joined_halves(control.batch(chosen), labels)),
        "blurred": spoilt(lambda: spoiled.blurred(control.batch(chosen))),
        "noisy_1": spoilt(lambda: spoiled.noisy(control.batch(chosen), 0, seed)),
        "noisy_2": spoilt(lambda: spoiled.noisy(control.batch(chosen), 1, seed)),
        "noisy_3": spoilt(lambda: spoiled.noisy(control.batch(chosen), 2, seed)),
        "shuffled_blocks": spoilt(lambda: spoiled.shuffled_blocks(control.batch(chosen), seed)),
        "noise": spoilt(lambda: np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)),
    }
    return {name: of for name, of in made.items() if not (real.pretrained and name in OF_FULL_SPLITS)}


def _factors(source: ImageSource, chosen: NDArray[np.int64]) -> NDArray[np.int64] | None:
    return None if source.factors is None else source.factors[chosen]


def _others(values: NDArray[np.int64] | None, known: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """The next value of every factor, as a wrong class is the next one; what is between two stays so."""
    if values is None or known is None:
        return None
    return np.where(values < 0, values, (values + 1) % (known.max(0) + 1))


def surest(real: Real) -> NDArray[np.int64]:
    """Indices of the training images, those with the highest p(own class) by the judge first. See `judged_training`."""
    labels = real.training.labels
    if not len(labels):
        return labels
    logits = real.arrays["training.logits"]
    own = [
        log_softmax(np.asarray(logits[some], dtype=np.float64), axis=1)[np.arange(len(some)), labels[some]]
        for some in quality.parts(np.arange(len(labels)), logits.shape[1])
    ]
    return np.argsort(-np.concatenate(own), kind="stable")
