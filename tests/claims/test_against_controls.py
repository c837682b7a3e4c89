"""Claims beside controls: the spread and the number of real images, and metrics that are not admitted."""

import math

import pandas as pd
import pytest

from ppgn_bench.claims.parts import Arm, Difference
from ppgn_bench.columns import EPSILONS
from ppgn_bench.metrics.table import CONTROLS, HALF_SAMPLES, SECOND_JUDGE, THIRD_JUDGE
from tests.claims.test_sensitivity import distances
from tests.claims.test_verdicts import FD, LOWER, A, B, a_claim, rows, spread_rows, table, two, verdict_of


def controls(metric, values, variant="real", sweep="controls"):
    """Rows of a control: of real images one a resplit."""
    return [("digits", sweep, variant, n, *[math.nan] * len(EPSILONS), metric, value) for n, value in enumerate(values)]


def test_a_control_of_one_row_stands_beside_every_seed(monkeypatch):
    metrics = table(rows("am", "coverage", 0.7), controls("coverage", [0.3], "surest"))
    claim = a_claim(Difference("coverage", A, ">", Arm("surest", "controls")))
    (row,), _ = verdict_of(monkeypatch, metrics, claim)
    assert (row["verdict"], row["seeds"]) == ("reproduced", 7)


def test_real_images_enter_a_contrast_with_their_own_spread(monkeypatch):
    """Apart by three times the seeds' spread, which is a tenth of what real images differ by from split to split."""
    claim = a_claim(Difference("kernel_distance", A, ">", Arm("real", "controls")))
    sampler = spread_rows("am", "kernel_distance", [0.53, 0.54, 0.52, 0.53, 0.55, 0.53, 0.51])
    split = [0.5, 0.61, 0.4, 0.55, 0.44, 0.52, 0.38, 0.58, 0.47, 0.55]
    (constant,), _ = verdict_of(monkeypatch, table(sampler, controls("kernel_distance", [0.5])), claim)
    (row,), _ = verdict_of(monkeypatch, table(sampler, controls("kernel_distance", split)), claim)
    assert (constant["verdict"], row["verdict"]) == ("reproduced", "undecided")
    assert row["seeds"] == 7
    assert row["estimate"] == pytest.approx(0.03, abs=1e-9)
    assert row["high"] - row["low"] > 5 * (constant["high"] - constant["low"])
    (firm,), _ = verdict_of(monkeypatch, table(sampler, controls("kernel_distance", [0.1 + x for x in split])), claim)
    assert firm["verdict"] == "undecided"
    (far,), _ = verdict_of(monkeypatch, table(sampler, controls("kernel_distance", [x - 0.5 for x in split])), claim)
    assert far["verdict"] == "reproduced"


def test_samples_are_compared_with_as_many_real_images(monkeypatch):
    near, far = [0.3 + 0.001 * n for n in range(10)], [0.9 + 0.001 * n for n in range(10)]
    metrics = table(rows("am", "coverage", 0.6), controls("coverage", far), controls("coverage", near, sweep="own"))
    claim = a_claim(Difference("coverage", A, ">", Arm("real", "controls")))
    (row,), parts = verdict_of(monkeypatch, metrics, claim)
    assert row["verdict"] == "reproduced"
    assert parts.check.tolist() == [""]


def seen_by(judge, **values):
    """Rows of controls by another judge, which sees all flaws but these."""
    levels = {"real": 1.0, "noisy_1": 3.0, "noisy_2": 5.0, "noisy_3": 7.0}
    return [row for name in CONTROLS
            for row in controls(FD, [(values | levels).get(name, 9.0) + n / 100 for n in range(10)], name,
                                f"controls{judge}")]  # fmt: skip


def test_a_judge_that_a_claims_metric_is_not_admitted_with_is_no_check_of_it(monkeypatch):
    """The third judge takes halves of two images for one; what it says of samples is left out, the second's is not."""
    again = distances(20, 10, SECOND_JUDGE), distances(20, 10, THIRD_JUDGE)
    metrics = table(distances(10, 20), *again, seen_by(SECOND_JUDGE), seen_by(THIRD_JUDGE, joined_halves=1.0))
    (row,), parts = verdict_of(monkeypatch, metrics, a_claim(LOWER))
    assert (row["verdict"], row["flips"]) == ("reproduced", "contradicted with the second judge")
    assert row["checks"] == "each seed left out; the second judge"
    assert parts.check.tolist() == ["the second judge", ""]


def test_a_metric_that_the_first_judge_alone_does_not_admit_is_tested_with_the_others(monkeypatch):
    checks = pd.DataFrame([("digits", FD, "real", "noise", False)], columns=PAIRS)
    metrics = table(distances(10, 20), distances(10, 20, SECOND_JUDGE), distances(10, 20, HALF_SAMPLES))
    (row,), _ = verdict_of(monkeypatch, metrics, a_claim(LOWER), checks=checks)
    assert (row["verdict"], row["flips"]) == ("undecided", "reproduced with the second judge")
    assert row["checks"] == "the second judge"


PAIRS = ("dataset", "metric", "first", "second", "ordered")


@pytest.mark.parametrize("dataset", ["digits", "elsewhere"])
def test_a_claim_on_a_metric_that_is_not_admitted_is_not_decided_there(monkeypatch, dataset):
    checks = pd.DataFrame([(dataset, FD, "real", "shuffled_blocks", False), (dataset, "recall", "real", "noise", True)],
                          columns=PAIRS)  # fmt: skip
    metrics = pd.concat([two(FD, 10.0, 20.0), two("recall", 0.3, 0.6)], ignore_index=True)
    claims = a_claim(LOWER), a_claim(Difference("recall", A, "<", B)), a_claim(LOWER, Difference("recall", A, "<", B))
    first, second, both = verdict_of(monkeypatch, metrics, *claims, checks=checks)[0]
    assert second["verdict"] == "reproduced"
    here = dataset == "digits"
    for row in (first, both):
        assert row["verdict"] == ("undecided" if here else "reproduced")
        assert row["reason"] == (f"the metric {FD} does not separate real from shuffled_blocks" if here else "")
    assert first["adjusted_for"] == (1 if here else pytest.approx(25 * first["p_for"], rel=0.2))
