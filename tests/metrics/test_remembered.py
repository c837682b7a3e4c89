"""A judge that is asked again says what it said."""

import numpy as np
import pytest

from ppgn_bench.metrics import inputs, remembered
from tests.metrics.conftest import Bars, drawn


@pytest.mark.parametrize("most", [remembered.MOST_BYTES, 0])
def test_images_that_come_again_are_told_as_before_and_seen_once_where_there_is_room(
    bars: Bars, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    seen: list[int] = []
    original = inputs.judged
    monkeypatch.setattr(
        remembered, "judged", lambda judge, blocks, count, device: seen.append(count) or original(judge, blocks, count)
    )
    monkeypatch.setattr(remembered, "MOST_BYTES", most)
    real, images, memory = bars.real(), drawn(12, seed=3)[0], remembered.Remembered()
    expected = original(real.judge, [images], 12)
    for numbers in (np.arange(8), np.array([2, 2, 9, 11, 2]), np.arange(12)):
        found = memory.judged(images[numbers], real)
        assert found.keys() == expected.keys() == {"features", "logits", "modes"}
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values[numbers], rtol=1e-4, atol=1e-4)
    assert seen == ([8, 2, 2] if most else [8, 3, 12])
