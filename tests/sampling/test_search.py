"""The search tries the same points for every sampler, its rule chooses one, and the samplers have what it chose."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import TERMS
from ppgn_bench.config.load import load_experiment, read
from ppgn_bench.config.sections import Box, Run, Sweep
from ppgn_bench.sampling import search
from ppgn_bench.sampling.search import chosen, points
from ppgn_bench.sampling.variants import VARIANTS, epsilons
from tests.conftest import ROOT

TRIALS = ROOT / "docs" / "search.csv"
SETTING = ["epsilon_prior", "epsilon_condition", "epsilon_noise"]


def rows(variant: str, prior: float, accuracy: tuple[float, ...], distance: tuple[float, ...]) -> list[tuple]:
    key = ("digits", "codes", variant)
    return [
        (*key, 100 + seed, prior, 1.0, 0.1, metric, value)
        for metric, values in {"judge_accuracy": accuracy, "frechet_distance": distance}.items()
        for seed, value in enumerate(values)
    ]


def table(*parts: list[tuple]) -> pd.DataFrame:
    columns = ["dataset", "sweep", "variant", "seed", *SETTING, "metric", "value"]
    return pd.DataFrame([row for part in parts for row in part], columns=columns)


def test_each_dimension_has_one_point_in_each_of_its_equal_parts() -> None:
    result = np.array(points(16, [(0.01, 1.0), (0.1, 10.0), (0.5, 8.0)]))
    assert result.shape == (16, 3)
    unit = np.log(result / [0.01, 0.1, 0.5]) / np.log([100, 100, 16])
    for column in unit.T:
        np.testing.assert_array_equal(np.sort(np.floor(16 * column)), np.arange(16))
    assert abs(np.corrcoef(unit.T) - np.eye(3)).max() < 0.2


def test_points_are_the_same_everywhere_and_have_three_digits() -> None:
    first, second, *_ = points(16, [(0.01, 1.0), (0.1, 10.0), (0.01, 1.0)])
    assert first == (0.0115, 0.115, 0.0115)  # stored: Sobol's first point, (0, 0, 0), in the middle of its part
    assert second == (0.115, 1.15, 0.115)


def test_a_sampler_without_a_term_stays_without_it_in_a_box() -> None:
    box = Box(points=4, prior=(0.1, 1), condition=(0.1, 1), noise=(0.1, 1))
    sweep = Sweep(quality=Run(chains_per_target=1, steps=10), box=box)
    settings = sweep.settings(epsilons(condition=1))
    assert [(s["prior"], s["noise"]) for s in settings] == [(0, 0)] * 4
    assert len({s["condition"] for s in settings}) == 4


def test_the_rule_takes_the_lowest_distance_of_those_that_steer() -> None:
    metrics = table(
        rows("joint_ppgn_h", 0.1, (0.7, 0.85), (1.0, 1.0)),  # steers too little
        rows("joint_ppgn_h", 0.2, (0.8, 0.8), (4.0, 9.0)),  # geometric mean 6, arithmetic 6.5
        rows("joint_ppgn_h", 0.3, (0.9, 0.9), (6.2, 6.2)),
    )
    trials = chosen(metrics)
    assert trials.loc[trials.chosen, "epsilon_prior"].tolist() == [0.2]
    assert trials.loc[trials.chosen, "frechet_distance"].tolist() == [pytest.approx(6.0)]


def test_where_none_steers_the_rule_takes_the_one_that_steers_most() -> None:
    metrics = table(
        rows("am", 0.1, (0.3, 0.3), (1.0, 1.0)),
        rows("am", 0.2, (0.5, 0.6), (9.0, 9.0)),
        rows("ppgn_x", 0.2, (0.9, 0.9), (5.0, 5.0)),
    )
    trials = chosen(metrics).set_index("variant")
    assert trials.loc[trials.chosen, "epsilon_prior"].to_dict() == {"am": 0.2, "ppgn_x": 0.2}


def test_controls_and_other_metrics_are_no_trials() -> None:
    metrics = table(rows("am", 0.1, (0.9,), (1.0,)), rows("real", np.nan, (1.0,), (0.1,)))
    assert chosen(metrics).variant.tolist() == ["am"]


def test_the_samplers_have_the_epsilons_that_the_rule_chooses_from_the_committed_trials() -> None:
    trials = pd.read_csv(TRIALS)
    kept = trials[trials.judge_accuracy >= search.LEAST_ACCURACY]
    best = kept.loc[kept.groupby("variant").frechet_distance.idxmin()]
    assert best.chosen.all()
    assert trials.chosen.sum() == len(best) == trials.variant.nunique() == 10
    for row in best.to_dict("records"):
        assert {term: row[f"epsilon_{term}"] for term in TERMS} == VARIANTS[row["variant"]].epsilon
    noiseless, control = VARIANTS["noiseless_joint_ppgn_h"].epsilon, VARIANTS["dgn_am_noise"].epsilon
    assert control == {**noiseless, "prior": 0}


def test_the_committed_trials_are_those_of_our_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path("config/search.yaml")))
    trials = pd.read_csv(TRIALS)
    for name, sweep in experiment.sweeps.items():
        for variant in experiment.sweep_variants(name):
            tried = trials.loc[trials.variant == variant, SETTING].sort_values(SETTING).to_numpy()
            stated = [list(s.values()) for s in sweep.settings(VARIANTS[variant].epsilon)]
            np.testing.assert_array_equal(tried, sorted(stated))
            assert len(stated) == 16
    assert set(trials.variant) == set(experiment.variants)


def test_the_search_has_seeds_and_real_images_that_no_verdict_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    search = load_experiment(read(Path("config/search.yaml")))
    assert search.datasets["digits"].seeds == (100, 101)
    assert search.real == "train"
    for name in ("config", "ablations", "full"):
        other = load_experiment(read(Path(f"config/{name}.yaml")))
        assert other.real == "reference"
        assert not any({100, 101} & set(entry.seeds) for entry in other.datasets.values())
