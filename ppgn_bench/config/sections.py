"""The parts of an experiment: frozen models, each of which refuses what cannot be run.

config/README.md explains every key. A message here says only what is wrong; `config` puts the path of the key before
it. Nothing imports torch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator, model_validator

from ppgn_bench.columns import SEARCHED, TERMS
from ppgn_bench.config.values import (
    AboveZero,
    Bounds,
    Channels,
    Classes,
    EpsilonRange,
    Epsilons,
    MetricNames,
    Number,
    Positive,
    PowerOfTwo,
    Range,
    RecipeName,
    SafeName,
    SafeNames,
    Scale,
    Scales,
    Seeds,
    SetSizes,
    Setting,
    Settings,
    Share,
    StartName,
    Term,
    Truth,
    Values,
    VariantName,
    Wanted,
    Weights,
    WholeNumber,
)
from ppgn_bench.errors import brief
from ppgn_bench.sampling import ablations, search
from ppgn_bench.sampling.variants import STARTS

MOST_SETTINGS = 1024  # of a sweep, or samplers of an ablation: a job says all, and no command takes more than 128 KiB


class Section(BaseModel):
    """Frozen, and an unknown key is an error, not a setting that silently does nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetSettings(Section):
    """Whether it is a folder of the user's own, where its files lie, whether its splits may share images, training
    seeds, resolution (None: the data set's own), factor on all iterations but the judge's, what of a recipe differs
    there: recipe -> key -> value, and which classes chains are steered to: so many, drawn, those of these names, all.
    """

    kind: Literal["folder"] | None = None
    root: Annotated[str, Field(min_length=1)] | None = None
    download: Truth = False
    channels: Channels | None = None
    may_share: Truth = False
    seeds: Seeds = (0, 1, 2)
    image_size: Annotated[WholeNumber, Field(ge=8, le=512)] | None = None
    budget: Annotated[Number, Field(gt=0)] = 1.0
    networks: dict[RecipeName, dict[str, Setting]] = Field(default_factory=dict)
    classes: Classes | None = None


class Run(Section):
    """How many chains of a setting, how long, which of their states are kept, and which of the sweep's samplers it
    leaves out.
    """

    chains_per_target: Positive
    steps: Positive
    keep_every: Annotated[Positive, Field(validate_default=True)] = 10
    without: SafeNames | None = None

    @field_validator("keep_every")
    @classmethod
    def _divides_steps(cls, keep_every: int, info: ValidationInfo) -> int:
        steps = info.data.get("steps", keep_every)
        if steps % keep_every:
            raise ValueError(f"must divide steps ({steps}), so that the last state is kept, got {keep_every}")
        return keep_every


class Points(Section):
    """How many points of a Sobol sequence lie in a box of epsilons, evenly in their logarithms."""

    points: PowerOfTwo


Box = create_model("Box", __base__=Points, **dict.fromkeys(SEARCHED, (Range, ...)))  # type: ignore[call-overload]


class Sweep(Section):
    """One way to sample variants, all, those it names or all but some: its runs and its settings of the epsilons.

    The settings are each variant's own, or those of epsilons_of, with the lists in `epsilon` crossed, or the points
    of a box. In the quality run each chain starts from a state of its own, in the mixing run all from one common
    state.
    """

    quality: Run | None = None
    mixing: Run | None = None
    variants: SafeNames | None = None
    without: SafeNames | None = None
    epsilon: dict[Term, Epsilons] = Field(default_factory=dict)
    epsilons_of: VariantName | None = None
    box: Box | None = None  # type: ignore[valid-type]
    metrics: MetricNames | None = None

    @model_validator(mode="after")
    def _runs_and_settings(self) -> Sweep:
        if self.quality is None and self.mixing is None:
            raise ValueError("must have a quality run, a mixing run or both")
        if self.box and (self.epsilon or self.epsilons_of):
            raise ValueError("has a box: its points are all the settings, so drop epsilon and epsilons_of")
        if (number := math.prod(map(len, self.epsilon.values()))) > MOST_SETTINGS:
            raise ValueError(f"epsilon: its lists crossed are {number:,} settings, and {MOST_SETTINGS:,} are the most")
        return self

    @property
    def runs(self) -> dict[str, Run]:
        """The runs that there are, by name."""
        both = {"quality": self.quality, "mixing": self.mixing}
        return {name: run for name, run in both.items() if run is not None}

    def names(self, sampler: str) -> bool:
        """Whether it is for a sampler, as it is or by its ablation; it may still leave it out."""
        return self.variants is None or bool({sampler, sampler.partition("+")[0]} & set(self.variants))

    def settings(self, own: Mapping[str, float]) -> list[dict[str, float]]:
        """Every setting; a term without a list keeps its own value, one that a sampler lacks stays 0 in a box.

        own: the epsilons of the variant, or of the one that epsilons_of names.
        """
        if self.box:
            ranges = [getattr(self.box, term) if own[term] else (0.0, 0.0) for term in SEARCHED]
            chosen = search.points(self.box.points, ranges)
            return [{**own, **dict(zip(SEARCHED, values, strict=True))} for values in chosen]
        crossed = itertools.product(*(self.epsilon.get(term, (own[term],)) for term in TERMS))
        return [dict(zip(TERMS, values, strict=True)) for values in crossed]


class UpdateSettings(Section):
    """Switches of the released update, each as in `variants.Update`, and the state's bounds; the others stay."""

    normalise: AboveZero | None = None
    lr_end: AboveZero | None = None
    noise_inside: Truth | None = None
    bounds: Bounds | None = None
    condition: Weights | None = None
    start: StartName | None = None
    resets: Positive | None = None
    redraw_prior: EpsilonRange | None = None
    select: Share | None = None


class Ablation(Section):
    """A sampler with something changed: numbers of its networks' recipes, its epsilons, its update. A list is an axis.

    Those that name the same ladder are its rungs, in the config's order, from the sampler that they change upwards.
    targets: those that its chains are steered to, else all of its condition; datasets: those that it is sampled on,
    else all.
    """

    of: VariantName
    title: str | None = None
    networks: dict[str, dict[str, Settings]] = Field(default_factory=dict)
    epsilon: dict[Term, Values] = Field(default_factory=dict)
    update: UpdateSettings = Field(default_factory=UpdateSettings)
    ladder: SafeName | None = None
    targets: Wanted | None = None
    datasets: SafeNames | None = None

    @model_validator(mode="after")
    def _some_samplers(self) -> Ablation:
        if (number := math.prod(len(change.values) for change in self.changes)) > MOST_SETTINGS:
            raise ValueError(f"its lists crossed are {number:,} samplers, and {MOST_SETTINGS:,} are the most")
        return self

    @property
    def changes(self) -> list[ablations.Change]:
        """All numbers that it changes."""
        return ablations.changes(self.networks, self.epsilon)

    @property
    def switches(self) -> dict[str, Any]:
        """The switches of the update that it sets, functions by their full names, and what it is steered to."""
        given = self.update.model_dump(exclude_none=True)
        if "start" in given:
            given["start"] = STARTS[given["start"]]
        return given | ({"targets": self.targets} if self.targets else {})


class InceptionSettings(Section):
    """Where the weights of torch-fidelity's Inception lie, or "download"."""

    weights: Annotated[str, Field(min_length=1)]

    @field_validator("weights")
    @classmethod
    def _is_there(cls, weights: str) -> str:
        if weights != "download" and not Path(weights).is_file():
            raise ValueError(f"{brief(weights)}: no such file, and not download (paths start at the working directory)")
        return weights


class WorldSettings(Section):
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
