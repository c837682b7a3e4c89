"""Targets that are no classes, and targets that share one: with what samples are compared, and what is not measured."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from ppgn_bench.data import source
from ppgn_bench.metrics import control_images, inputs, stage
from ppgn_bench.metrics.chains import half
from ppgn_bench.metrics.table import METRICS, WITHOUT
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from tests.configs import measuring
from tests.metrics.conftest import CLASSES, OF_SAMPLES, PER_CLASS, SIZE, Bars, arrays_of, chains_of

OF_CLASSES = {"judge_accuracy", "accuracy_at_half_size", "accuracy_at_quarter_size", "halfway_accuracy"}
OF_CLASSES |= {"modes_covered", "modes_per_chain", "judge_probability", "top_5_accuracy"}
UNITS = tuple(Target(f"unit {number}", {"thing": number}) for number in (40, 7, 196))
CHAINS = {name: array if name == "steps" else array[:18] for name, array in chains_of(0, 6, {}).items()}


def test_chains_without_a_class_are_measured_by_all_metrics_that_need_none(bars: Bars) -> None:
    """Nothing else of the rows is missing, and there is a value wherever there is one for classes."""
    rows, curves, pictures = bars.measure(METRICS, bars.chains(targets=UNITS))
    of_classes, _, pictures_of_classes = bars.measure(METRICS, bars.chains())
    assert {name for name, metric in METRICS.items() if metric.known_classes} == OF_CLASSES
    assert set(rows.metric) == set(OF_SAMPLES) - OF_CLASSES
    expected = of_classes[~of_classes.metric.isin(OF_CLASSES)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows.drop(columns="value"), expected.drop(columns="value"))
    assert not (rows.value.isna() & expected.value.notna()).any()
    assert not curves.empty
    assert sorted(pictures) == sorted(pictures_of_classes)
    assert pictures["quality.grid"].shape == (len(UNITS), PER_CLASS["quality"], 1, SIZE, SIZE)
    assert pictures["quality.strip_targets"].tolist() == [0]


def test_samples_without_a_class_are_compared_with_real_images_from_all_over(bars: Bars) -> None:
    real = bars.real()
    arrays = arrays_of(CHAINS, [None] * CLASSES, real)
    assert not {"sample.labels", "sample.accepted", "chain.labels", "chain.accepted"} & arrays.keys()
    assert arrays["chain.compared"].shape == (CLASSES, 48)
    assert arrays["chain.compared"].all()
    assert arrays["chain.targets"].tolist() == CHAINS["targets"].tolist()
    np.testing.assert_array_equal(arrays["sample.targets"], CHAINS["targets"])
    spread = np.arange(18) * 48 // 18
    np.testing.assert_array_equal(arrays["matched.features"], real.reference["features"][spread])
    np.testing.assert_array_equal(arrays["matched.images"], inputs.as_floats(real.source.batch(spread)))
    nearest = np.linalg.norm(arrays["chain.features"][4, 2] - real.reference["features"], axis=1).min()
    assert arrays["chain.distances"][4, 2] == pytest.approx(nearest)


def test_more_samples_than_real_images_are_cut_to_as_many(bars: Bars) -> None:
    many = {name: array if name == "steps" else np.repeat(array, 4, 0) for name, array in CHAINS.items()}
    arrays = arrays_of(many, [None] * CLASSES, bars.real())
    assert len(arrays["sample.images"]) == len(arrays["matched.images"]) == 48


def test_targets_of_one_class_are_compared_with_its_images_and_matched_together(bars: Bars) -> None:
    """Targets 0 and 2 are class 1, target 1 is class 2."""
    real, labels = bars.real(), (1, 2, 1)
    arrays = arrays_of(CHAINS, labels, real)
    np.testing.assert_array_equal(arrays["chain.compared"], np.array(labels)[:, None] == real.reference["labels"])
    assert np.bincount(arrays["sample.labels"]).tolist() == np.bincount(arrays["matched.labels"]).tolist() == [0, 12, 6]
    assert np.bincount(arrays["sample.targets"]).tolist() == [6, 6, 6]
    np.testing.assert_array_equal(arrays["chain.labels"], np.array(labels)[CHAINS["targets"]])


def test_one_target_without_a_class_leaves_what_the_judge_should_see_unknown(bars: Bars) -> None:
    arrays = arrays_of(CHAINS, (0, None, 2), bars.real())
    assert "sample.labels" not in arrays
    assert arrays["chain.compared"].sum(1).tolist() == [16, 48, 16]


def test_half_the_samples_are_half_of_each_target(bars: Bars) -> None:
    for labels in ((0, 1, 2), (None, None, None)):
        kept = half(CHAINS, labels, bars.real())
        assert kept["targets"].tolist() == CHAINS["targets"][:9].tolist()


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ((None, None, None), 8),  # 48 real images for 60 chains: of each target 16 are measured
        ((1, 2, 1), 4),  # 16 real images of class 1 for two targets
        ((0, 1, 2), 8),
    ],
)
def test_half_the_samples_are_half_of_those_that_are_measured(bars: Bars, labels, kept) -> None:
    many = {name: array if name == "steps" else np.tile(array, (4, *[1] * (array.ndim - 1)))
            for name, array in CHAINS.items()}  # fmt: skip
    smaller = half(many, labels, bars.real())
    assert np.bincount(smaller["targets"]).tolist() == [kept] * 3
    measured = [arrays_of(chains, labels, bars.real())["sample.images"] for chains in (smaller, many)]
    assert 2 * len(measured[0]) <= len(measured[1])


def test_without_a_start_means_without_one_chain_of_each_target(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the chains of a target lie together."""
    order = np.argsort(CHAINS["targets"], kind="stable")
    chains = {f"quality.{name}": array if name == "steps" else array[order] for name, array in CHAINS.items()}
    seen = []
    monkeypatch.setattr(stage, "chain_arrays", lambda chains, *_: seen.append(chains["images"]) or {})
    monkeypatch.setattr(stage, "measured", lambda key, *_: [{**key, "metric": "", "value": 0.0}])
    sampling = stage.sampling_of(bars.chains(targets=UNITS))
    rows = stage.measure_left_out(measuring(["recall"]), sampling, chains, bars.real())
    assert rows.sweep.tolist() == ["own", *(f"own{WITHOUT}{start}" for start in range(6))]
    images = CHAINS["images"][order]
    for start, kept in enumerate(seen[1:]):
        np.testing.assert_array_equal(kept, np.delete(images, [start, 6 + start, 12 + start], axis=0))


