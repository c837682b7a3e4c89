"""Which draws are kept as pictures: not chosen, but for the best and the worst, which are named so."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ppgn_bench.columns import TERMS
from ppgn_bench.jobs import Sampling
from ppgn_bench.metrics.asked import of_contexts, seen_whole
from ppgn_bench.metrics.chains import compared, distances, setting
from ppgn_bench.metrics.images import images_of
from ppgn_bench.metrics.inputs import Arrays, Labels, Real, judged

GRID_COLUMNS = 8
HOLE = np.uint8(128)  # the grey of a hole
STRIP_TARGETS = (0, 3, 8)  # numbers of the job's targets


def drawn(chains: Arrays, job: Sampling, real: Real) -> Arrays:
    """Pictures of a file of chains, uint8 [..., channel, height, width], by "<run>.<name>".

    Of a run's first setting: grid [target, column], final draws of the first chains; best and worst [target], the final
    draws nearest to and farthest from the real images of their target by the judge, a diverged chain last; strip
    [target, draw], the first chain of a few targets, with strip_steps [draw] and strip_targets [target], numbers of the
    job's. Where real images are of some classes only there is neither best nor worst, but probabilities [target, 2] of
    the first chains' targets: by the network that steers, and by the judge.

    Of all settings of the quality run: cells [setting, target], the final draw of the first chain, with cells_settings
    [setting, epsilon]. Of contexts also masked and original [target, ...]; of hidden units top [target,
    column], the training images that they fire most for, and units [target], the numbers of their channels.
    """
    pictures: Arrays = {}
    labels = [target.label for target in job.targets]
    for run in job.runs:
        first = _of_a_run(seen_whole(setting(chains, run, 0), job, real), labels, real)
        pictures |= {f"{run}.{name}": array for name, array in first.items()}
    if "quality" in job.runs:
        every = [seen_whole(setting(chains, "quality", index), job, real) for index in range(len(job.settings))]
        finals = [of["images"][first_of_each(of["targets"], 1)[:, 0], -1] for of in every]
        pictures["quality.cells"] = np.stack([np.asarray(images) for images in finals])
        pictures |= {f"quality.{name}": images for name, images in of_conditions(chains, job, real).items()}
        pictures["quality.cells_settings"] = np.array([[epsilon[term] for term in TERMS] for epsilon in job.settings])
    return pictures


def of_conditions(chains: Arrays, job: Sampling, real: Real) -> Arrays:
    """What stands beside the samples of targets that are no classes: holes and originals, or top training images."""
    if "observed_real" in chains:
        top = np.argsort(-chains["observed_real"], axis=1, kind="stable")[:, :GRID_COLUMNS]
        images = real.familiar.batch(top.ravel()).reshape(*top.shape, *real.familiar.shape)
        return {"top": images, "units": chains["prepared.channel"]}
    if all("mask" in target.values for target in job.targets):
        originals, known = of_contexts(job.targets, real, chains["quality.images"].shape[-1])
        return {"masked": np.where(known, originals, HOLE), "original": originals}
    return {}


def first_of_each(kinds: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Indices of the first of each target or class [kind, number], fewer where the smallest has fewer."""
    number = min(number, int(np.unique(kinds, return_counts=True)[1].min()))
    return np.stack([np.flatnonzero(kinds == kind)[:number] for kind in np.unique(kinds)])


def evenly(kinds: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Indices of so many, the first of each kind, kind by kind; where they do not divide the first kinds have one more.

    Fewer where the smallest kind has fewer.
    """
    present, counts = np.unique(kinds, return_counts=True)
    each, more = divmod(min(number, len(present) * int(counts.min())), len(present))
    chosen = [np.flatnonzero(kinds == kind)[: each + (place < more)] for place, kind in enumerate(present)]
    return np.concatenate(chosen)


def _of_a_run(chains: Arrays, labels: Labels, real: Real) -> Arrays:
    targets, images = chains["targets"], images_of(chains["images"], leading=2)
    finals = images[:, -1]
    first = first_of_each(targets, GRID_COLUMNS)
    rows = [row for row in first[:, 0] if targets[row] in STRIP_TARGETS]
    told = judged(real.judge, [finals], len(finals), real.device) | {"targets": targets}
    shown = {
        "grid": np.asarray(finals[first]),
        "strip": np.asarray(images[rows]),
        "strip_steps": chains["steps"],
        "strip_targets": targets[rows],
    }
    if real.pretrained:  # no real image of most targets, so none is nearest; but what both networks say
        said = softmax(told["logits"][first[:, 0]].astype(np.float64), axis=1)
        of_target = [np.nan if label is None else said[row, label] for row, label in enumerate(labels)]
        return shown | {"probabilities": np.stack([np.exp(chains["log_prob"][first[:, 0], -1]), of_target], 1)}
    apart = distances(told, compared(labels, real), real)
    apart[chains["diverged"] >= 0] = np.inf
    ranked = np.argsort(apart, kind="stable")
    ends = np.array([ranked[targets[ranked] == target][[0, -1]] for target in np.unique(targets)])
    return shown | {"best": np.asarray(finals[ends[:, 0]]), "worst": np.asarray(finals[ends[:, 1]])}
