"""A data set from a folder of images: its splits, and what is wrong with a folder."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppgn_bench.data import folder, places, source, stage
from ppgn_bench.data.splits import SPLITS, Split
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Preparation
from ppgn_bench.storage import files
from tests.data.own_folder import CLASSES, SIZES, job_of, listed


@pytest.fixture
def job(flowers: Path) -> Preparation:
    """What prepares them, as a config that names the folder has it."""
    return job_of(flowers)


def names(split: Split) -> list[str]:
    return [f"{path.parent.name}/{path.name}" for path in split.images.paths]


def test_each_class_is_shared_out_among_the_splits_and_no_image_is_in_two(flowers: Path) -> None:
    splits = listed(flowers)
    assert tuple(splits) == SPLITS
    assert {name: np.bincount(split.labels).tolist() for name, split in splits.items()} == {
        "train": [10, 19], "held_out": [2, 3], "judge": [4, 7], "reference": [2, 3], "control": [2, 3]
    }  # fmt: skip
    every = [name for split in splits.values() for name in names(split)]
    assert sorted(every) == sorted(f"{c}/{number:03}.png" for c, count in CLASSES.items() for number in range(count))
    for split in splits.values():
        assert split.images.shape == (len(split.labels), 3, 12, 12)
        assert split.classes == ("anemone", "daisy")
        assert [name.split("/")[0] for name in names(split)] == [tuple(CLASSES)[label] for label in split.labels]


def test_the_splits_hang_on_nothing_but_the_names_of_a_classs_files(flowers: Path, tmp_path: Path) -> None:
    here = listed(flowers)
    for path in [*flowers.rglob("*.png")][
        ::-1
    ]:  # written anew, the last first, below another root, beside a third class
        there = tmp_path / "moved" / path.relative_to(flowers)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there)
    shutil.copytree(flowers / "daisy", tmp_path / "moved" / "crocus")
    moved = listed(tmp_path / "moved", 24, 1)
    for name in SPLITS:
        assert names(here[name]) == [file for file in names(moved[name]) if not file.startswith("crocus")]


@pytest.mark.parametrize(("limit", "number"), [("LARGEST_HALF", 4), ("HALF_BYTES", 4 * 4 * 3 * 12 * 12)])
def test_the_halves_that_samples_are_compared_with_stay_small_however_many_images_there_are(
    flowers: Path, monkeypatch: pytest.MonkeyPatch, limit: str, number: int
) -> None:
    monkeypatch.setattr(folder, limit, number)
    splits = listed(flowers)
    assert {name: len(split.labels) for name, split in splits.items()} == SIZES | {
        "train": 31, "reference": 4, "control": 4
    }  # fmt: skip


def test_a_half_of_the_largest_images_has_two_of_each_class(flowers: Path) -> None:
    assert len(listed(flowers, 20000)["reference"].labels) == 2 * len(CLASSES)


@pytest.mark.parametrize(("classes", "fewest"), [(2, 150), (3, 100), (7, 50), (20, 20)])
def test_a_class_is_refused_where_so_few_would_be_compared_that_controls_show_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classes: int, fewest: int
) -> None:
    monkeypatch.setattr(folder, "FEWEST_COMPARED", 30)
    for label in range(classes):
        (tmp_path / f"class{label:02}").mkdir()
        for number in range(fewest):
            (tmp_path / f"class{label:02}" / f"{number}.png").touch()
    for half in (listed(tmp_path)["reference"], listed(tmp_path)["control"]):
        counts = np.bincount(half.labels)
        assert counts.min() >= 2
        assert counts.min() * classes >= 30
    (tmp_path / "class01" / "0.png").unlink()
    with pytest.raises(UserError) as refused:
        listed(tmp_path)
    needs = f"{tmp_path / 'class01'}: has {fewest - 1} images, and each class needs at least {fewest} ("
    assert str(refused.value).startswith(needs)


def test_names_that_are_not_utf_8_are_read_of_images_and_named_of_classes(flowers: Path, job: Preparation) -> None:
    image = os.fsencode(flowers / "daisy" / "007.png")
    os.rename(image, image.replace(b"007", b"caf\xe9"))
    assert len(places.listing(folder.class_folders(str(flowers)))) == 16
    arrays, _ = stage.prepare(job)
    paths = [path for split in SPLITS for path in json.loads(arrays[f"{split}.files"].tobytes())]
    assert os.fsdecode(image.replace(b"007", b"caf\xe9")) in paths
    os.rename(os.fsencode(flowers / "daisy"), os.fsencode(flowers) + b"/marguerit\xe9")
    with pytest.raises(UserError) as refused:
        listed(flowers)
    assert str(refused.value).startswith(f"{flowers}/marguerit\\xe9: the name of a class must be UTF-8")


def test_a_prepared_folder_is_opened_as_a_streamed_source(job: Preparation, tmp_path: Path) -> None:
    arrays, _ = stage.prepare(job)
    assert sorted(arrays) == sorted(f"{split}.{part}" for split in SPLITS for part in ("files", "labels"))
    files.save_arrays(tmp_path / "data", arrays, {"kind": "data", **job.model_dump(mode="json")})
    train = source.opened(tmp_path / "data", "train")
    assert not train.in_memory
    assert (len(train), train.shape, train.modes) == (SIZES["train"], (3, 12, 12), None)
    path = json.loads(arrays["train.files"].tobytes())[3]
    with Image.open(path) as image:
        np.testing.assert_array_equal(train.batch(np.array([3]))[0], np.asarray(image).transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"split_sizes": SIZES | {"train": 30}}, "must have the splits {'train': 30, 'held_out': 5, 'judge': 11,"),
        ({"split_sizes": SIZES | {"train": 30}}, f"has {SIZES}; run again if its files were changed meanwhile"),
        ({"class_names": ("daisy", "anemone")}, "('daisy', 'anemone'), got ('anemone', 'daisy')"),
        ({"class_names": ("anemone", "crocus", "daisy")}, "got ('anemone', 'daisy')"),
        ({"channels": 1}, "must have the shape (1, 12, 12) that the entry says, got (3, 12, 12)"),
        ({"num_modes": 4}, "modes is missing, and the entry says 4 modes"),
    ],
)  # fmt: skip
def test_what_a_folder_holds_and_the_job_does_not_say_is_named(job: Preparation, entry, message) -> None:
    """As of images that were added after the config was read."""
    with pytest.raises(UserError) as refused:
        stage.prepare(job.model_copy(update=entry))
    assert message in str(refused.value)


def unreadable(root: Path) -> Path:
    path = root / "daisy" / "007.png"
    path.write_bytes(path.read_bytes()[:200])
    return path


def no_image(root: Path) -> Path:
    path = root / "daisy" / "labels.csv"
    path.write_text("label\n")
    (root / "daisy" / "034.png").unlink()  # so that the sizes are those of the entry
    return path


@pytest.mark.parametrize(("damage", "message"), [(unreadable, "not an image"), (no_image, "not an image")])
def test_a_file_that_must_not_be_there_is_named_before_anything_is_written(
    flowers: Path, job: Preparation, damage: Callable[[Path], Path], message: str
) -> None:
    path = damage(flowers)
    with pytest.raises(UserError) as refused:
        stage.prepare(job)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_no_data_set_is_named(flowers: Path) -> None:
    def refused(root: Path) -> str:
        with pytest.raises(UserError) as caught:
            listed(root)
        return str(caught.value)

    assert refused(flowers / "nowhere") == f"{flowers / 'nowhere'}: is missing"
    assert refused(flowers / "README") == f"{flowers / 'README'}: is not a folder"
    assert refused(flowers / "daisy").startswith(f"{flowers / 'daisy'}: has no folders in it")
    (flowers / "empty").mkdir()
    assert refused(flowers).startswith(f"{flowers / 'empty'}: has 0 images, and each class needs at least 20")
    (flowers / "empty").rename(flowers / "daisy" / "more")
    assert refused(flowers).startswith(f"{flowers / 'daisy' / 'more'}: a folder within that of a class")
    shutil.rmtree(flowers / "daisy")
    assert refused(flowers).startswith(f"{flowers}: has one folder, anemone; there must be at least two classes")


def test_the_digest_is_of_the_decoded_images_and_their_labels_split_by_split(flowers: Path, job: Preparation) -> None:
    expected = hashlib.sha256()
    for split in (listed(flowers)[name] for name in SPLITS):
        for path in split.images.paths:
            with Image.open(path) as image:
                expected.update(np.asarray(image).transpose(2, 0, 1).tobytes())
        expected.update(split.labels.tobytes())
    assert stage.prepare(job)[1] == {"digest": expected.hexdigest(), "shared_images": 0}
