"""The metrics stage on small files: what is measured where, what is dropped, what is drawn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CURVES, METRICS_TABLE
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Run, Sampling
from ppgn_bench.metrics import inputs, stage
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.sampling.variants import VARIANTS, Update, epsilons
from ppgn_bench.storage import files
from tests.configs import JUDGE, measuring
from tests.statistics.bars import CLASSES, MODES, SIZE, bar_judge, drawn, save_bars

PER_CLASS = {"quality": 6, "mixing": 4}
AM = VARIANTS["am"]
SETTINGS = tuple(dict(epsilons(prior=prior, condition=0.5, noise=0.1)) for prior in (0.0, 0.1))
QUALITY = [name for name, metric in METRICS.items() if metric.run == "quality"]
MIXING = [name for name, metric in METRICS.items() if metric.run == "mixing"]
FILE = Path("judge")
Writer = Callable[..., Path]


@pytest.fixture(autouse=True)
def judge(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = bar_judge()
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture: linear)


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    return save_bars(tmp_path / "data")


def chains_of(seed: int, per_class: int, diverged: dict[int, int]) -> dict[str, np.ndarray]:
    """Chains of two settings: one goes from noise to real images, in the other noise stays."""
    rng = np.random.default_rng(seed)
    count, draws = CLASSES * per_class, 9
    images, labels, _ = drawn(count, seed=20 + seed)
    noise = rng.integers(0, 256, (2 * count, draws, 1, SIZE, SIZE))
    share = np.minimum(np.arange(draws) / 3, 1)[:, None, None, None]
    noise[:count] = (1 - share) * noise[:count] + share * images[:, None]
    ends = np.full(2 * count, -1)
    for chain, step in diverged.items():
        ends[chain] = step
    return {
        "images": noise.astype(np.uint8),
        "log_prob": np.linspace(-4, -0.01, 81)[None].repeat(2 * count, 0).astype(np.float32),
        "labels": np.tile(labels, 2),
        "setting": np.repeat([0, 1], count),
        "diverged": ends,
        "steps": np.arange(0, 90, 10),
    }


@pytest.fixture
def write_chains(tmp_path: Path) -> Writer:
    """Write a file of chains: both runs unless told otherwise; diverged: run -> chain -> step."""

    def write(
        seed: int = 0,
        runs: tuple[str, ...] = ("quality", "mixing"),
        diverged: dict[str, dict[int, int]] | None = None,
        select: float | None = None,
        **changes: str,
    ) -> Path:
        arrays = {}
        for run in runs:
            own = chains_of(seed, PER_CLASS[run], (diverged or {}).get(run, {}))
            arrays |= {f"{run}.{name}": array for name, array in own.items()}
        job = Sampling(
            seed=seed, space="image", prior=AM.prior, view=AM.view, bounds=None, update=Update(select=select),
            networks={},
            settings=SETTINGS, chunk_size=100, state_shape=(1, SIZE, SIZE), device="cpu",
            runs={run: Run(chains_per_class=PER_CLASS[run], steps=80, keep_every=10) for run in runs},
            **{"dataset": "bars", "sweep": "own", "variant": "am"} | changes,
        )  # fmt: skip
        path = tmp_path / f"seed_{seed}"
        files.save_arrays(path, arrays, {"kind": "chains", "job": job.model_dump(mode="json")})
        return path

    return write


def real_of(data_file: Path) -> list[inputs.Real]:
    return [inputs.read_real(data_file, FILE, JUDGE)]


def whole(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of all samples."""
    return rows[rows.sweep == "own"]


def value(rows: pd.DataFrame, metric: str, setting: int = 0) -> float:
    chosen = rows[(rows.metric == metric) & (rows.epsilon_prior == SETTINGS[setting]["prior"])]
    return float(chosen.value.iloc[0])


