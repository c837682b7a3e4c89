import hashlib

import numpy as np
import pytest

from ppgn_bench.data import shapes
from ppgn_bench.data.source import Streamed
from ppgn_bench.data.splits import SPLITS, Files
from ppgn_bench.data.table import DATASETS
from ppgn_bench.lookup import resolve

DIGESTS = {"digits": "ef3c319e5719a56b", "mnist": "99114ff9c1d7a720", "shapes": "cafb9227585ef539"}


def pixels(split):
    """The images of a split, decoded if they are files."""
    if isinstance(split.images, Files):
        paths = tuple(map(str, split.images.paths))
        return Streamed(paths, split.labels, None, split.images.image).batch(np.arange(len(paths)))
    return split.images


@pytest.fixture(scope="module", params=DATASETS)
def loaded(request):
    dataset = DATASETS[request.param]
    return dataset, resolve(dataset.load)(dataset.image_size)


def test_the_splits_are_those_that_the_entry_promises_and_those_that_are_compared_are_balanced(loaded):
    dataset, splits = loaded
    assert tuple(sorted(splits)) == tuple(sorted(SPLITS))
    assert {name: len(split.images) for name, split in splits.items()} == dict(dataset.split_sizes)
    for split in splits.values():
        assert split.images.shape[1:] == (dataset.channels, dataset.image_size, dataset.image_size)
        assert pixels(split).dtype == np.uint8
        assert set(split.labels) == set(range(dataset.num_classes))
    for name in ("train", "held_out", "reference", "control"):
        assert len(set(np.bincount(splits[name].labels))) == 1


def test_no_image_is_in_two_splits(loaded):
    _, splits = loaded
    images = [{image.tobytes() for image in pixels(split)} for split in splits.values()]
    assert sum(map(len, images)) == len(set().union(*images))


def test_the_images_are_the_same_bytes_on_every_machine(loaded):
    dataset, splits = loaded
    digest = hashlib.sha256()
    for name in SPLITS:
        digest.update(pixels(splits[name]).tobytes() + splits[name].labels.tobytes())
    name, now = dataset.load.short, digest.hexdigest()[:16]
    assert now == DIGESTS.get(name), f"the digest of {name} is {now}: put it into DIGESTS if it is new"


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


def test_shapes_exist_at_any_resolution():
    assert shapes.shapes(16)["control"].images.shape == (400, 3, 16, 16)


def test_the_band_is_the_octave_below_what_the_source_resolves():
    assert DATASETS["digits"].band(16) == (0.125, 0.25)  # 8 x 8 source: its Nyquist frequency at 16 x 16
    assert DATASETS["shapes"].band(32) == (0.25, 0.5)
