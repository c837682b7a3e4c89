"""Data sets as their authors share them: what becomes of small files in the true formats, and of damaged ones."""

import gzip
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision.datasets
from torchvision.datasets import CIFAR10

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data import cifar, idx, imagenette, places, stage
from ppgn_bench.data.source import Streamed
from ppgn_bench.data.splits import SPLITS, Split
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Preparation
from ppgn_bench.workflow import plan
from tests.conftest import ROOT, Command, listing
from tests.data.formats import LABELS, SIZES, grey, shrink, write_cifar, write_idx, write_imagenette


def job(name: str, **settings: object) -> Preparation:
    """What prepares a data set, as a config that places it has it."""
    datasets = {"digits": None, "shapes": None, name: settings}
    return plan.preparation(load_experiment({"name": "own", "datasets": datasets}, ROOT / "config/config.yaml"), name)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def sizes(splits: dict[str, Split]) -> dict[str, int]:
    return {name: len(splits[name].labels) for name in SPLITS}


@pytest.mark.parametrize("load", [idx.fashion, idx.mnist_full])
@pytest.mark.parametrize("packed", [lambda name: True, lambda name: False, lambda name: "labels" in name])
@pytest.mark.parametrize("within", [0, 1])
def test_idx_files_are_read_packed_and_unpacked_in_the_root_and_where_torchvision_puts_them(
    tmp_path: Path, load: Callable[..., dict[str, Split]], packed: Callable[[str], bool], within: int
) -> None:
    place = places.FASHION if load is idx.fashion else places.MNIST
    write_idx(tmp_path / (*place.within, ".")[within], packed)
    splits = load(28, str(tmp_path), False)
    assert sizes(splits) == SIZES
    for name, split in splits.items():
        part = "t10k" if name in ("reference", "control") else "train"
        numbers = split.images[:, 0, 0, 0]
        np.testing.assert_array_equal(split.images[:, 0], grey(part)[numbers])
        np.testing.assert_array_equal(split.labels, LABELS[part][numbers])
    training = np.concatenate([splits[name].images[:, 0, 0, 0] for name in ("train", "held_out", "judge")])
    assert sorted(training) == list(range(60))


def test_at_another_size_images_are_resized(tmp_path: Path) -> None:
    write_idx(tmp_path)
    assert idx.fashion(32, str(tmp_path), False)["train"].images.shape == (30, 1, 32, 32)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def cut_inside(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-9]))


def not_packed(path: Path) -> None:
    path.write_bytes(gzip.decompress(path.read_bytes()))


def foreign(path: Path) -> None:
    path.write_bytes(gzip.compress(b"what is this?" * 100))


