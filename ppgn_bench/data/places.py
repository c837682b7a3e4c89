"""Where the files of a data set lie that this package does not ship, and what to say where they do not.

Files are listed here, never read: a config is checked by this before anything runs. Nothing imports torch.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ppgn_bench.errors import UserError

# In the working directory: the root where neither the config nor a package of the system says one. All data sets share
# it, so that files in it count for none: they must lie in a folder of the set, since names do not tell sets apart.
ROOT = "datasets"


@dataclass(frozen=True)
class Place:
    """Files of a data set, below a folder that the user names: its root.

    within: folders below the root, one of which has them all, torchvision's own first; a root of the set's own may have
    them itself. names: what must lie there, a folder's name with a slash; packed: a file may also be gzipped, NAME.gz.
    origin: where they come from; packaged: where a package of the system puts them, the root if that is there.
    sums: name -> MD5 of the file, unpacked, where other sets have files of the same names.
    """

    within: tuple[str, ...]
    names: tuple[str, ...]
    origin: str
    packed: bool = False
    packaged: str = ""
    sums: Mapping[str, str] = field(default_factory=dict)


_IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

MNIST = Place(
    ("MNIST/raw",),
    _IDX,
    "the four files of yann.lecun.com/exdb/mnist, which are also at ossci-datasets.s3.amazonaws.com/mnist",
    packed=True,
    sums=MappingProxyType(
        {
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        }
    ),
)
FASHION = Place(
    ("FashionMNIST/raw",),
    _IDX,
    "in the package dataset-fashion-mnist of Debian and Ubuntu, and at github.com/zalandoresearch/fashion-mnist",
    packed=True,
    packaged="/usr/share/datasets/fashion-mnist",
    sums=MappingProxyType(
        {
            "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
        }
    ),
)
CIFAR10 = Place(
    ("cifar-10-batches-py",),
    (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta"),
    "in cifar-10-python.tar.gz, from www.cs.toronto.edu/~kriz/cifar.html",
)
IMAGENETTE = Place(
    ("imagenette2-160", "imagenette2-320", "imagenette2"),
    ("train/", "val/"),
    "in imagenette2-160.tgz, from github.com/fastai/imagenette",
)


def default_root(place: Place) -> str:
    """Where files are looked for that the config does not place."""
    return place.packaged if place.packaged and Path(place.packaged).is_dir() else ROOT


def found(place: Place, root: str | Path) -> tuple[Path, ...]:
    """What must lie there, in the order of its names, in the first folder that has all of it; () where none has."""
    for folder in (*place.within, *(() if _shared(root) else (".",))):
        ways = (_one(Path(root) / folder, name, place.packed) for name in place.names)
        paths = tuple(path for path in ways if path is not None)
        if len(paths) == len(place.names):
            return paths
    return ()


def _shared(root: str | Path) -> bool:
    return Path(root) == Path(ROOT)


def _one(folder: Path, name: str, packed: bool) -> Path | None:
    if name.endswith("/"):
        return folder / name if (folder / name).is_dir() else None
    ways = [folder / name, *([folder / f"{name}.gz"] if packed else [])]
    return next((way for way in ways if way.is_file()), None)


def missing(place: Place, root: str | Path, download: bool = False) -> str:
    """What to put where, after the root's key; nothing where all is there, or can be downloaded."""
    if found(place, root):
        return ""
    if Path(root).exists() and not Path(root).is_dir():
        return f"{root} is not a folder"
    if download:
        made = _made(place, root)
        return f"{made} is there, but not whole; complete it, or take it away to download it" if made.exists() else ""
    names = f"{', '.join(place.names)}{' (each may be .gz)' if place.packed else ''}"
    where = f"in {Path(root, place.within[0])}{'' if _shared(root) else ', or in the root itself'}"
    return f"put {names} {where}; they are {place.origin}. Or name another folder as root, or say download: true"


def obtained(place: Place, root: str, download: bool, fetch: Callable[[str], object]) -> tuple[Path, ...]:
    """The files of a data set; fetch downloads them into a folder, which becomes the root's when it is whole.

    Raises UserError for files that are not there, or could not be downloaded.
    """
    if words := missing(place, root, download):
        raise UserError(f"{root}: {words}")
    if download and not found(place, root):
        _download(place, Path(root), fetch)
    if not (paths := found(place, root)):
        raise UserError(f"{root}: {missing(place, root)}")
    return paths


def _made(place: Place, root: str | Path) -> Path:
    """The folder that a download makes."""
    return Path(root) / Path(place.within[0]).parts[0]


def _download(place: Place, root: Path, fetch: Callable[[str], object]) -> None:
    made = _made(place, root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".download-") as beside:
            fetch(beside)
            os.replace(_made(place, beside), made)
    except Exception as error:  # of the net, of archives, of the disk: libraries below torchvision raise what they like
        if not found(place, root):  # another job may have been faster
            reason = " ".join(str(error).split())
            raise UserError(f"{root}: could not be downloaded ({reason}); {missing(place, root)}") from error


def listing(paths: Iterable[Path]) -> str:
    """A hash of the names, sizes and times of files, and of all that folders among them hold, hidden files left out.

    It says whether files were changed, not what they hold: none is read.
    """
    digest = hashlib.sha256()
    for path in paths:
        folders = [(str(path.parent), [], [path.name])] if path.is_file() else os.walk(path)
        for folder, below, names in folders:
            below[:] = sorted(name for name in below if not name.startswith("."))
            within = os.path.relpath(folder, path.parent)
            for name in sorted(name for name in names if not name.startswith(".")):
                facts = os.stat(f"{folder}/{name}")
                digest.update(os.fsencode(f"{within}/{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n"))
    return digest.hexdigest()[:16]
