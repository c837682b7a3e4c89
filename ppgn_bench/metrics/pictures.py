"""Which draws are kept as pictures: not chosen, but for the best and the worst, which are named so."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.columns import EPSILONS
from ppgn_bench.metrics.inputs import Arrays, Real, class_distances, judged, setting

GRID_COLUMNS = 8
STRIP_CLASSES = (0, 3, 8)


def drawn(chains: Arrays, header: Mapping[str, Any], real: Real) -> Arrays:
    """Pictures of a file of chains, uint8 [..., channel, height, width], by "<run>.<name>".

    Of a run's first setting: grid [class, column], final draws of the first chains; best and worst [class], the final
    draws nearest to and farthest from real images of their class by the judge, a diverged chain last; strip [class,
    draw], the first chain of a few classes, with strip_steps [draw] and strip_labels [class]. Of all settings of the
    quality run: cells [setting, class], the final draw of the first chain, with cells_settings [setting, epsilon].
    """
    pictures: Arrays = {}
    for run in header["runs"]:
        first = setting(chains, run, 0)
        pictures |= {f"{run}.{name}": array for name, array in _of_a_run(first, real).items()}
    if "quality" in header["runs"]:
        every = [setting(chains, "quality", index) for index in range(len(header["settings"]))]
        finals = [of["images"][first_of_each_class(of["labels"], 1)[:, 0], -1] for of in every]
        pictures["quality.cells"] = np.stack(finals)
        pictures["quality.cells_settings"] = np.array([[of[name] for name in EPSILONS] for of in header["settings"]])
    return pictures


def first_of_each_class(labels: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Indices of the first images of each class [class, number], fewer where the smallest class has fewer."""
    number = min(number, int(np.unique(labels, return_counts=True)[1].min()))
    return np.stack([np.flatnonzero(labels == label)[:number] for label in np.unique(labels)])


def _of_a_run(chains: Arrays, real: Real) -> Arrays:
    labels, finals = chains["labels"], chains["images"][:, -1]
    first = first_of_each_class(labels, GRID_COLUMNS)
    rows = [row for row, label in zip(first[:, 0], np.unique(labels), strict=True) if label in STRIP_CLASSES]
    distances = class_distances(judged(real.judge, finals) | {"labels": labels}, real.reference)
    distances[chains["diverged"] >= 0] = np.inf
    ranked = np.argsort(distances, kind="stable")
    ends = np.array([ranked[labels[ranked] == label][[0, -1]] for label in np.unique(labels)])
    return {
        "grid": finals[first],
        "best": finals[ends[:, 0]],
        "worst": finals[ends[:, 1]],
        "strip": chains["images"][rows],
        "strip_steps": chains["steps"],
        "strip_labels": labels[rows],
    }
