"""The metrics stage on small files: what is measured where, and what is dropped."""

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CURVES, METRICS_TABLE
from ppgn_bench.data import splits
from ppgn_bench.errors import UserError
from ppgn_bench.metrics import inputs, stage
from ppgn_bench.metrics.chains import EVERY, chains_in
from ppgn_bench.metrics.images import Images
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage import files
from tests.metrics.conftest import CLASSES, MODES, OF_SAMPLES, PER_CLASS, SIZE, Bars, bar_judge, chains_of, value

LABELS = range(CLASSES)
SIZES = ("judge_accuracy", "accuracy_at_half_size", "accuracy_at_quarter_size")
NAMES = {run: [name for name, metric in OF_SAMPLES.items() if metric.run == run] for run in PER_CLASS}


def whole(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of all samples."""
    return rows[rows.sweep == "own"]


def test_every_seed_and_setting_is_measured_on_its_own(bars: Bars) -> None:
    one, zero = bars.chains(seed=1), bars.chains(seed=0)
    rows, _, _ = bars.measure(METRICS, one, zero)
    assert list(rows.columns) == list(METRICS_TABLE)
    assert whole(rows).groupby(["seed", "epsilon_prior"]).size().to_list() == [len(OF_SAMPLES)] * 4
    assert rows.seed.is_monotonic_increasing
    assert value(rows, "judge_accuracy", setting=0) == 1 > value(rows, "judge_accuracy", setting=1)
    assert value(rows, "frechet_distance", setting=0) < value(rows, "frechet_distance", setting=1)
    alone = bars.measure(METRICS, zero)[0]
    pd.testing.assert_frame_equal(rows[rows.seed == 0].reset_index(drop=True), alone)


def test_of_a_file_of_chains_neither_images_nor_codes_are_read(bars: Bars) -> None:
    path = bars.chains(runs=("quality",))
    arrays, header = files.load_arrays(path, "chains")
    files.save_arrays(path, arrays | {"quality.codes": np.zeros((36, 9, 5), dtype=np.float32)}, header)
    found, of = chains_in(path)
    assert of == header
    assert found.keys() == arrays.keys()
    assert isinstance(found["quality.images"], Images)
    for name, array in arrays.items():
        np.testing.assert_array_equal(np.asarray(found[name]), array, err_msg=name)


@pytest.mark.parametrize(("metric", "kept"), [("r_hat", True), ("modes_per_chain", False)])
def test_features_of_every_draw_are_kept_where_a_metric_reads_them(
    bars: Bars, monkeypatch: pytest.MonkeyPatch, metric: str, kept: bool
) -> None:
    seen = []
    original = stage.judged_chains
    monkeypatch.setattr(stage, "judged_chains", lambda *given: seen.append(original(*given)) or seen[-1])
    bars.measure([metric], bars.chains(runs=("mixing",)))
    assert {EVERY in chains for chains in seen} == {kept}
    assert seen[0]["features"].shape == (CLASSES * PER_CLASS["mixing"], 6)


def test_half_the_samples_are_measured_beside_all(bars: Bars) -> None:
    """Three of six chains a class: as if a run had had no more."""
    path = bars.chains()
    rows, _, _ = bars.measure(METRICS, path)
    assert rows.sweep.unique().tolist() == ["own", "own+half_samples"]
    arrays, header = files.load_arrays(path, "chains")
    for run, per_class in (("quality", 3), ("mixing", 2)):
        labels, setting = arrays[f"{run}.targets"], arrays[f"{run}.setting"]
        first = [np.flatnonzero((labels == c) & (setting == s))[:per_class] for s in (0, 1) for c in range(CLASSES)]
        kept = np.sort(np.concatenate(first))
        for name in [name for name in arrays if name.startswith(run) and not name.endswith("steps")]:
            arrays[name] = arrays[name][kept]
    files.save_arrays(path, arrays, header)
    alone = whole(bars.measure(METRICS, path)[0])
    halves = rows[rows.sweep == "own+half_samples"]
    pd.testing.assert_series_equal(halves.value, alone.value, check_index=False)
    assert not np.allclose(halves.value, whole(rows).value, equal_nan=True)


def test_a_second_judge_measures_the_same_samples_its_own_way(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that sees double: features twice as far apart, and the same classes."""
    first, double = bars.real(), bar_judge()
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture, device: double)
    forward = double.forward
    monkeypatch.setattr(double, "forward", lambda images: (j := forward(images))._replace(features=2 * j.features))
    names = ["judge_accuracy", "frechet_distance", "within_class_dissimilarity"]
    rows, curves, _ = bars.measure(names, bars.chains(), real=[first, bars.real()])
    values = rows[rows.epsilon_prior == 0].pivot(index="metric", columns="sweep", values="value")
    accuracy, distance, dissimilarity = (values.loc[name] for name in names)
    assert distance["own+second_judge"] == pytest.approx(4 * distance["own"])
    assert accuracy["own+second_judge"] == accuracy["own"]
    assert dissimilarity["own+second_judge"] == dissimilarity["own"]
    assert curves.sweep.unique().tolist() == ["own"]


def test_samples_can_be_compared_with_the_training_images(bars: Bars) -> None:
    arrays, header = files.load_arrays(bars.data, "data")
    rows, _, _ = bars.measure(["frechet_distance"], bars.chains(), real=[bars.real("train")])
    for part in ("images", "labels"):
        arrays[f"reference.{part}"] = arrays[f"train.{part}"]
    files.save_arrays(bars.data, arrays, header)
    expected, _, _ = bars.measure(["frechet_distance"], bars.chains())
    pd.testing.assert_frame_equal(rows, expected)


