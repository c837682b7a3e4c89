"""A small default config, and what becomes of it: an experiment, or the problem that it is refused with."""

import pytest
import yaml

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.errors import UserError

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
