"""Large tiles lie in the page as photographs do, in JPEG; small ones and plots pixel by pixel."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from ppgn_bench.report.figures import mosaics, style
from ppgn_bench.report.page.blocks import drawn
from ppgn_bench.report.page.sprites import sprite


def pixels(uri: str) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(b64decode(uri.partition("base64,")[2]))))


def photographs(side: int, *, rows: int = 2, columns: int = 3) -> NDArray[np.uint8]:
    """Tiles of a soft gradient, each of another colour, with a little noise."""
    rng = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(side), np.arange(side)) * 110 / side
    colours, noise = rng.integers(0, 16, (rows, columns, 3, 1, 1)), rng.integers(0, 8, (rows, columns, 3, side, side))
    return (ramp + colours + noise).astype(np.uint8)


@pytest.mark.parametrize("gap", [0, 1])
def test_a_sprite_of_photographs_is_a_jpeg_with_its_tiles_in_their_places(gap: int) -> None:
    tiles = photographs(64)
    uri = sprite(tiles, gap)
    assert uri.startswith("data:image/jpeg;base64,")
    made = pixels(uri).astype(int)
    assert made.shape == (2 * (64 + gap) - gap, 3 * (64 + gap) - gap, 3)
    last = made[64 + gap :, 2 * (64 + gap) :].transpose(2, 0, 1)
    assert np.abs(last - tiles[1, 2]).mean() < 4
    assert made[64, 10:20].min() > 200 if gap else np.abs(made[64, 10:20] - tiles[1, 0, :, 0, 10:20].T).max() < 20
    assert sprite(photographs(63), gap).startswith("data:image/webp;base64,")
    assert len(uri) < len(sprite(photographs(63), gap)) / 2


def test_photographs_of_many_draws_are_wider_than_webp_may_be() -> None:
    assert pixels(sprite(photographs(280, rows=1, columns=60))).shape == (280, 60 * 280, 3)


def test_noise_which_jpeg_makes_longer_is_drawn_too() -> None:
    """As activation maximization without a prior gives: Pillow's optimised JPEG has no room for it."""
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3, 224, 224), np.uint8)
    assert pixels(sprite(noise)).shape == (8 * 224, 8 * 224, 3)


def test_a_figure_of_photographs_is_a_jpeg_on_the_page_and_every_other_is_exact(tmp_path: Path) -> None:
    """Its file is a PNG either way."""
    titles, rows = ["a", "b", "c"], ["one", "two"]

    def figures_of(side: int) -> dict[str, Figure]:
        tiles = photographs(side)
        return {
            "picture": mosaics.picture(tiles, rows, titles),
            "noted": mosaics.noted(tiles, rows, titles, [titles, titles]),
            "beside": mosaics.beside({"a": tiles, "b": tiles}, rows),
            "titled": mosaics.titled(tiles, rows),
        }

    plot = Figure()
    plot.add_subplot().plot([0, 1], [1, 0])
    with style.drawing():
        large = [drawn(figure, tmp_path, name, "") for name, figure in figures_of(64).items()]
        exact = [drawn(figure, tmp_path, f"{name}_small", "") for name, figure in figures_of(32).items()]
        exact.append(drawn(plot, tmp_path, "plot", ""))
    for shown in large:
        assert shown.source.startswith("data:image/jpeg;base64,")
        found, kept = (picture.astype(int) for picture in (pixels(shown.source), _rgb(shown.png)))
        assert np.abs(found - kept).mean() < 3
    for shown in exact:
        assert shown.source.startswith("data:image/webp;base64,")
        np.testing.assert_array_equal(pixels(shown.source), _rgb(shown.png))
    for shown in (*large, *exact):
        assert (tmp_path / f"{shown.name}.png").read_bytes() == shown.png


def _rgb(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))
