"""The search's rule where another network judges and there is no distance between sets: of ImageNet."""

import pandas as pd

from ppgn_bench.sampling.search import believed
from ppgn_bench.sampling.variants import VARIANTS, epsilons
from tests.conftest import ROOT
from tests.sampling.test_search import table


def seen(variant: str, condition: float, steering: tuple[float, ...], judge: tuple[float, ...]) -> list[tuple]:
    """A trial against photographs: what both networks give, seed by seed."""
    both = {"steering_probability": steering, "judge_probability": judge}
    return [
        ("imagenet", "pixels", variant, 100 + seed, 0.0, condition, 0.0, metric, value)
        for metric, values in both.items()
        for seed, value in enumerate(values)
    ]


def test_of_trials_that_steer_the_one_is_chosen_that_the_judge_believes_most_by_the_mean_logarithm() -> None:
    trials = believed(
        table(
            seen("am", 1.0, (0.99, 0.95), (0.9, 1e-6)),  # the largest mean, by one class
            seen("am", 2.0, (0.99, 0.95), (0.01, 0.01)),
            seen("am", 3.0, (0.8, 0.9), (0.9, 0.9)),  # does not steer
            seen("am_tv", 1.0, (0.2, 0.3), (0.9, 0.9)),
            seen("am_tv", 2.0, (0.5, 0.4), (0.1, 0.1)),  # where none steers: the nearest to it
        )
    )
    assert trials[trials.chosen].set_index("variant").epsilon_condition.to_dict() == {"am": 2.0, "am_tv": 2.0}
    assert len(trials) == 5


def test_the_samplers_have_the_epsilons_that_the_rule_chooses_on_imagenet() -> None:
    trials = pd.read_csv(ROOT / "docs" / "imagenet_search.csv")
    assert trials.groupby("variant").size().to_dict() == dict.fromkeys(
        ["am", "am_l2", "am_blur", "am_tv", "am_jitter"], 8
    )
    for variant, own in trials.groupby("variant"):
        steer = own[own.steering_probability >= 0.9]
        assert own.chosen.sum() == 1
        assert own[own.chosen].index[0] == steer.score.idxmin()
        prior, condition = own.loc[own.chosen, ["epsilon_prior", "epsilon_condition"]].iloc[0]
        assert VARIANTS[str(variant)].searched["imagenet"] == epsilons(prior=prior, condition=condition)
