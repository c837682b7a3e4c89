"""What an experiment is: its parts, and that they fit together. config/README.md explains every key.

A message here names the keys that do not fit; `config` puts the path of the key before those of `settings`. Nothing
imports torch.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator

from ppgn_bench.config import classes, datasets, fits, memory, networks
from ppgn_bench.config.sections import Ablation, DatasetSettings, InceptionSettings, Run, Section, Sweep, WorldSettings
from ppgn_bench.config.values import (
    AboveZero,
    CountOrAuto,
    MetricNames,
    NotNegative,
    Positive,
    SafeName,
    VariantNames,
    WorldName,
)
from ppgn_bench.data.table import Dataset
from ppgn_bench.networks.options import Options
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.sampling import ablations, aims
from ppgn_bench.sampling.targets import Target
from ppgn_bench.sampling.variants import VARIANTS, Variant
from ppgn_bench.training.changes import named
from ppgn_bench.training.recipes import JUDGES


class Experiment(Section):
    """A whole run: which samplers, on which data, sampled how, measured how."""

    name: SafeName
    device: Literal["auto", "cpu", "cuda"] = "auto"
    chunk_size: Positive = 200
    memory_gib: AboveZero = 4.0
    checkpoint_minutes: Annotated[NotNegative, Field(exclude=True)] = 10.0  # no result depends on it, nor the manifest
    processes: Annotated[Positive, Field(exclude=True)] = 1  # the header of what they train says how many they were
    batch_seeds: Annotated[CountOrAuto, Field(exclude=True)] = "auto"  # a job's; results are the same
    real: Literal["reference", "train"] = "reference"
    datasets: Annotated[dict[SafeName, DatasetSettings], Field(min_length=1)]
    variants: VariantNames
    ablations: dict[SafeName, Ablation] = Field(default_factory=dict)
    sweeps: Annotated[dict[SafeName, Sweep], Field(min_length=1)]
    metrics: MetricNames | None = None
    inception: InceptionSettings | None = None
    worlds: dict[WorldName, WorldSettings] = Field(default_factory=dict)

    @cached_property
    def placed(self) -> tuple[dict[str, Dataset], list[str]]:
        """The data sets as the config places them, and what is wrong with them."""
        return datasets.placed(self.datasets)

    def dataset(self, name: str) -> Dataset:
        """A data set of the table or a folder of the user's own, as the config places it."""
        return self.placed[0][name]

    def image_size(self, dataset: str) -> int:
        """Resolution of a data set's images in pixels: the config's or the data set's own."""
        return self.datasets[dataset].image_size or self.dataset(dataset).image_size

    def recipe(self, dataset: str, recipe: str) -> str:
        """Name of a table's recipe on a data set, with what the config changes there."""
        return networks.on_dataset(self.dataset(dataset), recipe, self.datasets[dataset].networks)

    def judges(self, dataset: str) -> tuple[str, ...]:
        """The recipes of the judges on a data set, first the one of the tables."""
        return tuple(self.recipe(dataset, judge) for judge in self.dataset(dataset).judges or JUDGES)

    @cached_property
    def on_datasets(self) -> dict[str, dict[str, Variant]]:
        """The samplers of each data set, without those that are of others alone."""
        return {
            dataset: {name: own for name, own in self._samplers(dataset).items() if self.is_on(dataset, name)}
            for dataset in self.placed[0]
        }

    def is_on(self, dataset: str, variant: str) -> bool:
        """Whether a sampler is sampled on a data set: an ablation may be of some alone."""
        ablation = self.ablations.get(variant.partition("+")[0])
        return ablation is None or ablation.datasets is None or dataset in ablation.datasets

    def on(self, dataset: str, variant: str) -> Variant:
        """A sampler with the recipes that its networks have on a data set."""
        return self.on_datasets[dataset][variant]

    def built(self, dataset: str, variant: str) -> list[tuple[Options, Sizes]]:
        """Options and sizes of the networks that a sampler runs on a data set, each once."""
        recipes = map(named, dict.fromkeys(self.on(dataset, variant).networks.values()))
        entry, size = self.dataset(dataset), self.image_size(dataset)
        return [(networks.options(entry, recipe), networks.sizes(entry, size, recipe)) for recipe in recipes]

    def targets(self, dataset: str, variant: str, seed: int | None = None) -> tuple[Target, ...]:
        """What a sampler's chains are steered to on a data set, of pretrained networks from a seed (None: the first).

        Raises UserError for what it cannot be steered to.
        """
        sampler, entry = self.samplers[variant], self.dataset(dataset)
        found = aims.targets(sampler, entry)
        return found if sampler.wanted else tuple(classes.of_seed(found, entry, self.datasets[dataset], seed))

    def state_shape(self, dataset: str, variant: str) -> tuple[int, ...]:
        """Of a sampler's states: a code, or an image."""
        entry, size = self.on(dataset, variant), self.image_size(dataset)
        if entry.space == "image":
            return self.dataset(dataset).channels, size, size
        return (networks.sizes(self.dataset(dataset), size, named(entry.networks["generator"])).code_size,)

    def trained(self, dataset: str) -> list[str]:
        """The recipes of the judges and of all samplers on a data set, and what they need."""
        sampled = [recipe for entry in self.on_datasets[dataset].values() for recipe in entry.networks.values()]
        return networks.needed([*self.judges(dataset), *sampled])

    @cached_property
    def samplers(self) -> dict[str, Variant]:
        """All samplers by name, in the report's order: the variants, then those of the ablations."""
        return self._samplers()

    def _samplers(self, dataset: str | None = None) -> dict[str, Variant]:
        """All samplers, with the recipes of the table or those of a data set; ablations change the latter."""
        found = {name: self._table(name, dataset) for name in self.variants}
        for name in self.ablations:
            found |= self.ablated(name, dataset)
        return found

    def _table(self, variant: str, dataset: str | None) -> Variant:
        entry = VARIANTS[variant]
        if dataset is None:
            return entry
        networks = {role: self.recipe(dataset, own) for role, own in entry.networks.items()}
        return replace(entry, networks=networks, epsilon=entry.searched.get(dataset, entry.epsilon))

    def ablated(self, name: str, dataset: str | None = None) -> dict[str, Variant]:
        """The samplers of an ablation by name, on a data set or as the table has their networks."""
        ablation = self.ablations[name]
        of = self._table(ablation.of, dataset)
        title = ablation.title or f"{of.title}, {name}"
        steered = ablations.steered(of, ablation.switches, lambda own: self.recipe(dataset, own) if dataset else own)
        return ablations.expanded(name, title, steered, ablation.changes)

    def sweep_variants(self, sweep: str, dataset: str | None = None) -> tuple[str, ...]:
        """The experiment's samplers that a sweep samples, on a data set or on any, in the experiment's order. An
        ablation's name means all.
        """
        runs = self.sweeps[sweep].runs.values()
        found = (name for name in self.samplers if any(self._samples(sweep, run, name) for run in runs))
        return tuple(name for name in found if dataset is None or self.is_on(dataset, name))

    def _samples(self, sweep: str, run: Run, variant: str) -> bool:
        """Whether a run of a sweep is the sampler's."""
        plan = self.sweeps[sweep]
        left_out = {*(plan.without or ()), *(run.without or ())}
        return plan.names(variant) and not {variant, variant.partition("+")[0]} & left_out

    def left_out(self, sweep: str, run: Run) -> list[str]:
        """The sweep's samplers that a run of it leaves out."""
        return [name for name in self.sweep_variants(sweep) if not self._samples(sweep, run, name)]

    def settings(self, dataset: str, sweep: str, variant: str) -> list[dict[str, float]]:
        """The epsilons that a sweep samples a sampler with on a data set."""
        own = self.sweeps[sweep]
        of = self._table(own.epsilons_of, dataset) if own.epsilons_of else self.on(dataset, variant)
        return own.settings(of.epsilon)

    def runs(self, dataset: str, sweep: str, variant: str) -> dict[str, Run]:
        """The runs of a sweep that are this sampler's, by name.

        Without noise and resets, chains of a target from one start are one chain: the mixing run has one of each.
        """
        runs = {name: run for name, run in self.sweeps[sweep].runs.items() if self._samples(sweep, run, variant)}
        noisy = any(setting["noise"] for setting in self.settings(dataset, sweep, variant))
        if "mixing" in runs and not noisy and not self.samplers[variant].update.resets:
            runs["mixing"] = runs["mixing"].model_copy(update={"chains_per_target": 1})
        return runs

    @model_validator(mode="after")
    def _parts_fit(self, info: ValidationInfo) -> Experiment:
        """Every problem of the parts with each other; what depends on all of them is asked where the rest is right."""
        partial, left_out = info.context is not None, (info.context or {}).get("wrong_ablations", ())
        wrong = {name: list(fits.wrong_ablation(self, name)) for name in self.ablations}
        problems = [*fits.wrong_variants(self)] or [*fits.wrong_networks(self)]
        problems += [problem for own in wrong.values() for problem in own]
        problems = self.placed[1] + (problems or [*fits.misfits(self)])
        problems += [f"sweeps.{name}: has a +, which is for rows of sensitivity" for name in self.sweeps if "+" in name]
        problems += fits.unknown_samplers(self, [*left_out, *(name for name, own in wrong.items() if own)])
        if not problems and not partial:
            problems = [
                *fits.never_sampled(self),
                *fits.equal_titles(self),
                *fits.idle_contexts(self),
                *fits.without_inception(self),
            ] or [*memory.too_large(self)]
        if problems:
            raise ValueError("\n".join(problems))
        return self
