"""What code each job runs, as a fingerprint: an edit reruns what it concerns. Nothing imports torch."""

from collections.abc import Iterable
from functools import cache

from ppgn_bench.data import DATASETS
from ppgn_bench.experiment import Experiment
from ppgn_bench.fingerprint import fingerprint
from ppgn_bench.metrics import METRICS
from ppgn_bench.plan import folders, metric_names
from ppgn_bench.recipes import named


@cache
def stage(name: str, *roots: str) -> str:
    """Fingerprint of the code that a stage can reach; what it looks up by name is given as further roots."""
    return fingerprint([f"ppgn_bench.{root}" for root in (f"cli:{name}", *roots)])


def preparation(experiment: Experiment, folder: str) -> str:
    """Code of one data set: its own loader, not its neighbours'."""
    return stage("prepare", f"data:{DATASETS[folders(experiment)[folder]].load}")


def training(recipe: str) -> str:
    """Code of one network's training: its own objective and architecture, not its neighbours'."""
    entry = named(recipe)
    return stage("train", f"objectives:{entry.objective}", *_architectures([recipe, *entry.needs]))


def sampling(experiment: Experiment, variant: str) -> str:
    """Code of one variant's sampling: its own prior, condition, start and architectures, not its neighbours'."""
    entry = experiment.samplers[variant]
    own = f"priors:{entry.prior}", f"starts:{entry.update.start}", f"conditions:{entry.update.condition}"
    return stage("sample", *own, f"conditions:{entry.view}", *_architectures(entry.networks.values()))


def measuring(experiment: Experiment, name: str, sweep: str | None = None) -> str:
    """Code of the metrics that are asked for; name: of the stage, measure or controls."""
    functions = [METRICS[metric].function for metric in metric_names(experiment, sweep)]
    return stage(name, "networks:Judge", *(f"metrics.{function}" for function in functions))


def _architectures(recipes: Iterable[str]) -> list[str]:
    return [f"networks:{named(recipe).network}" for recipe in recipes]
