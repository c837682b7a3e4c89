"""Every claim can be tested by the config that it names, with metrics and samplers that exist."""

from pathlib import Path

import pytest

from ppgn_bench.claims.comparisons import OTHERS
from ppgn_bench.claims.parts import CONDITIONS, Arm, Difference, Identical, NotWorse, arms
from ppgn_bench.claims.table import BASES, CLAIMS
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.metrics.control_stage import DECIDING
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.workflow import paths, plan
from tests.conftest import ROOT

ELSEWHERE = ("C17", "C21", "C22")  # config/conditions.yaml is a run of its own, no part of the full one
TESTED = {name: claim for name, claim in CLAIMS.items() if claim.config}


def is_measured(arm: Arm, metric: str | None, experiment: Experiment) -> bool:
    """Whether a run of the experiment writes rows of this arm and metric."""
    dataset = next(iter(experiment.datasets))
    if arm.sweep == "controls":
        return arm.variant in CONTROLS and metric in plan.measuring(experiment, dataset).metrics
    if arm.sweep == "training":
        return arm.variant in paths.trained_recipes(experiment, dataset) and metric == "held_out_denoised_code"
    if arm.sweep == "world":
        _, sigma, size = (part.partition("=")[2] or part for part in arm.variant.split("+"))
        worlds = experiment.worlds.values()
        trained = all(float(sigma) in world.sigmas and int(size) in world.training_sizes for world in worlds)
        return bool(worlds) and trained and metric == "relative_error"
    if arm.variant not in experiment.sweep_variants(arm.sweep):
        return False
    settings = experiment.sweeps[arm.sweep].settings(experiment.samplers[arm.variant].epsilon)
    wanted = dict(arm.epsilon)
    named = [setting for setting in settings if wanted.items() <= setting.items()]
    runs = experiment.sweeps[arm.sweep].runs
    has_metric = metric is None or (
        metric in plan.measuring(experiment, dataset, arm.sweep).metrics and METRICS[metric].run in runs
    )
    return len(named) == 1 and has_metric


def test_the_table_has_the_papers_25_claims_in_order() -> None:
    assert list(CLAIMS) == [f"C{number}" for number in range(1, 26)]
    assert {claim.basis for claim in CLAIMS.values()} <= BASES.keys()
    assert all(claim.text and claim.measured and claim.turn and claim.section for claim in CLAIMS.values())


@pytest.mark.parametrize("name", TESTED)
def test_the_config_that_a_claim_names_measures_all_of_its_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    experiment, full = (load_experiment(read(Path(file))) for file in (TESTED[name].config, "config/full.yaml"))
    assert TESTED[name].parts
    for part in TESTED[name].parts:
        metric = None if isinstance(part, Identical) else part.metric
        assert metric is None or metric in METRICS or metric in OTHERS
        if getattr(part, "instead", ""):
            continue  # of photographs: the next test
        for arm in arms(part):
            assert is_measured(arm, metric, experiment), arm
            assert name in ELSEWHERE or is_measured(arm, metric, full), arm


def test_what_stands_in_the_place_of_a_metric_is_measured_by_the_config_of_imagenet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path("config/imagenet_am.yaml")))
    parts = [part for claim in CLAIMS.values() for part in claim.parts if getattr(part, "instead", "")]
    assert [part.metric for part in parts if isinstance(part, Difference)] == ["judge_probability"]
    assert all(is_measured(arm, "judge_probability", experiment) for part in parts for arm in arms(part))


def test_only_the_claims_of_conditions_have_a_config_that_is_no_part_of_the_full_run() -> None:
    assert tuple(name for name, claim in TESTED.items() if claim.config == CONDITIONS) == ELSEWHERE


def test_every_claim_can_be_tested() -> None:
    assert TESTED == CLAIMS


def test_no_worse_is_asked_only_where_less_is_better() -> None:
    parts = [part for claim in CLAIMS.values() for part in claim.parts if isinstance(part, NotWorse)]
    assert parts
    assert all(METRICS[part.metric].direction in ("lower", "higher") for part in parts)


def test_a_claim_is_of_images_or_of_analytic_worlds_alone() -> None:
    for claim in TESTED.values():
        sweeps = {arm.sweep for part in claim.parts for arm in arms(part)}
        assert claim.worlds == ("world" in sweeps)
        assert not claim.worlds or sweeps == {"world"}


def test_controls_are_judged_by_every_judge_on_what_claims_rest_on() -> None:
    parts = [part for claim in CLAIMS.values() for part in claim.parts if not isinstance(part, Identical)]
    rest = {part.metric for part in parts if part.metric in METRICS}
    assert set(DECIDING) == {name for name in rest if METRICS[name].asks_judge and METRICS[name].orders}
