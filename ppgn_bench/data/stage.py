"""The stage that prepares a data set: its loader's splits, checked, as the arrays of a file."""

from typing import Any

import numpy as np

from ppgn_bench.data.splits import SPLITS, Split
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Preparation
from ppgn_bench.lookup import resolve


def prepare(job: Preparation) -> dict[str, np.ndarray]:
    """All splits as "<split>.images", "<split>.labels" and, where modes are known, "<split>.modes".

    Raises UserError for a loader whose splits are not what `data.splits` and the data set's entry say.
    """
    loaded: dict[str, Split] = resolve(job.load)(job.image_size)
    if set(loaded) != set(SPLITS):
        raise UserError(f"{job.load}: must give the splits {', '.join(SPLITS)}, got {', '.join(loaded) or 'none'}")
    arrays: dict[str, np.ndarray] = {}
    for name, split in loaded.items():
        named = {part: np.asarray(array) for part, array in split._asdict().items() if array is not None}
        for part, array in named.items():
            if wrong := _wrong(job, name, part, array, len(split.images)):
                raise UserError(f"{job.load}: {name}.{part} must {wrong}")
            arrays[f"{name}.{part}"] = array
        if job.num_modes and split.modes is None:
            raise UserError(f"{job.load}: {name}.modes is missing, and the entry says {job.num_modes} modes")
    return arrays


def _wrong(job: Preparation, split: str, part: str, array: np.ndarray[Any, Any], count: int) -> str:
    """What an array must be and is not; nothing where it is right."""
    if part == "images":
        size = (job.split_sizes[split], job.channels, job.image_size, job.image_size)
        if array.dtype != np.uint8:
            lowest, highest = (array.min(), array.max()) if array.size else (0, 0)
            return f"be uint8, 0 to 255, got {array.dtype} from {lowest:g} to {highest:g}"
        return f"have the shape {size} that the entry says, got {array.shape}" if array.shape != size else ""
    values = job.num_classes if part == "labels" else job.num_modes
    if not values:
        return "not be there: the entry says no number of modes"
    if array.dtype != np.int64 or array.shape != (count,):
        return f"be int64, one an image ({count}), got {array.dtype} of shape {array.shape}"
    if array.min() < 0 or array.max() >= values:
        return f"be 0 to {values - 1}, got {array.min()} to {array.max()}"
    if part == "labels" and len(np.unique(array)) != values:
        return f"have images of all {values} classes, got {len(np.unique(array))}"
    return ""
