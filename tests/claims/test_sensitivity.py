"""What a verdict might depend on: the other arms, and that a verdict which they flip says so."""

from pathlib import Path

import pytest

from ppgn_bench.claims import sensitivity
from ppgn_bench.claims.parts import JOINT, NOISELESS, Arm, Difference, Ordered, arms
from ppgn_bench.claims.sensitivity import CHECKS, RELEASED, changed
from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.metrics.table import HALF_SAMPLES, SECOND_JUDGE, THIRD_JUDGE
from ppgn_bench.sampling.variants import VARIANTS
from tests.claims.test_verdicts import LOWER, a_claim, rows, table, verdict_of
from tests.conftest import ROOT


def distances(first: float, second: float, ending: str = "", seeds: int = 7):
    levels = {"am": first, "ppgn_x": second}
    return [row for name in levels for row in rows(name, "frechet_distance", levels[name], seeds, "own" + ending)]


def test_a_verdict_that_the_second_judge_turns_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = table(distances(10, 20), distances(20, 10, SECOND_JUDGE), distances(10, 20, HALF_SAMPLES))
    (row,), parts = verdict_of(monkeypatch, metrics, a_claim(LOWER))
    assert (row["verdict"], row["flips"]) == ("reproduced", "contradicted with the second judge")
    assert row["checks"] == "each seed left out; the second judge; half the samples"
    assert parts.check.tolist() == ["the second judge", "half the samples", ""]
    assert (parts.estimate < 1).tolist() == [False, True, True]


def test_a_verdict_that_the_third_judge_alone_turns_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = table(distances(10, 20), distances(10, 20, SECOND_JUDGE), distances(20, 10, THIRD_JUDGE))
    (row,), _ = verdict_of(monkeypatch, metrics, a_claim(LOWER))
    assert (row["verdict"], row["flips"]) == ("reproduced", "contradicted with the third judge")


@pytest.mark.parametrize("again", [[], distances(20, 10, SECOND_JUDGE, seeds=4)], ids=["not measured", "four seeds"])
def test_what_was_not_measured_again_or_with_too_few_seeds_is_no_check(monkeypatch, again) -> None:
    (row,), _ = verdict_of(monkeypatch, table(distances(10, 20), again), a_claim(LOWER))
    assert (row["verdict"], row["checks"], row["flips"]) == ("reproduced", "each seed left out", "")


def test_an_undecided_claim_says_what_would_decide_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,), _ = verdict_of(monkeypatch, table(distances(10, 10), distances(10, 20, HALF_SAMPLES)), a_claim(LOWER))
    assert (row["verdict"], row["flips"]) == ("undecided", "reproduced with half the samples")


def test_the_released_update_takes_the_place_of_samplers_in_codes_alone() -> None:
    claim = a_claim(Difference("recall", NOISELESS, ">", Arm("am")), LOWER)
    under = changed(claim, "the released update")
    assert under is not None
    assert under.parts == (Difference("recall", Arm("noiseless_released", "released"), ">", Arm("am")), LOWER)
    assert changed(a_claim(LOWER), "the released update") is None


def test_a_contrast_is_never_between_an_update_and_another() -> None:
    """Without L_GAN there is no sampler with the released update: its contrast with Joint has none either."""
    half_released = Difference("frechet_distance", Arm("without_gan_loss"), ">", JOINT)
    assert changed(a_claim(half_released), "the released update") is None
    assert changed(a_claim(half_released), "the second judge") is not None
    of_pixels = {
        arm.variant
        for claim in CLAIMS.values() for part in claim.parts for arm in arms(part)
        if arm.variant in VARIANTS and VARIANTS[arm.variant].space == "image"
    }  # fmt: skip
    assert of_pixels == set(sensitivity.PIXELS)
    for name, claim in CLAIMS.items():
        under = changed(claim, "the released update")
        for part in under.parts if under else ():
            sweeps = {arm.sweep for arm in arms(part) if VARIANTS.get(arm.variant, VARIANTS["dgn_am"]).space == "code"}
            assert sweeps - {"controls"} <= {"released"}, name


def test_every_level_of_a_trend_is_another_arm_and_networks_are_the_same() -> None:
    trend = Ordered("judge_accuracy", (Arm("a", "grid"), Arm("b", "grid"), Arm("c", "grid")), "rising")
    under = changed(a_claim(trend), "half the samples")
    assert under is not None
    assert {arm.sweep for arm in under.parts[0].levels} == {"grid+half_samples"}
    networks = Difference("held_out_denoised_code", Arm("joint", "training"), "<", Arm("code_denoiser", "training"))
    assert changed(a_claim(networks), "the second judge") is None


@pytest.mark.parametrize("name", ["config", "full"])
def test_our_configs_sample_all_released_arms_as_the_own_sweep_does(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path(f"config/{name}.yaml")))
    default = load_experiment({})
    assert set(RELEASED.values()) <= set(experiment.sweep_variants("released"))
    for dataset in experiment.datasets:
        assert experiment.runs(dataset, "released", "joint_released") == {
            name: run.model_copy(update={"without": None})
            for name, run in default.runs(dataset, "own", "joint_ppgn_h").items()
        }
    for variant, released in RELEASED.items():
        update, epsilon = experiment.samplers[released].update, experiment.samplers[released].epsilon
        (condition,) = experiment.samplers[released].conditions
        assert (update.normalise, update.noise_inside, condition) == (1, True, "target_only")
        assert update.start.short == "normal"
        assert (epsilon["condition"], epsilon["noise"]) == (1, 1e-17)
        assert epsilon["prior"] == (0 if VARIANTS[variant].prior.short == "absent" else 1e-5)


def test_every_claim_that_was_sampled_has_other_judges_and_half_the_samples() -> None:
    sampled = {
        name: claim
        for name, claim in CLAIMS.items()
        if any(arm.sweep not in sensitivity.UNSAMPLED for part in claim.parts for arm in arms(part))
    }
    assert len(sampled) > 15
    for claim in sampled.values():
        assert changed(claim, "the second judge")
        assert changed(claim, "the third judge")
        assert changed(claim, "half the samples")
    assert list(CHECKS) == ["the second judge", "the third judge", "half the samples", "the released update"]
    assert JOINT.variant in RELEASED
