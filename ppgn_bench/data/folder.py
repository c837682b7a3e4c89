"""Data sets of one's own: any folder of images, with one folder a class."""

import math
from pathlib import Path

import numpy as np

from ppgn_bench.data.splits import SPLITS, Files, Split, raw_integers
from ppgn_bench.errors import UserError

FEWEST = 10  # images of a class: the smallest splits then have one
LARGEST_HALF = 3000  # images of reference, and of control: metrics take the distances between any two of them
HALF_BYTES = 2**30  # likewise, as float32: metrics hold two such sets


def listed(image_size: int, root: str, channels: int) -> dict[str, Split]:
    """The splits of a folder of images, streamed: a folder a class, the classes in the order of their names.

    Of each class's n images reference, control and held_out have n // 10; judge has n // 5, train the rest: at least
    half. Of all classes together reference and control have at most 3,000, and at most what is 1 GiB as float32 (1,365
    in colour of 256 pixels), so that metrics need about 4 GB; but one of each class. Which is where hangs on nothing
    but the names of the class's files and on these numbers; where the limit in bytes holds, on the image's size, too.
    Whatever Pillow reads is an image (PNG, JPEG, WebP, BMP, ...); `data.source.decoded` says how it comes to its size
    and channels. Hidden files are passed over, and so are files beside the classes' folders. Nothing is decoded here.

    Raises UserError, with its path, for a missing root, one of fewer than two classes, a folder within a class's
    folder, and a class of fewer than 10 images.
    """
    folders = class_folders(root)
    paths: dict[str, list[Path]] = {name: [] for name in SPLITS}
    labels: dict[str, list[int]] = {name: [] for name in SPLITS}
    image = (channels, image_size, image_size)
    most = max(1, min(LARGEST_HALF, HALF_BYTES // (4 * math.prod(image))) // len(folders))
    for label, folder in enumerate(folders):
        for name, own in _shared_out(_images(folder), most).items():
            paths[name] += own
            labels[name] += [label] * len(own)
    classes = tuple(folder.name for folder in folders)
    return {
        name: Split(Files(tuple(paths[name]), image), np.array(labels[name], dtype=np.int64), None, classes)
        for name in SPLITS
    }


def class_folders(root: str) -> list[Path]:
    """The folders of the classes, in the order of their names. Raises UserError for no folder, or fewer than two."""
    place = Path(root)
    if not place.is_dir():
        raise UserError(f"{root}: {'is not a folder' if place.exists() else 'is missing'}")
    folders = [path for path in visible(place) if path.is_dir()]
    if len(folders) < 2:
        has = f"one folder, {folders[0].name}" if folders else "no folders in it"
        raise UserError(f"{root}: has {has}; there must be at least two classes, each a folder with its images")
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


def _images(folder: Path) -> list[Path]:
    """The files of a class."""
    found = visible(folder)
    if folders := [path for path in found if path.is_dir()]:
        raise UserError(f"{folders[0]}: a folder within that of a class; put its images beside it or take it away")
    if len(found) < FEWEST:
        raise UserError(
            f"{folder}: has {len(found)} images, and a class needs at least {FEWEST}: add some, or take the folder away"
        )
    return found


def visible(folder: Path) -> list[Path]:
    """What a folder holds, in the order of the names, without hidden files."""
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=lambda path: path.name)
