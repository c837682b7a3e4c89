"""What metrics read: arrays by name, made of chains, real images and one pass of the judge over each image.

A set has features, logits and, where known, modes; labels are the classes that its images should have. Images are
floats in [0, 1], read and made where a metric asks for some (`images.Images`): what lies in memory of an image is what
the judge says of it, in single precision, and a few numbers. Metrics compute in double precision.

    sample.*      a set: final draws, as many as `matched` has; also images, targets, accepted, and logits of SMALLER
    matched.*     a set: real images, of each class as many as there are samples; also images
    reference.*   a set: all real images that samples are compared with
    training.*    images (`Blocks`) and labels of what trained the samplers' networks; features and logits, where
                  `judged_training` has made them
    chain.*       features [chain, draw, feature], where a metric reads them; modes, accepted, distances, pictures
                  [chain, draw], log_prob [chain, step], targets, labels, diverged [chain], steps [draw],
                  compared [target, reference image]; halfway_features and halfway_logits of the sample after half
                  of the steps
    band          (low, high) cycles/pixel: the highest octave that the source of the images resolves
    final.*, asked.*, said.*, unit.*, context.*   of conditions that are no classes: `asked`

A target is a number of the job's targets. Where one of them is no class (its label is None) samples and chains have
neither labels nor accepted: what the judge should see is not known. What it accepts is asked where modes are known,
since nothing else reads it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ppgn_bench.data.source import ImageSource, InMemory, opened, passes
from ppgn_bench.data.splits import resized
from ppgn_bench.lookup import Name
from ppgn_bench.metrics import quality
from ppgn_bench.metrics.images import Images, as_floats
from ppgn_bench.metrics.inception import Inception
from ppgn_bench.networks import load
from ppgn_bench.storage import files

Arrays = dict[str, Any]  # name -> an array, or Images in place of one
Pixels = Images | NDArray[np.uint8]
Labels = Sequence[int | None]  # of a job's targets

AS_NEAR = 0.95  # share of real images that are as near to each other as a picture is to them
SMALLER = {"half_size_logits": 2, "quarter_size_logits": 4}
BATCH = 250  # images that a judge sees at once: of 500 what its layers hold leaves the cache
BATCH_BYTES = 2**24  # of pixels as floats at once: larger arrays are fresh memory each time, which is slow


@dataclass(frozen=True)
class Blocks:
    """The images of a source as floats, block by block, as often as one goes through them; tensors on a device, where
    one is named.
    """

    source: ImageSource
    device: torch.device | str | None = None

    def __iter__(self) -> Iterator[Any]:
        for images in slices(passes(self.source)):
            yield as_floats(images) if self.device is None else _on(self.device, images)


def floats_of(source: ImageSource, numbers: NDArray[np.int64] | None = None) -> Images:
    """The images of a source as floats, or those of some numbers."""
    chosen = np.arange(len(source)) if numbers is None else numbers
    return Images(source.batch, chosen, source.shape).made(as_floats)


@dataclass(frozen=True, eq=False)
class Real:
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
    factor_judge: nn.Module | None = None  # of what images show beside their class
    factor_judge_digest: str = ""
    inception: Inception | None = None  # an instrument beside the judge, where a config has its weights

    @property
    def pretrained(self) -> bool:
        """Whether there is no training split, and not of every class a real image."""
        return bool(self.header.get("pretrained", False))

    @property
    def familiar(self) -> ImageSource:
        """What trained the samplers' networks; where nothing was trained here, what samples are compared with."""
        return self.training if len(self.training) else self.source

    @cached_property
    def manifold(self) -> NDArray[np.float64]:
        """How far the manifold reaches around each reference image [n], as `quality.accepted` takes it."""
        return quality.manifold(self.reference["features"])

    @cached_property
    def picture_limits(self) -> Mapping[int, float]:
        """How near to the real images of a class a picture of it is at least, in judge features.

            limit = the 0.95-quantile, over these images, of the distance to the nearest other one

        So 19 in 20 real images are pictures. docs/metrics-table.md has what part of other real images, of wrong classes
        and of spoiled ones is. NaN where there are fewer than two real images: then nothing is a picture.
        """
        features, labels = self.reference["features"], self.reference["labels"]
        return {int(label): _limit(features[labels == label]) for label in np.unique(labels)}

    @cached_property
    def picture_limit(self) -> float:
        """How near to any real image a picture is at least, where it should be of no class."""
        return _limit(self.reference["features"])


