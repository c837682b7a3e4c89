"""Photographs of ImageNet: twenty that a package ships, or a folder of the user's own. They train nothing.

They are what samples are compared with, so there are but two splits: reference and control.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.data.folder import HALF_BYTES, LARGEST_HALF, visible
from ppgn_bench.data.imagenet_classes import CLASSES, NAMES
from ppgn_bench.data.splits import Files, Split, raw_integers
from ppgn_bench.errors import UserError, hint

PACKAGE = "foolbox"  # MIT; its code is not run: its folder is all that is asked for
SHIPPED = re.compile(r"imagenet_\d+_(\d+)\.jpg")  # the class's number is in the name
CROP = 0.875  # of a photograph's shorter side, its middle: as networks of ImageNet are measured
FEWEST = 4  # photographs of a folder: two in either half


def photographs(image_size: int) -> dict[str, Split]:
    """Twenty photographs of ImageNet, of 19 classes, that foolbox ships: 10 reference / 10 control.

    The middle 7/8 of each, resized (bicubic). Raises UserError where the package is not installed, or has none.
    """
    files = shipped()
    labels = np.array([int(SHIPPED.fullmatch(file.name)[1]) for file in files], dtype=np.int64)  # type: ignore[index]
    return _halves(files, labels, len(files) // 2, image_size)


def shipped() -> list[Path]:
    """The photographs of the package, in the order of their names."""
    spec = find_spec(PACKAGE)  # which runs nothing of it
    folders = [Path(place) / "data" for place in (spec.submodule_search_locations or ())] if spec else []
    found = [
        file for folder in folders for file in sorted(folder.glob("imagenet_*.jpg")) if SHIPPED.fullmatch(file.name)
    ]
    if not found:
        raise UserError(f'photographs of ImageNet: {PACKAGE} has none here; pip install "ppgn_bench[imagenet]"')
    return found


def folder(image_size: int, root: str) -> dict[str, Split]:
    """Photographs of a folder of the user's own, say ImageNet's validation set: streamed, a folder a class.

    A class's folder has its number in WordNet (n01440764) or its name (tench); some classes may have none. The
    photographs are parted in two halves class by class, of at most 3,000 each, and 1 GiB as float32. Raises UserError
    for a root without folders, a folder that is no class, with the nearest ones, and for fewer than four photographs.
    """
    numbers = {name: label for names in (CLASSES, NAMES) for label, name in enumerate(names)}
    place = Path(root)
    if not place.is_dir():
        raise UserError(f"{root}: {'is not a folder' if place.exists() else 'is missing'}")
    files: list[Path] = []
    labels: list[int] = []
    for entry in visible(place):
        if not entry.is_dir():
            continue
        if entry.name not in numbers:
            known = CLASSES if re.fullmatch(r"n\d+", entry.name) else NAMES
            raise UserError(f"{entry.path}: {entry.name!r} is no class of ImageNet; {hint(entry.name, known)}")
        own = [Path(image) for image in visible(entry.path)]
        files += own
        labels += [numbers[entry.name]] * len(own)
    if len(files) < FEWEST:
        raise UserError(f"{root}: has {len(files)} photographs in folders of classes, and needs at least {FEWEST}")
    most = min(len(files) // 2, LARGEST_HALF, HALF_BYTES // (4 * 3 * image_size**2))
    return _halves(files, np.array(labels, dtype=np.int64), most, image_size)


def _halves(files: list[Path], labels: NDArray[np.int64], each: int, image_size: int) -> dict[str, Split]:
    """Reference and control, of so many photographs: dealt out in turn, class by class, in an order of their own."""
    order = np.argsort(raw_integers(seed=0, shape=(len(files),)), kind="stable")
    order = order[np.argsort(labels[order], kind="stable")]
    image = (3, image_size, image_size)
    splits = {}
    for name, half in (("reference", order[::2]), ("control", order[1::2])):
        first_of_class = np.searchsorted(labels[half], labels[half])
        ranked = half[np.argsort(np.arange(len(half)) - first_of_class, kind="stable")]  # one of each class, then more
        own = np.sort(ranked[:each])
        splits[name] = Split(Files(tuple(files[place] for place in own), image, CROP), labels[own], None)
    return splits
