"""MNIST and Fashion-MNIST as their authors share them: files of the IDX format, 60,000 images and 10,000 more."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ppgn_bench.data import places
from ppgn_bench.data.places import Place
from ppgn_bench.data.splits import Split, resized, shared_out
from ppgn_bench.errors import UserError

HALVES = {"reference": 100, "control": 100}  # of a class of the test images
DIGITS = {"train": 3500, "held_out": 200}  # of a class of the training images; the judge has the others
CLOTHES = {"train": 4000, "held_out": 200}
SIDE = 28  # pixels
HEADS = {"images": 16, "labels": 8}  # bytes before the values: four, and four for the length of each axis


def mnist_full(image_size: int, root: str, download: bool) -> dict[str, Split]:
    """MNIST (LeCun et al. 1998): 70,000 handwritten digits, 28x28, 256 grey levels.

    Of its training images 35,000 train / 2,000 held out, balanced over the classes / 23,000 judge, the rest. Of its
    test images 1,000 reference / 1,000 control, balanced; the others are in no split. At another size than 28 pixels
    they are resized by a bilinear filter. Fashion-MNIST, KMNIST and others have files of the same names and form, so
    only those with MNIST's MD5 are read. Raises UserError for files that are missing or have another one, with their
    paths.
    """
    from torchvision.datasets import MNIST

    paths = places.obtained(places.MNIST, root, download, lambda folder: MNIST(folder, download=True))
    return _splits(paths, places.MNIST, DIGITS, image_size)


def fashion(image_size: int, root: str, download: bool) -> dict[str, Split]:
    """Fashion-MNIST (Xiao et al. 2017): 70,000 pictures of clothing, 28x28, 256 grey levels, 7,000 a class.

    Of its training images 40,000 train / 2,000 held out / 18,000 judge; of its test images 1,000 reference / 1,000
    control, the others are in no split. All splits are balanced over the classes. Sizes and errors as of `mnist_full`.
    """
    from torchvision.datasets import FashionMNIST

    paths = places.obtained(places.FASHION, root, download, lambda folder: FashionMNIST(folder, download=True))
    return _splits(paths, places.FASHION, CLOTHES, image_size)


def _splits(paths: tuple[Path, ...], place: Place, each: Mapping[str, int], image_size: int) -> dict[str, Split]:
    """The splits of four files: images and labels, of the training and of the test images."""
    contents = [_content(path, name, place) for path, name in zip(paths, place.names, strict=True)]
    splits: dict[str, Split] = {}
    for (pixels, classes), own, rest in ((contents[:2], each, "judge"), (contents[2:], HALVES, "")):
        images = np.frombuffer(pixels, np.uint8, offset=HEADS["images"]).reshape(-1, 1, SIDE, SIDE)
        labels = np.frombuffer(classes, np.uint8, offset=HEADS["labels"]).astype(np.int64)
        for name, chosen in shared_out(labels, own, rest).items():
            splits[name] = Split(resized(images[chosen], image_size), labels[chosen], None)
    return splits


def _content(path: Path, name: str, place: Place) -> bytes:
    """What a file holds, unpacked if it is gzipped: the very bytes that its authors share."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except Exception as error:  # gzip raises whatever a damaged file makes of it
        raise UserError(f"{path}: damaged ({' '.join(str(error).split())}); get it anew: {place.origin}") from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != place.sums[name]:
        whose = f"damaged, or not of {Path(place.within[0]).parts[0]}"
        raise UserError(f"{path}: {whose} (another MD5, unpacked); get it anew: {place.origin}")
    return content
