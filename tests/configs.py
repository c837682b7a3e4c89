"""A small default config, and what becomes of it: an experiment, or the problem that it is refused with."""

from collections.abc import Iterable

import pytest
import yaml

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import MeasuringControls
from ppgn_bench.lookup import Name
from ppgn_bench.metrics.table import METRICS

JUDGE = Name("networks.judge:Judge")
DEFAULT = """
name: main
datasets: {digits: {seeds: 2}, shapes: {seeds: [3, 5]}}
variants: [am, dgn_am, joint_ppgn_h]
sweeps:
  own: {quality: {chains_per_class: 3, steps: 20, keep_every: 10}}
  codes: {mixing: {chains_per_class: 2, steps: 30}, variants: [dgn_am, joint_ppgn_h]}
"""


def load(text: str = "") -> Experiment:
    """The default with what a text changes."""
    return load_experiment(yaml.safe_load(text) or {})


def problem(text: str) -> str:
    """Why the default with what a text changes is refused."""
    with pytest.raises(UserError) as caught:
        load(text)
    return str(caught.value)


def measuring(names: Iterable[str], **sizes: int) -> MeasuringControls:
    """A job that measures chains, or controls, by some metrics."""
    functions = {name: METRICS[name].function for name in names}
    return MeasuringControls(metrics=functions, judge=JUDGE, sizes=sizes)
