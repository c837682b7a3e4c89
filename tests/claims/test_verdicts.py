"""Verdicts on measurements whose answer is known, and how often chance alone gives one."""

import math

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.claims import verdicts
from ppgn_bench.claims.measured import by_arm
from ppgn_bench.claims.parts import Alike, Arm, Claim, Difference, Identical, NotWorse, Ordered
from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.columns import EPSILONS, MEASURED

A, B = Arm("am"), Arm("ppgn_x")
FD = "frechet_distance"
LOWER, ALIKE = Difference(FD, A, "<", B), Alike(FD, A, B)
ARMS = tuple(Arm("am", "grid", {"prior": prior}) for prior in (0, 1e-3, 0.1, 1))
JITTER = (0.01, -0.02, 0.015, -0.005, 0.0, 0.02, -0.01)


def rows(variant, metric, level, seeds=7, sweep="own", prior=math.nan):
    """A row a seed around a level; seeds of different variants and levels don't go up and down together."""
    start = len(variant) + int(7 * level)
    return [
        ("digits", sweep, variant, seed, prior, *3 * (math.nan,), metric, level * (1 + JITTER[(seed + start) % 7]))
        for seed in range(seeds)
    ]


def two(metric, first, second, **options):
    """The measurements of A and of B around a level each."""
    return table(rows("am", metric, first, **options), rows("ppgn_x", metric, second, **options))


def table(*parts):
    return pd.DataFrame([row for part in parts for row in part], columns=[*MEASURED, "metric", "value"])


def curve(*levels):
    """Rows of a grid over epsilon 1 with these levels."""
    return [row for level, arm in zip(levels, ARMS, strict=True)
            for row in rows("am", FD, level, sweep="grid", prior=arm.epsilon["prior"])]  # fmt: skip


def a_claim(*parts, config="config/config.yaml"):
    return Claim("text", "1", "T", "measured", parts, "turn", config)


UNMEASURED = a_claim(Difference("not_measured", A, ">", B))


def verdict_of(monkeypatch, metrics, *claims, checks=None):
    """The rows of a table that has only these claims, but the family's size of the whole."""
    named = {f"C{place}": claim for place, claim in enumerate(claims, 1)}
    monkeypatch.setattr(verdicts, "CLAIMS", named | {f"X{n}": UNMEASURED for n in range(25 - len(named))})
    judged, parts = verdicts.verdicts(metrics, checks)
    return [row for row in judged.to_dict("records") if row["claim"] in named], parts


