"""What an experiment is: frozen models that refuse what cannot be run. config/README.md explains every key.

A message here says only what is wrong; `config` puts the path of the key before it. Nothing imports torch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ppgn_bench import ablations
from ppgn_bench.data import DATASETS
from ppgn_bench.errors import brief, hint
from ppgn_bench.kinds import (
    TERMS,
    AboveZero,
    Bounds,
    ConditionName,
    DatasetName,
    EpsilonRange,
    Epsilons,
    MetricNames,
    Number,
    Positive,
    SafeName,
    SafeNames,
    Scale,
    Scales,
    Seeds,
    SetSizes,
    Share,
    StartName,
    Term,
    Truth,
    Values,
    VariantName,
    VariantNames,
    WholeNumber,
    WorldName,
)
from ppgn_bench.variants import VARIANTS, Epsilon, Variant


class _Model(BaseModel):
    """Frozen, and an unknown key is an error, not a setting that silently does nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetSettings(_Model):
    """Training seeds, resolution (None: the data set's own), factor on all iterations but the judge's."""

    seeds: Seeds = (0, 1, 2)
    image_size: Annotated[WholeNumber, Field(ge=8, le=512)] | None = None
    budget: Annotated[Number, Field(gt=0)] = 1.0


class Run(_Model):
    """How many chains of a setting, how long, and which of their states are kept."""

    chains_per_class: Positive
    steps: Positive
    keep_every: Annotated[Positive, Field(validate_default=True)] = 10

    @field_validator("keep_every")
    @classmethod
    def _divides_steps(cls, keep_every: int, info: ValidationInfo) -> int:
        steps = info.data.get("steps", keep_every)
        if steps % keep_every:
            raise ValueError(f"must divide steps ({steps}), so that the last state is kept, got {keep_every}")
        return keep_every


class Sweep(_Model):
    """One way to sample variants, all or those it names: its runs and, where `epsilon` has lists, a grid of settings.

    In the quality run each chain starts from a state of its own, in the mixing run all from one common state.
    """

    quality: Run | None = None
    mixing: Run | None = None
    variants: SafeNames | None = None
    epsilon: dict[Term, Epsilons] = Field(default_factory=dict)
    metrics: MetricNames | None = None

    @model_validator(mode="after")
    def _runs(self) -> Sweep:
        if self.quality is None and self.mixing is None:
            raise ValueError("must have a quality run, a mixing run or both")
        return self

    @property
    def runs(self) -> dict[str, Run]:
        """The runs that there are, by name."""
        both = {"quality": self.quality, "mixing": self.mixing}
        return {name: run for name, run in both.items() if run is not None}

    def settings(self, own: Epsilon) -> list[dict[str, float]]:
        """Every combination of the sweep's epsilons; a term without a list keeps the variant's own value."""
        values = [self.epsilon.get(term, (getattr(own, term),)) for term in TERMS]
        names = [f"epsilon_{term}" for term in TERMS]
        return [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*values)]


class UpdateSettings(_Model):
    """Switches of the released update, each as in `variants.Update`, and the state's bounds; the others stay."""

    normalise: AboveZero | None = None
    lr_end: AboveZero | None = None
    noise_inside: Truth | None = None
    bounds: Bounds | None = None
    condition: ConditionName | None = None
    start: StartName | None = None
    resets: Positive | None = None
    redraw_prior: EpsilonRange | None = None
    select: Share | None = None


class Ablation(_Model):
    """A sampler with something changed: numbers of its networks' recipes, its epsilons, its update. A list is an axis.

    Those that name the same ladder are its rungs, in the config's order, from the sampler that they change upwards.
    """

    of: VariantName
    title: str | None = None
    networks: dict[str, dict[str, Values]] = Field(default_factory=dict)
    epsilon: dict[Term, Values] = Field(default_factory=dict)
    update: UpdateSettings = Field(default_factory=UpdateSettings)
    ladder: SafeName | None = None

    @property
    def changes(self) -> list[ablations.Change]:
        """All numbers that it changes."""
        return ablations.changes(self.networks, self.epsilon)

    @property
    def switches(self) -> dict[str, Any]:
        """The switches of the update that it sets."""
        return self.update.model_dump(exclude_none=True)


