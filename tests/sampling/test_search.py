"""The search tries the same points for every sampler, its rule chooses one, and the samplers have what it chose."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import SEARCHED
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.config.sections import Box, Run, Sweep
from ppgn_bench.errors import UserError
from ppgn_bench.sampling.search import LEAST_ACCURACY, MOST_WAITING, WITHIN, chosen, points
from ppgn_bench.sampling.variants import VARIANTS, epsilons
from tests.conftest import ROOT

TRIALS = ROOT / "docs" / "search.csv"
SETTING = ["epsilon_prior", "epsilon_condition", "epsilon_noise"]


def rows(
    variant: str,
    prior: float,
    accuracy: tuple[float, ...],
    distance: tuple[float, ...],
    *,
    second: float = 1.0,
    octaves: float = 0.0,
    waiting: float = 0.0,
) -> list[tuple]:
    """A trial on some seeds; second: FD by the second judge; waiting: the share of chains without a picture."""
    measured = {
        ("codes", "judge_accuracy"): accuracy,
        ("codes", "frechet_distance"): distance,
        ("codes+second_judge", "frechet_distance"): [second] * len(distance),
        ("codes+second_judge", "judge_accuracy"): [0.0] * len(distance),
        ("codes+half_samples", "frechet_distance"): [1e-9] * len(distance),
        ("codes", "high_frequency_distance"): [octaves] * len(distance),
        ("codes", "picture_censored"): [waiting] * len(distance),
    }
    return [
        ("digits", sweep, variant, 100 + seed, prior, 1.0, 0.1, metric, value)
        for (sweep, metric), values in measured.items()
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
    assert trials.loc[trials.chosen, "score"].tolist() == [pytest.approx(np.log2(6) / 2)]


def test_the_second_judge_and_the_highest_octave_have_a_say_in_the_rule() -> None:
    """What the first version chose: a checkerboard that the judge does not see."""
    metrics = table(
        rows("am_tv", 0.1, (0.9, 0.9), (4.0, 4.0), octaves=3.0),
        rows("am_tv", 0.2, (0.9, 0.9), (4.0, 4.0), second=64.0),
        rows("am_tv", 0.3, (0.9, 0.9), (8.0, 8.0), second=4.0),  # 2.5 octaves; the others have 4 and 4
    )
    trials = chosen(metrics)
    assert trials.score.tolist() == pytest.approx([4, 4, 2.5])
    assert trials.loc[trials.chosen, "epsilon_prior"].tolist() == [0.3]


def test_a_trial_whose_chains_have_no_picture_is_chosen_only_where_none_has_one() -> None:
    late = rows("ppgn_h", 0.1, (0.9, 0.9), (1.0, 1.0), waiting=0.11)
    there = rows("ppgn_h", 0.2, (0.9, 0.9), (9.0, 9.0), waiting=0.1)
    for parts, expected in (((late, there), 0.2), ((late,), 0.1)):
        trials = chosen(table(*parts))
        assert trials.loc[trials.chosen, "epsilon_prior"].tolist() == [expected]


def test_where_too_few_chains_arrive_those_with_about_the_fewest_waiting_are_compared() -> None:
    """Noise makes up for a generator's blur in the highest octave: what never looks real has the lowest score."""
    noise = rows("joint_ppgn_h", 0.1, (0.9, 0.9), (1.0, 1.0), waiting=0.9)
    fewest = rows("joint_ppgn_h", 0.2, (0.9, 0.9), (9.0, 9.0), waiting=0.3)
    near = rows("joint_ppgn_h", 0.3, (0.9, 0.9), (4.0, 4.0), waiting=0.39)
    wrong = rows("joint_ppgn_h", 0.4, (0.7, 0.7), (4.0, 4.0), waiting=0.0)
    for parts, expected in (((noise, fewest, near, wrong), 0.3), ((noise, fewest, wrong), 0.2)):
        trials = chosen(table(*parts))
        assert trials.loc[trials.chosen, "epsilon_prior"].tolist() == [expected]


def test_where_none_steers_those_that_steer_about_the_most_are_compared() -> None:
    metrics = table(
        rows("am", 0.1, (0.3, 0.3), (1.0, 1.0)),
        rows("am", 0.2, (0.5, 0.6), (9.0, 9.0), octaves=4.0),  # steers most, with a checkerboard
        rows("am", 0.3, (0.5, 0.45), (9.0, 9.0)),
        rows("ppgn_x", 0.2, (0.9, 0.9), (5.0, 5.0)),
    )
    trials = chosen(metrics).set_index("variant")
    assert trials.loc[trials.chosen, "epsilon_prior"].to_dict() == {"am": 0.3, "ppgn_x": 0.2}