@pytest.mark.parametrize(
    ("part", "first", "second", "expected"),
    [
        *[(LOWER, *case) for case in [(10, 20, "reproduced"), (20, 10, "contradicted"), (10, 10, "undecided")]],
        *[(ALIKE, level, 10, "contradicted") for level in (20, 5)],
        *[(ALIKE, *case) for case in [(10.5, 10, "reproduced"), (12.5, 10, "undecided")]],
        *[(NotWorse(FD, A, B), *case) for case in [(10.5, 10, "reproduced"), (20, 10, "contradicted")]],
        (NotWorse(FD, A, B), 5, 10, "reproduced"),
        (NotWorse("recall", A, B), 0.89, 0.9, "reproduced"),
        (NotWorse("recall", A, B), 0.5, 0.9, "contradicted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Alike | Difference | NotWorse) else None,
)
def test_a_part_is_decided_by_its_direction_or_its_margin(monkeypatch, part, first, second, expected):
    (row,), parts = verdict_of(monkeypatch, two(part.metric, first, second), a_claim(part))
    assert (row["verdict"], row["seeds"], len(parts)) == (expected, 7, 1)
    if part is LOWER:
        assert row["scale"] == "log"
        assert row["estimate"] == pytest.approx(first / second, rel=0.02)


def test_all_parts_must_hold_and_one_reversed_part_contradicts(monkeypatch):
    metrics = pd.concat([two(FD, 10.0, 20.0), two("recall", 0.5, 0.3)], ignore_index=True)
    higher, reversed_ = (Difference("recall", A, order, B) for order in "><")
    judged, _ = verdict_of(monkeypatch, metrics, a_claim(LOWER, higher), a_claim(LOWER, reversed_))
    assert [row["verdict"] for row in judged] == ["reproduced", "contradicted"]
    assert (judged[1]["part"], judged[1]["reason"]) == ("recall: am < ppgn_x", "")


def test_four_seeds_decide_nothing_however_clear(monkeypatch):
    (row,), _ = verdict_of(monkeypatch, two(FD, 1.0, 20.0, seeds=4), a_claim(LOWER))
    assert (row["verdict"], row["reason"]) == ("undecided", "4 training seeds, and a verdict needs 5")
    assert row["high"] < 1


def test_what_was_not_measured_says_which_config_measures_it(monkeypatch):
    metrics = table(rows("am", FD, 1.0))
    (row,), parts = verdict_of(monkeypatch, metrics, a_claim(LOWER, config="config/x.yaml"))
    assert row["verdict"] == "not run"
    assert row["reason"] == "frechet_distance of ppgn_x: not measured; config/x.yaml does"
    assert not len(parts)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [((1, 2, 3, 4), "reproduced"), ((4, 3, 2, 1), "contradicted"), ((1, 3, 4, 0.5), "undecided")],
)
def test_a_trend_is_one_if_its_ends_agree(monkeypatch, levels, expected):
    (row,), _ = verdict_of(monkeypatch, table(curve(*levels)), a_claim(Ordered(FD, ARMS, "rising")))
    assert row["verdict"] == expected
    assert row["estimate"] == pytest.approx(levels[-1] / levels[0], rel=0.02)


@pytest.mark.parametrize(("shift", "expected"), [(0.0, "reproduced"), (1e-12, "contradicted")])
def test_what_must_be_identical_is_so_to_the_last_digit_at_any_number_of_seeds(monkeypatch, shift, expected):
    one = rows("am", FD, 10.0, seeds=2)
    metrics = pd.concat([table(one), table(one).assign(variant="ppgn_x")], ignore_index=True)
    metrics.loc[metrics.variant == "am", "value"] += shift
    (row,), _ = verdict_of(monkeypatch, metrics, a_claim(Identical(A, B)))
    assert row["verdict"] == expected
    assert row["estimate"] == pytest.approx(shift, rel=0.5)
    assert math.isnan(row["adjusted_for"])


GAPS = (0.01, 0.03, 0.02, 0.05, 0.03, 0.04, 0.005)  # in every seed, but too small for the whole family


def spread_rows(variant, metric, levels):
    """A row a seed, of exactly these values."""
    values = enumerate(levels)
    return [("digits", "own", variant, seed, *[math.nan] * len(EPSILONS), metric, value) for seed, value in values]


@pytest.mark.parametrize(
    ("sign", "reason"), [(-1, "it holds before Holm's correction"), (1, "this part is reversed before")]
)
def test_what_the_correction_alone_keeps_undecided_says_so_with_both_p(monkeypatch, sign, reason):
    metrics = table(spread_rows("am", "kernel_distance", [0.5 + sign * gap for gap in GAPS]),
                    spread_rows("ppgn_x", "kernel_distance", [0.5] * 7))  # fmt: skip
    (row,), _ = verdict_of(monkeypatch, metrics, a_claim(Difference("kernel_distance", A, "<", B)))
    raw, adjusted = ("p_for", "adjusted_for") if sign < 0 else ("p_against", "adjusted_against")
    assert row["verdict"] == "undecided"
    assert row[raw] <= verdicts.ALPHA < row[adjusted]
    assert row["reason"].startswith(reason)
    assert f"(p {row[raw]:.2g}), not after (p {row[adjusted]:.2g})" in row["reason"]


def test_a_reversed_part_that_is_not_the_weakest_is_named(monkeypatch):
    metrics = table(spread_rows("am", "kernel_distance", [0.5 + gap for gap in GAPS]),
                    spread_rows("ppgn_x", "kernel_distance", [0.5] * 7), curve(30, 40, 4, 8))  # fmt: skip
    claim = a_claim(Ordered(FD, ARMS, "rising"), Difference("kernel_distance", A, "<", B))
    (row,), _ = verdict_of(monkeypatch, metrics, claim)
    assert row["part"].startswith("frechet_distance rising")
    assert row["reason"].startswith("kernel_distance: am < ppgn_x is reversed before")


def test_a_curve_that_turns_says_which_conditions_of_a_trend_fail(monkeypatch):
    claim = a_claim(Ordered(FD, ARMS, "rising"))
    (row,), _ = verdict_of(monkeypatch, table(curve(30, 40, 4, 8)), claim)
    assert row["verdict"] == "undecided"
    rising, falling = row["reason"].split("; ")
    assert rising.startswith("no rising trend: the last level lies below an earlier one (p ")
    assert "the last level does not lie above the first" in rising
    assert falling.startswith("no falling one: the last level lies above an earlier one (p ")
    assert "seeds" not in row["reason"]


def test_only_a_difference_is_called_small_where_its_interval_is_finer_than_the_margin(monkeypatch):
    noisy = [0.04, 0.06, 0.045, 0.055, 0.05, 0.05, 0.05]
    edge = table(spread_rows("am", "kernel_distance", [0.5 + gap for gap in noisy]),
                 spread_rows("ppgn_x", "kernel_distance", [0.5] * 7))  # fmt: skip
    (difference,), _ = verdict_of(monkeypatch, two("recall", 0.5, 0.5), a_claim(Difference("recall", A, ">", B)))
    (alike,), _ = verdict_of(monkeypatch, edge, a_claim(Alike("kernel_distance", A, B)))
    assert difference["reason"] == "the interval is finer than the margin: a small or no difference"
    assert alike["verdict"] == "undecided"
    assert alike["reason"].endswith("a difference of about the margin's size")


def test_the_error_of_a_denoiser_stands_beside_that_of_a_generator_at_the_same_noise(monkeypatch):
    """C8: noise on the code alone for both, whatever noise the generator was trained with."""
    metrics = table(rows("code_denoiser", "held_out_denoised_code", 0.02, sweep="training"),
                    rows("joint", "held_out_code", 0.05, sweep="training"),
                    rows("joint", "held_out_denoised_code", 0.01, sweep="training"))  # fmt: skip
    (row,), _ = verdict_of(monkeypatch, metrics, CLAIMS["C8"])
    assert row["verdict"] == "reproduced"
    assert row["part"] == "held_out_denoised_code: code_denoiser > joint"


def test_parts_of_known_modes_concern_only_data_sets_that_have_them(monkeypatch):
    claim = a_claim(Difference("modes_covered", A, "<", B, known_modes=True),
                    Difference("recall", A, "<", B, known_modes=False))  # fmt: skip
    known = two("modes_covered", 3.0, 6.0).assign(dataset="shapes")
    _, parts = verdict_of(monkeypatch, pd.concat([two("recall", 0.3, 0.6), known], ignore_index=True), claim)
    assert parts[["dataset", "metric"]].to_numpy().tolist() == [["digits", "recall"], ["shapes", "modes_covered"]]


def test_a_verdict_that_hangs_on_one_seed_says_on_which(monkeypatch):
    claim = a_claim(Difference("lagged_distance_500", A, "<", B))
    one = table(rows("am", "lagged_distance_500", 0.5, seeds=6))
    gaps = [0.20, 0.21, 0.19, 0.20, 0.22, 0.18]
    other = one.assign(variant="ppgn_x", value=one.value + gaps)
    (firm,), _ = verdict_of(monkeypatch, pd.concat([one, other], ignore_index=True), claim)
    assert (firm["verdict"], firm["flips"]) == ("reproduced", "")
    wide = other.assign(value=one.value + np.array([0.20, 0.14, 0.26, 0.20, 0.28, 0.14]))
    (row,), _ = verdict_of(monkeypatch, pd.concat([one, wide], ignore_index=True), claim)
    assert row["verdict"] == "reproduced"
    assert "undecided without seed" in row["flips"]


def test_a_verdict_that_another_data_set_reverses_says_so(monkeypatch):
    turned = two("recall", 0.6, 0.3).assign(dataset="shapes")
    metrics = pd.concat([two("recall", 0.3, 0.6), turned], ignore_index=True)
    here, there = verdict_of(monkeypatch, metrics, a_claim(Difference("recall", A, "<", B)))[0]
    assert (here["verdict"], here["flips"]) == ("reproduced", "contradicted on shapes")
    assert (there["verdict"], there["flips"]) == ("contradicted", "reproduced on digits")


def test_a_sampler_at_several_settings_is_not_the_one_that_a_claim_names(monkeypatch):
    metrics = table(rows("am", "recall", 0.3, prior=0.0), rows("am", "recall", 0.4, prior=0.1))
    (row,), _ = verdict_of(monkeypatch, metrics, a_claim(Difference("recall", A, "<", 0.5)))
    assert row["verdict"] == "not run"
    assert row["reason"].startswith("recall of am at a single setting: not measured")


def test_chance_alone_seldom_decides_a_claim():
    """Every sampler of the ledger drawn from one law: over 60 experiments next to no verdict but undecided."""
    against_constants = ("C1", "C18", "C20", "C21", "C23")  # a number or a control, of which chance makes another law
    named = {name: claim for name, claim in CLAIMS.items() if not claim.worlds and name not in against_constants}
    parts = [part for claim in named.values() for part in claim.parts]
    both = [(part.first, part.second) if not isinstance(part, Ordered) else part.levels for part in parts]
    arms = {str(arm): arm for pair in both for arm in pair}.values()
    measured = sorted({part.metric for part in parts})
    keys = [(arm, metric) for arm in arms for metric in measured]
    rng = np.random.default_rng(0)
    decided = 0
    for _ in range(60):
        values = np.exp(rng.normal(0, 0.3, (len(keys), 6))) / 3
        made = [
            ("digits", arm.sweep, arm.variant, seed, arm.epsilon.get("prior", math.nan), math.nan,
             arm.epsilon.get("noise", math.nan), math.nan, metric, min(value, 0.99))
            for (arm, metric), of_arm in zip(keys, values, strict=True) for seed, value in enumerate(of_arm)
        ]  # fmt: skip
        metrics = by_arm(pd.DataFrame(made, columns=[*MEASURED, "metric", "value"]))
        judged = verdicts._judged({name: verdicts._outcomes(claim, metrics) for name, claim in named.items()}, 5)
        decided += any(row["verdict"] in ("reproduced", "contradicted") for row in judged.values())
    assert decided <= 60 * 2 * verdicts.ALPHA + 3 * math.sqrt(60 * 0.05 * 0.95)
