"""What code each job runs, as a fingerprint: an edit reruns what it concerns. Nothing imports torch."""

from collections.abc import Iterable
from functools import cache

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.training.recipes import named
from ppgn_bench.workflow import plan
from ppgn_bench.workflow.fingerprint import fingerprint


@cache
def stage(name: str, *roots: str) -> str:
    """Fingerprint of the code that a stage can reach; what it looks up by name is given as further roots."""
    return fingerprint([f"ppgn_bench.{root}" for root in (f"cli.app:{name}", *roots)])


def preparation(folder: str) -> str:
    """Code of one data set: its own loader, not its neighbours'."""
    return stage("prepare", f"data.table:{plan.preparation(folder)['load']}")


def training(recipe: str) -> str:
    """Code of one network's training: its own objective and architecture, not its neighbours'."""
    entry = named(recipe)
    return stage("train", f"training.objectives:{entry.objective}", *_architectures([recipe, *entry.needs]))


def sampling(experiment: Experiment, variant: str) -> str:
    """Code of one variant's sampling: its own prior, condition, start and architectures, not its neighbours'."""
    return stage("sample", *_sampler(experiment, variant))


def resampling(experiment: Experiment, variant: str) -> str:
    """Code of one variant's sampling and measuring for the gate."""
    return stage("resample", *_sampler(experiment, variant), *_measures(experiment))


def pinning() -> str:
    """Code of the gate's exact numbers: of everything that is trained, sampled and measured."""
    return stage(
        "pin", "networks", "training.objectives", "sampling.priors", "sampling.conditions", "sampling.starts", "metrics"
    )


def measuring(experiment: Experiment, name: str, sweep: str | None = None) -> str:
    """Code of the metrics that are asked for; name: of the stage, measure or controls."""
    return stage(name, *_measures(experiment, sweep))


def _sampler(experiment: Experiment, variant: str) -> list[str]:
    entry = experiment.samplers[variant]
    own = (
        f"sampling.priors:{entry.prior}",
        f"sampling.starts:{entry.update.start}",
        f"sampling.conditions:{entry.update.condition}",
    )
    return [*own, f"sampling.conditions:{entry.view}", *_architectures(entry.networks.values())]


def _measures(experiment: Experiment, sweep: str | None = None) -> list[str]:
    functions = [METRICS[metric].function for metric in plan.metric_names(experiment, sweep)]
    return ["networks.architectures:Judge", *(f"metrics.{function}" for function in functions)]


def _architectures(recipes: Iterable[str]) -> list[str]:
    return [f"networks.architectures:{named(recipe).network}" for recipe in recipes]
