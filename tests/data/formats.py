"""Small data sets in the formats of their authors: IDX files, CIFAR's pickles, Imagenette's folders."""

import gzip
import hashlib
import pickle
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import CIFAR10

from ppgn_bench.data import cifar, idx, imagenette, places
from ppgn_bench.data.table import DATASETS

# Of a class: the splits of small sets, in place of the thousands of the true ones.
EACH, HALVES = {"train": 3, "held_out": 1}, {"reference": 1, "control": 2}
SIZES = {"train": 30, "held_out": 10, "judge": 20, "reference": 10, "control": 20}
LABELS = {"train": np.arange(60) % 10, "t10k": np.arange(40) % 10}


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Splits of a few images, SIZES, and files as the functions below write them taken for the true ones."""
    for module, names in ((idx, ("DIGITS", "CLOTHES")), (cifar, ("EACH",)), (imagenette, ("EACH",))):
        for name in names:
            monkeypatch.setattr(module, name, EACH)
        monkeypatch.setattr(module, "HALVES", HALVES)
    monkeypatch.setattr(imagenette, "COUNTS", {"train": 60, "val": 40})
    for name in ("MNIST", "FASHION"):
        place = getattr(places, name)
        sums = {file: hashlib.md5(content(file)).hexdigest() for file in place.names}
        monkeypatch.setattr(places, name, replace(place, sums=sums))


def idx_bytes(values: np.ndarray) -> bytes:
    """An array of bytes as an IDX file: two zeros, 8 for bytes, the number of axes, their lengths, the values."""
    head = struct.pack(">BBBB", 0, 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(np.uint8).tobytes()


def grey(part: str) -> np.ndarray:
    """Images that tell which they are: the first pixel is the number, the second the part."""
    images = np.zeros((len(LABELS[part]), 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(len(images)), len(part)
    return images


def content(name: str) -> bytes:
    """What a small file of this name holds, unpacked."""
    part, kind = name.split("-")[:2]
    return idx_bytes(grey(part) if kind == "images" else LABELS[part])


def write_idx(folder: Path, packed: Callable[[str], bool] = lambda name: True) -> None:
    """The four files of MNIST and Fashion-MNIST, gzipped or as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in places.FASHION.names:
        if packed(name):
            (folder / f"{name}.gz").write_bytes(gzip.compress(content(name)))
        else:
            (folder / name).write_bytes(content(name))


def write_cifar(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR-10's batches; torchvision expects the MD5 of these."""
    folder.mkdir(parents=True)
    sums, rng = {}, np.random.default_rng(0)
    names = [name for name, _ in (*CIFAR10.train_list, *CIFAR10.test_list)]
    for name in names:
        count = 12 if name.startswith("data") else 40
        labels = np.arange(count) % 10 if count == 40 else (np.arange(count) + 12 * names.index(name)) % 10
        rows = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
        batch = pickle.dumps({"data": rows, "labels": labels.tolist()})
        (folder / name).write_bytes(batch)
        sums[name] = hashlib.md5(batch).hexdigest()
    meta = pickle.dumps({"label_names": DATASETS["cifar10"].class_names})
    (folder / CIFAR10.meta["filename"]).write_bytes(meta)
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": hashlib.md5(meta).hexdigest()})
    for kind in ("train_list", "test_list"):
        monkeypatch.setattr(CIFAR10, kind, [[name, sums[name]] for name, _ in getattr(CIFAR10, kind)])


def write_imagenette(folder: Path) -> None:
    """Imagenette's folders of JPEGs, of several sizes and a grey one."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 6), ("val", 4)):
        for name in imagenette.CLASSES:
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                size = (20 + 4 * number, 24, 3)
                image = Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).convert("RGB" if number else "L")
                image.save(folder / part / name / f"{name}_{number}.JPEG")
