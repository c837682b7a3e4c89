"""Controls come out in the order that metrics must give them, and where they do not it is found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data import digits, table
from ppgn_bench.data.source import opened
from ppgn_bench.metrics import control_images, control_stage, controls, diversity, inputs, memorisation, pictures
from ppgn_bench.metrics.table import CONTROLS, METRICS, RESPLITS
from ppgn_bench.sampling.targets import Target
from ppgn_bench.statistics.intervals import spread_interval
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.configs import JUDGE, load, measuring
from tests.metrics.conftest import CLASSES, MODES, OF_SAMPLES, Bars, LinearJudge


def rows_of(metric: str, real: list[float], **others: float) -> pd.DataFrame:
    """Rows of controls: real images under resplits, and others."""
    rows = [("bars", "controls", metric, "real", number, value) for number, value in enumerate(real)]
    rows += [("bars", "controls", metric, variant, 0, value) for variant, value in others.items()]
    return pd.DataFrame(rows, columns=["dataset", "sweep", "metric", "variant", "seed", "value"])


def of(check: pd.DataFrame, first: str, second: str) -> bool:
    return bool(check[(check["first"] == first) & (check.second == second)].ordered.iloc[0])


def test_a_pair_out_of_order_or_without_a_value_is_marked() -> None:
    rows = rows_of("judge_accuracy", [0.5], wrong_class=0.6, noise=np.nan, shuffled_blocks=0.4)
    check = controls.check(rows)
    assert tuple(check.columns) == CONTROLS_CHECK
    assert not of(check, "real", "wrong_class")
    assert not of(check, "real", "noise")
    assert of(check, "real", "shuffled_blocks")
    (sentence,) = controls.failures(check)
    assert sentence.startswith("bars: judge_accuracy does not separate real from wrong_class, noise")


def test_what_differs_no_more_than_real_images_from_themselves_is_not_separated() -> None:
    """Of a control with one row: beside the real images that it was made of, by the spread of all resplits."""
    real = [1.0, 1.5, 0.6, 1.2, 0.8, 1.1, 0.9, 1.3, 0.7, 1.0]
    own = spread_interval(real, "log")
    farthest = real[0] * own.high / own.mean
    for value, seen in ((farthest * 0.99, False), (farthest * 1.01, True), (farthest / 4, False)):
        check = controls.check(rows_of("frechet_distance", real, shuffled_blocks=value))
        assert of(check, "real", "shuffled_blocks") == seen
        assert check.margin.iloc[0] == pytest.approx(np.log(own.high / own.mean))
    assert of(controls.check(rows_of("frechet_distance", [1.0], shuffled_blocks=1.01)), "real", "shuffled_blocks")


@pytest.mark.parametrize(("factors", "seen"), [([1.1] * 10, True), ([1.2, 0.9] * 5, False), ([0.9] * 10, False)])
def test_a_control_that_is_worse_in_every_resplit_is_separated_however_much_real_images_vary(
    factors: list[float], seen: bool
) -> None:
    real = [1.0, 1.5, 0.6, 1.2, 0.8, 1.1, 0.9, 1.3, 0.7, 1.0]
    pairs = zip(real, factors, strict=True)
    spoiled = [(number, value * (factor + number / 1000)) for number, (value, factor) in enumerate(pairs)]
    rows = pd.concat(
        [rows_of("frechet_distance", real)]
        + [rows_of("frechet_distance", [], blurred=value).assign(seed=number) for number, value in spoiled]
    )
    check = controls.check(rows)
    assert of(check, "real", "blurred") == seen
    line = check[check.second == "blurred"].iloc[0]
    assert line.value_second == pytest.approx(np.mean([value for _, value in spoiled]))
    assert line.apart == pytest.approx(np.mean(np.log(real) - np.log([value for _, value in spoiled])))


def test_a_flaw_may_leave_a_measure_of_diversity_where_it_is_but_not_raise_it() -> None:
    real = [0.90, 0.91, 0.89, 0.92, 0.88, 0.90, 0.91, 0.89, 0.90, 0.90]
    for value, fine in ((0.90, True), (0.5, True), (0.98, False)):
        assert of(controls.check(rows_of("coverage", real, blurred=value)), "real", "blurred") == fine
    levels = rows_of("coverage", real, noisy_1=0.8, noisy_2=0.81, noisy_3=0.95)
    assert of(controls.check(levels), "noisy_1", "noisy_2")  # by less than real images differ
    assert not of(controls.check(levels), "noisy_2", "noisy_3")


def test_a_metric_that_likes_shuffled_blocks_is_not_admitted() -> None:
    """The planted fault: variety in pixels, which garbage has most of."""
    real = [0.55, 0.56, 0.54, 0.55, 0.55, 0.56, 0.54, 0.55, 0.56, 0.54]
    values = {"repeated": 0.0, "surest": 0.4, "noise": 0.1, "joined_halves": 0.55, "blurred": 0.5}
    levels = {"noisy_1": 0.5, "noisy_2": 0.45, "noisy_3": 0.4}
    good = controls.check(rows_of("coverage", real, **values, **levels, shuffled_blocks=0.2))
    assert controls.not_admitted(good) == {}
    garbage = controls.check(rows_of("coverage", real, **values, **levels, shuffled_blocks=0.9))
    missed = "real from shuffled_blocks; surest from shuffled_blocks"
    assert controls.not_admitted(garbage) == {("bars", "coverage"): missed}


def test_controls_of_real_digits_come_out_in_the_order_that_metrics_must_give_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = digits.digits(16)
    arrays = {f"{name}.{key}": getattr(s, key) for name, s in splits.items() for key in ("images", "labels")}
    header = {"kind": "data", "dataset": "digits", "num_modes": 0}
    (tmp_path / "judge").write_bytes(b"linear")
    files.save_arrays(tmp_path / "digits", arrays, header | {"band": table.DATASETS["digits"].band(16)})
    judge = LinearJudge(splits["judge"].images, splits["judge"].labels, features=32)
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture, device: judge)
    job = measuring(METRICS, grid=50, own=300)
    rows, pictures = control_stage.measure_controls(
        job, [inputs.read_real(tmp_path / "digits", tmp_path / "judge", JUDGE)]
    )
    assert rows.variant.unique().tolist() == list(CONTROLS)
    sweeps = ["controls", "controls+half_samples", "grid", "grid+half_samples"]  # the half has no 30 a class
    assert rows.sweep.unique().tolist() == sweeps
    first = rows[(rows.metric == "kernel_distance") & (rows.variant == "real") & (rows.seed == 0)]
    distance = first.set_index("sweep").value
    assert distance["grid"] < distance["controls"] - 0.03  # why: balanced sets of few images read lower
    check = controls.check(rows)
    expected = [name for name, metric in OF_SAMPLES.items() if metric.orders and not metric.known_modes]
    assert check.metric.unique().tolist() == expected
    refused = {metric for _, metric in controls.not_admitted(check)}
    assert {"within_class_dissimilarity", "vendi_score"} <= refused
    # A judge that is no more than principal components does not see every flaw; garbage it sees.
    assert not refused & {"judge_accuracy", "authenticity", "nearest_training_distance"}
    for metric in ("frechet_distance", "kernel_distance", "coverage"):
        for bad in ("repeated", "shuffled_blocks", "noise"):
            assert of(check[check.metric == metric], "real", bad), (metric, bad)
    assert pictures["grid"].shape == (10, 8, 1, 16, 16)
    assert [name for name in pictures if name != "grid"] == [f"control.{name}" for name in CONTROLS]
    assert all(pictures[f"control.{name}"].shape == (10, 1, 16, 16) for name in CONTROLS)


def test_controls_of_known_modes_are_covered_by_real_images_alone(bars: Bars) -> None:
    rows, _ = control_stage.measure_controls(measuring(["modes_covered", "judge_accuracy"]), [bars.real()])
    rows = rows[(rows.sweep == "controls") & (rows.seed == 0)]
    values = rows[rows.metric == "modes_covered"].set_index("variant").value
    assert values["real"] == values["training"] == MODES
    assert values["wrong_class"] == values["noise"] == 0
    assert values["shuffled_blocks"] < 1
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
    real, control = inputs.judged_training(bars.real()), opened(bars.data, "control")
    made = control_images.controls(real, control, control_images.surest(real), seed=0, number=7)
    assert {name: len(of()[0]) for name, of in made.items()} == dict.fromkeys(CONTROLS, 7)
    for name in ("real", "training", "surest"):
        assert np.bincount(made[name]()[1]).tolist() == [3, 2, 2]
    np.testing.assert_array_equal(made["real"]()[0], control.batch(np.arange(7)))  # its classes take turns
    rows, _ = control_stage.measure_controls(measuring(["recall"], **{"own": 9, "own+7_samples": 7, "all": 48}), [real])
    assert rows.sweep.unique().tolist() == [
        f"{name}{view}" for name in ("controls", "own", "own+7_samples") for view in ("", "+half_samples")
    ]


@pytest.mark.parametrize("number", [3, 9, 48, 300])
def test_as_many_of_each_class_are_the_first_of_each(number: int) -> None:
    labels = np.arange(60) % CLASSES
    expected = pictures.first_of_each(labels, number // CLASSES).ravel()
    np.testing.assert_array_equal(pictures.evenly(labels, number), expected)


def test_what_no_judge_has_a_say_in_is_measured_once(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of real images, in whatever halves, in one pass; the images that a judge is surest of are its own."""
    seen = []
    near = "nearest_training_distance"
    monkeypatch.setattr(memorisation, near, lambda **of: seen.append(len(of["generated"])) or 0.5)
    job, reals = measuring([near, "coverage"]), [bars.real(), bars.real(), bars.real()]
    rows, _ = control_stage.measure_controls(job, reals)
    assert seen == [48] * len(CONTROLS) + [24] * len(CONTROLS) + [48] * 2
    resplit = (len(CONTROLS) - 1) * (RESPLITS - 1)  # the others' rows, of coverage
    assert len(rows) == 2 * 4 * (len(CONTROLS) + RESPLITS - 1) + 4 * resplit
    seen.clear()
    rows, _, _ = bars.measure([near, "recall"], bars.chains(runs=("quality",)), real=reals)
    assert seen == [18, 9] * 2  # of two settings all samples, and half of them
    assert rows[rows.metric == near].value.tolist() == [0.5] * 8
    assert rows.sweep.unique().tolist() == ["own", "own+half_samples", "own+second_judge", "own+third_judge"]


