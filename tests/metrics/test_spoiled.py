"""What is done to real images so that a metric can show what it sees: exactly that, and the same on every machine."""

import hashlib

import numpy as np
import pytest

from ppgn_bench.metrics import spoiled

LABELS = np.array([0, 1, 0, 1, 0, 2])


@pytest.fixture
def images() -> np.ndarray:
    """Six images of other pixels each."""
    return np.random.default_rng(0).integers(0, 256, (6, 3, 8, 12), dtype=np.uint8)


def test_shuffled_blocks_are_the_same_blocks_elsewhere(images: np.ndarray) -> None:
    made = spoiled.shuffled_blocks(images, seed=0)
    orders = []
    for image, other in zip(images, made, strict=True):
        blocks, others = ([part[:, y : y + 2, x : x + 3].tobytes() for y in range(0, 8, 2) for x in range(0, 12, 3)]
                          for part in (image, other))  # fmt: skip
        assert sorted(blocks) == sorted(others)
        orders.append([blocks.index(block) for block in others])
    assert len({tuple(order) for order in orders}) == len(images)  # each image its own
    assert all(order != sorted(order) for order in orders)


def test_what_four_does_not_divide_stays_at_the_end() -> None:
    images = np.random.default_rng(1).integers(0, 256, (2, 1, 10, 9), dtype=np.uint8)
    made = spoiled.shuffled_blocks(images, seed=0)
    np.testing.assert_array_equal(made[:, :, 8:], images[:, :, 8:])
    np.testing.assert_array_equal(made[..., 8:], images[..., 8:])
    assert (made[:, :, :8, :8] != images[:, :, :8, :8]).any()


def test_halves_are_joined_within_a_class(images: np.ndarray) -> None:
    made = spoiled.joined_halves(images, LABELS)
    np.testing.assert_array_equal(made[..., :6], images[..., :6])
    np.testing.assert_array_equal(made[..., 6:], images[[2, 3, 4, 1, 0, 5]][..., 6:])


def test_blur_is_that_of_scipy_to_a_level(images: np.ndarray) -> None:
    from scipy.ndimage import gaussian_filter

    made = spoiled.blurred(images)
    expected = gaussian_filter(images.astype(float), (0, 0, 12 / 16, 12 / 16), mode="nearest", truncate=4)
    assert np.abs(made - expected).max() <= 2
    flat = np.full((1, 1, 8, 8), 77, dtype=np.uint8)
    np.testing.assert_array_equal(spoiled.blurred(flat), flat)


@pytest.mark.parametrize("level", range(3))
def test_noise_has_the_spread_that_it_says_and_is_cut_to_the_range(level: int) -> None:
    grey = np.full((40, 1, 32, 32), 128, dtype=np.uint8)
    noise = (spoiled.noisy(grey, level, seed=0).astype(float) - 128) / 255
    expected = np.clip(np.random.default_rng(0).normal(0, spoiled.NOISE[level], 10**6), -128 / 255, 127 / 255)
    assert noise.std() == pytest.approx(expected.std(), rel=0.01)
    assert noise.mean() == pytest.approx(0, abs=0.004)


def test_an_image_is_spoiled_alike_whatever_stands_behind_it(images: np.ndarray) -> None:
    for made in (lambda some: spoiled.shuffled_blocks(some, 0), lambda some: spoiled.noisy(some, 1, 0)):
        np.testing.assert_array_equal(made(images)[:2], made(images[:2]))


def test_spoiled_images_are_the_same_bytes_on_every_machine(images: np.ndarray) -> None:
    made = [spoiled.shuffled_blocks(images, 0), spoiled.joined_halves(images, LABELS), spoiled.blurred(images),
            *(spoiled.noisy(images, level, 0) for level in range(3))]  # fmt: skip
    digests = [hashlib.sha256(one.tobytes()).hexdigest()[:8] for one in made]
    assert digests == ["eb5b4a35", "eebf49af", "37f98af3", "2fc59a6d", "8d9980d4", "f3b430ad"]