def test_controls_and_other_metrics_are_no_trials() -> None:
    metrics = table(rows("am", 0.1, (0.9,), (1.0,)), rows("real", np.nan, (1.0,), (0.1,)))
    assert chosen(metrics).variant.tolist() == ["am"]


def test_a_trial_that_was_not_measured_in_full_is_passed_over() -> None:
    """As one all of whose chains diverged."""
    broken = rows("am", 0.1, (0.9, 0.9), (np.nan, np.nan))
    trials = chosen(table(broken, rows("am", 0.2, (0.9, 0.9), (5.0, 5.0))))
    assert trials.loc[trials.chosen, "epsilon_prior"].tolist() == [0.2]
    half = rows("am", 0.1, (np.nan, 0.95), (np.nan, 1.0))  # of one seed of two
    trials = chosen(table(half, rows("am", 0.2, (0.9, 0.9), (5.0, 5.0))))
    assert trials.loc[trials.chosen, "epsilon_prior"].tolist() == [0.2]
    with pytest.raises(UserError, match=r"am on digits: no trial has all .*; missing: frechet_distance$"):
        chosen(table(broken))


def test_tables_that_are_no_search_are_refused_with_what_they_lack() -> None:
    whole = table(rows("am", 0.1, (0.9,), (1.0,)))
    with pytest.raises(UserError, match=r"missing: picture_censored$"):
        chosen(whole[whole.metric != "picture_censored"])
    with pytest.raises(UserError, match="no trial of a search"):
        chosen(whole[:0])


def own_epsilons(variant: str, dataset: str) -> dict[str, float]:
    entry = VARIANTS[variant]
    own = entry.searched.get(dataset, entry.epsilon)
    assert own["context"] == 0
    return {term: own[term] for term in SEARCHED}


def test_the_samplers_have_the_epsilons_that_the_rule_chooses_from_the_committed_trials() -> None:
    """The rule again, in other words; a data set without a search has those of mnist."""
    trials = pd.read_csv(TRIALS)
    for (dataset, variant), own in trials.groupby(["dataset", "variant"]):
        (best,) = own[own.chosen].to_dict("records")
        most = own.judge_accuracy.max()
        steers = LEAST_ACCURACY if most >= LEAST_ACCURACY else most - WITHIN
        steering = own[own.judge_accuracy >= steers]
        fewest = steering.picture_censored.min()
        compared = steering[steering.picture_censored <= (MOST_WAITING if fewest <= MOST_WAITING else fewest + WITHIN)]
        assert best["score"] == compared.score.min()
        assert {term: best[f"epsilon_{term}"] for term in SEARCHED} == own_epsilons(variant, dataset)
        if dataset == "mnist":
            assert own_epsilons(variant, "digits") == own_epsilons(variant, dataset)
    assert set(trials.dataset) == {"mnist", "shapes"}


def test_the_committed_trials_are_those_of_our_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path("config/search.yaml")))
    trials = pd.read_csv(TRIALS)
    for name, dataset in itertools.product(experiment.sweeps, experiment.datasets):
        for variant in experiment.sweep_variants(name):
            own = trials[(trials.variant == variant) & (trials.dataset == dataset)]
            stated = [[s[term] for term in SEARCHED] for s in experiment.settings(dataset, name, variant)]
            np.testing.assert_array_equal(own[SETTING].sort_values(SETTING).to_numpy(), sorted(stated))
    assert set(trials.variant) == set(experiment.variants)


def test_the_control_has_the_epsilons_of_noiseless_without_its_prior_on_every_data_set() -> None:
    for dataset in ("mnist", "shapes", "digits"):
        noiseless = own_epsilons("noiseless_joint_ppgn_h", dataset)
        assert own_epsilons("dgn_am_noise", dataset) == {**noiseless, "prior": 0}


def test_every_sampler_of_our_search_has_32_trials_on_each_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path("config/search.yaml")))
    searched = set()
    for name, dataset in itertools.product(experiment.sweeps, experiment.datasets):
        for variant in experiment.sweep_variants(name):
            searched.add(variant)
            stated = [tuple(s.values()) for s in experiment.settings(dataset, name, variant)]
            assert len(stated) == len(set(stated)) == 32
    unsearched = {name for name in VARIANTS if name.endswith("_released")} | {"dgn_am_noise"}
    assert searched == set(VARIANTS) - unsearched


def test_the_search_has_seeds_and_real_images_that_no_verdict_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    search = load_experiment(read(Path("config/search.yaml")))
    assert {name: entry.seeds for name, entry in search.datasets.items()} == {"mnist": (100, 101), "shapes": (100, 101)}
    assert search.real == "train"
    for name in ("config", "ablations", "full"):
        other = load_experiment(read(Path(f"config/{name}.yaml")))
        assert other.real == "reference"
        assert not any({100, 101} & set(entry.seeds) for entry in other.datasets.values())


# ------------------------------------------------------------------------------------------------- against photographs
