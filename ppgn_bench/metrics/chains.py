"""The arrays of chains, and of their final draws as a sample: `inputs` says which."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ppgn_bench.metrics import quality
from ppgn_bench.metrics.inputs import SMALLER, Arrays, Labels, Real, as_floats, inception_said, judged, judged_smaller
from ppgn_bench.metrics.metric import Metric
from ppgn_bench.metrics.of_inception import INCEPTION, OWN

OF_NO_CHAIN = {"steps", "observed_real"}  # arrays of one setting's chains whose first axis is not the chain
OF_FINAL = tuple(f"{name}{part}" for name in (INCEPTION, OWN) for part in ("", "_logits"))  # of the final draws
HALFWAY = {"halfway_features": "features", "halfway_logits": "logits"}


def setting(chains: Arrays, run: str, index: int) -> Arrays:
    """The chains of one of the file's runs and epsilon settings, and what is of no chain: `OF_NO_CHAIN`."""
    chosen = chains[f"{run}.setting"] == index
    own = {name.removeprefix(f"{run}."): array for name, array in chains.items() if name.startswith(f"{run}.")}
    return parted(own | {name: chains[name] for name in OF_NO_CHAIN & chains.keys()}, chosen)


def judged_chains(chains: Arrays, real: Real) -> Arrays:
    """One setting's chains with what the judge says: features, logits, modes [chain, draw, ...], and of the final draws
    the logits of SMALLER [chain, class] and what Inception says, where there is one.
    """
    count, draws = chains["images"].shape[:2]
    images = chains["images"].reshape(-1, *chains["images"].shape[2:])
    said = judged(real.judge, [images], len(images), real.device)
    each = {name: values.reshape(count, draws, *values.shape[1:]) for name, values in said.items()}
    final = chains["images"][:, -1]
    return chains | each | judged_smaller(final, real) | inception_said(final, real)


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
    against = compared(labels, real)
    arrays = _of_draws(chains, labels, against, real)
    kept = diverged < 0
    if select is not None:
        kept &= np.exp(chains["log_prob"][:, -1]) > select
    sample = {name: values[kept, -1] for name, values in arrays.items()}
    half_of_them = np.flatnonzero(2 * steps <= steps[-1])[-1]
    sample |= {name: arrays[of][kept, half_of_them] for name, of in HALFWAY.items()}
    sample |= {"images": chains["images"][kept, -1]}
    sample |= {name: of[kept] for name, of in chains.items() if name in SMALLER or name in OF_FINAL}
    dead = (diverged[:, None] >= 0) & (steps >= diverged[:, None])
    arrays["features"] = np.where(dead[:, :, None], np.nan, arrays["features"])  # those of `chains` stay
    arrays["distances"][dead] = np.nan
    for name in arrays.keys() & {"accepted", "pictures"}:
        arrays[name][dead] = False
    log_prob = chains["log_prob"].astype(np.float64)
    log_prob[(diverged[:, None] >= 0) & (np.arange(log_prob.shape[1]) >= diverged[:, None])] = np.nan
    arrays |= {"steps": steps, "diverged": diverged, "log_prob": log_prob, "compared": against}
    arrays |= _of_targets(targets, labels)
    of_sample = sample_arrays(sample, real)
    arrays |= {name: of_sample.pop(f"sample.{name}") for name in HALFWAY}
    return {f"chain.{name}": array for name, array in arrays.items()} | of_sample


def _of_draws(chains: Arrays, labels: Labels, against: NDArray[np.bool_], real: Real) -> Arrays:
    """What is known of every draw [chain, draw, ...]: what the judge says, targets and labels, distances, pictures, and
    what is accepted.
    """
    shape = chains["images"].shape[:2]
    said = [name for name in ("features", "logits", "modes") if name in chains]
    each: Arrays = {name: chains[name].reshape(-1, *chains[name].shape[2:]) for name in said}
    each |= _of_targets(np.repeat(chains["targets"], shape[1]), labels)
    each["distances"] = distances(each, against, real)
    of_class = real.picture_limits
    limits = np.array([real.picture_limit if label is None else of_class.get(label, np.nan) for label in labels])
    each["pictures"] = each["distances"] <= limits[each["targets"]]
    if {"labels", "modes"} <= each.keys():
        each["accepted"] = _accepted(each, real)
    return {name: values.reshape(*shape, *values.shape[1:]) for name, values in each.items()}


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
    chosen["images"] = as_floats(chosen["images"])
    if {"labels", "modes"} <= sample.keys():
        chosen["accepted"] = _accepted(chosen, real)
    matched = {name: values[other] for name, values in real.reference.items()}
    matched["images"] = as_floats(real.source.batch(other))
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