class WorldSettings(_Model):
    """How an analytic world is explored: denoisers by noise level and training size, walkers by step size (epsilon 3).

    The walkers' denoiser has the noise level drift_sigma and the most training states; chains are those of a class
    and step size.
    """

    seeds: Seeds = (0, 1, 2, 3, 4)
    sigmas: Scales = (0.1, 0.2, 0.4, 0.8)
    training_sizes: SetSizes = (100, 1000, 10_000)
    iterations: Positive = 3000
    drift_sigma: Annotated[Scale, Field(validate_default=True)] = 0.4
    step_sizes: Scales = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
    chains: Annotated[Positive, Field(le=10_000)] = 128
    steps: Annotated[Positive, Field(ge=40)] = 2000

    @field_validator("drift_sigma")
    @classmethod
    def _is_trained(cls, drift_sigma: float, info: ValidationInfo) -> float:
        sigmas = info.data.get("sigmas", (drift_sigma,))
        if drift_sigma not in sigmas:
            raise ValueError(f"must be one of sigmas ({', '.join(f'{s:g}' for s in sigmas)}), got {drift_sigma:g}")
        return drift_sigma


class Experiment(_Model):
    """A whole run: which samplers, on which data, sampled how, measured how."""

    name: SafeName
    device: Literal["auto", "cpu", "cuda"] = "auto"
    chunk_size: Positive = 200
    datasets: Annotated[dict[DatasetName, DatasetSettings], Field(min_length=1)]
    variants: VariantNames
    ablations: dict[SafeName, Ablation] = Field(default_factory=dict)
    sweeps: Annotated[dict[SafeName, Sweep], Field(min_length=1)]
    metrics: MetricNames | None = None
    worlds: dict[WorldName, WorldSettings] = Field(default_factory=dict)

    def image_size(self, dataset: str) -> int:
        """Resolution of a data set's images in pixels: the config's or the data set's own."""
        return self.datasets[dataset].image_size or DATASETS[dataset].image_size

    @cached_property
    def samplers(self) -> dict[str, Variant]:
        """All samplers by name, in the report's order: the variants, then those of the ablations."""
        found = {name: VARIANTS[name] for name in self.variants}
        for name in self.ablations:
            found |= self.ablated(name)
        return found

    def ablated(self, name: str) -> dict[str, Variant]:
        """The samplers of an ablation by name."""
        ablation = self.ablations[name]
        of = VARIANTS[ablation.of]
        title = ablation.title or f"{of.title}, {name}"
        return ablations.expanded(name, title, of, ablation.changes, ablation.switches)

    def sweep_variants(self, sweep: str) -> tuple[str, ...]:
        """The experiment's samplers that a sweep samples, in the experiment's order. An ablation's name means all."""
        chosen = self.sweeps[sweep].variants
        return tuple(name for name in self.samplers if chosen is None or {name, name.partition("+")[0]} & set(chosen))

    @model_validator(mode="after")
    def _parts_fit(self) -> Experiment:
        problems = []
        for name in self.datasets:
            widths = DATASETS[name].encoder_widths, DATASETS[name].generator_widths
            factor = 2 ** max(len(layers) for layers in widths)  # each layer halves or doubles the side
            if self.image_size(name) % factor:
                got = self.image_size(name)
                problems.append(f"datasets.{name}.image_size: must be a multiple of {factor}, got {got}")
        for name, ablation in self.ablations.items():
            if name in VARIANTS or "+" in name:
                problems.append(f"ablations.{name}: {'the name of a variant' if name in VARIANTS else 'has a +'}")
            found = ablations.problems(VARIANTS[ablation.of], ablation.changes, ablation.switches)
            problems += [f"ablations.{name}.{problem}" for problem in [*found, *self._off_the_ladder(ablation)]]
        problems = problems or [*self._unknown_samplers()] or [*self._never_sampled()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _off_the_ladder(self, ablation: Ablation) -> Iterable[str]:
        if ablation.ladder is None:
            return
        foot = next(other.of for other in self.ablations.values() if other.ladder == ablation.ladder)
        if foot != ablation.of:
            yield f"ladder: {ablation.ladder!r} starts from {foot}, and this is one of {ablation.of}"
        for change in ablation.changes:
            if len(change.values) > 1:
                yield f"ladder: a rung is one sampler, and {change.place}.{change.key} has {len(change.values)} values"

    def _unknown_samplers(self) -> Iterable[str]:
        known = [*VARIANTS, *self.ablations, *self.samplers]
        for sweep, settings in self.sweeps.items():
            for index, name in enumerate(settings.variants or ()):
                if name not in known:
                    said = hint(name, dict.fromkeys(known))
                    yield f"sweeps.{sweep}.variants[{index}]: unknown variant {brief(name)}; {said}"

    def _never_sampled(self) -> Iterable[str]:
        sampled = {name for sweep in self.sweeps for name in self.sweep_variants(sweep)}
        for index, name in enumerate(self.variants):
            if name not in sampled:
                yield f"variants[{index}]: {name!r} is in the variants of no sweep"
        for name in self.ablations:
            if not sampled & set(self.ablated(name)):
                yield f"ablations.{name}: is in the variants of no sweep"