def test_another_judge_is_asked_for_controls_only_of_what_claims_rest_on(bars: Bars) -> None:
    job = measuring(["judge_accuracy", "inception_score", "high_frequency_distance"])
    rows, _ = control_stage.measure_controls(job, [bars.real(), bars.real()])
    asked = rows[rows.judge != ""].groupby("sweep").metric.unique().map(set)
    assert asked["controls"] == {"judge_accuracy", "inception_score"}
    assert asked["controls+second_judge"] == {"judge_accuracy"}
    assert set(rows[rows.judge == ""].metric) == {"high_frequency_distance"}


def test_a_size_that_two_sweeps_have_is_measured_once(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(diversity, "recall", lambda **of: seen.append(len(of["generated"])) or 0.5)
    rows, _ = control_stage.measure_controls(measuring(["recall"], own=24, matched=24), [bars.real()])
    of_a_size = len(CONTROLS) * RESPLITS
    assert seen == [48] * of_a_size + [24] * of_a_size + [12] * of_a_size
    assert rows.groupby("sweep", sort=False).size().tolist() == [of_a_size] * 6


def test_metrics_of_chains_have_no_controls(bars: Bars) -> None:
    rows, _ = control_stage.measure_controls(measuring(METRICS), [bars.real()])
    assert set(rows.metric) == {name for name, metric in OF_SAMPLES.items() if metric.orders}


def test_real_images_whose_labels_are_another_class_are_found(bars: Bars) -> None:
    """The planted fault: a split with its labels permuted."""
    arrays, header = files.load_arrays(bars.data, "data")
    job = measuring(["judge_accuracy"])
    found = []
    for shift in (0, CLASSES - 1):  # the class after the last is the first: "wrong" is then right
        labels = (arrays["control.labels"] + shift) % CLASSES
        files.save_arrays(bars.data, arrays | {"control.labels": labels}, header)
        rows, _ = control_stage.measure_controls(job, [bars.real()])
        found.append(of(controls.check(rows), "real", "wrong_class"))
    assert found == [True, False]
