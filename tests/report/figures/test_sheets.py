"""Sheets of images: every pixel is a square, and a moving picture is the chains as they were."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ppgn_bench.report.figures.sheets import FRAME, HOLE, LAST, between, gif, png, sheet


def images(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize(("channels", "side", "scale"), [(1, 28, 5), (3, 32, 4), (3, 200, 1)])
def test_a_sheet_is_read_back_as_it_was_with_every_pixel_a_square(channels: int, side: int, scale: int) -> None:
    drawn = images(2, 3, channels, side, side)
    picture = read(png(sheet(drawn)))
    last = picture[-side * scale :, -side * scale :]
    colour = np.broadcast_to(drawn[1, 2].transpose(1, 2, 0), (side, side, 3))
    np.testing.assert_array_equal(last, colour.repeat(scale, 0).repeat(scale, 1))


def test_a_single_long_row_is_a_square_and_several_rows_stay() -> None:
    assert sheet(images(1, 12, 1, 128, 128)).shape == (128, 12 * 132 - 4, 3)
    assert sheet(images(1, 13, 1, 128, 128)).shape == (4 * 132 - 4, 4 * 132 - 4, 3)
    assert sheet(images(2, 13, 1, 128, 128)).shape == (2 * 132 - 4, 13 * 132 - 4, 3)


def test_fills_stand_between_the_picture_with_its_hole_and_the_picture() -> None:
    original, hole = images(3, 4, 4), np.eye(4, dtype=bool)
    fills = images(2, 5, 3, 4, 4, seed=1)
    row = between(original, hole, fills)[1]
    assert (row[0][:, hole] == HOLE).all()
    np.testing.assert_array_equal(row[0][:, ~hole], original[:, ~hole])
    np.testing.assert_array_equal(row[1:-1], fills[1])
    np.testing.assert_array_equal(row[-1], original)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_moving_picture_has_its_frames_and_stands_at_the_last(channels: int) -> None:
    frames = [sheet(images(1, 2, channels, 8, 8, seed=seed)) for seed in range(3)]
    with Image.open(BytesIO(gif(frames))) as moving:
        assert moving.n_frames == 3
        assert moving.info["loop"] == 0
        stands = []
        for number, frame in enumerate(frames):
            moving.seek(number)
            stands.append(moving.info["duration"])
            np.testing.assert_allclose(np.asarray(moving.convert("RGB")), frame, atol=0)
    assert stands == [FRAME, FRAME, LAST]


def test_many_colours_become_the_nearest_that_a_gif_has() -> None:
    frames = [sheet(images(1, 1, 3, 64, 64, seed=seed)) for seed in range(2)]
    shown = read(gif(frames)).astype(int)
    assert 0 < np.abs(shown - frames[0]).mean() < 40


def test_frames_that_are_equal_stand_as_long_as_both() -> None:
    frame = sheet(images(1, 2, 1, 8, 8))
    with Image.open(BytesIO(gif([frame, frame, 255 - frame]))) as moving:
        assert moving.n_frames == 2
        assert moving.info["duration"] == 2 * FRAME
