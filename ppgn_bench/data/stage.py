"""The stage that prepares a data set: its loader's splits, checked, as the arrays of a file."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ppgn_bench.data.decoding import MODES
from ppgn_bench.data.source import Streamed, passes
from ppgn_bench.data.splits import SPLITS, Files, Split
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Preparation
from ppgn_bench.lookup import Name, resolve

SHOWN = 10  # pairs of equal images that a message names


def prepare(job: Preparation) -> tuple[dict[str, np.ndarray], dict[str, str | int]]:
    """All splits as "<split>.images", "<split>.labels" and, where known, "<split>.modes" and "<split>.factors"; and for
    the header their `digest` and how many images of a split are also in an earlier one, `shared_images`.

    Where images are files, "<split>.files" stands for their pixels: the JSON list of their paths, as bytes. All of them
    are decoded once, which takes about as long as an epoch: a damaged one is found before anything is trained.
    The digest is sha256 over every split in the order of SPLITS: its pixels, image by image, then its labels. Factors
    are made of these, int64 [n, factor], the columns in the order of the job's.

    Raises UserError for a loader whose splits are not what `data.splits` and the data set's entry say, a file that is
    no image, images that two splits share where they must not, and others than those of the job's digest.
    """
    loaded: dict[str, Split] = resolve(job.load)(job.image_size, **job.arguments)
    if set(loaded) != set(job.split_sizes):
        must = ", ".join(filter(job.split_sizes.__contains__, SPLITS))
        raise UserError(f"{job.load}: must give the splits {must}, got {', '.join(loaded) or 'none'}")
    if (found := {name: len(loaded[name].images) for name in job.split_sizes}) != job.split_sizes:
        raise UserError(_other_sizes(job, found))
    arrays: dict[str, np.ndarray] = {}
    for name, split in loaded.items():
        if wrong := next(filter(None, _wrong(job, split)), ""):
            raise UserError(f"{job.load}: {name}.{wrong}")
        arrays |= {f"{name}.{part}": values for part, values in kept(split).items()}
        if job.factor_labels is not None:
            arrays[f"{name}.factors"] = _factors(job, job.factor_labels, name, split)
    seen = _seen_whole(job, loaded)
    if not str(seen["digest"]).startswith(job.digest):
        raise UserError(
            f"{job.dataset}: its images have the digest {str(seen['digest'])[: len(job.digest)]}, and must have "
            f"{job.digest}: `make setup` installs the versions of libraries that give them; who changed {job.load} on "
            "purpose puts the new digest into ppgn_bench/data/table.py, then `make judges`"
        )
    return arrays, seen


def kept(split: Split) -> dict[str, np.ndarray]:
    """What is kept of a split: its images or their files, labels and, where known, modes."""
    kept: dict[str, np.ndarray] = {"labels": split.labels}
    if isinstance(split.images, Files):
        kept["files"] = np.frombuffer(json.dumps([*map(str, split.images.paths)]).encode(), np.uint8)
        kept |= {"crop": np.array(split.images.crop)} if split.images.crop < 1 else {}
    else:
        kept["images"] = split.images
    return kept | ({} if split.modes is None else {"modes": split.modes})


def _other_sizes(job: Preparation, found: Mapping[str, int]) -> str:
    """What to do about splits of other sizes: of the user's files, or of the loader."""
    if "root" not in job.arguments:
        return f"{job.load}: the entry says split_sizes {job.split_sizes}, and there are {found}"
    remedy = "run again if its files were changed meanwhile, else get them anew"
    return f"{job.arguments['root']}: {job.dataset} must have the splits {job.split_sizes}, has {found}; {remedy}"


def _wrong(job: Preparation, split: Split) -> Iterator[str]:
    """For each part of a split what it must be and is not; nothing where it is right."""
    images = split.images if isinstance(split.images, Files) else np.asarray(split.images)
    yield _wrong_images(job, images)
    if split.classes not in (None, job.class_names):
        yield f"classes must be those that the entry says, {job.class_names}, got {split.classes}"
    every = not job.pretrained
    yield _wrong_numbers("labels", np.asarray(split.labels), len(job.class_names), len(images), every)
    if split.modes is not None:
        yield _wrong_numbers("modes", np.asarray(split.modes), job.num_modes, len(images))
    elif job.num_modes:
        yield f"modes is missing, and the entry says {job.num_modes} modes"


