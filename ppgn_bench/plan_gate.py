"""What the gate's jobs are told: they sample from committed networks, whatever the experiment. Nothing imports torch."""

from ppgn_bench import plan
from ppgn_bench.config import load_experiment
from ppgn_bench.experiment import Experiment

REFERENCE = "results/reference"  # committed
DATASET, SWEEP, SEED = "digits", "own", 0


def gate(device: str = "cpu") -> Experiment:
    """The experiment of config/gate.yaml, on a device of the user's."""
    return load_experiment({"extends": "config/gate.yaml", "device": device})


def weights(experiment: Experiment, recipe: str) -> str:
    """Where a committed network of the smoke run lies."""
    return plan.network_file(experiment, DATASET, recipe, SEED).replace("results", f"{REFERENCE}/smoke", 1)
