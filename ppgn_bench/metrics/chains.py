"""The arrays of chains, and of their final draws as a sample: `inputs` says which.

Images of chains stay in their file. The judge sees them block by block; kept is what it says of the final draws and of
those after half of the steps, and of every other draw a few numbers.
"""

import itertools
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ppgn_bench.metrics import quality
from ppgn_bench.metrics.images import Images, as_floats, images_of
from ppgn_bench.metrics.inputs import SMALLER, Arrays, Labels, Real, floats_of, inception_said, judged_smaller, said
from ppgn_bench.metrics.metric import Metric
from ppgn_bench.metrics.of_inception import INCEPTION, OWN
from ppgn_bench.storage import files
from ppgn_bench.storage.stored import Stored, stored

OF_NO_CHAIN = {"steps", "observed_real"}  # arrays of one setting's chains whose first axis is not the chain
UNSEEN = {"modes": -1, "distances": np.nan, "pictures": False, "accepted": False}  # of a draw, before a judge sees it
OF_DRAWS = tuple(UNSEEN)  # what is kept of every draw
SAID = ("features", "logits")  # what the judge says of the final draws and of those after half of the steps
HALFWAY = tuple(f"halfway_{name}" for name in SAID)
EVERY = "every_features"  # of every draw, where a metric reads them
OF_FINAL = (*SAID, *HALFWAY, *SMALLER, *(f"{name}{part}" for name in (INCEPTION, OWN) for part in ("", "_logits")))
UNREAD = (".images", ".codes")  # ends of the names of a file's large arrays