def test_every_seed_and_setting_is_measured_on_its_own(data_file: Path, write_chains: Writer) -> None:
    written = [write_chains(seed=1), write_chains(seed=0)]
    rows, _, _ = stage.measure(measuring(METRICS), written, real_of(data_file))
    assert list(rows.columns) == list(METRICS_TABLE)
    assert whole(rows).groupby(["seed", "epsilon_prior"]).size().to_list() == [len(METRICS)] * 4
    assert rows.seed.is_monotonic_increasing
    assert value(rows, "judge_accuracy", setting=0) == 1 > value(rows, "judge_accuracy", setting=1)
    assert value(rows, "frechet_distance", setting=0) < value(rows, "frechet_distance", setting=1)
    alone = stage.measure(measuring(METRICS), written[1:], real_of(data_file))[0]
    pd.testing.assert_frame_equal(rows[rows.seed == 0].reset_index(drop=True), alone)


def test_half_the_samples_are_measured_beside_all(data_file: Path, write_chains: Writer) -> None:
    """Three of six chains a class: as if a run had had no more."""
    path = write_chains()
    rows, _, _ = stage.measure(measuring(METRICS), [path], real_of(data_file))
    assert rows.sweep.unique().tolist() == ["own", "own+half_samples"]
    arrays, header = files.load_arrays(path, "chains")
    for run, per_class in (("quality", 3), ("mixing", 2)):
        labels, setting = arrays[f"{run}.labels"], arrays[f"{run}.setting"]
        first = [np.flatnonzero((labels == c) & (setting == s))[:per_class] for s in (0, 1) for c in range(CLASSES)]
        kept = np.sort(np.concatenate(first))
        for name in [name for name in arrays if name.startswith(run) and not name.endswith("steps")]:
            arrays[name] = arrays[name][kept]
    files.save_arrays(path, arrays, header)
    alone = whole(stage.measure(measuring(METRICS), [path], real_of(data_file))[0])
    halves = rows[rows.sweep == "own+half_samples"]
    pd.testing.assert_series_equal(halves.value, alone.value, check_index=False)
    assert not np.allclose(halves.value, whole(rows).value, equal_nan=True)


