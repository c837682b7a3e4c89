"""Data sets of one's own: any folder of images, with one folder a class."""

import math
import os
from pathlib import Path

import numpy as np

from ppgn_bench.data.splits import SPLITS, Files, Split, raw_integers
from ppgn_bench.errors import UserError

# Images of `reference`, and of `control`: with fewer the controls show nothing. Of 2, 3 and 10 classes of MNIST, under
# its judge, Frechet distance or coverage failed them in 20 of 20 trials with less, in 8 of 16 with 30 to 60, in none of
# 16 with 80 or more.
FEWEST_COMPARED = 30
FEWEST_OF_A_CLASS = 2  # of those: a control joins halves of two images of a class
LARGEST_HALF = 3000  # images of reference, and of control: metrics take the distances between any two of them
HALF_BYTES = 2**30  # likewise, as float32: metrics hold two such sets


def listed(image_size: int, root: str, channels: int) -> dict[str, Split]:
    """The splits of a folder of images, streamed: a folder a class, the classes in the order of their names.

    Of each class's n images reference, control and held_out have n // 10; judge has n // 5, train the rest: at least
    half. Of all classes together reference and control have at most 3,000, and at most what is 1 GiB as float32 (1,365
    in colour of 256 pixels), so that metrics need about 4 GB; but two of each class. Which is where hangs on nothing
    but the names of the class's files and on these numbers; where the limit in bytes holds, on the image's size, too.
    Whatever Pillow reads is an image (PNG, JPEG, WebP, BMP, ...); `data.decoding.decoded` says how it comes to its size
    and channels. Hidden files are passed over, and so are files beside the classes' folders. Nothing is decoded here.

    Raises UserError, with its path, for a missing root, one of fewer than two classes, a folder within a class's
    folder, and a class of too few images for 30 in reference, balanced over the classes: 150 where there are two.
    """
    folders = class_folders(root)
    paths: dict[str, list[Path]] = {name: [] for name in SPLITS}
    labels: dict[str, list[int]] = {name: [] for name in SPLITS}
    image = (channels, image_size, image_size)
    fewest = max(FEWEST_OF_A_CLASS, -(-FEWEST_COMPARED // len(folders)))  # of a class, in reference
    most = max(FEWEST_OF_A_CLASS, min(LARGEST_HALF, HALF_BYTES // (4 * math.prod(image))) // len(folders))
    for label, folder in enumerate(folders):
        for name, own in _shared_out(_images(folder, fewest), most).items():
            paths[name] += own
            labels[name] += [label] * len(own)
    classes = tuple(folder.name for folder in folders)
    return {
        name: Split(Files(tuple(paths[name]), image), np.array(labels[name], dtype=np.int64), None, classes)
        for name in SPLITS
    }


def class_folders(root: str) -> list[Path]:
    """The folders of the classes, in the order of their names.

    Raises UserError for no folder, fewer than two, and names that no table can hold.
    """
    place = Path(root)
    if not place.is_dir():
        raise UserError(f"{root}: {'is not a folder' if place.exists() else 'is missing'}")
    folders = [Path(entry) for entry in visible(place) if entry.is_dir()]
    if len(folders) < 2:
        has = f"one folder, {folders[0].name}" if folders else "no folders in it"
        raise UserError(f"{root}: has {has}; there must be at least two classes, each a folder with its images")
    for folder in folders:
        if (name := os.fsencode(folder).decode(errors="backslashreplace")) != str(folder):
            raise UserError(f"{name}: the name of a class must be UTF-8, and this one is not; rename the folder")
    return folders


def _shared_out(images: list[Path], most: int) -> dict[str, list[Path]]:
    """A class's images by split; most: of reference, and of control."""
    order = np.argsort(raw_integers(seed=0, shape=(len(images),)), kind="stable")
    half, fifth = min(most, len(images) // 10), len(images) // 5
    parts = np.split(order, np.cumsum([half, half, len(images) // 10, fifth]))
    return {
        name: [images[index] for index in sorted(part)]
        for name, part in zip(("reference", "control", "held_out", "judge", "train"), parts, strict=True)
    }


def _images(folder: Path, fewest: int) -> list[Path]:
    """The files of a class; fewest: of its images in reference, a tenth of them."""
    found = visible(folder)
    if folders := [entry.path for entry in found if entry.is_dir()]:
        raise UserError(f"{folders[0]}: a folder within that of a class; put its images beside it or take it away")
    if len(found) < 10 * fewest:
        needs = f"has {len(found)} images, and each class needs at least {10 * fewest}"
        why = f"samples are compared with a tenth of them, and fewer than {FEWEST_COMPARED} in all show nothing"
        raise UserError(f"{folder}: {needs} ({why}); add some, or take the folder away")
    return [Path(entry) for entry in found]


def visible(folder: str | Path) -> list[os.DirEntry[str]]:
    """What a folder holds, in the order of the names, without hidden files."""
    with os.scandir(folder) as entries:  # which knows what is a folder: of a million files none need be asked
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
