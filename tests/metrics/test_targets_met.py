"""Shares of images that show what their targets ask, counted by hand."""

import numpy as np
import pytest

from ppgn_bench.metrics.targets import best_target_met, met, part_met, target_met

# five images: the first asks both, the next two one each, the fourth both, the last nothing
ASKED = {"label": np.array([3, 3, -1, 4, -1]), "hue": np.array([0, -1, 2, 2, -1])}
SAID = {"label": np.array([3, 5, 1, 4, 0]), "hue": np.array([0, 0, 2, 1, 7]), "size": np.zeros(5, dtype=int)}


def test_a_target_is_met_where_all_that_is_asked_is_seen() -> None:
    assert met(ASKED, SAID).tolist() == [True, False, True, False, True]
    assert target_met(asked=ASKED, said=SAID) == 2 / 4  # of the last nothing is asked


def test_a_part_is_met_by_its_own_factor_alone() -> None:
    parts = {name: part_met(asked=values, said=SAID[name]) for name, values in ASKED.items()}
    assert parts == {"label": 2 / 3, "hue": 2 / 3}


def test_where_nothing_is_asked_there_is_no_share() -> None:
    nothing = {"label": np.full(5, -1)}
    targets = np.zeros(5, dtype=int)
    for asked in (nothing, {}, {"label": np.empty(0, dtype=int)}):
        said = {"label": SAID["label"][: len(asked["label"])]} if asked else SAID
        assert np.isnan(target_met(asked=asked, said=said))
        assert np.isnan(best_target_met(targets=targets[: len(said["label"])], asked=asked, said=said))
    assert np.isnan(part_met(asked=nothing["label"], said=SAID["label"]))


def test_a_factor_without_a_judge_is_an_error() -> None:
    with pytest.raises(KeyError, match="hue"):
        target_met(asked=ASKED, said={"label": SAID["label"]})


def test_the_best_target_counts_for_each_combination_that_is_asked() -> None:
    targets = np.repeat([0, 1, 2, 3], 4)
    asked = {"thickness": np.repeat([2, 2, 0, 0], 4), "loop": np.repeat([-1, -1, 1, 0], 4)}
    said = {"thickness": np.array([2, 0, 0, 0, 2, 2, 2, 1, 0, 0, 1, 1, 0, 0, 0, 1]), "loop": np.repeat([0, 1], 8)}
    # thick: 1/4 by target 0, 3/4 by target 1; thin with a loop: 2/4; thin without: none, for all have one
    assert best_target_met(targets=targets, asked=asked, said=said) == pytest.approx((3 / 4 + 2 / 4 + 0) / 3)


def test_the_best_target_is_that_of_a_combination_whatever_is_asked_under_the_same_number() -> None:
    targets, asked = np.zeros(4, dtype=int), {"loop": np.array([0, 0, 1, -1])}
    assert best_target_met(targets=targets, asked=asked, said={"loop": np.array([0, 1, 1, 1])}) == (1 / 2 + 1) / 2


def test_with_a_target_each_the_best_is_the_mean_over_targets() -> None:
    targets = np.repeat([0, 1], [1, 3])
    asked, said = {"label": targets}, {"label": np.array([0, 1, 0, 0])}
    assert best_target_met(targets=targets, asked=asked, said=said) == pytest.approx((1 + 1 / 3) / 2)
    assert target_met(asked=asked, said=said) == 2 / 4
