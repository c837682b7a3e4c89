"""Images that are made when they are asked for look like the array that they would be."""

import numpy as np
import pytest

from ppgn_bench.metrics.images import Images, as_floats, images_of

ARRAY = np.random.default_rng(0).integers(0, 256, (4, 3, 2, 5, 5), dtype=np.uint8)  # chain, draw, image


class Noted:
    """An array that notes which images were read."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        self.read += numbers.tolist()
        return ARRAY.reshape(-1, 2, 5, 5)[numbers]


def images(noted: Noted) -> Images:
    return Images(noted, np.arange(12).reshape(4, 3), (2, 5, 5))


@pytest.mark.parametrize(
    "chosen",
    [
        slice(None),
        slice(1, 3),
        (slice(None), -1),
        np.array([3, 0, 0]),
        np.array([True, False, True, False]),
        (np.array([2, 1]), 0),
    ],
    ids=["all", "some", "last draws", "by number", "by mask", "by number and draw"],
)
def test_what_is_chosen_is_what_an_array_has_there_and_nothing_else_is_read(chosen) -> None:
    noted = Noted()
    found = images(noted)[chosen]
    assert found.shape == ARRAY[chosen].shape
    assert len(found) == len(ARRAY[chosen])
    assert not noted.read
    np.testing.assert_array_equal(np.asarray(found), ARRAY[chosen])
    assert noted.read == np.arange(12).reshape(4, 3)[chosen].ravel().tolist()


def test_one_after_the_other_they_are_the_array_reshaped() -> None:
    np.testing.assert_array_equal(np.asarray(images(Noted()).flat), ARRAY.reshape(-1, 2, 5, 5))


def test_a_change_is_made_of_what_is_read() -> None:
    noted = Noted()
    floats = images(noted).made(as_floats)
    assert not noted.read
    np.testing.assert_array_equal(np.asarray(floats[2:3]), as_floats(ARRAY[2:3]))
    assert np.asarray(floats[:1], dtype=np.float64).dtype == np.float64
    assert set(noted.read) == {0, 1, 2, 6, 7, 8}


@pytest.mark.parametrize(("array", "leading"), [(ARRAY, 2), (ARRAY[:, 0], 1)])
def test_the_images_of_an_array_are_its_own_and_images_stay_as_they_are(array: np.ndarray, leading: int) -> None:
    found = images_of(array, leading)
    assert found.shape == array.shape
    np.testing.assert_array_equal(np.asarray(found[1:]), array[1:])
    assert images_of(found) is found
