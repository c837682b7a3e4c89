"""What stands in for a run's files while its jobs are tried out: random images, and networks that learnt nothing.

Their sizes are the run's own, so that a step takes as long as it will.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ppgn_bench.data.source import WHOLE_BYTES
from ppgn_bench.data.splits import SPLITS, Files, Split
from ppgn_bench.data.stage import kept
from ppgn_bench.jobs import Preparation, Training
from ppgn_bench.lookup import resolve
from ppgn_bench.networks import load
from ppgn_bench.storage import files
from ppgn_bench.workflow.planning import LARGE

FEW, SOME, FILES = 8, 100, 32  # images of a split; large ones are FILES at most where SOME are meant
PHOTOGRAPHS = 4  # of a half
MANY, MORE = 1000, 4000  # likewise, unless more no longer lie in memory as floats
TRAINING = ("train", "judge")  # splits


class Data(NamedTuple):
    """Files of random images, each a data set's splits.

    whole: as many as the data set has, or enough to tell how long one takes; middle: fewer; short: the same of those
    that train, few of the others; tiny: some of each; share: images of `train` for each that `middle` has, and
    share_of_whole.
    """

    whole: Path
    middle: Path
    short: Path
    tiny: Path
    share: float
    share_of_whole: float


def data(job: Preparation, as_files: bool, place: Path) -> Data:
    """Random images in place of a data set's. as_files: whether its images are files, which are decoded when wanted.

    A data set that trains nothing has its own photographs: a target may name any of their classes.
    """
    place.mkdir(parents=True, exist_ok=True)
    if job.pretrained:
        return _photographs(job, place)
    whole, middle = (
        {split: _number(job, size, as_files, most) for split, size in job.split_sizes.items()} for most in (MORE, MANY)
    )
    short = {split: size if split in TRAINING else min(size, FEW) for split, size in middle.items()}
    tiny = {split: min(size, SOME if job.image_size < LARGE else FILES) for split, size in middle.items()}
    paths = {}
    for name, sizes in (("whole", whole), ("middle", middle), ("short", short), ("tiny", tiny)):
        paths[name] = place / f"{name}.safetensors"
        files.save_arrays(paths[name], _splits(job, sizes, place if as_files else None), _header(job))
    number = job.split_sizes["train"]
    return Data(**paths, share=number / middle["train"], share_of_whole=number / whole["train"])


def _photographs(job: Preparation, place: Path) -> Data:
    """A data set's own photographs, which nobody decodes yet: a part of those that samples are compared with, all of
    the control half, and few of both.
    """
    halves: dict[str, Split] = resolve(job.load)(job.image_size, **job.arguments)
    number = len(halves["reference"].labels)
    some = {**halves, "reference": _evenly(halves["reference"], FILES)}
    few = {name: _evenly(half, PHOTOGRAPHS) for name, half in halves.items()}
    paths = place / "whole.safetensors", place / "tiny.safetensors"
    for path, splits in zip(paths, (some, few), strict=True):
        arrays = {f"{name}.{part}": values for name, split in splits.items() for part, values in kept(split).items()}
        files.save_arrays(path, arrays, _header(job))
    whole, tiny = paths
    return Data(whole, whole, whole, tiny, share=1.0, share_of_whole=number / len(some["reference"].labels))


def _evenly(half: Split, most: int) -> Split:
    """At most so many photographs, evenly spread over all that there are."""
    assert isinstance(half.images, Files)
    chosen = np.unique(np.linspace(0, len(half.labels) - 1, most).astype(int))
    images = replace(half.images, paths=tuple(half.images.paths[number] for number in chosen))
    return Split(images, half.labels[chosen], None)


def _number(job: Preparation, size: int, as_files: bool, most: int) -> int:
    """How many images of a split stand in for so many: where those are too large to lie in memory, so are these."""
    if as_files:
        return min(size, FILES)
    of_one = 4 * job.channels * job.image_size**2
    beyond = WHOLE_BYTES // of_one + 1
    return min(size, most) if size < beyond else beyond


def _splits(job: Preparation, sizes: Mapping[str, int], folder: Path | None) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for split in SPLITS:
        number = sizes[split]
        shape = (number, job.channels, job.image_size, job.image_size)
        images = rng.integers(0, 256, shape, dtype=np.uint8)
        if folder is None:
            arrays[f"{split}.images"] = images
        else:
            paths = list(_written(images, folder / split))
            arrays[f"{split}.files"] = np.frombuffer(json.dumps(paths).encode(), np.uint8)
        arrays[f"{split}.labels"] = np.arange(number, dtype=np.int64) % len(job.class_names)
        if job.num_modes:
            arrays[f"{split}.modes"] = np.arange(number, dtype=np.int64) % job.num_modes
        if job.factors:
            columns = [np.arange(number, dtype=np.int64) % values for values in job.factors.values()]
            arrays[f"{split}.factors"] = np.stack(columns, 1)
    return arrays


def _written(images: np.ndarray, folder: Path) -> Iterable[str]:
    """Paths of the images as JPEG files."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    for number, image in enumerate(images):
        path = folder / f"{number}.jpg"
        Image.fromarray(image.transpose(1, 2, 0).squeeze()).save(path)
        yield str(path)


def _header(job: Preparation) -> dict[str, Any]:
    return {"kind": "data", **job.model_dump(mode="json"), "digest": "", "shared_images": 0}


def network(job: Training, place: Path) -> Path:
    """A network that learnt nothing in place of the one that a job trains."""
    torch.manual_seed(0)
    made = load.built(job.network, job.options, job.sizes)
    weights = {name: value.numpy() for name, value in made.state_dict().items()}
    files.save_arrays(place, weights, {"kind": job.network.short, **job.model_dump(mode="json")})
    return place
