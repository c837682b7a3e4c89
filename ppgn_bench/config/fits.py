"""Whether the parts of an experiment fit each other: what does not, each after its key. It needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ppgn_bench.config import classes, networks
from ppgn_bench.errors import brief, hint
from ppgn_bench.metrics.of_inception import OF_INCEPTION
from ppgn_bench.sampling import ablations, aims
from ppgn_bench.sampling.roles import lacking_roles
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.training.recipes import RECIPES

if TYPE_CHECKING:
    from ppgn_bench.config.experiment import Experiment
    from ppgn_bench.config.sections import Ablation


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


def wrong_networks(experiment: Experiment) -> Iterable[str]:
    """What a data set's `networks` name that there is not."""
    for name, settings in experiment.datasets.items():
        wrong = networks.wrong_settings(settings.networks, experiment.placed[0].get(name))
        yield from (f"datasets.{name}.{problem}" for problem in wrong)


def wrong_variants(experiment: Experiment) -> Iterable[str]:
    """Entries of the table that name a recipe that there is not, or lack a network."""
    for name in dict.fromkeys([*experiment.variants, *(ablation.of for ablation in experiment.ablations.values())]):
        entry = VARIANTS[name]
        unknown = [recipe for recipe in entry.networks.values() if recipe not in RECIPES]
        wrong = f"unknown recipe {unknown[0]!r}; {hint(unknown[0], RECIPES)}" if unknown else lacking_roles(entry)
        yield from [f"variant {name!r}: {wrong}"] if wrong else []


def misfits(experiment: Experiment) -> Iterable[str]:
    """Networks that cannot be built for a data set, or do not fit each other; targets that are none."""
    for name in experiment.placed[0]:
        dataset, size, place = experiment.dataset(name), experiment.image_size(name), f"datasets.{name}"
        if experiment.real not in dataset.split_sizes:
            yield f"real: must be reference, since {name} has no training images, got {experiment.real}"
        wrong = list(filter(None, [classes.problem(dataset, experiment.datasets[name])]))
        how = experiment.processes, experiment.device, experiment.datasets[name].budget
        wrong += filter(None, (networks.misfit(dataset, size, recipe, *how) for recipe in experiment.trained(name)))
        for key, entry in experiment.on_datasets[name].items() if not wrong else ():
            if entry.space == "code" and (unlike := networks.unlike_codes(dataset, size, entry.networks)):
                wrong.append(f"networks: {unlike} ({key})")
            unknown = [
                f"{_place(experiment, key)}targets: on {name}: {problem}" for problem in aims.problems(entry, dataset)
            ]
            yield from unknown
            to_classes = not unknown and aims.to_classes(entry, dataset)
            if to_classes and (few := networks.too_few_outputs(dataset, size, entry.networks)):
                wrong.append(f"{few} ({key})")
        yield from (f"{place}.{problem}" for problem in dict.fromkeys(wrong))


def _place(experiment: Experiment, sampler: str) -> str:
    """Where a sampler stands in the config."""
    base = sampler.partition("+")[0]
    return f"ablations.{base}." if base in experiment.ablations else f"variant {sampler!r}: "


def wrong_ablation(experiment: Experiment, name: str) -> Iterable[str]:
    """What an ablation names or changes that it cannot."""
    ablation = experiment.ablations[name]
    for index, dataset in enumerate(ablation.datasets or ()):
        if dataset not in experiment.datasets:
            wrong = f"unknown data set {brief(dataset)}; {hint(dataset, experiment.datasets)}"
            yield f"ablations.{name}.datasets[{index}]: {wrong}"
    if name in VARIANTS or "+" in name:
        yield f"ablations.{name}: {'the name of a variant' if name in VARIANTS else 'has a +'}"
    own = ablations.problems(VARIANTS[ablation.of], ablation.changes, ablation.switches)
    yield from (f"ablations.{name}.{problem}" for problem in [*own, *_off_the_ladder(experiment, ablation)])


def _off_the_ladder(experiment: Experiment, ablation: Ablation) -> Iterable[str]:
    """Why an ablation is no rung of the ladder that it names."""
    if ablation.ladder is None:
        return
    foot = next(other.of for other in experiment.ablations.values() if other.ladder == ablation.ladder)
    if foot != ablation.of:
        yield f"ladder: {ablation.ladder!r} starts from {foot}, and this is one of {ablation.of}"
    for change in ablation.changes:
        if len(change.values) > 1:
            yield f"ladder: a rung is one sampler, and {change.place}.{change.key} has {len(change.values)} values"