def chains_in(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a file of chains and its header, but for codes, which no metric reads; images stay in the file."""
    names = files.names(path, "chains")
    arrays, header = files.load_some(path, "chains", [name for name in names if not name.endswith(UNREAD)])
    images = stored(path, "chains", [name for name in names if name.endswith(".images")])
    return arrays | {name: _draws(of) for name, of in images.items()}, header


def _draws(of: Stored) -> Any:
    """The images of a file [chain, draw, channel, height, width]."""
    count, draws, *of_one = of.shape
    numbers = np.arange(count * draws).reshape(count, draws)
    return Images(lambda wanted: of.parts(wanted, leading=2), numbers, tuple(of_one))


def setting(chains: Arrays, run: str, index: int) -> Arrays:
    """The chains of one of the file's runs and epsilon settings, and what is of no chain: `OF_NO_CHAIN`."""
    chosen = chains[f"{run}.setting"] == index
    own = {name.removeprefix(f"{run}."): array for name, array in chains.items() if name.startswith(f"{run}.")}
    return parted(own | {name: chains[name] for name in OF_NO_CHAIN & chains.keys()}, chosen)


def judged_chains(chains: Arrays, labels: Labels, real: Real, every: bool = False, to_picture: bool = False) -> Arrays:
    """One setting's chains with what the judge says of them. labels: of the job's targets.

    [chain, draw]: distances, pictures and, where they are known, modes and accepted. [chain, ...], of the final draws:
    features, logits, those of SMALLER and what Inception says, where there is one; halfway_features and halfway_logits.
    every: also features of every draw, EVERY [chain, draw, feature]. to_picture: the judge does not see what a chain
    draws after its first picture, but for the draws of which more is kept: there the others have the values of UNSEEN.
    """
    images = images_of(chains["images"], leading=2)
    count, draws = images.shape[:2]
    kept = {"": draws - 1, "halfway_": _halfway(chains["steps"])}
    numbers, found = np.arange(count * draws).reshape(count, draws), {"pictures": np.zeros((count, draws), dtype=bool)}
    rounds = _to_pictures(numbers, {*kept.values()}, found["pictures"]) if to_picture else [numbers.ravel()]
    for here, told in _told(images.flat, rounds, real):
        chain, draw = np.divmod(here, draws)
        each = _of_draws(told, chains["targets"][chain], labels, real) | ({EVERY: told["features"]} if every else {})
        for name, values in each.items():
            found.setdefault(name, _unseen(name, (count, draws), values))[chain, draw] = values
        for (when, of), name in itertools.product(kept.items(), SAID):
            values, own = told[name][draw == of], chain[draw == of]
            found.setdefault(f"{when}{name}", _unseen(name, (count,), values))[own] = values
    final = images[:, -1]
    return chains | found | judged_smaller(final, real) | inception_said(final, real)


def _to_pictures(
    numbers: NDArray[np.int64], kept: Set[int], pictures: NDArray[np.bool_]
) -> Iterator[NDArray[np.int64]]:
    """Numbers of the draws that are kept, then draw by draw of those of chains without an earlier picture.

    numbers, pictures [chain, draw]; who asks for the next ones has put down in `pictures` what the last ones are.
    """
    yield numbers[:, sorted(kept)].ravel()
    for draw in range(numbers.shape[1]):
        if draw not in kept:
            yield numbers[~pictures[:, :draw].any(1), draw]


def _told(
    images: Images, rounds: Iterable[NDArray[np.int64]], real: Real
) -> Iterator[tuple[NDArray[np.int64], Arrays]]:
    """Numbers of some images after others, and what the judge says of them."""
    for numbers in rounds:
        done = 0
        for told in said(real.judge, [images[numbers]], real.device):
            here = numbers[done : done + len(told["features"])]
            done += len(here)
            yield here, told


def _of_draws(told: Arrays, targets: NDArray[np.int64], labels: Labels, real: Real) -> Arrays:
    """What is kept of every draw [n], of what the judge says: OF_DRAWS."""
    each = told | _of_targets(targets, labels)
    each["distances"] = distances(each, compared(labels, real), real)
    each["pictures"] = each["distances"] <= _picture_limits(labels, real)[targets]
    if {"labels", "modes"} <= each.keys():
        each["accepted"] = _accepted(each, real)
    return {name: each[name] for name in OF_DRAWS if name in each}


def _unseen(name: str, shape: tuple[int, ...], values: NDArray[Any]) -> NDArray[Any]:
    """An array of so many values like these, which the judge has not said yet."""
    return np.full((*shape, *values.shape[1:]), UNSEEN.get(name, 0), dtype=values.dtype)


def _picture_limits(labels: Labels, real: Real) -> NDArray[np.float64]:
    """How near to the real images that it is compared with a picture of each target is at least [target]."""
    of_class = real.picture_limits
    return np.array([real.picture_limit if label is None else of_class.get(label, np.nan) for label in labels])


def _halfway(steps: NDArray[np.int64]) -> int:
    """The last draw of the first half of the steps."""
    return int(np.flatnonzero(2 * steps <= steps[-1])[-1])


def parted(chains: Arrays, kept: NDArray[np.generic]) -> Arrays:
    """Some of one setting's chains: numbers, or whether each is kept [chain]."""
    return {name: array if name in OF_NO_CHAIN else array[kept] for name, array in chains.items()}


def compared(labels: Labels, real: Real) -> NDArray[np.bool_]:
    """Which real images each target is compared with [target, image]: those of its class; all, where it is none."""
    known = real.reference["labels"]
    return np.stack([np.full(len(known), True) if label is None else known == label for label in labels])


def chain_arrays(chains: Arrays, labels: Labels, real: Real, select: float | None = None) -> Arrays:
    """The arrays of one setting's chains, and of their final draws as a sample without the diverged chains.

    chains: of `judged_chains`. labels: of the job's targets. select: the sample has only final draws whose p(y | x), by
    the network that steers, is above it, as some of the released scripts keep them [C].

    From the step on at which a chain diverged its features, distances and log_prob are NaN; nothing is accepted, and
    nothing a picture.
    """
    targets, steps, diverged = chains["targets"], chains["steps"], chains["diverged"]
    kept = diverged < 0
    if select is not None:
        kept &= np.exp(chains["log_prob"][:, -1]) > select
    sample = {name: chains[name][kept] for name in OF_FINAL if name in chains} | _of_targets(targets[kept], labels)
    sample |= {name: chains[name][kept, -1] for name in ("images", *OF_DRAWS) if name in chains}
    of_sample = sample_arrays(sample, real)
    dead = (diverged[:, None] >= 0) & (steps >= diverged[:, None])
    nothing = {"distances": np.nan, "pictures": False, "accepted": False, EVERY: np.nan}
    arrays = {name: chains[name] for name in (*OF_DRAWS, EVERY) if name in chains}
    for name in nothing.keys() & arrays.keys():
        arrays[name] = arrays[name].copy()  # those of `chains` stay
        arrays[name][dead] = nothing[name]
    gone = (diverged[:, None] >= 0) & (np.arange(chains["log_prob"].shape[1]) >= diverged[:, None])
    arrays |= {"log_prob": np.where(gone, np.float32(np.nan), chains["log_prob"]), "compared": compared(labels, real)}
    arrays |= {"steps": steps, "diverged": diverged} | _of_targets(targets, labels)
    arrays |= {name: of_sample.pop(f"sample.{name}") for name in HALFWAY}
    if EVERY in arrays:
        arrays["features"] = arrays.pop(EVERY)
    return {f"chain.{name}": array for name, array in arrays.items()} | of_sample


def lacks_halfway(chains: Arrays, metric: Metric) -> bool:
    """Whether a metric reads draws of half of the steps, and none was kept there."""
    reads = {f"chain.{name}" for name in HALFWAY} & set(metric.reads.values())
    return bool(reads) and not (2 * chains["steps"] == chains["steps"][-1]).any()


def half(chains: Arrays, labels: Labels, real: Real) -> Arrays:
    """One setting's chains without their second half: of each target half as many as are measured, at least one.

    Measured are as many as there are real images that the target is compared with; targets of one class share them, and
    so do all where one is no class.
    """
    present, counts = np.unique(chains["targets"], return_counts=True)
    asked = [None if None in labels else label for label in labels]
    known = compared(asked, real).sum(1) // [asked.count(label) for label in asked]
    number = max(1, min(counts.min(), known[present].min()) // 2)
    return parted(chains, numbers_within(chains["targets"]) < number)


def numbers_within(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the chains before it have each chain's target [chain]: 0 for the first of a target."""
    numbers = np.zeros(len(targets), dtype=np.int64)
    for target in np.unique(targets):
        numbers[targets == target] = np.arange(np.count_nonzero(targets == target))
    return numbers


def sample_arrays(sample: Arrays, real: Real) -> Arrays:
    """Samples, as many real images, and which of the samples the judge accepts. sample: its images are uint8.

    Class by class the first of each; where samples have no class, the first of them and real images evenly spread over
    all that there are. All of both where real images are of some classes only.
    """
    known = real.reference["labels"]
    if real.pretrained:
        own, other = np.arange(len(sample["images"])), np.arange(len(known))
    elif "labels" in sample:
        pairs = [(np.flatnonzero(sample["labels"] == c), np.flatnonzero(known == c)) for c in np.unique(known)]
        own = np.concatenate([mine[: len(theirs)] for mine, theirs in pairs])
        other = np.concatenate([theirs[: len(mine)] for mine, theirs in pairs])
    else:
        own = np.arange(min(len(sample["images"]), len(known)))
        other = own * len(known) // max(len(own), 1)
    chosen = {name: values[own] for name, values in sample.items()}
    chosen["images"] = images_of(chosen["images"]).made(as_floats)
    if {"labels", "modes"} <= sample.keys():
        chosen["accepted"] = _accepted(chosen, real)
    matched = {name: values[other] for name, values in real.reference.items()}
    matched["images"] = floats_of(real.source, other)
    arrays = {f"sample.{name}": values for name, values in chosen.items()}
    return arrays | {f"matched.{name}": values for name, values in matched.items()}


def distances(images: Arrays, against: NDArray[np.bool_], real: Real) -> NDArray[np.float64]:
    """Judge-feature distance of each image to the nearest real image that its target is compared with [n]."""
    found = np.full(len(images["targets"]), np.nan)
    for target in np.unique(images["targets"]):
        own, known = images["targets"] == target, real.reference["features"][against[target]]
        if len(known):
            rows = quality.parts(images["features"][own], len(known))
            found[own] = np.concatenate([cdist(part, known).min(1) for part in rows])
    return found


def _of_targets(targets: NDArray[np.int64], labels: Labels) -> Arrays:
    """Targets, and their classes where all have one."""
    return {"targets": targets} | ({} if None in labels else {"labels": np.array(labels, dtype=np.int64)[targets]})


def _accepted(images: Arrays, real: Real) -> NDArray[np.bool_]:
    return quality.accepted(
        logits=images["logits"],
        labels=images["labels"],
        generated=images["features"],
        real=real.reference["features"],
        manifold=real.manifold,
    )