def of_another_set(path: Path) -> None:
    """The same form, and values as good."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))


IMAGES, NAMES = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
ANEW = "; get it anew: in the package dataset-fashion-mnist"
TRUE_MNIST = places.MNIST
ANOTHER = "damaged, or not of FashionMNIST (another MD5, unpacked)"


@pytest.mark.parametrize("name", [IMAGES, NAMES])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "damaged ("),
        (not_packed, "damaged (Not a gzipped file"),
        (cut_inside, ANOTHER),
        (foreign, ANOTHER),
        (of_another_set, ANOTHER),
    ],
)
def test_a_damaged_or_foreign_idx_file_is_named_and_nothing_is_written(
    tmp_path: Path, ppgn: Command, name: str, damage: Callable[[Path], None], message: str
) -> None:
    write_idx(tmp_path / "fashion")
    told = job("fashion", root=str(tmp_path / "fashion"))
    damage(tmp_path / "fashion" / name)
    before = listing(tmp_path)
    ended = ppgn("prepare", "--job", told.as_json(), "--output", tmp_path / "made/fashion.safetensors")
    assert ended.status == 1
    assert ended.err.startswith(f"error: {tmp_path / 'fashion' / name}: {message}")
    assert ANEW in ended.err
    assert len(ended.err.splitlines()) == 1
    assert listing(tmp_path) == before


def test_files_of_one_set_are_not_taken_for_anothers_of_the_same_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path)
    monkeypatch.setattr(places, "MNIST", TRUE_MNIST)
    assert sizes(idx.fashion(28, str(tmp_path), False)) == SIZES
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte\.gz: damaged, or not of MNIST \(another MD5"):
        idx.mnist_full(28, str(tmp_path), False)


def test_cifars_batches_become_its_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path / "cifar-10-batches-py", monkeypatch)
    for root in (tmp_path, tmp_path / "cifar-10-batches-py"):  # the folder itself will do, too
        splits = cifar.cifar10(32, str(root), False)
        assert sizes(splits) == SIZES
    batch = pickle.loads((tmp_path / "cifar-10-batches-py/test_batch").read_bytes())
    labels = dict(zip((row.tobytes() for row in batch["data"]), batch["labels"], strict=True))
    for name in ("reference", "control"):  # a row of a batch is red, green and blue, each by rows
        assert [labels[image.tobytes()] for image in splits[name].images] == splits[name].labels.tolist()


def test_no_pickle_is_opened_that_is_not_cifars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path / "cifar-10-batches-py", monkeypatch)
    path = tmp_path / "cifar-10-batches-py/data_batch_3"
    path.write_bytes(b"cos\nsystem\n(S'touch opened'\ntR.")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as refused:
        cifar.cifar10(32, str(tmp_path), False)
    assert str(refused.value).startswith(f"{path}: damaged, or not of CIFAR-10 (another MD5); get it anew: ")
    assert not Path("opened").exists()


@pytest.mark.parametrize("part", ["train", "val"])
@pytest.mark.parametrize("more", [True, False])
def test_one_file_more_or_less_in_imagenettes_folders_is_named(tmp_path: Path, part: str, more: bool) -> None:
    write_imagenette(tmp_path)
    folder = tmp_path / part / "n03888257"
    if more:
        (folder / "Thumbs.db").touch()
    else:
        next(folder.iterdir()).unlink()
    with pytest.raises(UserError) as refused:
        imagenette.imagenette(16, str(tmp_path), False)
    assert str(refused.value).startswith(f"{tmp_path / part}: has ")
    assert "files, and Imagenette's has" in str(refused.value)
    assert "get it anew: in imagenette2-160.tgz" in str(refused.value)


def test_splits_of_other_sizes_name_the_folder_of_the_files(tmp_path: Path) -> None:
    write_imagenette(tmp_path)
    with pytest.raises(UserError) as refused:
        stage.prepare(job("imagenette", root=str(tmp_path)))
    assert str(refused.value).startswith(f"{tmp_path}: imagenette must have the splits {{'train': 5000, ")
    assert "get them anew" in str(refused.value)


def prepared(told: Preparation) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    return stage.prepare(told.model_copy(update={"split_sizes": SIZES}))


def test_imagenette_is_streamed_from_its_files(tmp_path: Path) -> None:
    write_imagenette(tmp_path / "imagenette2-160")
    splits = imagenette.imagenette(16, str(tmp_path), False)
    assert sizes(splits) == SIZES
    for name, split in splits.items():
        part = "val" if name in ("reference", "control") else "train"
        folders = [path.relative_to(tmp_path / "imagenette2-160").parts[:2] for path in split.images.paths]
        assert folders == [(part, list(imagenette.CLASSES)[label]) for label in split.labels]
    source = Streamed(tuple(map(str, splits["train"].images.paths)), splits["train"].labels, None, (3, 16, 16))
    assert source.batch(np.arange(30)).shape == (30, 3, 16, 16)
    assert prepared(job("imagenette", root=str(tmp_path)))[1]["shared_images"] == 0


def test_equal_images_in_two_splits_of_an_authors_set_are_counted(tmp_path: Path) -> None:
    write_imagenette(tmp_path)
    one = tmp_path / "train" / "n01440764" / "n01440764_2.JPEG"
    for other in (tmp_path / "val" / "n02102040").iterdir():
        shutil.copy(one, other)
    assert prepared(job("imagenette", root=str(tmp_path)))[1]["shared_images"] == 3  # of four one is in no split


@pytest.mark.parametrize("change", [shutil.rmtree, lambda folder: folder.rename(folder.with_name("n99999999"))])
def test_a_folder_that_is_not_imagenettes_is_named(tmp_path: Path, change: Callable[[Path], object]) -> None:
    write_imagenette(tmp_path)
    change(tmp_path / "val" / "n03417042")
    with pytest.raises(UserError) as refused:
        imagenette.imagenette(16, str(tmp_path), False)
    assert str(refused.value).startswith(f"{tmp_path / 'val'}: must have Imagenette's folders n01440764, ")


# ------------------------------------------------------------------------------------------------ what must agree


def test_the_listing_of_files_changes_with_their_names_sizes_and_times(tmp_path: Path) -> None:
    write_imagenette(tmp_path)
    seen = {places.listing([tmp_path])}
    file = tmp_path / "train" / "n01440764" / "n01440764_0.JPEG"
    for change in (
        lambda: os.utime(file, (1, 1)),
        lambda: file.write_bytes(file.read_bytes() + b"\0"),
        lambda: file.rename(file.with_name("other.JPEG")),
    ):
        change()
        assert places.listing([tmp_path]) not in seen
        seen.add(places.listing([tmp_path]))
    (tmp_path / "train" / ".hidden").touch()
    assert places.listing([tmp_path]) in seen


def test_cifars_files_are_those_of_torchvision() -> None:
    names = [name for name, _ in (*CIFAR10.train_list, *CIFAR10.test_list)]
    assert list(places.CIFAR10.names) == [*names, CIFAR10.meta["filename"]]
    assert places.CIFAR10.within[0] == CIFAR10.base_folder


def test_imagenettes_classes_are_those_of_torchvision() -> None:
    assert {name: own[0] for name, own in torchvision.datasets.Imagenette._WNID_TO_CLASS.items()} == imagenette.CLASSES
