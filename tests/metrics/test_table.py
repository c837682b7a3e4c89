"""The METRICS table: every entry names a function that exists and says how its values compare."""

import inspect

import pytest

from ppgn_bench.lookup import resolve
from ppgn_bench.metrics.table import CONTROLS, METRICS


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
    assert {control for better, _, worse in metric.orders for control in (better, worse)} <= set(CONTROLS)
