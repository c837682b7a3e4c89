"""CIFAR-10 as its authors share it."""

import tempfile
from pathlib import Path

import numpy as np

from ppgn_bench.data import places
from ppgn_bench.data.splits import Split, resized, shared_out
from ppgn_bench.errors import UserError

EACH = {"train": 3300, "held_out": 200}  # of a class of the training images; the judge has the others
HALVES = {"reference": 100, "control": 100}  # of a class of the test images


def cifar10(image_size: int, root: str, download: bool) -> dict[str, Split]:
    """CIFAR-10 (Krizhevsky 2009): 60,000 photographs of ten kinds of things, 32x32 in colour, 6,000 a class.

    Of its training images 33,000 train / 2,000 held out / 15,000 judge; of its test images 1,000 reference / 1,000
    control, the others are in no split. All splits are balanced over the classes. At another size than 32 pixels they
    are resized by a bilinear filter. The files are pickles, which can run code when they are read: only those with
    torchvision's MD5 are. Raises UserError for files that are missing or have another one, with their paths.
    """
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    paths = places.obtained(places.CIFAR10, root, download, lambda folder: CIFAR10(folder, download=True))
    sums = {**dict(CIFAR10.train_list), **dict(CIFAR10.test_list), CIFAR10.meta["filename"]: CIFAR10.meta["md5"]}
    for path in paths:
        if not check_integrity(str(path), sums[path.name]):
            raise UserError(f"{path}: damaged, or not of CIFAR-10 (another MD5); get it anew: {places.CIFAR10.origin}")
    splits: dict[str, Split] = {}
    with tempfile.TemporaryDirectory() as folder:  # with the name that torchvision asks for
        (Path(folder) / CIFAR10.base_folder).symlink_to(paths[0].parent.resolve(), target_is_directory=True)
        for train, own, rest in ((True, EACH, "judge"), (False, HALVES, "")):
            source = CIFAR10(folder, train=train)
            images, labels = source.data.transpose(0, 3, 1, 2), np.array(source.targets, dtype=np.int64)
            for name, chosen in shared_out(labels, own, rest).items():
                pixels = resized(images[chosen], image_size)
                splits[name] = Split(pixels, labels[chosen], None, tuple(source.classes))
    return splits
