"""What metrics of conditions read: who is asked what of which image, and whose images are left out."""

import numpy as np

from ppgn_bench.metrics import asked
from ppgn_bench.metrics.inputs import judged, judged_training
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from tests.metrics.conftest import CLASSES, PER_CLASS, Bars
from tests.metrics.of_conditions import CHAINS, MIXED, ShadeJudge, final_of, with_judge


def test_arrays_are_named_by_what_targets_ask_and_read() -> None:
    assert asked.known_names(MIXED[2:]) == set()  # classes are what all other metrics are of
    of_shades = {"asked.shade", "said.shade", "final.asked", "final.asked_beside", "final.said", "final.targets"}
    assert asked.known_names(MIXED) == of_shades
    units = tuple(Target(f"unit {rank}", {"rank": rank}) for rank in range(2))
    assert asked.known_names(units) == {"unit.shown", "unit.limit"}
    assert asked.known_names((*units, MIXED[0])) == of_shades  # not all are units
    holes = (Target("a", {"label": 1, "original": [1, 0], "mask": 0}, {"label": 1}),)
    assert {"context.images", "context.known", "context.nearest_fill_probability"} <= asked.known_names(holes)


def test_each_image_is_asked_what_its_target_asks_and_nothing_else(bars: Bars) -> None:
    sampling, chains, real = final_of(bars, MIXED)
    arrays = asked.asked_arrays(chains, sampling, real)
    assert {*asked.known_names(MIXED)} == arrays.keys()
    targets = chains["targets"]
    assert arrays["final.targets"].tolist() == targets.tolist()
    assert arrays["final.asked"]["label"].tolist() == np.array([0, -1, 2])[targets].tolist()
    assert arrays["final.asked"]["shade"].tolist() == np.array([1, 0, -1])[targets].tolist()
    assert arrays["final.asked_beside"].keys() == {"shade"}
    np.testing.assert_array_equal(arrays["asked.shade"], arrays["final.asked"]["shade"])


def test_the_judge_of_classes_tells_the_class_and_the_judge_of_factors_all_else(bars: Bars) -> None:
    sampling, chains, real = final_of(bars, MIXED)
    arrays = asked.asked_arrays(chains, sampling, real)
    last = chains["images"][:, -1]
    of_classes = judged(real.judge, [last], len(last))["logits"].argmax(1)
    np.testing.assert_array_equal(arrays["final.said"]["label"], of_classes)
    np.testing.assert_array_equal(arrays["said.shade"], (last.mean((1, 2, 3)) < 127.5).astype(int))
    assert set(arrays["said.shade"]) == {0, 1}


def test_chains_that_diverged_are_asked_nothing(bars: Bars) -> None:
    found = []
    for diverged in ({}, {0: 5, 4: 60}, dict.fromkeys(range(CHAINS), 7)):
        sampling, chains, real = final_of(bars, MIXED, diverged)
        found.append(asked.asked_arrays(chains, sampling, real))
    whole, arrays, nothing = found
    kept = np.delete(np.arange(CHAINS), [0, 4])
    np.testing.assert_array_equal(arrays["final.targets"], whole["final.targets"][kept])
    np.testing.assert_array_equal(arrays["said.shade"], whole["said.shade"][kept])
    assert nothing == {}


def test_many_images_are_told_in_parts_of_grey_nothing_is_said_and_of_none_nothing_at_all() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1100, 1, 2, 2)).astype(np.uint8)
    shades = images.mean((1, 2, 3))
    told = asked.told(ShadeJudge(), images, "cpu")["shade"]
    sure = told >= 0
    np.testing.assert_array_equal(told[sure], (shades < 127.5)[sure].astype(int))
    assert 0.5 < sure.mean() < 1
    assert abs(shades[~sure] - 127.5).max() < abs(shades[sure] - 127.5).min()
    assert asked.told(ShadeJudge(), images[:0], "cpu") == {}


def test_how_many_training_images_show_a_target_counts_those_that_show_all_of_it(bars: Bars) -> None:
    arrays, header = files.load_arrays(bars.data, "data")
    shades = (arrays["train.images"].mean((1, 2, 3)) < 127.5).astype(np.int64)[:, None]
    shades[:5] = -1  # nobody can tell
    files.save_arrays(bars.data, arrays | {"train.factors": shades}, header)
    real, labels = with_judge(bars.real()), arrays["train.labels"]
    counts = [asked.training_images(target, real) for target in MIXED]
    dark_first, light, third = ((labels == 0) & (shades[:, 0] == 1)), shades[:, 0] == 0, labels == 2
    assert counts == [int(of.sum()) for of in (dark_first, light, third)]
    assert 0 < counts[0] < counts[2]


def test_a_units_samples_stand_beside_as_many_training_images_that_it_fires_most_for(bars: Bars) -> None:
    units = tuple(Target(f"unit {rank + 1}", {"rank": rank}) for rank in range(CLASSES))
    rng = np.random.default_rng(0)
    of_real, of_samples = rng.random((CLASSES, 60)), rng.random(CHAINS)
    sampling, chains, real = final_of(bars, units, {1: 3}, observed=of_samples, observed_real=of_real)
    real = judged_training(real)
    shown = asked.asked_arrays(chains, sampling, real)["unit.shown"]
    features = real.arrays["training.features"]
    for unit, (samples, top) in enumerate(shown):
        own = (chains["targets"] == unit) & (chains["diverged"] < 0)
        assert len(samples.activation) == len(top.activation) == PER_CLASS["quality"] - (unit == 1)
        np.testing.assert_array_equal(samples.activation, of_samples[own])
        np.testing.assert_array_equal(samples.features, chains["features"][own])
        best = np.argsort(-of_real[unit])[: own.sum()]
        np.testing.assert_array_equal(top.activation, of_real[unit][best])
        np.testing.assert_array_equal(top.features, features[best])
        assert top.pictures.mean() > 0.8  # real images of the same law
