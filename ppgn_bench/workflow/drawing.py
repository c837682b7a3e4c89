"""What `draw` is asked for, as the job that samples it. Messages name the option. Nothing imports torch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ppgn_bench.columns import TERMS
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import DEFAULT, extended, load_experiment
from ppgn_bench.data.shapes import SHAPE_NAMES
from ppgn_bench.data.table import DATASETS, Dataset
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.jobs import Run, Sampling
from ppgn_bench.lookup import Name
from ppgn_bench.sampling import aims, targets
from ppgn_bench.sampling.ablations import steered
from ppgn_bench.sampling.roles import lacking_roles, start_roles
from ppgn_bench.sampling.steering import CONDITIONS, Expert
from ppgn_bench.sampling.targets import Target, Unit
from ppgn_bench.sampling.variants import Variant
from ppgn_bench.workflow.paths import data_file, folders, network_file
from ppgn_bench.workflow.plan import of_sampler

# Option -> the conditions that it can be of. A sampler's own one stays, with its weight; else it is the first.
STEERING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "--class": ("own_class", "target_only", "raw_logit"),
        "--value": ("own_values",),
        "--unit": ("hidden_unit",),
        "--caption": ("caption",),
    }
)
CONTEXT = "context"  # the condition, and the term of its epsilon
EPSILON_CONTEXT = 0.1  # where nothing sets it: what the rule of docs/conditions.md chose


@dataclass(frozen=True)
class Wish:
    """What to draw, as someone typed it: of several classes a row each, of several values all together.

    inpaints: whether a picture is given, whose hole is filled; epsilon: "term=value" each; network_seed: which of the
    trained networks; seed: of the chains.
    """

    dataset: str
    sampler: str
    run: Run
    classes: Sequence[str] = ()
    values: Sequence[str] = ()
    unit: str | None = None
    caption: str | None = None
    inpaints: bool = False
    epsilon: Sequence[str] = ()
    seed: int = 0
    network_seed: int = 0


class Drawing(NamedTuple):
    """The job, the unit that no target names, the images' shape, and what it reads: role -> file, and the splits, ""
    where it needs none. Files are named from the folder where Snakemake runs.
    """

    job: Sampling
    unit: Unit | None
    image_shape: tuple[int, int, int]
    networks: dict[str, str]
    data: str

    @property
    def files(self) -> list[str]:
        """All that it reads, each once."""
        return list(dict.fromkeys([*self.networks.values(), *filter(None, [self.data])]))


def experiment_of(dataset: str, config: Path | None) -> Experiment:
    """The experiment of a config, or the default one, with this data set in it. Raises UserError where it is none."""
    if not (config or DEFAULT).is_file():
        told = (
            f"--config: {config}: no such file" if config else f"{DEFAULT}: is missing; run this in the clone's folder"
        )
        raise UserError(told)
    known = dict.fromkeys([*_datasets(config), *DATASETS])
    if dataset not in known:
        raise UserError(f"--dataset: unknown data set {brief(dataset)}; {hint(dataset, known)}")
    return load_experiment({**({"extends": str(config)} if config else {}), "datasets": {dataset: {}}})


def drawing(experiment: Experiment, wish: Wish) -> Drawing:
    """The job of a wish. Raises UserError that names the option that is wrong, and what it can be."""
    folder = next(folder for folder, name in folders(experiment).items() if name == wish.dataset)
    dataset, size = experiment.dataset(wish.dataset), experiment.image_size(wish.dataset)
    known = [name for name in experiment.samplers if experiment.is_on(wish.dataset, name)]
    sampler = experiment.on(wish.dataset, _one_of("--sampler", wish.sampler, known))
    parts = _parts(dataset, wish)
    unit = None if wish.unit is None else targets.unit_of_layer(wish.unit)
    steering = _steered(experiment, sampler, wish, parts)
    experts = tuple(_needing(steering.experts, wish.inpaints, unit))
    job = of_sampler(
        experiment,
        folder,
        steering,
        experts=experts,
        sweep="draw",
        variant=wish.sampler,
        seed=wish.seed,
        targets=_together(parts) if parts else aims.targets(sampler, dataset),
        settings=(_epsilon(sampler, wish),),
        runs={"quality": wish.run},
        state_shape=experiment.state_shape(wish.dataset, wish.sampler),
    )
    files = {role: network_file(experiment, folder, own, wish.network_seed) for role, own in steering.networks.items()}
    shape = dataset.channels, size, size
    reads = any(expert.prepared for expert in experts) or bool(start_roles(steering))
    return Drawing(job, unit, shape, files, data_file(folder) if reads else "")


def making(plan: Drawing, missing: Iterable[str], config: Path | None, seed: int) -> list[str]:
    """The words of the command that makes files of a drawing, with networks of this training seed alone.

    A config, where one is named, says how the networks of its data sets are trained; those of others are as the tables
    have them, whatever the config.
    """
    dataset, words = plan.job.dataset.partition("+")[0], ["snakemake", *missing, "--cores", "all"]
    words += ["--config", f"datasets={{{dataset}: {{seeds: [{seed}]}}}}"]
    return [*words, "--configfile", str(config)] if config and dataset in _datasets(config) else words


def _datasets(config: Path | None) -> list[str]:
    """The data sets of a config, or of the default one; whether they are well described is asked later."""
    found = extended({"extends": str(config)} if config else {}).get("datasets")
    return [*found] if isinstance(found, Mapping) else []


def _parts(dataset: Dataset, wish: Wish) -> dict[str, list[Target]]:
    """Option -> the targets of which a row has one."""
    found = {}
    if wish.classes:
        by_name = dict(zip(dataset.class_names, targets.classes(dataset), strict=True))
        found["--class"] = [by_name[_one_of("--class", name, by_name)] for name in wish.classes]
    if wish.values:
        if not dataset.factors:
            others = [name for name, entry in DATASETS.items() if entry.factors]
            raise UserError(f"--value: {wish.dataset} has no factors; those that have are {', '.join(others)}")
        by_name = {target.name: target for target in targets.values(dataset)}
        wanted = [by_name[_one_of("--value", name, by_name)] for name in wish.values]
        with _named("--value"):
            found["--value"] = [targets.together(wanted)]
    if wish.unit is not None:
        found["--unit"] = [_unit(dataset, wish.unit)]
    if wish.caption is not None:
        if dataset.class_names != SHAPE_NAMES:
            others = [name for name, entry in DATASETS.items() if entry.class_names == SHAPE_NAMES]
            raise UserError(f"--caption: {wish.dataset} has no captions; those that have are {', '.join(others)}")
        with _named("--caption"):
            found["--caption"] = [targets.caption(dataset, wish.caption)]
    return found


def _together(parts: Mapping[str, list[Target]]) -> tuple[Target, ...]:
    """A row each: every combination of one target of each option."""
    with _named(" with ".join(parts)):
        return tuple(targets.together(own) for own in itertools.product(*parts.values()))


def _unit(dataset: Dataset, text: str) -> Target:
    """A unit by its rank; by its layer the target has but a name, since only the network knows the layer's sides."""
    if targets.unit_of_layer(text):
        return Target(text, {})
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        form = '"3", the third most selective one of the last convolution layer, or "conv2:5" or "conv2:5@3,4"'
        raise UserError(f"--unit: must be as {form}, layer:channel@row,column counted from 0, got {brief(text)}")
    return targets.unit(dataset, f"unit {text}")


