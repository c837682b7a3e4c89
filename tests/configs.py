"""A small default config and what becomes of it: an experiment or a problem, jobs, and untrained networks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ppgn_bench.config import networks
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.table import DATASETS
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import MeasuringControls, Training
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks.load import built
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES, options_of
from ppgn_bench.storage import files
from ppgn_bench.training.recipes import RECIPES

SHIPPED = {name: own for name, own in DATASETS.items() if own.place is None and not own.pretrained}  # need no files
JUDGE = Name("networks.judge:Judge")
DEFAULT = """
name: main
datasets: {digits: {seeds: 2}, shapes: {seeds: [3, 5]}}
variants: [am, dgn_am, joint_ppgn_h]
sweeps:
  own: {quality: {chains_per_target: 3, steps: 20, keep_every: 10}}
  codes: {mixing: {chains_per_target: 2, steps: 30}, variants: [dgn_am, joint_ppgn_h]}
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
    return MeasuringControls(metrics=functions, judges=(JUDGE,), sizes=sizes)


def sizes_of(name: str, image_size: int | None = None) -> Sizes:
    """Sizes of a data set's networks."""
    return networks.sizes(DATASETS[name], image_size or DATASETS[name].image_size, RECIPES["generator"])


def network_of(architecture: str, dataset: str, image_size: int | None = None, **options: Any) -> Any:
    """A new network of an architecture, with the options that suit a data set and those that are given."""
    own = options_of(architecture, DATASETS[dataset].options.get(architecture, {}), options)
    return resolve(ARCHITECTURES[architecture].network)(sizes_of(dataset, image_size), own)


def save_network(path: Path, job: Training, network: Any = None) -> Path:
    """Write a network, untrained unless it is given, as the training of the job would write it."""
    arrays = {
        key: value.numpy()
        for key, value in (network or built(job.network, job.options, job.sizes)).state_dict().items()
    }
    files.save_arrays(path, arrays, {"kind": job.network.short, **job.model_dump(mode="json")})
    return path
