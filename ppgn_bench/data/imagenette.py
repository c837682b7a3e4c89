"""Imagenette: ten classes of ImageNet, streamed from their files."""

from pathlib import Path
from types import MappingProxyType

import numpy as np

from ppgn_bench.data import places
from ppgn_bench.data.folder import visible
from ppgn_bench.data.splits import Files, Split, shared_out
from ppgn_bench.errors import UserError

EACH = {"train": 500, "held_out": 40}  # of a class of the training images; the judge has the others
HALVES = {"reference": 100, "control": 100}  # of a class of the validation images
COUNTS = {"train": 9469, "val": 3925}  # files of each folder: with one more all splits would be others
CLASSES = MappingProxyType(  # the folder of a class, its number in WordNet -> its name
    {
        "n01440764": "tench",
        "n02102040": "English springer",
        "n02979186": "cassette player",
        "n03000684": "chain saw",
        "n03028079": "church",
        "n03394916": "French horn",
        "n03417042": "garbage truck",
        "n03425413": "gas pump",
        "n03445777": "golf ball",
        "n03888257": "parachute",
    }
)


def imagenette(image_size: int, root: str, download: bool) -> dict[str, Split]:
    """Imagenette (Howard 2019, its second version): 13,394 photographs of ten classes of ImageNet, in colour.

    Of its training images 5,000 train / 400 held out, balanced over the classes / 4,069 judge, the rest. Of its
    validation images 1,000 reference / 1,000 control, balanced; the others are in no split. They are decoded while they
    are used: `data.decoding.decoded` says how they come to their size. A download has 160 pixels on the shorter side;
    the root may hold one of the larger editions instead. Raises UserError for folders that are missing, or not its own.
    """
    from torchvision.datasets import Imagenette

    def fetch(folder: str) -> None:
        Imagenette(folder, size="160px", download=True)

    folders = places.obtained(places.IMAGENETTE, root, download, fetch)
    splits: dict[str, Split] = {}
    for folder, own, rest in zip(folders, (EACH, HALVES), ("judge", ""), strict=True):
        files, labels = _listed(folder)
        for name, chosen in shared_out(labels, own, rest).items():
            images = Files(tuple(files[number] for number in chosen), (3, image_size, image_size))
            splits[name] = Split(images, labels[chosen], None)
    return splits


def _listed(folder: Path) -> tuple[list[Path], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The files of a folder of classes, in the order of their names, and their labels."""
    if (names := [entry.name for entry in visible(folder) if entry.is_dir()]) != list(CLASSES):
        raise UserError(
            f"{folder}: must have Imagenette's folders {', '.join(CLASSES)}, has {', '.join(names) or 'none'}"
        )
    files = [[Path(entry) for entry in visible(folder / name)] for name in CLASSES]
    if (count := sum(map(len, files))) != (must := COUNTS[folder.name]):
        words = f"has {count} files, and Imagenette's has {must}; take away what is not of it, or get it anew"
        raise UserError(f"{folder}: {words}: {places.IMAGENETTE.origin}")
    labels = np.repeat(np.arange(len(files)), [len(own) for own in files])
    return [path for own in files for path in own], labels.astype(np.int64)
