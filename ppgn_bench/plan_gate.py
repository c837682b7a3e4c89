"""What the gate's jobs are told: they sample from committed networks, whatever is run. Nothing imports torch."""

from importlib.metadata import version

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


def networks(experiment: Experiment, variant: str) -> dict[str, str]:
    """Role -> committed file of the networks that a variant samples with."""
    return {role: weights(experiment, recipe) for role, recipe in experiment.samplers[variant].networks.items()}


def sampling(experiment: Experiment, variant: str) -> plan.Settings:
    """Settings of the job that samples a variant anew."""
    return plan.sampling(experiment, DATASET, SWEEP, variant, SEED)


def versions() -> dict[str, str]:
    """The libraries that numbers come from: a new one is a reason to sample anew."""
    return {name: version(name) for name in ("torch", "numpy", "scipy", "torch-fidelity", "torchmetrics")}
