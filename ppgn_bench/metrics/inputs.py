"""What metrics read: arrays by name, made of chains, real images and one pass of the judge over each image.

The names, where a set has images (float in [0, 1]), labels, features, logits and, where known, modes:

    sample.*      a set: final draws, of each class as many as `matched` has; also sample.accepted
    matched.*     a set: real images, of each class as many as there are samples
    reference.*   a set: all real images that samples are compared with
    training.*    images and labels of what trained the samplers' networks
    chain.*       features [chain, draw, feature], modes, accepted, distances [chain, draw],
                  log_prob [chain, step], labels, diverged [chain], steps [draw]
    band          (low, high) cycles/pixel: the highest octave that the source of the images resolves
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import nn

from ppgn_bench.lookup import Name
from ppgn_bench.metrics import quality
from ppgn_bench.networks import load
from ppgn_bench.storage import files

Arrays = dict[str, NDArray[Any]]

BATCH = 500  # images a pass of the judge


class Real(NamedTuple):
    """What samples are compared with: a data file and its judge."""

    judge: nn.Module
    data: Arrays  # as the file has them
    header: dict[str, Any]
    reference: Arrays  # the split that samples are compared with, judged
    arrays: Arrays  # by the names that METRICS reads


def read_real(data_file: Path, judge_file: Path, architecture: Name, split: str = "reference") -> Real:
    """Read a data file and its judge, and judge the split that samples are compared with.

    UserError for a file that is neither.
    """
    data, header = files.load_arrays(data_file, "data")
    judge = load.load(judge_file, architecture)
    reference = judged(judge, data[f"{split}.images"]) | {"labels": data[f"{split}.labels"]}
    arrays = {f"reference.{name}": values for name, values in reference.items()}
    arrays |= {"training.images": data["train.images"] / np.float32(255), "training.labels": data["train.labels"]}
    band = np.array(header["band"], dtype=np.float64)
    return Real(judge, data, header, reference, arrays | {"band": band})


def judged(judge: nn.Module, images: NDArray[np.uint8]) -> Arrays:
    """Images as floats, their features, logits and, if the judge knows modes, their likeliest modes."""
    parts = []
    with torch.inference_mode():
        for first in range(0, len(images), BATCH):
            parts.append(judge(torch.tensor(images[first : first + BATCH], dtype=torch.float32) / 255))
    found: Arrays = {"images": images / np.float32(255)}
    for name in ("features", "logits"):
        found[name] = torch.cat([getattr(part, name) for part in parts]).double().numpy()
    if parts[0].mode_logits is not None:
        found["modes"] = torch.cat([part.mode_logits for part in parts]).argmax(1).numpy()
    return found


def setting(chains: Arrays, run: str, index: int) -> Arrays:
    """The chains of one of the file's runs and epsilon settings."""
    chosen = chains[f"{run}.setting"] == index
    own = {name.removeprefix(f"{run}."): array for name, array in chains.items() if name.startswith(f"{run}.")}
    return {name: array if name == "steps" else array[chosen] for name, array in own.items()}


def chain_arrays(chains: Arrays, real: Real, select: float | None = None) -> Arrays:
    """The arrays of one setting's chains, and of their final draws as a sample without the diverged chains.

    select: the sample has only final draws whose p(y | x), by the network that steers, is above it, as some of the
    released scripts keep them [C].

    From the step on at which a chain diverged its features, distances and log_prob are NaN, and nothing is
    accepted.
    """
    count, draws = chains["images"].shape[:2]
    labels, steps, diverged = chains["labels"], chains["steps"], chains["diverged"]
    images = chains["images"].reshape(-1, *chains["images"].shape[2:])
    each = judged(real.judge, images) | {"labels": np.repeat(labels, draws)}
    arrays = {name: values.reshape(count, draws, *values.shape[1:]) for name, values in each.items()}
    arrays["distances"] = class_distances(each, real.reference).reshape(count, draws)
    arrays["accepted"] = _accepted(each, real).reshape(count, draws)
    kept = diverged < 0
    if select is not None:
        kept &= np.exp(chains["log_prob"][:, -1]) > select
    sample = {name: arrays[name][kept, -1] for name in each}
    del arrays["images"]
    dead = (diverged[:, None] >= 0) & (steps >= diverged[:, None])
    arrays["features"][dead], arrays["distances"][dead], arrays["accepted"][dead] = np.nan, np.nan, False
    log_prob = chains["log_prob"].astype(np.float64)
    log_prob[(diverged[:, None] >= 0) & (np.arange(log_prob.shape[1]) >= diverged[:, None])] = np.nan
    arrays |= {"labels": labels, "steps": steps, "diverged": diverged, "log_prob": log_prob}
    return {f"chain.{name}": array for name, array in arrays.items()} | sample_arrays(sample, real)


def half(chains: Arrays, real: Real) -> Arrays:
    """One setting's chains without their second half: of each class half as many as are measured, at least one."""
    counts = np.unique(chains["labels"], return_counts=True)[1]
    number = max(1, min(counts.min(), np.unique(real.reference["labels"], return_counts=True)[1].min()) // 2)
    kept = np.sort(
        np.concatenate([np.flatnonzero(chains["labels"] == c)[:number] for c in np.unique(chains["labels"])])
    )
    return {name: array if name == "steps" else array[kept] for name, array in chains.items()}


def sample_arrays(sample: Arrays, real: Real) -> Arrays:
    """Samples and as many reference images, class by class: the first of each, and what the judge accepts."""
    known = real.reference["labels"]
    own: list[int] = []
    other: list[int] = []
    for label in np.unique(known):
        mine, theirs = np.flatnonzero(sample["labels"] == label), np.flatnonzero(known == label)
        number = min(len(mine), len(theirs))
        own.extend(mine[:number])
        other.extend(theirs[:number])
    chosen = {name: values[np.array(own, dtype=int)] for name, values in sample.items()}
    matched = {name: values[np.array(other, dtype=int)] for name, values in real.reference.items()}
    arrays = {f"sample.{name}": values for name, values in (chosen | {"accepted": _accepted(chosen, real)}).items()}
    return arrays | {f"matched.{name}": values for name, values in matched.items()}


def _accepted(images: Arrays, real: Real) -> NDArray[np.bool_]:
    return quality.accepted(
        logits=images["logits"], labels=images["labels"], generated=images["features"], real=real.reference["features"]
    )


def class_distances(images: Arrays, reference: Arrays) -> NDArray[np.float64]:
    """Judge-feature distance of each image to the nearest real image of its class [n]."""
    distances = np.full(len(images["labels"]), np.nan)
    for label in np.unique(reference["labels"]):
        own = images["labels"] == label
        known = reference["features"][reference["labels"] == label]
        distances[own] = cdist(images["features"][own], known).min(1)
    return distances
