"""A grid of epsilons as one job against a job for each setting: what a setting costs, of config/ablations.yaml."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.calibration import stand_ins
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import machine
from ppgn_bench.workflow import plan
from tests.benchmarks.test_sampling import seconds
from tests.configs import save_network
from tests.conftest import ROOT

SWEEP = "grid"
ALONE = 4  # settings, evenly spread, that are run one by one in a round
ROUNDS = 3


def run(job, data, weights, output):
    """One sampling job, as the workflow starts it."""
    options = [word for role, file in weights.items() for word in ("--network", f"{role}={file}")]
    given = ["--job", job.as_json(), "--data", data, *options, "--output", output]
    command = [sys.executable, "-m", "ppgn_bench", "sample", *given]
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(list(map(str, command)), check=True, capture_output=True, env=place, cwd=output.parent)


@pytest.mark.parametrize("variant", ["ppgn_x", "joint_ppgn_h"])
@pytest.mark.benchmark(group="a grid of epsilons as one job")
def test_a_grid_against_its_settings_one_by_one(benchmark, tmp_path, monkeypatch, variant):
    monkeypatch.chdir(ROOT)
    experiment = load_experiment(read(Path("config/ablations.yaml")))
    whole = plan.sampling(experiment, "mnist", SWEEP, variant, 0).model_copy(update={"device": "cpu"})
    stand_ins.data(plan.preparation(experiment, "mnist"), False, tmp_path / "data")
    data = tmp_path / "data" / "whole.safetensors"
    weights = {
        role: save_network(tmp_path / f"{role}.safetensors", plan.training(experiment, "mnist", recipe, 0))
        for role, recipe in VARIANTS[variant].networks.items()
    }
    settings = whole.settings
    chosen = [settings[place] for place in np.linspace(0, len(settings) - 1, ALONE).astype(int)]
    single = [whole.model_copy(update={"settings": (setting,)}) for setting in chosen]
    machine.device("cpu")
    alone = []

    def turn():
        alone.append(np.mean([seconds(lambda job=job: run(job, data, weights, tmp_path / "one")) for job in single]))
        return (whole, data, weights, tmp_path / "all"), {}

    benchmark.pedantic(run, setup=turn, rounds=ROUNDS)
    together = np.array(benchmark.stats.stats.data) / len(settings)
    benchmark.extra_info |= {
        "settings": len(settings),
        "chains a setting": len(whole.targets) * whole.runs["quality"].chains_per_target,
        "seconds a setting, whole grid": round(float(np.median(together)), 3),
        "seconds a setting, one by one": round(float(np.median(alone)), 3),
        "ratio": round(float(np.median(alone / together)), 2),
    }