def test_the_share_that_waits_falls_to_the_share_that_never_arrives(bars: Bars) -> None:
    path = bars.chains(runs=("quality",), diverged={"quality": {0: 5, 4: 60}})
    rows, curves, _ = bars.measure(["picture_censored", "steps_to_picture"], path)
    first = curves[(curves.curve == "to_picture") & (curves.epsilon_prior == 0)]
    waiting, steps = first.middle.to_numpy(), first.step.to_numpy()
    assert waiting[0] == 1
    assert (np.diff(waiting) <= 0).all()
    assert waiting[-1] == pytest.approx(value(rows, "picture_censored"))
    area = (waiting[:-1] * np.diff(steps)).sum()  # below the curve, a staircase: the restricted mean
    assert area == pytest.approx(value(rows, "steps_to_picture"))


def test_samples_as_good_as_real_images_cover_every_mode(bars: Bars) -> None:
    rows, _, _ = bars.measure(["modes_covered"], bars.chains())
    assert value(rows, "modes_covered", 0) == MODES > value(rows, "modes_covered", 1)


@pytest.mark.parametrize("run", PER_CLASS)
def test_only_metrics_of_the_runs_that_there_are_are_measured(bars: Bars, run: str) -> None:
    rows, curves, pictures = bars.measure(METRICS, bars.chains(runs=(run,)))
    assert rows.metric.unique().tolist() == NAMES[run]
    assert curves.run.unique().tolist() == [run]
    assert {name.split(".")[0] for name in pictures} == {run}


def test_a_file_of_both_runs_measures_what_each_alone_measures(bars: Bars) -> None:
    def measured(*runs: str) -> list[pd.DataFrame]:
        rows, curves, _ = bars.measure(METRICS, bars.chains(runs=runs))
        return [table.sort_values(list(table.columns), ignore_index=True) for table in (rows, curves)]

    alone = zip(measured("quality"), measured("mixing"), strict=True)
    for both, parts in zip(measured("quality", "mixing"), alone, strict=True):
        expected = pd.concat(parts).sort_values(list(both.columns), ignore_index=True)
        pd.testing.assert_frame_equal(both, expected)


def test_metrics_that_no_run_has_leave_a_table_without_rows(bars: Bars) -> None:
    rows, curves, _ = bars.measure(["r_hat"], bars.chains(runs=("quality",)))
    assert list(rows.columns) == list(METRICS_TABLE)
    assert rows.empty
    assert not curves.empty


def test_metrics_of_modes_are_left_out_where_no_modes_are_known(bars: Bars) -> None:
    arrays, header = files.load_arrays(bars.data, "data")
    files.save_arrays(bars.data, arrays, header | {"num_modes": 0})
    rows, _, _ = bars.measure(METRICS, bars.chains())
    assert set(OF_SAMPLES) - set(rows.metric) == {"modes_covered", "modes_per_chain"}


def test_curves_hold_quantiles_of_every_step_and_of_every_draw(bars: Bars) -> None:
    _, curves, _ = bars.measure(["judge_accuracy"], bars.chains())
    assert list(curves.columns) == list(CURVES)
    chosen = curves[(curves.epsilon_prior == 0) & (curves.run == "quality")]
    p, distance = chosen[chosen.curve == "p_condition"], chosen[chosen.curve == "distance"]
    assert p.step.to_list() == list(range(81))
    assert p.middle.iloc[[0, -1]].to_numpy() == pytest.approx(np.exp([-4, -0.01]))
    assert distance.step.to_list() == list(range(0, 90, 10))
    assert (distance.low < distance.high).all()
    assert distance.high.iloc[-1] < distance.low.iloc[0]


@pytest.mark.parametrize("fact", ["dataset", "sweep", "variant"])
def test_chains_that_do_not_belong_together_are_refused(bars: Bars, fact: str) -> None:
    written = [bars.chains(seed=0), bars.chains(seed=1, **{fact: "another"})]
    with pytest.raises(UserError, match=r"seed_1.*'another'"):
        bars.measure(["recall"], *written)


def test_reduced_and_enlarged_samples_are_judged_as_such_images_are(bars: Bars) -> None:
    """Bars two pixels wide: at a quarter of the side two of three classes lie in one pixel."""
    rows, _, _ = bars.measure(METRICS, bars.chains(runs=("quality",)))
    whole_, half, quarter = (value(rows, name) for name in SIZES)
    assert whole_ == half == 1 > quarter
    real = bars.real()
    images = chains_of(0, PER_CLASS["quality"], {})["images"][:18, -1]
    found = inputs.judged_smaller(images, real)
    for name, side in {"half_size_logits": SIZE // 2, "quarter_size_logits": SIZE // 4}.items():
        again = splits.resized(splits.resized(images, side), SIZE)
        np.testing.assert_allclose(found[name], inputs.judged(real.judge, [again], 18)["logits"])


def test_every_value_that_hangs_on_a_judge_has_its_hash(bars: Bars) -> None:
    rows, _, _ = bars.measure(METRICS, bars.chains())
    digest = files.digest(bars.folder / "judge")
    assert len(digest) == 12
    for name, of_metric in rows.groupby("metric"):
        assert set(of_metric.judge) == {digest if METRICS[name].asks_judge else ""}, name
    assert {name for name, metric in OF_SAMPLES.items() if not metric.asks_judge} == {
        "high_frequency_distance", "nearest_training_distance", "within_class_dissimilarity", "steps_to_confidence",
        "confidence_censored", "confident_share", "diverged_share", "mixing_diverged_share", "steering_probability",
        "total_variation_distance",
    }  # fmt: skip
