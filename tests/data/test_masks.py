"""Holes by name and from files: where they are, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppgn_bench.data.masks import MASKS, hole, read_mask
from ppgn_bench.errors import UserError


def drawn(*rows: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def saved(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("centre", ("........", "........", "..####..", "..####..", "..####..", "..####..", "........", "........")),
        ("left", ("####....",) * 8),
        ("right", ("....####",) * 8),
        ("top", ("########",) * 4 + ("........",) * 4),
        ("bottom", ("........",) * 4 + ("########",) * 4),
        ("stripes", (".#.#.#.#",) * 8),
        ("dots", ("........", ".#.#.#.#") * 4),
    ],
)
def test_a_hole_lies_where_its_name_says(name: str, rows: tuple[str, ...]) -> None:
    np.testing.assert_array_equal(hole(name, 8), drawn(*rows))


def test_every_mask_scales_with_the_image() -> None:
    for name in MASKS.keys() - {"patch"}:  # all others are in eighths of the side
        mask = hole(name, 8)
        assert mask.dtype == np.bool_
        np.testing.assert_array_equal(hole(name, 32), mask.repeat(4, axis=0).repeat(4, axis=1))


def test_the_patch_is_the_releases_hole_of_100_of_227_pixels_in_the_middle() -> None:
    mask = hole("patch", 227)
    assert mask.sum() == 100**2
    assert mask[63:163, 63:163].all()
    assert 0.18 < hole("patch", 64).mean() < 0.21


def test_left_and_right_share_no_pixel_and_leave_none_whatever_the_side() -> None:
    for size in (7, 28):
        for one, other in (("left", "right"), ("top", "bottom")):
            np.testing.assert_array_equal(hole(one, size), ~hole(other, size))


def test_an_unknown_mask_gets_the_names_that_there_are() -> None:
    with pytest.raises(UserError) as refused:
        hole("center", 28)
    assert str(refused.value) == f"mask: there is no 'center'; did you mean 'centre'? known: {', '.join(MASKS)}"


def test_an_image_too_small_for_a_mask_is_refused() -> None:
    with pytest.raises(UserError, match=r"^mask 'stripes': is all hole, at 4 x 4 pixels"):
        hole("stripes", 4)
    with pytest.raises(UserError, match=r"^mask 'left': has no hole, at 1 x 1 pixels"):
        hole("left", 1)


def test_a_mask_is_read_from_a_file_white_is_the_hole(tmp_path: Path) -> None:
    expected = hole("dots", 16)
    grey = np.where(expected, 255, 0)
    grey[1, 2], grey[3, 2] = 128, 127
    expected[1, 2], expected[3, 2] = True, False
    np.testing.assert_array_equal(read_mask(saved(tmp_path / "grey.png", grey), 16), expected)
    colour = np.repeat(grey[..., None], 3, axis=2)
    np.testing.assert_array_equal(read_mask(saved(tmp_path / "colour.png", colour), 16), expected)
    Image.fromarray(expected).save(tmp_path / "bits.png")
    read = read_mask(str(tmp_path / "bits.png"), 16)
    np.testing.assert_array_equal(read, expected)
    assert read.dtype == np.bool_


def test_a_mask_of_another_size_is_refused_with_both(tmp_path: Path) -> None:
    white = np.where(hole("centre", 28), 255, 0)
    for width, height in ((20, 28), (28, 20), (20, 20)):
        path = saved(tmp_path / "mask.png", white[:height, :width])
        with pytest.raises(UserError) as refused:
            read_mask(path, 28)
        message = f"{path}: has {width} x {height} pixels; a mask must have those of the images, 28 x 28"
        assert str(refused.value) == message


@pytest.mark.parametrize(("grey", "problem"), [(0, "has no hole"), (255, "is all hole")])
def test_a_mask_without_a_hole_or_without_a_known_pixel_is_refused(tmp_path: Path, grey: int, problem: str) -> None:
    path = saved(tmp_path / "mask.png", np.full((8, 8), grey))
    with pytest.raises(UserError) as refused:
        read_mask(path, 8)
    assert str(refused.value).startswith(f"{path}: {problem}, at 8 x 8 pixels; ")


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "mask.txt").write_text("white")
    for path in (tmp_path / "mask.txt", tmp_path / "nowhere.png"):
        with pytest.raises(UserError) as refused:
            read_mask(path, 8)
        assert str(refused.value).startswith(f"{path}: not an image that can be read (")