def read_real(
    data_file: Path, judge_file: Path, architecture: Name, split: str = "reference", device: torch.device | str = "cpu"
) -> Real:
    """Open a data file, read its judge, and judge the split that samples are compared with.

    UserError for a file that is neither.
    """
    header = files.load_header(data_file, "data")
    judge = load.load(judge_file, architecture, device)
    source = opened(data_file, split, in_file=True)
    nothing = InMemory(*_nothing(source.shape))
    training = nothing if header.get("pretrained") else opened(data_file, "train", in_file=True)
    reference = judged(judge, passes(source), len(source), device) | {"labels": source.labels}
    arrays: dict[str, Any] = {f"reference.{name}": values for name, values in reference.items()}
    arrays |= {"training.images": Blocks(training, device), "training.labels": training.labels}
    arrays["band"] = np.array(header["band"], dtype=np.float64)
    return Real(judge, files.digest(judge_file), device, data_file, header, source, training, reference, arrays)


def _nothing(shape: tuple[int, int, int]) -> tuple[NDArray[np.uint8], NDArray[np.int64], None]:
    """Images, labels and modes of a split without an image."""
    return np.empty((0, *shape), dtype=np.uint8), np.empty(0, dtype=np.int64), None


def with_factor_judge(real: Real, judge_file: Path, architecture: Name) -> Real:
    """The same with the judge of factors. UserError for a file that is none."""
    judge = load.load(judge_file, architecture, real.device)
    return replace(real, factor_judge=judge, factor_judge_digest=files.digest(judge_file))


def with_inception(real: Real, inception: Inception) -> Real:
    """The same with what Inception says of the images that samples are compared with."""
    said = inception.judged(passes(real.source), len(real.source))
    return replace(real, reference=real.reference | said, inception=inception)


def inception_said(images: Pixels, real: Real) -> Arrays:
    """What Inception says of images; nothing where there is none."""
    return real.inception.judged([images], len(images)) if real.inception is not None else {}


def _limit(features: NDArray[np.float64]) -> float:
    """As `Real.picture_limits` says, from features of real images [n, feature]."""
    return float(np.quantile(quality.radii(features, 1), AS_NEAR)) if len(features) > 1 else np.nan


def judged_training(real: Real) -> Real:
    """The same with what the judge says of the training images, if there are any: one pass over them all."""
    if not len(real.training):
        return real
    said = judged(real.judge, passes(real.training), len(real.training), real.device)
    seen = {f"training.{name}": said[name] for name in ("features", "logits")}
    return replace(real, arrays={**real.arrays, **seen})


def judged(judge: nn.Module, blocks: Iterable[Pixels], count: int, device: torch.device | str = "cpu") -> Arrays:
    """Features and logits of images (blocks of uint8, so many in all), and the likeliest modes if it knows modes.

    In single precision, as the judge says them: metrics compute with them in double precision.
    """
    return gathered(said(judge, blocks, device), count)


def said(judge: nn.Module, blocks: Iterable[Pixels], device: torch.device | str = "cpu") -> Iterator[Arrays]:
    """The same of some images after others, as the judge sees them."""
    for pixels in slices(blocks, BATCH):
        with torch.inference_mode():
            seen = judge(_on(device, pixels))
        part = {"features": seen.features, "logits": seen.logits}
        if seen.mode_logits is not None:
            part["modes"] = seen.mode_logits.argmax(1)
        yield {name: values.cpu().numpy() for name, values in part.items()}


def _on(device: torch.device | str, images: NDArray[np.uint8]) -> torch.Tensor:
    """Images in [0, 1] on a device, to which their bytes go."""
    return torch.from_numpy(images).to(device).float().div_(255)


def gathered(parts: Iterable[Arrays], count: int) -> Arrays:
    """The rows of all parts, one array a name: so many in all."""
    found: Arrays = {}
    done: Counter[str] = Counter()
    for part in parts:
        for name, values in part.items():
            # One array for all: small ones that stay would part the memory that large ones use again and again.
            if name not in found:
                found[name] = np.empty((count, *values.shape[1:]), dtype=values.dtype)
            found[name][done[name] : done[name] + len(values)] = values
            done[name] += len(values)
    return found


def judged_smaller(images: Pixels, real: Real) -> Arrays:
    """The judge's logits of images that were reduced to a part of their side and enlarged again: those of SMALLER."""
    side, found = images.shape[-1], {}
    for name, by in SMALLER.items():
        again = (resized(resized(some, max(1, side // by)), side) for some in slices([images], BATCH))
        found[name] = judged(real.judge, again, len(images), real.device).get("logits", np.empty((0, 1)))
    return found


def slices(blocks: Iterable[Pixels], most: int | None = None) -> Iterator[NDArray[np.uint8]]:
    """The images of blocks, as many at once as BATCH_BYTES hold as floats, at most so many."""
    for images in blocks:
        size = min(most or len(images), max(1, BATCH_BYTES // (4 * math.prod(images.shape[1:]))))
        for first in range(0, len(images), size or 1):
            yield np.asarray(images[first : first + size])
