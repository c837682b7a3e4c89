import hashlib
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data import idx, places, shapes, stage
from ppgn_bench.data.splits import SPLITS
from ppgn_bench.data.table import DATASETS
from ppgn_bench.errors import UserError
from ppgn_bench.lookup import resolve
from ppgn_bench.storage import files
from ppgn_bench.training.recipes import FACTOR_JUDGE, JUDGES
from ppgn_bench.workflow import gate, paths, plan
from tests.configs import SHIPPED
from tests.conftest import ROOT


@pytest.fixture(scope="module", params=SHIPPED)
def loaded(request):
    dataset = SHIPPED[request.param]
    return dataset, resolve(dataset.load)(dataset.image_size)


def test_the_splits_are_those_that_the_entry_promises_and_those_that_are_compared_are_balanced(loaded):
    dataset, splits = loaded
    assert tuple(sorted(splits)) == tuple(sorted(SPLITS))
    assert {name: len(split.images) for name, split in splits.items()} == dict(dataset.split_sizes)
    for split in splits.values():
        assert split.images.shape[1:] == (dataset.channels, dataset.image_size, dataset.image_size)
        assert split.images.dtype == np.uint8
        assert set(split.labels) == set(range(dataset.num_classes))
    for name in ("train", "held_out", "reference", "control"):
        assert len(set(np.bincount(splits[name].labels))) == 1


def test_no_image_is_in_two_splits(loaded):
    _, splits = loaded
    images = [{image.tobytes() for image in split.images} for split in splits.values()]
    assert sum(map(len, images)) == len(set().union(*images))


def test_the_images_are_the_same_bytes_on_every_machine(loaded):
    dataset, splits = loaded
    digest = hashlib.sha256()
    for name in SPLITS:
        digest.update(splits[name].images.tobytes() + splits[name].labels.tobytes())
    now = digest.hexdigest()[:16]
    assert now == dataset.digest, f"the digest of {dataset.title} is {now}: put it into its entry if it is new"


def test_modes_are_known_where_the_entry_says_so_and_every_class_has_all_of_them(loaded):
    dataset, splits = loaded
    for split in splits.values():
        assert (split.modes is None) == (dataset.num_modes == 0)
    if dataset.num_modes:
        train = splits["train"]
        for label in range(dataset.num_classes):
            assert set(train.modes[train.labels == label]) == set(range(dataset.num_modes))


def test_the_mode_of_a_shape_can_be_read_off_its_pixels():
    split = shapes.shapes(24)["control"]
    corners = split.images[:, :, 0, 0]
    expected = np.array(shapes.BACKGROUNDS, dtype=np.uint8)[split.modes % 2]
    np.testing.assert_array_equal(corners, expected)
    for image, mode in zip(split.images, split.modes, strict=True):
        hue = np.array(shapes.HUES[mode // 2], dtype=np.uint8)[:, None, None]
        assert (image == hue).all(0).any(), "no pixel is fully covered by the shape"


def test_preparing_gives_the_same_digest() -> None:
    _, found = stage.prepare(plan.preparation(gate.gate(), "digits"))
    assert found == {"digest": found["digest"], "shared_images": 0}
    assert found["digest"][:16] == DATASETS["digits"].digest


def test_the_judges_that_ship_were_trained_on_the_images_of_the_table() -> None:
    for folder in paths.SHIPPED.iterdir():
        for recipe in (*JUDGES, *([FACTOR_JUDGE] if DATASETS[folder.name].factors else [])):
            header = files.load_header(folder / f"{recipe}.safetensors", plan.network_class(recipe).short)
            assert header["digest"][:16] == DATASETS[folder.name].digest


def test_images_of_another_digest_are_refused_at_the_sets_own_size_when_they_are_prepared() -> None:
    told = plan.preparation(gate.gate(), "digits")
    with pytest.raises(UserError) as refused:
        stage.prepare(told.model_copy(update={"digest": "0123456789abcdef"}))
    known = DATASETS["digits"].digest
    words = f"digits: its images have the digest {known}, and must have 0123456789abcdef: `make setup` "
    assert str(refused.value).startswith(words)
    assert "make judges" in str(refused.value)
    changed = load_experiment({"name": "own", "datasets": {"digits": {"image_size": 24}}}, ROOT / "config/config.yaml")
    assert plan.preparation(changed, "digits+image_size=24").digest == ""


FASHION = Path(places.FASHION.packaged)


@pytest.mark.skipif(not FASHION.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_the_whole_of_fashion_mnist_is_read_as_its_package_has_it() -> None:
    datasets = {"digits": None, "shapes": None, "fashion": {}}
    experiment = load_experiment({"name": "own", "datasets": datasets}, ROOT / "config" / "config.yaml")
    told = plan.preparation(experiment, "fashion")
    assert told.arguments == {"root": str(FASHION), "download": False}
    arrays, found = stage.prepare(told)
    assert found == {"digest": found["digest"], "shared_images": 0}
    assert found["digest"][:16] == DATASETS["fashion"].digest
    for name in SPLITS:
        assert len(set(np.bincount(arrays[f"{name}.labels"]))) == 1


@pytest.mark.skipif(not FASHION.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_the_files_of_fashion_mnist_are_not_taken_for_mnists() -> None:
    with pytest.raises(UserError, match="damaged, or not of MNIST"):
        idx.mnist_full(28, str(FASHION), False)


def test_shapes_take_little_memory_however_large_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of an image's points at a time: of all 4,000 images they would take gigabytes."""
    seen, covers = [], shapes.covers
    monkeypatch.setattr(shapes, "covers", lambda label, u, v: seen.append(u.size) or covers(label, u, v))
    monkeypatch.setattr(shapes, "SHAPE_SPLITS", {"train": 3})
    assert shapes.shapes(227)["train"].images.shape == (3, 3, 227, 227)
    assert sum(seen) == 3 * (227 * shapes.SUBPIXELS) ** 2
    assert max(seen) <= shapes.POINTS


def test_shapes_exist_at_any_resolution():
    assert shapes.shapes(16)["control"].images.shape == (400, 3, 16, 16)


def test_the_band_is_the_octave_below_what_the_source_resolves():
    assert DATASETS["digits"].band(16) == (0.125, 0.25)  # 8 x 8 source: its Nyquist frequency at 16 x 16
    assert DATASETS["shapes"].band(32) == (0.25, 0.5)
