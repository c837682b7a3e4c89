"""What code each job runs, as a fingerprint: an edit reruns what it concerns. Nothing imports torch."""

from collections.abc import Iterable
from functools import cache

from ppgn_bench import plan
from ppgn_bench.experiment import Experiment
from ppgn_bench.fingerprint import fingerprint
from ppgn_bench.metrics import METRICS
from ppgn_bench.recipes import named


@cache
def stage(name: str, *roots: str) -> str:
    """Fingerprint of the code that a stage can reach; what it looks up by name is given as further roots."""
    return fingerprint([f"ppgn_bench.{root}" for root in (f"cli:{name}", *roots)])


def preparation(folder: str) -> str:
    """Code of one data set: its own loader, not its neighbours'."""
    return stage("prepare", f"data:{plan.preparation(folder)['load']}")


def training(recipe: str) -> str:
    """Code of one network's training: its own objective and architecture, not its neighbours'."""
    entry = named(recipe)
    return stage("train", f"objectives:{entry.objective}", *_architectures([recipe, *entry.needs]))


def sampling(experiment: Experiment, variant: str) -> str:
    """Code of one variant's sampling: its own prior, condition, start and architectures, not its neighbours'."""
    return stage("sample", *_sampler(experiment, variant))


def resampling(experiment: Experiment, variant: str) -> str:
    """Code of one variant's sampling and measuring for the gate."""
    return stage("resample", *_sampler(experiment, variant), *_measures(experiment))


def pinning() -> str:
    """Code of the gate's exact numbers: of everything that is trained, sampled and measured."""
    return stage("pin", "networks", "objectives", "priors", "conditions", "starts", "metrics")


def measuring(experiment: Experiment, name: str, sweep: str | None = None) -> str:
    """Code of the metrics that are asked for; name: of the stage, measure or controls."""
    return stage(name, *_measures(experiment, sweep))


def _sampler(experiment: Experiment, variant: str) -> list[str]:
    entry = experiment.samplers[variant]
    own = f"priors:{entry.prior}", f"starts:{entry.update.start}", f"conditions:{entry.update.condition}"
    return [*own, f"conditions:{entry.view}", *_architectures(entry.networks.values())]


def _measures(experiment: Experiment, sweep: str | None = None) -> list[str]:
    functions = [METRICS[metric].function for metric in plan.metric_names(experiment, sweep)]
    return ["networks:Judge", *(f"metrics.{function}" for function in functions)]


def _architectures(recipes: Iterable[str]) -> list[str]:
    return [f"networks:{named(recipe).network}" for recipe in recipes]
