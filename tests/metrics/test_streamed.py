"""Real images that are files on disk are measured as those in memory are."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ppgn_bench.data import source
from ppgn_bench.metrics import control_stage, diversity, inputs, memorisation, quality
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage import files
from tests.configs import measuring
from tests.metrics.conftest import SIZE, Bars, bar_judge


def on_disk(bars: Bars) -> None:
    """Turn the images of the data file into PNGs."""
    arrays, header = files.load_arrays(bars.data, "data")
    for name in [name for name in arrays if name.endswith(".images")]:
        split, paths = name.removesuffix(".images"), []
        for number, image in enumerate(arrays.pop(name)):
            paths.append(str(bars.folder / f"{split}_{number}.png"))
            Image.fromarray(image[0]).save(paths[-1])
        arrays[f"{split}.files"] = np.frombuffer(json.dumps(paths).encode(), np.uint8)
    files.save_arrays(bars.data, arrays, header | {"channels": 1, "image_size": SIZE})


def test_every_metric_and_control_has_the_same_value_from_files(bars: Bars) -> None:
    def measured() -> list[pd.DataFrame]:
        rows, curves, _ = bars.measure(METRICS, bars.chains())
        controls, pictures = control_stage.measure_controls(measuring(METRICS), [bars.real()])
        return [rows, curves, controls, pd.DataFrame(pictures["grid"].ravel())]

    kept = measured()
    on_disk(bars)
    assert not bars.real().source.in_memory
    for one, other in zip(kept, measured(), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_the_judge_says_of_images_in_blocks_what_it_says_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 1, SIZE, SIZE), dtype=np.uint8)
    judge = bar_judge()
    whole = inputs.judged(judge, [images], 50)
    monkeypatch.setattr(inputs, "BATCH", 7)
    parts = inputs.judged(judge, [images[:30], images[30:]], 50)
    assert whole.keys() == parts.keys() == {"features", "logits", "modes"}
    for name in whole:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-4, atol=1e-4)
    assert whole["features"].dtype == whole["logits"].dtype == np.float32


def test_the_nearest_training_image_is_found_in_whichever_block_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    training = rng.integers(0, 256, (60, 1, 6, 6), dtype=np.uint8)
    real, generated = rng.random((8, 1, 6, 6)), rng.random((9, 1, 6, 6))
    generated[:5] = inputs.as_floats(training[[59, 0, 31, 30, 7]])  # the median is a copy
    monkeypatch.setattr(inputs, "BATCH_BYTES", 4 * 36 * 8)
    blocks = inputs.Blocks(source.InMemory(training, np.zeros(60, int), None))
    assert [len(block) for block in blocks] == [8] * 7 + [4]
    whole = memorisation.nearest_training_distance(real=real, generated=real[::2], training=inputs.as_floats(training))
    assert memorisation.nearest_training_distance(real=real, generated=real[::2], training=blocks) == whole > 0
    assert memorisation.nearest_training_distance(real=real, generated=generated, training=blocks) == 0


def test_without_training_images_nothing_is_near() -> None:
    images = np.random.default_rng(0).random((8, 1, 6, 6))
    for training in ([], np.empty((0, 1, 6, 6))):
        assert np.isnan(memorisation.nearest_training_distance(real=images, generated=images, training=training))


def test_what_is_taken_in_parts_is_what_is_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images, features, logits = rng.random((3, 50, 1, 12, 12)), rng.random((2, 50, 4)), rng.random((50, 3))

    def found() -> tuple[list[float], np.ndarray]:
        real, generated, training = images
        values = [
            quality.high_frequency_distance(real=real, generated=generated, band=np.array([0.1, 0.5])),
            memorisation.nearest_training_distance(real=real, generated=generated, training=training),
            diversity.within_class_dissimilarity(images=real, targets=np.arange(50) % 2),
        ]
        labels = logits.argmax(1)
        return values, quality.accepted(
            logits=logits,
            labels=labels,
            real=features[0],
            manifold=quality.manifold(features[0]),
            generated=features[1],
        )

    whole = found()
    monkeypatch.setattr(quality, "AT_ONCE", 400)
    assert [len(part) for part in quality.parts(np.arange(50), 50)] == [8] + [7] * 6
    assert [len(part) for part in quality.parts(np.arange(50), 500)] == [1] * 50
    parted = found()
    assert parted[0] == pytest.approx(whole[0])
    np.testing.assert_array_equal(parted[1], whole[1])
    assert 0 < whole[1].sum() < 50
