"""ImageNet's classes, twenty photographs of a package, and a folder of photographs of one's own."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppgn_bench.data import imagenet
from ppgn_bench.data.decoding import decoded
from ppgn_bench.data.imagenet_classes import CLASSES, NAMES
from ppgn_bench.data.imagenette import CLASSES as TEN
from ppgn_bench.data.splits import Files, Split
from ppgn_bench.errors import UserError


def draw(root: Path, **classes: int) -> Path:
    """So many photographs of each class, no two alike."""
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        folder = root / name.replace("_", " ")
        folder.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (16, 20, 3), dtype=np.uint8)).save(folder / f"{number:02}.png")
    return root


def files(split: Split) -> tuple[Path, ...]:
    assert isinstance(split.images, Files)
    return split.images.paths


def test_there_are_a_thousand_classes_of_different_names_in_the_order_of_their_numbers() -> None:
    assert len(CLASSES) == len(set(NAMES)) == 1000
    assert list(CLASSES) == sorted(CLASSES)
    assert all(re.fullmatch(r"n\d{8}", number) for number in CLASSES)
    assert all(CLASSES[number] == name for number, name in TEN.items())
    assert (NAMES[0], NAMES[207], NAMES[999]) == ("tench", "golden retriever", "toilet tissue")


@pytest.mark.skipif(find_spec("foolbox") is None, reason="needs the photographs of the extra imagenet")
def test_the_packages_photographs_are_two_disjoint_halves_with_the_classes_that_their_names_say() -> None:
    splits = imagenet.photographs(32)
    assert {name: len(split.labels) for name, split in splits.items()} == {"reference": 10, "control": 10}
    assert not {*files(splits["reference"])} & {*files(splits["control"])}
    for split in splits.values():
        assert [int(file.stem.rpartition("_")[2]) for file in files(split)] == split.labels.tolist()
    assert decoded(files(splits["control"])[0], (3, 32, 32), imagenet.CROP).shape == (3, 32, 32)


def test_a_missing_package_says_which_command_brings_the_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagenet, "PACKAGE", "no_such_package")
    with pytest.raises(UserError, match=r"pip install \"ppgn_bench\[imagenet\]\""):
        imagenet.photographs(32)


def test_a_folder_has_numbers_of_wordnet_or_names_and_need_not_have_every_class(tmp_path: Path) -> None:
    draw(tmp_path, n01440764=6, golden_retriever=4)
    splits = imagenet.folder(24, str(tmp_path))
    assert {name: np.unique(split.labels, return_counts=True)[1].tolist() for name, split in splits.items()} == {
        "reference": [3, 2],
        "control": [3, 2],
    }
    assert {int(label) for label in splits["reference"].labels} == {0, 207}
    assert not {*files(splits["reference"])} & {*files(splits["control"])}


def test_where_a_half_may_not_have_all_it_has_some_of_every_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagenet, "LARGEST_HALF", 4)
    splits = imagenet.folder(24, str(draw(tmp_path, n01440764=12, n01443537=12)))
    assert [split.labels.tolist() for split in splits.values()] == [[0, 0, 1, 1]] * 2


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ({"golden_retreiver": 4}, "'golden retreiver' is no class of ImageNet; the nearest: golden retriever"),
        ({"n01440765": 4}, "'n01440765' is no class of ImageNet; the nearest: n0144"),
        ({"tench": 3}, "has 3 photographs in folders of classes, and needs at least 4"),
        ({}, "has 0 photographs"),
    ],
)
def test_a_folder_of_no_class_gets_the_nearest_and_too_few_are_refused(
    classes: dict[str, int], words: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=words):
        imagenet.folder(24, str(draw(tmp_path, **classes)))


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: is missing"):
        imagenet.folder(24, str(tmp_path / "none"))


def test_a_photographs_border_is_cut_off_before_it_is_resized(tmp_path: Path) -> None:
    framed = np.zeros((32, 32, 3), dtype=np.uint8)
    framed[2:30, 2:30] = 200
    Image.fromarray(framed).save(tmp_path / "framed.png")
    assert (decoded(tmp_path / "framed.png", (3, 28, 28), 0.875) == 200).all()
    assert decoded(tmp_path / "framed.png", (3, 28, 28)).min() == 0
