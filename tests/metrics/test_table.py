"""The METRICS table: every entry names a function that exists and says how its values compare."""

import inspect
from pathlib import Path

import pytest

from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.lookup import resolve
from ppgn_bench.metrics.table import CONTROLS, METRICS
from tests.conftest import ROOT


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_names_a_function_that_takes_what_it_reads(name: str) -> None:
    parameters = inspect.signature(resolve(METRICS[name].function)).parameters
    needed = {key for key, parameter in parameters.items() if parameter.default is parameter.empty}
    assert needed == set(METRICS[name].reads)
    assert all(parameter.kind == parameter.KEYWORD_ONLY for parameter in parameters.values())


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_how_its_values_compare(name: str) -> None:
    metric = METRICS[name]
    assert metric.run in ("quality", "mixing")
    assert metric.direction in ("higher", "lower", "real")
    assert metric.transform in ("none", "log", "logit")
    assert metric.margin > (1 if metric.transform == "log" else 0)
    assert {control for first, _, second in metric.orders for control in (first, second)} <= set(CONTROLS)
    assert {sign for _, sign, _ in metric.orders} <= {"<", ">", "<=", ">="}


def test_a_metric_of_samples_that_claims_rest_on_must_tell_garbage_from_real_images() -> None:
    resting = {part.metric for claim in CLAIMS.values() for part in claim.parts if hasattr(part, "metric")}
    of_samples = {name for name in resting & set(METRICS) if METRICS[name].orders}
    of_factors = {name for name in of_samples if METRICS[name].asks_factor_judge}
    assert of_factors == {"met_thickness", "met_slant", "met_loop", "met_size"}
    assert of_samples - of_factors == {
        "judge_accuracy", "frechet_distance", "judge_probability", "coverage", "modes_covered",
        "high_frequency_distance",
    }  # fmt: skip
    for name in of_samples:
        pairs = {frozenset((first, second)) for first, _, second in METRICS[name].orders}
        garbage = ("wrong_class", "noise") if name in of_factors else ("shuffled_blocks", "noise")
        assert {frozenset(("real", control)) for control in garbage} <= pairs


def test_recall_and_dissimilarity_which_garbage_raises_decide_no_claim() -> None:
    resting = {part.metric for claim in CLAIMS.values() for part in claim.parts if hasattr(part, "metric")}
    assert not resting & {"recall", "within_class_dissimilarity", "vendi_score", "precision"}


@pytest.mark.parametrize("name", ["ablations", "full"])
def test_no_claim_and_no_sweep_with_metrics_of_its_own_rests_on_what_no_data_set_admits(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """docs/metrics-table.md has which metrics fail where. What shows diversity along a change must be coverage."""
    nowhere = {"kernel_distance", "vendi_score", "within_class_dissimilarity"}
    assert not {part.metric for claim in CLAIMS.values() for part in claim.parts if hasattr(part, "metric")} & nowhere
    monkeypatch.chdir(ROOT)
    sweeps = load_experiment(read(Path(f"config/{name}.yaml"))).sweeps
    own = {sweep: set(entry.metrics) for sweep, entry in sweeps.items() if entry.metrics}
    assert own.keys() >= {"grid", "condition", "ladder"}
    assert all("coverage" in metrics and not metrics & nowhere for metrics in own.values())
