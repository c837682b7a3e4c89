"""What the report draws with: pictures to the pixel, labels apart, numbers of about three digits."""

import numpy as np
import pytest
from PIL import Image

from ppgn_bench.report.figures.contexts import Fitted, against_epsilon
from ppgn_bench.report.figures.mosaics import beside, evenly, mosaic, noted, picture, titled
from ppgn_bench.report.figures.style import DPI, drawing, spread
from ppgn_bench.report.words.numbers import number
from ppgn_bench.statistics.intervals import Estimate


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 24, 24)])
def test_every_image_pixel_is_a_block_of_whole_figure_pixels(shape, tmp_path):
    tiles = np.random.default_rng(0).integers(0, 256, (2, 3, *shape), dtype=np.uint8)
    pixels = mosaic(tiles)
    scale = -(-60 // shape[1])
    block = pixels[: scale * shape[1] : scale, : scale * shape[2] : scale]
    expected = np.broadcast_to(tiles[0, 0].transpose(1, 2, 0), (*shape[1:], 3))
    np.testing.assert_array_equal(block, expected)
    np.testing.assert_array_equal(
        pixels[: scale * shape[1], : scale * shape[2]], np.kron(expected, np.ones((scale, scale, 1)))
    )
    with drawing():
        picture(tiles, ["a", "b"], ["0", "1", "2"]).savefig(tmp_path / "figure.png", dpi=DPI)
    drawn = np.asarray(Image.open(tmp_path / "figure.png").convert("RGB"))
    height, width = pixels.shape[:2]
    top, left = drawn.shape[0] - 4 - height, drawn.shape[1] - 4 - width
    np.testing.assert_array_equal(drawn[top : top + height, left : left + width], pixels)


def test_a_noted_picture_has_every_tile_to_the_pixel_and_a_line_below_each_row(tmp_path):
    tiles = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 64, 64), dtype=np.uint8)
    with drawing():
        figure = noted(tiles, ["a", "b"], ["0", "1", "2"], [["x / y"] * 3, ["z"] * 3])
        figure.savefig(tmp_path / "figure.png", dpi=DPI)
    shown = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sorted(shown) == sorted(["a", "b", "0", "1", "2", *["x / y"] * 3, *["z"] * 3])
    drawn = np.asarray(Image.open(tmp_path / "figure.png").convert("RGB")).astype(int)
    for row in tiles:
        wanted = mosaic(row[None]).astype(int)
        height, width = wanted.shape[:2]
        places = [
            (drawn[top : top + height, -4 - width : -4] == wanted).all() for top in range(drawn.shape[0] - height)
        ]
        assert places.count(True) == 1


def test_labels_are_moved_apart_in_order_and_stay_inside():
    places = spread([0.5, 0.5, 0.51, 0.99, 1.2], 0.1, 0.0, 1.0)
    assert np.all(np.diff(places) >= 0.1 - 1e-12)
    assert min(places) >= 0
    assert max(places) <= 1 + 1e-12


@pytest.mark.parametrize(("count", "most"), [(21, 11), (101, 11), (5, 11), (1, 11), (2, 11), (23, 11)])
def test_a_strip_shows_first_and_last_draw_and_not_too_many(count, most):
    chosen = evenly(count, most)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert len(chosen) == len(set(chosen)) <= most + 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5, "1,234"), (12.34, "12.3"), (1.234, "1.23"), (0.5, "0.500"), (0.00123, "0.0012"),
     (-2.5, "−2.50"), (float("nan"), "–"), (float("inf"), "∞")],
)  # fmt: skip
def test_numbers_have_about_three_digits(value, text):
    assert number(value) == text


def drawn_pixels(figure, path):
    figure.savefig(path, dpi=DPI)
    return np.asarray(Image.open(path).convert("RGB"))


def holds(pixels, tiles):
    """Whether a mosaic of these tiles stands somewhere in the picture, pixel by pixel."""
    wanted = mosaic(tiles)
    height, width = wanted.shape[:2]
    places = np.argwhere((pixels[: 1 - height or None, : 1 - width or None] == wanted[0, 0]).all(-1))
    return any((pixels[y : y + height, x : x + width] == wanted).all() for y, x in places)


def test_groups_of_columns_stand_beside_each_other_to_the_pixel(tmp_path):
    rng = np.random.default_rng(1)
    groups = {name: rng.integers(0, 256, (2, count, 3, 16, 16), dtype=np.uint8)
              for name, count in {"masked": 1, "fills": 3, "a heading wider than its column": 1}.items()}  # fmt: skip
    with drawing():
        pixels = drawn_pixels(beside(groups, ["first", "second"]), tmp_path / "figure.png")
    assert all(holds(pixels, tiles) for tiles in groups.values())


def test_rows_with_a_title_each_are_kept_to_the_pixel(tmp_path):
    tiles = np.random.default_rng(2).integers(0, 256, (3, 4, 1, 16, 16), dtype=np.uint8)
    with drawing():
        pixels = drawn_pixels(titled(tiles, ["a title", "b" * 60, "c"]), tmp_path / "figure.png")
    assert all(holds(pixels, row[None]) for row in tiles)


def test_an_epsilon_of_zero_stands_left_of_the_others_and_no_line_joins_them():
    estimates = [Estimate(value, value - 0.1, value + 0.1, 5) for value in (0.5, 0.4, 0.3)]
    with drawing():
        figure = against_epsilon([Fitted("error", estimates, {"nearest": 0.2})], [0.0, 0.01, 0.1])
    lines = [line.get_xdata() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert sorted(map(len, lines)) == [1, 2]
    alone, joined = sorted(lines, key=len)
    assert alone[0] < min(joined)
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0", "0.01", "0.1"]
