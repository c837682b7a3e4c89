"""MNIST and Fashion-MNIST as their authors share them: files of the IDX format, 60,000 images and 10,000 more."""

import gzip
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data import places
from ppgn_bench.data.splits import Split, require_enough, resized, shared_out
from ppgn_bench.errors import UserError

HALVES = {"reference": 100, "control": 100}  # of a class of the test images
DIGITS = {"train": 3500, "held_out": 200}  # of a class of the training images; the judge has the others
CLOTHES = {"train": 4000, "held_out": 200}
SIDE = 28  # pixels


def mnist_full(image_size: int, root: str, download: bool) -> dict[str, Split]:
    """MNIST (LeCun et al. 1998): 70,000 handwritten digits, 28x28, 256 grey levels.

    Of its training images 35,000 train / 2,000 held out, balanced over the classes / 23,000 judge, the rest. Of its
    test images 1,000 reference / 1,000 control, balanced; the others are in no split. At another size than 28 pixels
    they are resized by a bilinear filter. Raises UserError for files that are missing or damaged, with their paths.
    """
    from torchvision.datasets import MNIST

    paths = places.obtained(places.MNIST, root, download, lambda folder: MNIST(folder, download=True))
    return _splits(paths, DIGITS, image_size, places.MNIST.origin)


def fashion(image_size: int, root: str, download: bool) -> dict[str, Split]:
    """Fashion-MNIST (Xiao et al. 2017): 70,000 pictures of clothing, 28x28, 256 grey levels, 7,000 a class.

    Of its training images 40,000 train / 2,000 held out / 18,000 judge; of its test images 1,000 reference / 1,000
    control, the others are in no split. All splits are balanced over the classes. Sizes and errors as of `mnist_full`.
    """
    from torchvision.datasets import FashionMNIST

    paths = places.obtained(places.FASHION, root, download, lambda folder: FashionMNIST(folder, download=True))
    return _splits(paths, CLOTHES, image_size, places.FASHION.origin)


def _splits(paths: tuple[Path, ...], each: Mapping[str, int], image_size: int, origin: str) -> dict[str, Split]:
    """The splits of four files: images and labels, of the training and of the test images."""
    splits: dict[str, Split] = {}
    for (image_file, label_file), own, rest in ((paths[:2], each, "judge"), (paths[2:], HALVES, "")):
        images, labels = _pair(image_file, label_file, origin)
        require_enough(labels, own, rest, str(label_file))
        for name, chosen in shared_out(labels, own, rest).items():
            splits[name] = Split(resized(images[chosen][:, None], image_size), labels[chosen], None)
    return splits


def _pair(image_file: Path, label_file: Path, origin: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images [n, height, width] and labels [n] of two files that belong together."""
    from torchvision.datasets import mnist

    images = _read(image_file, mnist.read_image_file, "images", origin)
    labels = _read(label_file, mnist.read_label_file, "labels", origin)
    if images.shape[1:] != (SIDE, SIDE):
        raise UserError(f"{image_file}: has images of {images.shape[1:]} pixels, and they must be {(SIDE, SIDE)}")
    if len(images) != len(labels):
        counts = f"has {len(images)} images, and {label_file} has {len(labels)} labels"
        raise UserError(f"{image_file}: {counts}; get both anew: {origin}")
    if len(labels) and not 0 <= labels.min() <= labels.max() <= 9:
        raise UserError(f"{label_file}: has labels from {labels.min()} to {labels.max()}, and they must be 0 to 9")
    return images, labels


def _read(path: Path, read: Callable[[str], Any], what: str, origin: str) -> NDArray[Any]:
    """What torchvision reads from a file, unpacked if it is gzipped."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            plain = path
            if path.suffix == ".gz":
                plain = Path(folder) / path.stem
                with gzip.open(path) as packed, plain.open("wb") as file:
                    shutil.copyfileobj(packed, file)
            values: NDArray[Any] = read(str(plain)).numpy()
    except Exception as error:  # gzip and torchvision raise whatever a damaged file makes of them, some without words
        why = " ".join(str(error).split()) or "it does not begin as IDX files do"
        raise UserError(f"{path}: damaged, or no IDX file of {what} ({why}); get it anew: {origin}") from error
    return values