def _steered(experiment: Experiment, sampler: Variant, wish: Wish, parts: Iterable[str]) -> Variant:
    """The sampler with the conditions of the options, or its own where there is none, and the networks of these."""
    conditions = {}
    for option in parts:
        name = next((name for name in STEERING[option] if name in sampler.conditions), STEERING[option][0])
        conditions[name] = sampler.conditions.get(name, 1.0)
    conditions = conditions or dict(sampler.conditions)
    if wish.inpaints:
        if any(expert.term == CONTEXT for name in conditions for expert in CONDITIONS[name].experts):
            raise UserError(
                f"--inpaint: {wish.sampler} has contexts of its own; take another --sampler or name a --class"
            )
        conditions[CONTEXT] = 1.0
    found = steered(sampler, {"condition": conditions}, partial(experiment.recipe, wish.dataset))
    if lacking := lacking_roles(found):
        other = ablations[wish.sampler].of if wish.sampler in (ablations := experiment.ablations) else ""
        raise UserError(f"--sampler: {wish.sampler}: {lacking}" + (f"; take --sampler {other}" if other else ""))
    return found


def _needing(experts: Iterable[Expert], inpaints: bool, unit: Unit | None) -> Iterator[Expert]:
    """The experts, which prepare only what is not given; nothing is observed, since there is nobody to tell."""
    given = [
        *([Name("sampling.preparation:contexts")] if inpaints else []),
        *([Name("sampling.preparation:most_selective")] if unit else []),
    ]
    for expert in experts:
        yield replace(expert, observed=None, prepared=None if expert.prepared in given else expert.prepared)


def _epsilon(sampler: Variant, wish: Wish) -> dict[str, float]:
    """The multipliers: the sampler's own, and what is set."""
    found = dict(sampler.epsilon)
    if wish.inpaints and not found[CONTEXT]:
        found[CONTEXT] = EPSILON_CONTEXT
    for text in wish.epsilon:
        term, equals, number = text.partition("=")
        if not equals:
            raise UserError(f"--epsilon: must be term=value, as prior=0.01, got {brief(text)}")
        _one_of("--epsilon", term, TERMS)
        if term == CONTEXT and not wish.inpaints:
            raise UserError(f"--epsilon: {text}: there is no context; --inpaint gives one")
        try:
            found[term] = float(number)
        except ValueError:
            found[term] = math.nan
        if not 0 <= found[term] < math.inf:
            raise UserError(f"--epsilon: {term}: must be a number of at least 0, got {brief(number)}")
    return found


def _one_of(option: str, name: str, known: Iterable[str]) -> str:
    if name not in known:
        what = "term" if option == "--epsilon" else option.removeprefix("--")
        raise UserError(f"{option}: unknown {what} {brief(name)}; {hint(name, known)}")
    return name


@contextmanager
def _named(option: str) -> Iterator[None]:
    """Put the option before the message of what goes wrong in the block."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{option}: {error}") from None
