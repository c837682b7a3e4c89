"""Where networks are pretrained there are no training images, and real ones of some classes: what is measured then."""

import numpy as np
import pytest

from ppgn_bench.metrics import controls
from ppgn_bench.metrics.control_stage import measure_controls
from ppgn_bench.metrics.table import METRICS, RESPLITS
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.configs import load, measuring
from tests.metrics.conftest import MODES, OF_SAMPLES, Bars, drawn

WANTED = ("judge_probability", "steering_probability", "top_5_accuracy", "total_variation_distance", "confident_share")


@pytest.fixture
def photographs(bars: Bars) -> Bars:
    """Real bars of two of the three classes, nine in either half, and no training split."""
    arrays = {}
    for seed, split in enumerate(("reference", "control")):
        images, labels, modes = drawn(30, seed)
        some = np.flatnonzero(labels < 2)[: 9 + seed]
        arrays |= {f"{split}.images": images[some], f"{split}.labels": labels[some], f"{split}.modes": modes[some]}
    facts = {"num_modes": MODES, "band": [0.25, 0.5], "pretrained": True}
    files.save_arrays(bars.data, arrays, {"kind": "data", "dataset": "bars", **facts})
    return bars


def test_what_needs_training_images_or_real_ones_of_every_class_is_left_out(photographs: Bars) -> None:
    rows, curves, _ = photographs.measure(METRICS, photographs.chains(runs=("quality",)))
    assert set(curves.curve) == {"p_condition", "to_confidence"}
    measured = set(rows.metric)
    assert {*WANTED, "judge_accuracy", "high_frequency_distance"} <= measured
    for name in measured:
        assert not METRICS[name].of_full_splits
    left_out = {name for name, metric in OF_SAMPLES.items() if metric.run == "quality"} - measured
    assert {"frechet_distance", "coverage", "picture_censored", "nearest_training_distance"} <= left_out
    assert rows.value.notna().all()
    assert rows.sweep.unique().tolist() == ["own"]


def test_samples_of_a_class_without_real_images_count_as_all_others(photographs: Bars) -> None:
    path = photographs.chains(runs=("quality",))
    rows, _, _ = photographs.measure(["judge_accuracy", "judge_probability"], path)
    said = rows[rows.epsilon_prior == 0].set_index("metric").value
    assert said["judge_accuracy"] == 1
    assert said["judge_probability"] > 0.9


def test_pictures_have_what_both_networks_say_and_neither_best_nor_worst(photographs: Bars) -> None:
    _, _, pictures = photographs.measure(WANTED, photographs.chains(runs=("quality",)))
    assert pictures["quality.probabilities"].shape == (3, 2)
    np.testing.assert_allclose(pictures["quality.probabilities"][:, 0], np.exp(-0.01), rtol=1e-5)
    assert (pictures["quality.probabilities"][:, 1] > 0.9).all()
    assert not {"quality.best", "quality.worst"} & pictures.keys()


def test_controls_that_need_training_images_are_left_out_and_no_order_asks_for_them(photographs: Bars) -> None:
    rows, pictures = measure_controls(measuring(WANTED), [photographs.real()])
    assert {"real", "wrong_class", "shuffled_blocks", "noise", "blurred", "repeated"} <= set(rows.variant)
    assert not {"training", "surest", "joined_halves"} & set(rows.variant)
    assert rows.sweep.unique().tolist() == ["controls"]
    checked = controls.check(rows)
    assert not {"training", "surest", "joined_halves"} & {*checked["first"], *checked["second"]}
    assert {"judge_probability", "top_5_accuracy", "total_variation_distance"} == set(checked.metric)
    assert checked.value_first.notna().all()
    assert "control.real" in pictures


def test_halves_are_parted_anew_whatever_their_classes(photographs: Bars) -> None:
    rows, _ = measure_controls(measuring(["total_variation_distance"]), [photographs.real()])
    real = rows[(rows.variant == "real") & (rows.metric == "total_variation_distance")]
    assert real.seed.tolist() == list(range(RESPLITS))
    assert real.value.nunique() > RESPLITS // 2


@pytest.mark.usefixtures("config_folder")
def test_metrics_on_request_are_measured_only_where_a_config_names_them() -> None:
    asked = [name for name, metric in METRICS.items() if metric.on_request]
    assert asked == ["steering_probability", "judge_probability", "top_5_accuracy", "total_variation_distance"]
    assert not {*asked} & plan.measuring(load(), "digits").metrics.keys()
    chosen = plan.measuring(load("{metrics: [judge_probability]}"), "digits").metrics
    assert list(chosen) == ["judge_probability"]
