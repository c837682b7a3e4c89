"""What metrics read: arrays by name, made of chains, real images and one pass of the judge over each image.

A set has features, logits and, where known, modes; labels are the classes that its images should have. Images are
floats in [0, 1].

    sample.*      a set: final draws, as many as `matched` has; also images, targets, accepted, and logits of SMALLER
    matched.*     a set: real images, of each class as many as there are samples; also images
    reference.*   a set: all real images that samples are compared with
    training.*    images (`Blocks`) and labels of what trained the samplers' networks; features and logits, where
                  `judged_training` has made them
    chain.*       features [chain, draw, feature], modes, accepted, distances, pictures [chain, draw],
                  log_prob [chain, step], targets, labels, diverged [chain], steps [draw],
                  compared [target, reference image]; halfway_features and halfway_logits of the sample after half
                  of the steps
    band          (low, high) cycles/pixel: the highest octave that the source of the images resolves

A target is a number of the job's targets. Where one of them is no class (its label is None) samples and chains have
neither labels nor accepted: what the judge should see is not known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import nn

from ppgn_bench.data.source import ImageSource, opened, passes
from ppgn_bench.data.splits import resized
from ppgn_bench.lookup import Name
from ppgn_bench.metrics import quality
from ppgn_bench.networks import load
from ppgn_bench.storage import files

Arrays = dict[str, NDArray[Any]]
Labels = Sequence[int | None]  # of a job's targets

AS_NEAR = 0.95  # share of real images that are as near to each other as a picture is to them
SMALLER = {"half_size_logits": 2, "quarter_size_logits": 4}
HALFWAY = {"halfway_features": "features", "halfway_logits": "logits"}
BATCH = 500  # images that the judge sees at once
BATCH_BYTES = 2**24  # of pixels as floats at once: larger arrays are fresh memory each time, which is slow


@dataclass(frozen=True)
class Blocks:
    """The images of a source as floats, block by block, as often as one goes through them."""

    source: ImageSource

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return (as_floats(images) for images in _slices(passes(self.source)))


class Real(NamedTuple):
    """What samples are compared with: a data file and its judge."""

    judge: nn.Module
    judge_digest: str  # of the judge's file
    device: torch.device | str
    data_file: Path
    header: dict[str, Any]
    source: ImageSource  # the split that samples are compared with
    training: ImageSource  # what trained the samplers' networks
    reference: Arrays  # the source judged, with its labels
    arrays: Mapping[str, Any]  # by the names that METRICS reads


def read_real(
    data_file: Path, judge_file: Path, architecture: Name, split: str = "reference", device: torch.device | str = "cpu"
) -> Real:
    """Open a data file, read its judge, and judge the split that samples are compared with.

    UserError for a file that is neither.
    """
    header = files.load_header(data_file, "data")
    judge = load.load(judge_file, architecture, device)
    source, training = opened(data_file, split), opened(data_file, "train")
    reference = judged(judge, passes(source), len(source), device) | {"labels": source.labels}
    arrays: dict[str, Any] = {f"reference.{name}": values for name, values in reference.items()}
    arrays |= {"training.images": Blocks(training), "training.labels": training.labels}
    arrays["band"] = np.array(header["band"], dtype=np.float64)
    return Real(judge, files.digest(judge_file), device, data_file, header, source, training, reference, arrays)


def judged_training(real: Real) -> Real:
    """The same with what the judge says of the training images: one pass over them all."""
    said = judged(real.judge, passes(real.training), len(real.training), real.device)
    return real._replace(arrays={**real.arrays, **{f"training.{name}": said[name] for name in ("features", "logits")}})


def judged(
    judge: nn.Module, blocks: Iterable[NDArray[np.uint8]], count: int, device: torch.device | str = "cpu"
) -> Arrays:
    """Features and logits of images (blocks of uint8, so many in all), and the likeliest modes if it knows modes."""
    found: Arrays = {}
    done = 0
    # The judge is an instrument: on a GPU, too, it computes in float32.
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for pixels in _slices(blocks, BATCH):
            seen = judge(torch.tensor(pixels, dtype=torch.float32, device=device) / 255)
            parts = {"features": seen.features.double(), "logits": seen.logits.double()}
            if seen.mode_logits is not None:
                parts["modes"] = seen.mode_logits.argmax(1)
            for name, values in parts.items():
                # One array for all: small ones that stay would part the memory that large ones use again and again.
                if name not in found:
                    found[name] = np.empty((count, *values.shape[1:]), dtype=values.cpu().numpy().dtype)
                found[name][done : done + len(values)] = values.cpu().numpy()
            done += len(pixels)
    return found


def judged_smaller(images: NDArray[np.uint8], real: Real) -> Arrays:
    """The judge's logits of images that were reduced to a part of their side and enlarged again: those of SMALLER."""
    side, found = images.shape[-1], {}
    for name, by in SMALLER.items():
        blocks = [resized(resized(images, max(1, side // by)), side)] if len(images) else []
        found[name] = judged(real.judge, blocks, len(images), real.device).get("logits", np.empty((0, 1)))
    return found


def _slices(blocks: Iterable[NDArray[np.uint8]], most: int | None = None) -> Iterator[NDArray[np.uint8]]:
    """The images of blocks, as many at once as BATCH_BYTES hold as floats, at most so many."""
    for images in blocks:
        size = min(most or len(images), max(1, BATCH_BYTES // (4 * images[0].size)))
        yield from (images[first : first + size] for first in range(0, len(images), size))


def as_floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Images in [0, 1]."""
    return np.divide(images, np.float32(255), dtype=np.float32)


def setting(chains: Arrays, run: str, index: int) -> Arrays:
    """The chains of one of the file's runs and epsilon settings."""
    chosen = chains[f"{run}.setting"] == index
    own = {name.removeprefix(f"{run}."): array for name, array in chains.items() if name.startswith(f"{run}.")}
    return {name: array if name == "steps" else array[chosen] for name, array in own.items()}


def compared(labels: Labels, real: Real) -> NDArray[np.bool_]:
    """Which real images each target is compared with [target, image]: those of its class; all, where it is none."""
    known = real.reference["labels"]
    return np.stack([np.full(len(known), True) if label is None else known == label for label in labels])


def chain_arrays(chains: Arrays, labels: Labels, real: Real, select: float | None = None) -> Arrays:
    """The arrays of one setting's chains, and of their final draws as a sample without the diverged chains.

    labels: of the job's targets. select: the sample has only final draws whose p(y | x), by the network that steers, is
    above it, as some of the released scripts keep them [C].

    From the step on at which a chain diverged its features, distances and log_prob are NaN; nothing is accepted, and
    nothing a picture.
    """
    count, draws = chains["images"].shape[:2]
    targets, steps, diverged = chains["targets"], chains["steps"], chains["diverged"]
    against = compared(labels, real)
    images = chains["images"].reshape(-1, *chains["images"].shape[2:])
    each = judged(real.judge, [images], len(images), real.device)
    each |= _of_targets(np.repeat(targets, draws), labels)
    each["distances"] = distances(each, against, real)
    each["pictures"] = each["distances"] <= picture_limits(against, real)[each["targets"]]
    if "labels" in each:
        each["accepted"] = _accepted(each, real)
    arrays = {name: values.reshape(count, draws, *values.shape[1:]) for name, values in each.items()}
    kept = diverged < 0
    if select is not None:
        kept &= np.exp(chains["log_prob"][:, -1]) > select
    sample = {name: values[kept, -1] for name, values in arrays.items()}
    half_of_them = np.flatnonzero(steps <= steps[-1] / 2)[-1]
    sample |= {name: arrays[of][kept, half_of_them] for name, of in HALFWAY.items()}
    sample["images"] = chains["images"][kept, -1]
    sample |= judged_smaller(sample["images"], real)
    dead = (diverged[:, None] >= 0) & (steps >= diverged[:, None])
    arrays["features"][dead], arrays["distances"][dead] = np.nan, np.nan
    for name in arrays.keys() & {"accepted", "pictures"}:
        arrays[name][dead] = False
    log_prob = chains["log_prob"].astype(np.float64)
    log_prob[(diverged[:, None] >= 0) & (np.arange(log_prob.shape[1]) >= diverged[:, None])] = np.nan
    arrays |= {"steps": steps, "diverged": diverged, "log_prob": log_prob, "compared": against}
    arrays |= _of_targets(targets, labels)
    of_sample = sample_arrays(sample, real)
    arrays |= {name: of_sample.pop(f"sample.{name}") for name in HALFWAY}
    return {f"chain.{name}": array for name, array in arrays.items()} | of_sample


def half(chains: Arrays, labels: Labels, real: Real) -> Arrays:
    """One setting's chains without their second half: of each target half as many as are measured, at least one.

    Measured are as many as there are real images that the target is compared with; targets of one class share them, and
    so do all where one is no class.
    """
    present, counts = np.unique(chains["targets"], return_counts=True)
    asked = [None if None in labels else label for label in labels]
    known = compared(asked, real).sum(1) // [asked.count(label) for label in asked]
    number = max(1, min(counts.min(), known[present].min()) // 2)
    kept = np.flatnonzero(numbers_within(chains["targets"]) < number)
    return {name: array if name == "steps" else array[kept] for name, array in chains.items()}


def numbers_within(targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the chains before it have each chain's target [chain]: 0 for the first of a target."""
    numbers = np.zeros(len(targets), dtype=np.int64)
    for target in np.unique(targets):
        numbers[targets == target] = np.arange(np.count_nonzero(targets == target))
    return numbers


def sample_arrays(sample: Arrays, real: Real) -> Arrays:
    """Samples, as many real images, and which of the samples the judge accepts. sample: its images are uint8.

    Class by class the first of each; where samples have no class, the first of them and real images evenly spread over
    all that there are.
    """
    known = real.reference["labels"]
    if "labels" in sample:
        pairs = [(np.flatnonzero(sample["labels"] == c), np.flatnonzero(known == c)) for c in np.unique(known)]
        own = np.concatenate([mine[: len(theirs)] for mine, theirs in pairs])
        other = np.concatenate([theirs[: len(mine)] for mine, theirs in pairs])
    else:
        own = np.arange(min(len(sample["images"]), len(known)))
        other = own * len(known) // max(len(own), 1)
    chosen = {name: values[own] for name, values in sample.items()}
    chosen["images"] = as_floats(chosen["images"])
    if "labels" in sample:
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


def picture_limits(against: NDArray[np.bool_], real: Real) -> NDArray[np.float64]:
    """How near to the real images of its target a picture is at least [target], in judge features.

        limit = the 0.95-quantile, over the real images of a target, of the distance to the nearest other one

    So 19 in 20 real images are pictures of their target. docs/metrics-table.md has what part of other real images, of
    wrong classes and of spoiled ones is. NaN where a target has fewer than two real images: then nothing is a picture.
    """
    each = [real.reference["features"][own] for own in against]
    return np.array([np.quantile(quality.radii(known, 1), AS_NEAR) if len(known) > 1 else np.nan for known in each])


def _of_targets(targets: NDArray[np.int64], labels: Labels) -> Arrays:
    """Targets, and their classes where all have one."""
    return {"targets": targets} | ({} if None in labels else {"labels": np.array(labels, dtype=np.int64)[targets]})


def _accepted(images: Arrays, real: Real) -> NDArray[np.bool_]:
    return quality.accepted(
        logits=images["logits"], labels=images["labels"], generated=images["features"], real=real.reference["features"]
    )
