"""Controls come out in the order that metrics must give them, and where they do not it is found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data import digits, table
from ppgn_bench.data.source import opened
from ppgn_bench.metrics import control_images, controls, inputs, pictures, quality, stage
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.configs import JUDGE, load, measuring
from tests.metrics.conftest import CLASSES, MODES, Bars, LinearJudge


def test_a_pair_out_of_order_or_without_a_value_is_marked() -> None:
    values = {"real": 0.5, "wrong_class": 0.6, "noise": np.nan}
    rows = pd.DataFrame(
        [("bars", "controls", "judge_accuracy", v, values[v]) for v in ("real", "wrong_class")]
        + [("bars", "controls", "precision", v, values[v]) for v in ("real", "noise")],
        columns=["dataset", "sweep", "metric", "variant", "value"],
    )
    check = controls.check(rows)
    assert tuple(check.columns) == CONTROLS_CHECK
    assert check.ordered.tolist() == [False, False]
    assert check[["better", "worse"]].to_numpy().tolist() == [["real", "wrong_class"], ["real", "noise"]]


def test_controls_of_real_digits_come_out_in_the_order_that_metrics_must_give_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = digits.digits(16)
    arrays = {f"{name}.{key}": getattr(s, key) for name, s in splits.items() for key in ("images", "labels")}
    header = {"kind": "data", "dataset": "digits", "num_modes": 0}
    files.save_arrays(tmp_path / "digits", arrays, header | {"band": table.DATASETS["digits"].band(16)})
    judge = LinearJudge(splits["judge"].images, splits["judge"].labels, features=32)
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture, device: judge)
    job = measuring(METRICS, grid=50, own=300)
    rows, pictures = stage.measure_controls(job, [inputs.read_real(tmp_path / "digits", Path("judge"), JUDGE)])
    assert rows.variant.unique().tolist() == list(CONTROLS)
    assert rows.sweep.unique().tolist() == ["controls", "controls+half_samples", "grid"]  # the half has no 30 a class
    distance = rows[(rows.metric == "kernel_distance") & (rows.variant == "real")].set_index("sweep").value
    assert distance["grid"] < distance["controls"] - 0.03  # why: balanced sets of few images read lower
    check = controls.check(rows)
    expected = [name for name, metric in METRICS.items() if metric.orders and not metric.known_modes]
    assert check.metric.unique().tolist() == expected
    assert check.ordered.all(), check[~check.ordered]
    assert pictures["grid"].shape == (10, 8, 1, 16, 16)


def test_controls_of_known_modes_are_covered_by_real_images_alone(bars: Bars) -> None:
    rows, _ = stage.measure_controls(measuring(["modes_covered", "judge_accuracy"]), [bars.real()])
    rows = rows[rows.sweep == "controls"]
    values = rows[rows.metric == "modes_covered"].set_index("variant").value
    assert values["real"] == values["training"] == MODES
    assert values["wrong_class"] == values["noise"] == 0
    assert values["repeated"] == pytest.approx(1 / CLASSES)  # one mode of one class


@pytest.mark.usefixtures("config_folder")
def test_controls_are_as_many_as_the_samples_of_each_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three chains of ten classes; the other sampler has four targets. Nobody has more samples than real images."""
    four = tuple(Target(name, {"brightness": 0.1}) for name in "abcd")
    own = Experiment.targets
    monkeypatch.setattr(Experiment, "targets", lambda self, *of: four if of[1] == "am" else own(self, *of))

    def sizes(text: str = "") -> dict[str, int]:
        return plan.measuring_controls(load(text), "digits").sizes

    assert sizes() == {"own": 30, "own+12_samples": 12}
    assert sizes("sweeps: {pixels: {variants: [am], quality: {chains_per_target: 5, steps: 10}}}")["pixels"] == 20
    assert sizes("sweeps: {own: {quality: {chains_per_target: 60}}}") == {"own": 200}


def test_controls_of_any_number_are_spread_evenly_over_the_classes(bars: Bars) -> None:
    real, control = bars.real(), opened(bars.data, "control")
    made = control_images.controls(real, control, control_images.surest(real), seed=0, number=7)
    assert {name: len(of()[0]) for name, of in made.items()} == dict.fromkeys(CONTROLS, 7)
    for name in ("real", "training", "surest"):
        assert np.bincount(made[name]()[1]).tolist() == [3, 2, 2]
    np.testing.assert_array_equal(made["real"]()[0], control.batch(np.arange(7)))  # its classes take turns
    rows, _ = stage.measure_controls(measuring(["recall"], **{"own": 9, "own+7_samples": 7, "all": 48}), [real])
    assert rows.sweep.unique().tolist() == ["controls", "controls+half_samples", "own", "own+7_samples"]


@pytest.mark.parametrize("number", [3, 9, 48, 300])
def test_as_many_of_each_class_are_the_first_of_each(number: int) -> None:
    labels = np.arange(60) % CLASSES
    expected = pictures.first_of_each(labels, number // CLASSES).ravel()
    np.testing.assert_array_equal(pictures.evenly(labels, number), expected)


def test_a_second_judge_goes_over_the_training_images_for_its_own_controls_alone(
    bars: Bars, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no judge has a say in is measured once; the images that a judge is surest of are its own."""
    seen = []
    monkeypatch.setattr(quality, "nearest_training_distance", lambda **of: seen.append(len(of["generated"])) or 0.5)
    job, reals = measuring(["nearest_training_distance", "recall"]), [bars.real(), bars.real()]
    rows, _ = stage.measure_controls(job, reals)
    assert seen == [48] * len(CONTROLS) + [24] * len(CONTROLS) + [48]
    assert len(rows) == 2 * 3 * len(CONTROLS)
    seen.clear()
    rows, _, _ = bars.measure(["nearest_training_distance", "recall"], bars.chains(runs=("quality",)), real=reals)
    assert seen == [18, 9] * 2  # of two settings all samples, and half of them
    assert rows[rows.metric == "nearest_training_distance"].value.tolist() == [0.5] * 6


def test_metrics_of_chains_have_no_controls(bars: Bars) -> None:
    rows, _ = stage.measure_controls(measuring(METRICS), [bars.real()])
    assert set(rows.metric) == {name for name, metric in METRICS.items() if metric.orders}
