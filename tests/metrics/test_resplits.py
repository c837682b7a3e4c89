"""Real images parted anew: disjoint halves of one pool, class by class, measured as the splits are."""

import numpy as np
import pytest

from ppgn_bench.data.source import opened
from ppgn_bench.metrics import control_stage, inputs
from ppgn_bench.metrics.resplits import Part, halves, resplit
from ppgn_bench.metrics.table import METRICS, RESPLITS
from tests.configs import measuring
from tests.metrics.conftest import Bars

FIRST, SECOND = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 1, 2, 2])


def test_halves_share_no_image_and_have_as_many_of_each_class_as_before() -> None:
    both = np.concatenate([FIRST, SECOND])
    made = [halves(FIRST, SECOND, number) for number in range(1, RESPLITS)]
    for ours, theirs in made:
        assert sorted([*ours, *theirs]) == list(range(11))
        assert sorted(both[ours]) == sorted(FIRST)
        assert sorted(both[theirs]) == sorted(SECOND)
    assert len({tuple(ours) for ours, _ in made}) == len(made)


def test_a_part_of_two_sources_has_the_images_that_it_says(bars: Bars) -> None:
    reference, control = (opened(bars.data, split) for split in ("reference", "control"))
    part = Part(reference, control, np.array([50, 3, 48, 47]))
    expected = np.concatenate([control.images[[2]], reference.images[[3]], control.images[[0]], reference.images[[47]]])
    np.testing.assert_array_equal(part.batch(np.arange(4)), expected)
    np.testing.assert_array_equal(part.batch(np.array([3, 0])), expected[[3, 0]])
    assert part.labels.tolist() == [control.labels[2], reference.labels[3], control.labels[0], reference.labels[47]]
    assert part.modes.tolist() == [control.modes[2], reference.modes[3], control.modes[0], reference.modes[47]]
    assert len(part) == 4


def test_another_split_is_measured_as_if_the_data_file_had_had_it(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    real, control = bars.real(), opened(bars.data, "control")
    seen = inputs.judged(real.judge, [control.images], len(control))
    pool = {name: np.concatenate([real.reference[name], seen[name]]) for name in seen}
    other, half, of_half = resplit(real, control, pool, number=4)
    again = inputs.judged(real.judge, [half.batch(np.arange(len(half)))], len(half))
    np.testing.assert_allclose(of_half["features"], again["features"], atol=1e-5)
    reference = inputs.judged(real.judge, [other.source.batch(np.arange(len(other.source)))], len(other.source))
    np.testing.assert_allclose(other.arrays["reference.features"], reference["features"], atol=1e-5)
    np.testing.assert_array_equal(other.reference["labels"], other.source.labels)


def test_all_controls_have_a_row_for_every_resplit_but_where_that_is_slow(bars: Bars) -> None:
    names = ["accuracy_at_half_size", "high_frequency_distance", "nearest_training_distance", "coverage"]
    rows, _ = control_stage.measure_controls(measuring(names, own=24), [bars.real(), bars.real()])
    endings = ("", "+half_samples", "+second_judge")
    assert rows.sweep.unique().tolist() == [f"{sweep}{ending}" for sweep in ("controls", "own") for ending in endings]
    real = rows[(rows.variant == "real") & (rows.sweep == "controls")]
    assert real.groupby("metric").seed.apply(list).tolist() == [list(range(RESPLITS))] * len(names)
    others = rows[rows.variant != "real"]
    slow = others.metric.isin(control_stage.ONCE)
    assert others[slow].seed.eq(0).all()
    of_a_control = others[~slow].groupby(["sweep", "metric", "variant"]).seed.apply(list)
    assert of_a_control.map(lambda own: own == [*range(RESPLITS)]).all()
    near = real[real.metric == "nearest_training_distance"].value
    assert near.nunique() > RESPLITS // 2
    assert near.between(0.9, 1.1).all()


def test_the_first_row_of_real_images_is_that_of_the_splits_themselves(bars: Bars) -> None:
    """Its distances in pixels, which resplits take from one pass, are the same from either."""
    side = control_stage._sides([inputs.judged_training(bars.real())], opened(bars.data, "control"), METRICS, True)[0]
    rows, _ = control_stage.measure_controls(measuring(["nearest_training_distance"]), [bars.real()])
    first = rows[(rows.variant == "real") & (rows.seed == 0) & (rows.sweep == "controls")].value.iloc[0]
    distances = side.pool[control_stage.NEAREST]
    assert first == pytest.approx(np.median(distances[48:]) / np.median(distances[:48]))


def test_where_samples_are_compared_with_training_images_real_ones_have_one_row(bars: Bars) -> None:
    job = measuring(["coverage"]).model_copy(update={"real": "train"})
    rows, _ = control_stage.measure_controls(job, [bars.real("train")])
    assert rows[rows.variant == "real"].seed.tolist() == [0, 0]  # all, and half the samples