def test_a_wrong_class_is_the_next_of_those_that_there_are(bars: Bars) -> None:
    """Classes 0 and 2 alone: the next after 2 is 0, and there is no class 1 to ask for."""
    arrays, header = files.load_arrays(bars.data, "data")
    for split in ("train", "reference", "control"):
        kept = arrays[f"{split}.labels"] != 1
        arrays |= {name: array[kept] for name, array in arrays.items() if name.startswith(split)}
    files.save_arrays(bars.data, arrays, header)
    of = inputs.judged_training(bars.real())
    made = control_images.controls(of, source.opened(bars.data, "control"), control_images.surest(of), 0, number=32)
    real, wrong = (made[name]()[1] for name in ("real", "wrong_class"))
    assert set(real) == {0, 2}
    np.testing.assert_array_equal(wrong, 2 - real)


def test_a_target_of_a_class_and_a_factor_says_how_often_each_is_met_and_which_training_images_show_both(
    bars: Bars,
) -> None:
    class Ground(nn.Module):
        """Sees a light ground everywhere."""

        def forward(self, images: torch.Tensor) -> SimpleNamespace:
            return SimpleNamespace(logits={"ground": torch.tensor([[9.0, 0.0]]).repeat(len(images), 1)})

    targets = tuple(Target(f"bar {k}", {"label": k}, {"label": k, "ground": k % 2}) for k in range(CLASSES))
    labels, grounds = np.array([0, 0, 1, 2]), np.array([[0], [0], [0], [1]])
    real = replace(
        bars.real(), factor_judge=Ground(), header=bars.real().header | {"factors": {"ground": ["light", "dark"]}},
        training=SimpleNamespace(labels=labels, factors=grounds),
    )  # fmt: skip
    names = {"target_met": METRICS["target_met"]}
    rows = pd.DataFrame(stage._of_targets({"run": "quality"}, names, SimpleNamespace(targets=targets), CHAINS, real))
    found = rows.pivot(index="target", columns="metric", values="value")
    assert found.met_label.tolist() == [1, 1, 1]
    assert found.target_met.tolist() == [1, 0, 1]  # the dark ground is never seen
    assert found.training_images.tolist() == [2, 0, 0]
