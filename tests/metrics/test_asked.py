"""What metrics of conditions read: who is asked what of which image, and whose images are left out."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from ppgn_bench.data import contexts
from ppgn_bench.data.masks import MASKS, hole
from ppgn_bench.data.source import opened
from ppgn_bench.metrics import asked, stage
from ppgn_bench.metrics.chains import judged_chains, setting
from ppgn_bench.metrics.inputs import Real, as_floats, judged, judged_training
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from tests.configs import measuring
from tests.metrics.conftest import CLASSES, PER_CLASS, SETTINGS, SIZE, Bars

CHAINS = CLASSES * PER_CLASS["quality"]
MIXED = (  # a class and a shade, a shade alone, a class alone
    Target("bar 0 + dark", {"label": 0, "shade": 1}, {"label": 0, "shade": 1}),
    Target("light", {"shade": 0}, {"shade": 0}),
    Target("bar 2", {"label": 2}, {"label": 2}),
)
NAMES = [*MASKS]


class ShadeJudge(nn.Module):
    """A judge of factors: light or dark, by the mean; of at most 500 images at once."""

    def forward(self, images: torch.Tensor) -> SimpleNamespace:
        assert len(images) <= 500 and images.max() <= 1  # noqa: PT018
        bright = images.mean((1, 2, 3))
        return SimpleNamespace(logits={"shade": torch.stack([bright - 0.5, 0.5 - bright], 1) * 20})


def final_of(bars: Bars, targets: tuple[Target, ...], diverged: dict[int, int] | None = None, **of: Any) -> Any:
    """The job of some chains of bars, the chains of its first setting as the stage judges them, and real images."""
    path = bars.chains(runs=("quality",), targets=targets, diverged={"quality": diverged or {}})
    arrays, _ = files.load_arrays(path, "chains")
    sampling, real = stage.sampling_of(path), with_judge(bars.real())
    chains = asked.seen_whole(setting(arrays, "quality", 0) | of, sampling, real)
    return sampling, judged_chains(chains, real), real


def with_judge(real: Real) -> Real:
    header = real.header | {"factors": {"shade": 2}}
    return replace(real, factor_judge=ShadeJudge(), factor_judge_digest="of factors", header=header)


# ------------------------------------------------------------------------------------------------------------- names


def test_arrays_are_named_by_what_targets_ask_and_read() -> None:
    assert asked.known_names(MIXED[2:]) == set()  # classes are what all other metrics are of
    of_shades = {"asked.shade", "said.shade", "final.asked", "final.asked_beside", "final.said", "final.targets"}
    assert asked.known_names(MIXED) == of_shades
    units = tuple(Target(f"unit {rank}", {"rank": rank}) for rank in range(2))
    assert asked.known_names(units) == {"unit.shown", "unit.limit"}
    assert asked.known_names((*units, MIXED[0])) == of_shades  # not all are units
    holes = (Target("a", {"label": 1, "original": [1, 0], "mask": 0}, {"label": 1}),)
    assert {"context.images", "context.known", "context.nearest_fill_probability"} <= asked.known_names(holes)


# ------------------------------------------------------------------------------------------------- asked and answered


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


# ----------------------------------------------------------------------------------------------------- hidden units


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
        np.testing.assert_array_equal(samples.features, chains["features"][own, -1])
        best = np.argsort(-of_real[unit])[: own.sum()]
        np.testing.assert_array_equal(top.activation, of_real[unit][best])
        np.testing.assert_array_equal(top.features, features[best])
        assert top.pictures.mean() > 0.8  # real images of the same law


# ---------------------------------------------------------------------------------------------------------- contexts


def context(label: int, number: int, mask: str, wanted: int | None = None) -> Target:
    asks = {"label": label if wanted is None else wanted}
    return Target(f"{label} #{number + 1} {mask}", {"original": [label, number], "mask": NAMES.index(mask)}, asks)


HOLES = (context(0, 0, "left"), context(1, 3, "centre"), context(2, 1, "top", wanted=0))


def test_chains_in_a_context_are_seen_with_the_real_pixels_around_the_hole_at_every_draw(bars: Bars) -> None:
    _, chains, real = final_of(bars, HOLES)
    drawn = files.load_arrays(bars.folder / "seed_0", "chains")[0]["quality.images"][:CHAINS]
    originals = [contexts.originals(opened(bars.data, contexts.SPLIT), np.array([target.values["original"]]))[0]
                 for target in HOLES]  # fmt: skip
    for chain, target in enumerate(chains["targets"]):
        known = ~hole(NAMES[int(HOLES[target].values["mask"])], SIZE)
        for draw in range(drawn.shape[1]):
            np.testing.assert_array_equal(chains["images"][chain, draw, :, known], originals[target][:, known].T)
            np.testing.assert_array_equal(chains["images"][chain, draw, :, ~known], drawn[chain, draw][:, ~known].T)
    np.testing.assert_array_equal(chains["generated"], drawn[:, -1])
    last = chains["images"][:, -1]
    np.testing.assert_allclose(chains["logits"][:, -1], judged(real.judge, [last], CHAINS)["logits"], rtol=1e-5)


def test_without_a_context_chains_are_seen_as_they_are(bars: Bars) -> None:
    path = bars.chains(runs=("quality",))
    chains = setting(files.load_arrays(path, "chains")[0], "quality", 0)
    assert asked.seen_whole(chains, stage.sampling_of(path), bars.real()) is chains


def test_fills_and_baselines_are_judged_in_their_context_by_the_class_that_is_asked_for(bars: Bars) -> None:
    sampling, chains, real = final_of(bars, HOLES, {3: 9})
    arrays = {name.removeprefix("context."): of for name, of in asked.asked_arrays(chains, sampling, real).items()}
    kept = np.delete(np.arange(CHAINS), 3)
    targets = chains["targets"][kept]
    np.testing.assert_array_equal(arrays["targets"], targets)
    np.testing.assert_array_equal(arrays["labels"], targets)  # of the originals
    np.testing.assert_allclose(arrays["images"], as_floats(chains["generated"][kept]))  # as they were generated
    wanted = np.array([0, 1, 0])[targets]
    training = as_floats(real.training.batch(np.arange(len(real.training))))
    known = np.broadcast_to(arrays["known"], arrays["originals"].shape)
    whole = {"": np.where(known, arrays["originals"], arrays["images"]), "original_": arrays["originals"],
             "mean_fill_": np.where(known, arrays["originals"], training.mean(0)),
             "nearest_fill_": np.where(known, arrays["originals"], arrays["nearest"])}  # fmt: skip
    for name, images in whole.items():
        pixels = np.round(images * 255).astype(np.uint8)
        logits = torch.tensor(judged(real.judge, [pixels], len(pixels))["logits"])
        expected = logits.softmax(1).numpy()[np.arange(len(kept)), wanted]
        np.testing.assert_allclose(arrays[f"{name}probability"], expected, rtol=1e-5, err_msg=name)
    for original, around, nearest in zip(arrays["originals"], known, arrays["nearest"], strict=True):
        distances = [np.sum(np.where(around, image - original, 0) ** 2) for image in training]
        np.testing.assert_allclose(nearest, training[np.argmin(distances)])


# ---------------------------------------------------------------------------------------------------------- the stage


def test_what_was_asked_is_measured_with_the_hash_of_the_judge_that_told_it(bars: Bars) -> None:
    path = bars.chains(runs=("quality",), targets=tuple(in_hues(target) for target in MIXED))
    names = ["target_met", "best_target_met", "met_hue"]
    real = of_hues(bars)
    found = stage.measure(measuring(names), [path], [real])
    rows = found.rows[(found.rows.sweep == "own") & (found.rows.epsilon_prior == SETTINGS[0]["prior"])]
    assert rows.metric.tolist() == names
    assert rows.judge.tolist()[-1] == "of factors"
    sampling, chains, _ = final_of(bars, tuple(in_hues(target) for target in MIXED))
    arrays = asked.asked_arrays(chains, sampling, real)
    assert rows.value.tolist()[-1] == np.mean((arrays["asked.hue"] == arrays["said.hue"])[arrays["asked.hue"] >= 0])
    assert set(found.targets.target) == {target.name for target in MIXED}
    seen = found.targets[found.targets.metric == "training_images"].groupby("target").value.first()
    assert seen.to_dict() == {"bar 0 + dark": 0, "light": 60, "bar 2": 20}  # all are light: the first is impossible


def test_a_condition_whose_chains_all_diverge_leaves_missing_values(bars: Bars) -> None:
    gone = {"quality": dict.fromkeys(range(2 * CHAINS), 0)}
    path = bars.chains(runs=("quality",), targets=tuple(in_hues(target) for target in MIXED), diverged=gone)
    real = of_hues(bars)
    rows = stage.measure(measuring(["target_met", "met_hue", "diverged_share"]), [path], [real]).rows
    values = rows[rows.sweep == "own"].groupby("metric").value.first()
    assert values["diverged_share"] == 1
    assert np.isnan([values["target_met"], values["met_hue"]]).all()


class HueJudge(ShadeJudge):
    """The same under the name of a factor that there are metrics of."""

    def forward(self, images: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits={"hue": super().forward(images).logits["shade"]})


def of_hues(bars: Bars) -> Real:
    """Real images whose hue is known, with the judge of it."""
    arrays, header = files.load_arrays(bars.data, "data")
    files.save_arrays(bars.data, arrays | {"train.factors": np.zeros((60, 1), np.int64)}, header)
    real = with_judge(bars.real())
    return replace(real, factor_judge=HueJudge(), header=real.header | {"factors": {"hue": 2}})


def in_hues(target: Target) -> Target:
    """The target with a hue for its shade."""
    parts = ({"hue" if key == "shade" else key: value for key, value in of.items()}
             for of in (target.values, target.asks))  # fmt: skip
    return Target(target.name, *parts)
