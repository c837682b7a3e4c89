"""A small folder of one's own."""

from pathlib import Path

import pytest

from ppgn_bench.data import folder
from tests.data.own_folder import draw_flowers


@pytest.fixture
def flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders of PNGs, no two alike, with files beside and among them that are no images of the set. Halves of four
    images are enough then.
    """
    monkeypatch.setattr(folder, "FEWEST_COMPARED", 4)
    return draw_flowers(tmp_path / "flowers")
