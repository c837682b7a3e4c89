"""Image files as pixels: channels, sizes and formats. What a file that is no image says stands in test_source."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.data.decoding import decoded
from tests.data.saved import save


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 4, 4), [[10, 20, 30]] * 2), ((1, 4, 4), [[18], [18]]), ((4, 4, 4), [[10, 20, 30, 255]] * 2)],
)
def test_an_image_has_the_channels_that_are_asked_for(tmp_path: Path, shape, expected) -> None:
    flat = np.broadcast_to(np.array([10, 20, 30], np.uint8)[:, None, None], (3, 4, 4))
    path = save(tmp_path / "flat.png", flat)
    image = decoded(path, shape)
    assert image.shape == shape
    assert image[:, [0, 3], [0, 3]].T.tolist() == expected


def test_an_image_of_another_size_is_resized_by_its_shorter_side_and_cropped_to_its_centre(tmp_path: Path) -> None:
    """Three squares side by side, 10, 100 and 200: the middle one is left, at half the size."""
    pixels = np.repeat(np.array([10, 100, 200], np.uint8), 16)[None, None, :].repeat(16, 1)
    image = decoded(save(tmp_path / "wide.png", pixels), (1, 8, 8))
    assert image.shape == (1, 8, 8)
    assert np.unique(image[:, :, 2:-2]).tolist() == [100]
    upright = decoded(save(tmp_path / "tall.png", pixels.transpose(0, 2, 1)), (1, 8, 8))
    np.testing.assert_array_equal(upright, image.transpose(0, 2, 1))


@pytest.mark.parametrize("ending", ["png", "bmp", "webp", "jpg"])
def test_the_usual_formats_are_read(tmp_path: Path, ending: str) -> None:
    pixels = np.full((3, 16, 16), 120, np.uint8)
    options = {"lossless": True} if ending == "webp" else {}
    image = decoded(save(tmp_path / f"flat.{ending}", pixels, **options), (3, 16, 16))
    assert abs(image.astype(int) - 120).max() <= 1


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_of_colour_of_16_bits_the_upper_8_are_taken(tmp_path: Path) -> None:
    head = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)  # 4 x 4, 16 bits, red, green and blue; Pillow writes none
    row = b"\0" + struct.pack(">3H", 256 * 10 + 255, 256 * 20, 256 * 30 + 1) * 4
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(row * 4)), (b"IEND", b""))
    (tmp_path / "deep.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    image = decoded(tmp_path / "deep.png", (3, 4, 4))
    assert image[:, [0, 3], [0, 3]].T.tolist() == [[10, 20, 30]] * 2
