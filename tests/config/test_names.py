"""Names in a config: an unknown one comes with the nearest, one that may name a folder is safe."""

from collections.abc import Iterable

import pytest
import yaml

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.sections import DatasetSettings, Run, Sweep
from ppgn_bench.data.table import DATASETS
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.sampling.variants import VARIANTS
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")

FOLDER = "(a folder of yours is kind: folder)"


@pytest.mark.parametrize(
    ("text", "unknown", "nearest", "known"),
    [
        ("nam: x", "nam: unknown key", "name", ["extends", *Experiment.model_fields]),
        ("extend: x", "extend: unknown key", "extends", ["extends", *Experiment.model_fields]),
        ("datasets: {digits: {seed: 1}}", "datasets.digits.seed: unknown key", "seeds", DatasetSettings.model_fields),
        ("sweeps: {own: {mixin: {steps: 1}}}", "sweeps.own.mixin: unknown key", "mixing", Sweep.model_fields),
        (
            "sweeps: {own: {quality: {chain_per_class: 1}}}",
            "sweeps.own.quality.chain_per_class: unknown key",
            "chains_per_target",
            Run.model_fields,
        ),
        (
            "sweeps: {own: {epsilon: {noize: [1]}}}",
            "sweeps.own.epsilon.noize: unknown term 'noize'",
            "noise",
            ["prior", "condition", "noise", "context"],
        ),
        ("variants: [am, ppgn_y]", "variants[1]: unknown variant 'ppgn_y'", "ppgn_x", VARIANTS),
        ("sweeps: {own: {variants: [amm]}}", "sweeps.own.variants[0]: unknown variant 'amm'", "am", VARIANTS),
        ("datasets: {digit: {}}", f"datasets.digit: unknown data set 'digit' {FOLDER}", "digits", DATASETS),
        ("metrics: [rhat]", "metrics[0]: unknown metric 'rhat'", "r_hat", METRICS),
    ],
)
def test_an_unknown_name_comes_with_the_nearest_and_all_known(
    text: str, unknown: str, nearest: str, known: Iterable[str]
) -> None:
    message = problem(text)
    assert message.startswith(f"{unknown}; did you mean '{nearest}'? known: ")
    assert message.split("known: ")[1].split(", ") == list(known)


def test_a_name_that_is_like_no_other_comes_with_all_known() -> None:
    assert problem("metrics: [xyzzy]") == f"metrics[0]: unknown metric 'xyzzy'; known: {', '.join(METRICS)}"


@pytest.mark.parametrize("name", ["main", "joint+noise=0.2", "a.b", "_x", "A-1", "x" * 64])
def test_a_safe_name_is_taken_as_it_is(name: str) -> None:
    assert load(yaml.safe_dump({"name": name})).name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/b", "/a", "a\\b", "a b", "a\n", "-x", ".x", "é", "a{b}", "a%", "x" * 65),
        *("$(touch x)", "`x`", "a;b", "a'b", 'a"b', "a&b", "~", "*", "{seed}", "a\0", "\u202eb"),
        *("data", "networks", "reference", "controls", "Data"),
    ],
)
@pytest.mark.parametrize("key", ["name", "sweeps"])
def test_a_reserved_or_unsafe_name_is_refused(key: str, name: str) -> None:
    sweep = {name: {"mixing": {"chains_per_target": 1, "steps": 10}}}
    message = problem(yaml.safe_dump({key: name if key == "name" else sweep}))
    assert message.startswith(key)
    assert message.isprintable()
    assert any(word in message for word in ("reserved", "unsafe", "longer", "nobody can see", "line break"))