def _wrong_images(job: Preparation, images: np.ndarray[Any, Any] | Files) -> str:
    if not isinstance(images, Files) and images.dtype != np.uint8:
        lowest, highest = (images.min(), images.max()) if images.size else (0, 0)
        return f"images must be uint8, 0 to 255, got {images.dtype} from {lowest:g} to {highest:g}"
    if isinstance(images, Files) and job.channels not in MODES:
        return f"images must have 1, 3 or 4 channels where they are files, and the entry says {job.channels}"
    size = (job.channels, job.image_size, job.image_size)
    if images.shape[1:] != size:
        return f"images must have the shape {size} that the entry says, got {images.shape[1:]}"
    return ""


def _wrong_numbers(part: str, numbers: np.ndarray[Any, Any], values: int, count: int, every: bool = False) -> str:
    """What labels or modes must be and are not: one an image, below the number of values that there are; every: and
    all of these.
    """
    if not values:
        return f"{part} must not be there: the entry says no number of modes"
    if numbers.dtype != np.int64 or numbers.shape != (count,):
        return f"{part} must be int64, one an image ({count}), got {numbers.dtype} of shape {numbers.shape}"
    if numbers.min() < 0 or numbers.max() >= values:
        return f"{part} must be 0 to {values - 1}, got {numbers.min()} to {numbers.max()}"
    if every and len(np.unique(numbers)) != values:
        return f"{part} must have images of all {values} classes, got {len(np.unique(numbers))}"
    return ""


def _factors(job: Preparation, labelled_by: Name, name: str, split: Split) -> np.ndarray:
    """The labels of a split's factors, checked as all else: a column a factor, -1 to the last of its values."""
    if isinstance(split.images, Files):
        raise UserError(f"{labelled_by}: labels images in memory, and those of {job.load} are files")
    found = np.asarray(resolve(labelled_by)(split.images, split.labels, split.modes))
    shape = len(split.images), len(job.factors)
    if found.dtype != np.int64 or found.shape != shape:
        raise UserError(f"{labelled_by}: {name}.factors must be int64 {shape}, got {found.dtype} {found.shape}")
    for (factor, values), column in zip(job.factors.items(), found.T, strict=True):
        if column.min() < -1 or column.max() >= values:
            has = f"got {column.min()} to {column.max()}"
            raise UserError(f"{labelled_by}: {name}.factors: {factor} must be -1 to {values - 1}, {has}")
    return found


def _seen_whole(job: Preparation, loaded: Mapping[str, Split]) -> dict[str, str | int]:
    """Every image looked at once: the digest of all, and how many have the pixels of another split's.

    Raises UserError for a file that is no image and, unless splits may share images, for those that do.
    """
    whole, seen = hashlib.sha256(), dict[bytes, tuple[str, str]]()
    shared: list[str] = []
    for name in filter(loaded.__contains__, SPLITS):
        for place, image in _images(name, loaded[name]):
            pixels = image.tobytes()
            whole.update(pixels)
            other, first = seen.setdefault(hashlib.sha256(pixels).digest(), (name, place))
            if other != name:
                shared.append(f"{place} ({name}) is the same image as {first} ({other})")
        whole.update(loaded[name].labels.tobytes())
    if shared and not job.may_share:
        more = f"; and {len(shared) - SHOWN} more" if len(shared) > SHOWN else ""
        key = "" if job.pretrained else f", or say datasets.{job.dataset.partition('+')[0]}.may_share: true"
        raise UserError(f"{'; '.join(shared[:SHOWN])}{more}: splits must not share images, delete one of each two{key}")
    return {"digest": whole.hexdigest(), "shared_images": len(shared)}


def _images(name: str, split: Split) -> Iterator[tuple[str, np.ndarray]]:
    """Every image of a split after where it is: its file, or its number."""
    if not isinstance(split.images, Files):
        yield from ((f"{name}.images[{number}]", image) for number, image in enumerate(split.images))
        return
    paths = tuple(map(str, split.images.paths))
    source = Streamed(paths, split.labels, split.modes, split.images.image, crop=split.images.crop)
    yield from zip(paths, (image for images in passes(source) for image in images), strict=True)