def test_a_second_judge_measures_the_same_samples_its_own_way(
    data_file: Path, write_chains: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that sees double: features twice as far apart, and the same classes."""
    first = real_of(data_file)[0]
    double = bar_judge()
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture: double)
    forward = double.forward
    monkeypatch.setattr(double, "forward", lambda images: (j := forward(images))._replace(features=2 * j.features))
    names = ["judge_accuracy", "frechet_distance", "within_class_dissimilarity"]
    rows, curves, _ = stage.measure(measuring(names), [write_chains()], [first, *real_of(data_file)])
    values = rows[rows.epsilon_prior == 0].pivot(index="metric", columns="sweep", values="value")
    accuracy, distance, dissimilarity = (values.loc[name] for name in names)
    assert distance["own+second_judge"] == pytest.approx(4 * distance["own"])
    assert accuracy["own+second_judge"] == accuracy["own"]
    assert dissimilarity["own+second_judge"] == dissimilarity["own"]
    assert curves.sweep.unique().tolist() == ["own"]


def test_samples_can_be_held_against_the_training_images(data_file: Path, write_chains: Writer) -> None:
    arrays, header = files.load_arrays(data_file, "data")
    train = inputs.read_real(data_file, FILE, JUDGE, "train")
    rows, _, _ = stage.measure(measuring(["frechet_distance"]), [write_chains()], [train])
    for part in ("images", "labels"):
        arrays[f"reference.{part}"] = arrays[f"train.{part}"]
    files.save_arrays(data_file, arrays, header)
    expected, _, _ = stage.measure(measuring(["frechet_distance"]), [write_chains()], real_of(data_file))
    pd.testing.assert_frame_equal(rows, expected)


def test_the_share_that_waits_falls_to_the_share_that_never_arrives(data_file: Path, write_chains: Writer) -> None:
    path = write_chains(runs=("quality",), diverged={"quality": {0: 5, 4: 60}})
    rows, curves, _ = stage.measure(measuring(["picture_censored", "steps_to_picture"]), [path], real_of(data_file))
    first = curves[(curves.curve == "to_picture") & (curves.epsilon_prior == 0)]
    waiting, steps = first.middle.to_numpy(), first.step.to_numpy()
    assert waiting[0] == 1
    assert (np.diff(waiting) <= 0).all()
    assert waiting[-1] == pytest.approx(value(rows, "picture_censored"))
    area = (waiting[:-1] * np.diff(steps)).sum()  # below the curve, a staircase: the restricted mean
    assert area == pytest.approx(value(rows, "steps_to_picture"))


def test_samples_as_good_as_real_images_cover_every_mode(data_file: Path, write_chains: Writer) -> None:
    rows, _, _ = stage.measure(measuring(["modes_covered"]), [write_chains()], real_of(data_file))
    assert value(rows, "modes_covered", 0) == MODES > value(rows, "modes_covered", 1)


@pytest.mark.parametrize(("run", "expected"), [("quality", QUALITY), ("mixing", MIXING)])
def test_only_metrics_of_the_runs_that_there_are_are_measured(
    data_file: Path, write_chains: Writer, run: str, expected: list[str]
) -> None:
    rows, curves, pictures = stage.measure(measuring(METRICS), [write_chains(runs=(run,))], real_of(data_file))
    assert rows.metric.unique().tolist() == expected
    assert curves.run.unique().tolist() == [run]
    assert {name.split(".")[0] for name in pictures} == {run}


def test_a_file_of_both_runs_measures_what_each_alone_measures(data_file: Path, write_chains: Writer) -> None:
    def measured(*runs: str) -> list[pd.DataFrame]:
        rows, curves, _ = stage.measure(measuring(METRICS), [write_chains(runs=runs)], real_of(data_file))
        return [table.sort_values(list(table.columns), ignore_index=True) for table in (rows, curves)]

    alone = zip(measured("quality"), measured("mixing"), strict=True)
    for both, parts in zip(measured("quality", "mixing"), alone, strict=True):
        expected = pd.concat(parts).sort_values(list(both.columns), ignore_index=True)
        pd.testing.assert_frame_equal(both, expected)


def test_metrics_that_no_run_has_leave_a_table_without_rows(data_file: Path, write_chains: Writer) -> None:
    rows, curves, _ = stage.measure(measuring(["r_hat"]), [write_chains(runs=("quality",))], real_of(data_file))
    assert list(rows.columns) == list(METRICS_TABLE)
    assert rows.empty
    assert not curves.empty


def test_metrics_of_modes_are_left_out_where_no_modes_are_known(data_file: Path, write_chains: Writer) -> None:
    arrays, header = files.load_arrays(data_file, "data")
    files.save_arrays(data_file, arrays, header | {"num_modes": 0})
    rows, _, _ = stage.measure(measuring(METRICS), [write_chains()], real_of(data_file))
    assert set(METRICS) - set(rows.metric) == {"modes_covered", "modes_per_chain"}


def test_a_diverged_chain_is_counted_and_censored_and_kept_out_of_the_sample(
    data_file: Path, write_chains: Writer
) -> None:
    path = write_chains(diverged={"quality": {0: 5, 4: 60}})
    rows, _, _ = stage.measure(measuring(METRICS), [path], real_of(data_file))
    assert value(rows, "diverged_share") == pytest.approx(2 / 18)
    assert value(rows, "picture_censored") == pytest.approx(2 / 18)
    assert value(rows, "confidence_censored") == pytest.approx(2 / 18)
    assert value(rows, "mixing_diverged_share") == 0
    real = inputs.read_real(data_file, FILE, JUDGE)
    chains = chains_of(0, PER_CLASS["quality"], {0: 5, 4: 60})
    arrays = inputs.chain_arrays({k: v if k == "steps" else v[:18] for k, v in chains.items()}, real)
    assert np.bincount(arrays["sample.labels"]).tolist() == [5, 5, 6]
    assert np.bincount(arrays["matched.labels"]).tolist() == [5, 5, 6]
    assert np.isnan(arrays["chain.features"][4, 6:]).all()
    assert np.isfinite(arrays["chain.features"][4, :6]).all()


def test_a_selection_keeps_final_draws_above_its_threshold_out_of_all_chains(
    data_file: Path, write_chains: Writer
) -> None:
    """Every chain of class 0, and none of the others, ends at p_C > 0.98."""
    path = write_chains(runs=("quality",))
    arrays, header = files.load_arrays(path, "chains")
    arrays["quality.log_prob"][:, -1] = np.where(arrays["quality.labels"] == 0, np.log(0.985), np.log(0.975))
    real = inputs.read_real(data_file, FILE, JUDGE)
    chosen = {k.removeprefix("quality."): v if k.endswith("steps") else v[:18] for k, v in arrays.items()}
    every, kept = (inputs.chain_arrays(chosen, real, select) for select in (None, 0.98))
    assert np.bincount(every["sample.labels"]).tolist() == [6, 6, 6]
    assert np.bincount(kept["sample.labels"]).tolist() == np.bincount(kept["matched.labels"]).tolist() == [6]
    np.testing.assert_array_equal(kept["sample.images"], every["sample.images"][every["sample.labels"] == 0])
    np.testing.assert_array_equal(kept["chain.features"], every["chain.features"])
    files.save_arrays(path, arrays, header)
    rows, _, _ = stage.measure(measuring(["confident_share"]), [path], real_of(data_file))
    assert value(rows, "confident_share") == pytest.approx(1 / 3)


def test_a_selection_that_keeps_nothing_leaves_missing_values(data_file: Path, write_chains: Writer) -> None:
    path = write_chains(runs=("quality",), select=0.995)
    rows, _, _ = stage.measure(measuring(["judge_accuracy", "recall", "diverged_share"]), [path], real_of(data_file))
    assert np.isnan([value(rows, name) for name in ("judge_accuracy", "recall")]).all()
    assert value(rows, "diverged_share") == 0


@pytest.mark.parametrize("run", ["quality", "mixing"])
def test_chains_that_all_diverge_leave_missing_values_and_full_shares(
    data_file: Path, write_chains: Writer, run: str
) -> None:
    path = write_chains(diverged={run: dict.fromkeys(range(2 * CLASSES * PER_CLASS[run]), 0)})
    names = [name for name, metric in METRICS.items() if metric.run == run]
    rows, curves, _ = stage.measure(measuring(names), [path], real_of(data_file))
    present = rows.dropna(subset="value").groupby("metric").value.first().to_dict()
    if run == "quality":
        shares = ("diverged_share", "picture_censored", "confidence_censored")
        times = {"steps_to_picture": 80, "steps_to_confidence": 80}
        assert present == dict.fromkeys(shares, 1.0) | times | {"confident_share": 0.0}
    else:
        assert present == {"mixing_diverged_share": 1.0, "modes_per_chain": 0.0}
    waits = curves.curve.isin(["to_picture", "to_confidence"])
    assert (curves.middle.isna() == ((curves.run == run) & ~waits)).all()
    assert (curves.middle[waits & (curves.run == run)] == 1).all()


def test_curves_hold_quantiles_of_every_step_and_of_every_draw(data_file: Path, write_chains: Writer) -> None:
    _, curves, _ = stage.measure(measuring(["judge_accuracy"]), [write_chains()], real_of(data_file))
    assert list(curves.columns) == list(CURVES)
    chosen = curves[(curves.epsilon_prior == 0) & (curves.run == "quality")]
    p, distance = chosen[chosen.curve == "p_condition"], chosen[chosen.curve == "distance"]
    assert p.step.to_list() == list(range(81))
    assert p.middle.iloc[[0, -1]].to_numpy() == pytest.approx(np.exp([-4, -0.01]))
    assert distance.step.to_list() == list(range(0, 90, 10))
    assert (distance.low < distance.high).all()
    assert distance.high.iloc[-1] < distance.low.iloc[0]


def test_pictures_are_the_first_chains_of_each_run_of_the_first_seed(data_file: Path, write_chains: Writer) -> None:
    written = [write_chains(seed=1), write_chains(seed=0)]
    _, _, pictures = stage.measure(measuring(["judge_accuracy"]), written, real_of(data_file))
    names = ("grid", "best", "worst", "strip", "strip_steps", "strip_labels")
    expected = [f"{run}.{name}" for run in PER_CLASS for name in names]
    assert sorted(pictures) == sorted([*expected, "quality.cells", "quality.cells_settings"])
    chains, _ = files.load_arrays(written[1], "chains")
    for run, per_class in PER_CLASS.items():
        images = chains[f"{run}.images"]
        assert pictures[f"{run}.grid"].shape == (CLASSES, per_class, 1, SIZE, SIZE)
        np.testing.assert_array_equal(pictures[f"{run}.grid"][1, 2], images[1 + 2 * CLASSES, -1])
        np.testing.assert_array_equal(pictures[f"{run}.strip"][0], images[0])
        assert pictures[f"{run}.strip_labels"].tolist() == [0]  # of the classes 0, 3 and 8 this set has one
        assert pictures[f"{run}.strip_steps"].tolist() == list(range(0, 90, 10))


def test_the_best_and_the_worst_of_each_class_are_those_the_judge_finds_near_and_far(
    data_file: Path, write_chains: Writer
) -> None:
    """Chain 5 draws noise in the end, and chain 7 has diverged: each is the worst of its class."""
    path = write_chains(runs=("quality",), diverged={"quality": {7: 80}})
    arrays, header = files.load_arrays(path, "chains")
    arrays["quality.images"][5, -1] = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE))
    files.save_arrays(path, arrays, header)
    _, _, pictures = stage.measure(measuring(["judge_accuracy"]), [path], real_of(data_file))
    images, labels = arrays["quality.images"], arrays["quality.labels"]
    np.testing.assert_array_equal(pictures["quality.worst"][labels[5]], images[5, -1])
    np.testing.assert_array_equal(pictures["quality.worst"][labels[7]], images[7, -1])
    assert not any(np.array_equal(pictures["quality.best"][labels[chain]], images[chain, -1]) for chain in (5, 7))


def test_a_final_draw_of_every_setting_is_kept_with_its_epsilons(data_file: Path, write_chains: Writer) -> None:
    path = write_chains()
    arrays, _ = files.load_arrays(path, "chains")
    _, _, pictures = stage.measure(measuring(["judge_accuracy"]), [path], real_of(data_file))
    assert pictures["quality.cells_settings"].tolist() == [list(setting.values()) for setting in SETTINGS]
    assert pictures["quality.cells"].shape == (2, CLASSES, 1, SIZE, SIZE)
    second = np.flatnonzero((arrays["quality.setting"] == 1) & (arrays["quality.labels"] == 2))[0]
    np.testing.assert_array_equal(pictures["quality.cells"][1, 2], arrays["quality.images"][second, -1])


@pytest.mark.parametrize("fact", ["dataset", "sweep", "variant"])
def test_chains_that_do_not_belong_together_are_refused(data_file: Path, write_chains: Writer, fact: str) -> None:
    files = [write_chains(seed=0), write_chains(seed=1, **{fact: "another"})]
    with pytest.raises(UserError, match=r"seed_1.*'another'"):
        stage.measure(measuring(["recall"]), files, real_of(data_file))
