"""Whether samplers and sweeps of an experiment fit each other: what does not, each after its key. It needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ppgn_bench.errors import brief, hint
from ppgn_bench.metrics.of_inception import OF_INCEPTION
from ppgn_bench.sampling.variants import VARIANTS

if TYPE_CHECKING:
    from ppgn_bench.config.experiment import Experiment


def unknown_samplers(experiment: Experiment, wrong: Sequence[str]) -> Iterable[str]:
    """Names in sweeps that no variant or ablation has; wrong: ablations whose samplers are not known."""
    right = [name for name in experiment.ablations if name not in wrong]
    known = [
        *VARIANTS,
        *experiment.ablations,
        *wrong,
        *(sampler for name in right for sampler in experiment.ablated(name)),
    ]
    for key, names in _named_in_sweeps(experiment):
        for index, name in enumerate(names):
            if name not in known and name.partition("+")[0] not in wrong:
                yield f"{key}[{index}]: unknown variant {brief(name)}; {hint(name, dict.fromkeys(known))}"


def _named_in_sweeps(experiment: Experiment) -> Iterable[tuple[str, Sequence[str]]]:
    """Keys that name samplers, and what they name."""
    for sweep, settings in experiment.sweeps.items():
        yield f"sweeps.{sweep}.variants", settings.variants or ()
        yield f"sweeps.{sweep}.without", settings.without or ()
        yield from ((f"sweeps.{sweep}.{run}.without", of.without or ()) for run, of in settings.runs.items())


def equal_titles(experiment: Experiment) -> Iterable[str]:
    """Samplers of one sweep that a reader could not tell from each other."""
    for sweep in experiment.sweeps:
        called: dict[str, str] = {}
        for name in experiment.sweep_variants(sweep):
            if (other := called.setdefault(title := experiment.samplers[name].title, name)) != name:
                yield f"sweeps.{sweep}: {other!r} and {name!r} are both called {title!r}; give one another title"


def idle_contexts(experiment: Experiment) -> Iterable[str]:
    """Sweeps with values of epsilon 4 for samplers without a context: their chains would be the same at each."""
    for sweep, settings in experiment.sweeps.items():
        if not any(settings.epsilon.get("context", ())):
            continue
        for name in experiment.sweep_variants(sweep):
            if all(expert.term != "context" for expert in experiment.samplers[name].experts):
                yield f"sweeps.{sweep}.epsilon.context: does nothing for {name!r}, which is in no context; leave it out"


def without_inception(experiment: Experiment) -> Iterable[str]:
    """Metrics of Inception that are asked for where no weights of it are; weights where none of them is asked for."""
    asked = {"metrics": experiment.metrics} | {
        f"sweeps.{name}.metrics": of.metrics for name, of in experiment.sweeps.items()
    }
    if experiment.inception is not None:
        listed = [names for names in asked.values() if names is not None]
        if experiment.metrics is not None and not any(name in OF_INCEPTION for names in listed for name in names):
            yield f"inception: does nothing, since metrics names none of {', '.join(OF_INCEPTION)}"
        return
    for key, names in asked.items():
        for index, name in enumerate(names or ()):
            if name in OF_INCEPTION:
                words = "needs Inception's weights: say inception: {weights: FILE}, or {weights: download}"
                yield f"{key}[{index}]: {name} {words}"


def never_sampled(experiment: Experiment) -> Iterable[str]:
    """Variants and ablations that no sweep samples, and sweeps without a sampler."""
    sampled = {name for sweep in experiment.sweeps for name in experiment.sweep_variants(sweep)}
    for index, name in enumerate(experiment.variants):
        if name not in sampled:
            yield f"variants[{index}]: no sweep samples {name!r}: none names it, or those that do leave it out"
    for name in experiment.ablations:
        if not sampled & set(experiment.ablated(name)):
            yield f"ablations.{name}: no sweep samples it: none names it, or those that do leave it out"
    for sweep, own in experiment.sweeps.items():
        if any(map(own.names, experiment.samplers)) and not experiment.sweep_variants(sweep):
            yield f"sweeps.{sweep}.without: leaves it no sampler"
