"""Where real images come from: a split that lies in memory, or files on disk that are decoded when they are wanted.

Both answer the same questions. Whoever goes through `passes` or `shuffled` holds a few batches at once, however many
images there are.
"""

import json
import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.decoding import decoded
from ppgn_bench.data.splits import raw_integers
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from ppgn_bench.storage.stored import Stored, stored

PASS_BYTES = 2**24  # of pixels as float32, at once: what a network makes of them is 20 times as much
WHOLE_BYTES = 2**26  # of a split's pixels as float32: what has more never lies in memory as floats
AHEAD = 1  # batches that are decoded while one is used
WORKERS = max(4, os.cpu_count() or 1)  # threads that decode: Pillow lets go of Python's lock meanwhile

Images = NDArray[np.uint8]
Integers = NDArray[np.int64]


class ImageSource(Protocol):
    """Real images by number: labels [n]; modes [n], factors [n, factor] or None; shape (channel, height, width)."""

    @property
    def labels(self) -> Integers:
        """The class of each image."""

    @property
    def modes(self) -> Integers | None:
        """The mode of each image within its class, where that is known."""

    @property
    def factors(self) -> Integers | None:
        """The value of each factor of each image, -1 between two values, where the data set has factors."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channel, height, width of every image."""

    @property
    def in_memory(self) -> bool:
        """Whether all images may lie in memory as one array of floats: they are few enough, and no files."""

    def __len__(self) -> int:
        """How many images there are."""

    def batch(self, indices: Integers) -> Images:
        """The images of these numbers [len(indices), channel, height, width]."""


@dataclass(frozen=True)
class InMemory:
    """A split that lies in memory."""

    images: Images
    labels: Integers
    modes: Integers | None
    factors: Integers | None = None

    @property
    def in_memory(self) -> bool:
        """Whether they may lie there as floats, too: a large set stays as it is, a byte a value."""
        return 4 * self.images.size <= WHOLE_BYTES

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channel, height, width of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Integers) -> Images:
        """The images of these numbers."""
        return self.images[indices]


@dataclass(frozen=True)
class InFile:
    """A split whose images stay in the file that `prepare` wrote: each is read whenever it is wanted."""

    images: Stored
    labels: Integers
    modes: Integers | None
    factors: Integers | None = None
    in_memory: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channel, height, width of every image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Integers) -> Images:
        """The images of these numbers."""
        return self.images.parts(indices)


@dataclass(frozen=True)
class Streamed:
    """A split whose images are files: each is decoded whenever it is wanted, by a few threads."""

    paths: tuple[str, ...]
    labels: Integers
    modes: Integers | None
    shape: tuple[int, int, int]
    in_memory: bool = False
    factors: Integers | None = None
    crop: float = 1.0

    def __len__(self) -> int:
        return len(self.paths)

    def batch(self, indices: Integers) -> Images:
        """The images of these numbers. Raises UserError with the path of a file that is no whole image."""
        images = np.empty((len(indices), *self.shape), dtype=np.uint8)

        def decode(row: int) -> None:
            images[row] = decoded(self.paths[indices[row]], self.shape, self.crop)

        with ThreadPoolExecutor(WORKERS) as workers:
            deque(workers.map(decode, range(len(indices))), maxlen=0)  # raises what a thread raised
        return images


def opened(data_file: Path, split: str, in_file: bool = False) -> ImageSource:
    """A split of a file that `prepare` wrote; of the file nothing else is read.

    in_file: images that the file holds stay there, for who goes through them in order; who shuffles wants them in
    memory. Raises UserError for a file that is not of `prepare`, or lacks the split.
    """
    parts = {part: f"{split}.{part}" for part in ("images", "files", "crop", "labels", "modes", "factors")}
    images = stored(data_file, "data", [parts["images"]]).get(parts["images"])
    arrays, header = files.load_some(data_file, "data", {*parts.values()} - ({parts["images"]} if in_file else set()))
    labels, modes, factors = (arrays.get(parts[part]) for part in ("labels", "modes", "factors"))
    if labels is None or (images is None and parts["files"] not in arrays):
        raise UserError(f"{data_file}: has no split {split!r}")
    if images is not None:
        return (
            InFile(images, labels, modes, factors)
            if in_file
            else InMemory(arrays[parts["images"]], labels, modes, factors)
        )
    paths = json.loads(arrays[parts["files"]].tobytes())
    shape = (header["channels"], header["image_size"], header["image_size"])
    crop = float(arrays[parts["crop"]]) if parts["crop"] in arrays else 1.0
    return Streamed(tuple(paths), labels, modes, shape, factors=factors, crop=crop)


def familiar(reals: Callable[[str], ImageSource]) -> ImageSource:
    """What trained the samplers' networks, of a data set's splits; where nothing was trained here, what samples are
    compared with. Raises UserError as `opened`.
    """
    try:
        return reals("train")
    except UserError:
        return reals("reference")


def pass_size(source: ImageSource) -> int:
    """How many images a pass has at once: as many as PASS_BYTES hold as float32."""
    return max(1, PASS_BYTES // (4 * math.prod(source.shape)))


def passes(source: ImageSource, indices: Integers | None = None) -> Iterator[Images]:
    """All images, or those of some numbers, in order, `pass_size` at once. The next ones are decoded meanwhile."""
    wanted = np.arange(len(source)) if indices is None else indices
    size = pass_size(source)
    parts = (wanted[first : first + size] for first in range(0, len(wanted), size))
    return (images for _, images in _ahead(source, parts))


def some_of(count: int, most: int) -> Integers:
    """At most so many numbers below `count`, in order. No stride: a split may go through its classes in turn."""
    return np.sort(_order(count, 0, 0)[:most])


def shuffled(
    source: ImageSource, batch_size: int, seed: int, first: int = 0, share: slice = slice(None)
) -> Iterator[tuple[Integers, Images]]:
    """Endless batches, numbers and images, from batch number `first` on; the next one is decoded meanwhile. share: the
    rows of each batch that are wanted, and no others are decoded.

    Every epoch has each image once, in an order of its own that hangs on seed and epoch alone; a batch may begin in
    one epoch and end in the next. So batch k is the same whether one begins with it or with batch 0.
    """
    return _ahead(source, (numbers[share] for numbers in _shuffled_numbers(len(source), batch_size, seed, first)))


def _shuffled_numbers(count: int, batch_size: int, seed: int, first: int) -> Iterator[Integers]:
    epoch, place = divmod(first * batch_size, count)
    left = _order(count, seed, epoch)[place:]
    while True:
        while len(left) < batch_size:
            epoch += 1
            left = np.concatenate([left, _order(count, seed, epoch)])
        yield left[:batch_size]
        left = left[batch_size:]


def _order(count: int, seed: int, epoch: int) -> Integers:
    return np.argsort(raw_integers((seed, epoch), (count,)), kind="stable").astype(np.int64)


def _ahead(source: ImageSource, parts: Iterable[Integers]) -> Iterator[tuple[Integers, Images]]:
    """Numbers and their images, part by part, while a thread has the next AHEAD parts decoded."""
    coming: deque[tuple[Integers, Future[Images]]] = deque()
    thread = ThreadPoolExecutor(1)
    try:
        for indices in parts:
            coming.append((indices, thread.submit(source.batch, indices)))
            if len(coming) > AHEAD:
                numbers, images = coming.popleft()
                yield numbers, images.result()
        for numbers, images in coming:
            yield numbers, images.result()
    finally:  # also where nobody asks for more
        thread.shutdown(cancel_futures=True)
