"""A grid of epsilons as one job against a job for each setting: what a setting costs, of config/ablations.yaml."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ppgn_bench.config.load import load_experiment, read
from ppgn_bench.networks import architectures
from ppgn_bench.storage import files, machine
from ppgn_bench.workflow import plan
from tests.benchmarks.test_sampling import seconds
from tests.conftest import ROOT

SWEEP = "grid"
ALONE = 4  # settings, evenly spread, that are run one by one in a round
ROUNDS = 3


def untrained(folder, told):
    """Files of a sampler's networks with their first weights, by role."""
    weights = {}
    for role, kind in told["networks"].items():
        sizes = told["sizes"]
        torch.manual_seed(0)
        network = getattr(architectures, kind)(architectures.sizes_of(sizes))
        arrays = {name: weight.numpy() for name, weight in network.state_dict().items()}
        weights[role] = str(folder / f"{role}.safetensors")
        files.save_arrays(Path(weights[role]), arrays, {"kind": kind, "dataset": told["dataset"], "sizes": sizes})
    return weights


def job(told, weights, output):
    """One sampling job, as the workflow starts it."""
    settings = plan.as_json({name: value for name, value in told.items() if name != "sizes"})
    options = [word for role, file in weights.items() for word in ("--network", f"{role}={file}")]
    command = [sys.executable, "-m", "ppgn_bench", "sample", "--settings", settings, *options, "--output", output]
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(list(map(str, command)), check=True, capture_output=True, env=place, cwd=output.parent)


@pytest.mark.parametrize("variant", ["ppgn_x", "joint_ppgn_h"])
@pytest.mark.benchmark(group="a grid of epsilons as one job")
def test_a_grid_against_its_settings_one_by_one(benchmark, tmp_path, monkeypatch, variant):
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path("config/ablations.yaml")))
    told = plan.sampling(experiment, "digits", SWEEP, variant, 0) | {"device": "cpu"}
    told["sizes"] = plan.training(experiment, "digits", "classifier", 0)["sizes"]
    files = untrained(tmp_path, told)
    epsilons = told["epsilons"]
    chosen = [epsilons[place] for place in np.linspace(0, len(epsilons) - 1, ALONE).astype(int)]
    machine.device("cpu")
    alone = []

    def turn():
        alone.append(
            np.mean([seconds(lambda e=e: job(told | {"epsilons": [e]}, files, tmp_path / "one")) for e in chosen])
        )
        return (told, files, tmp_path / "all"), {}

    benchmark.pedantic(job, setup=turn, rounds=ROUNDS)
    together = np.array(benchmark.stats.stats.data) / len(epsilons)
    benchmark.extra_info |= {
        "settings": len(epsilons),
        "chains a setting": 10 * told["runs"]["quality"]["chains_per_class"],
        "seconds a setting, whole grid": round(float(np.median(together)), 3),
        "seconds a setting, one by one": round(float(np.median(alone)), 3),
        "ratio": round(float(np.median(alone / together)), 2),
    }
