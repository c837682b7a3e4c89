"""What an experiment is: frozen models that refuse what cannot be run. config/README.md explains every key.

A message here says only what is wrong; `config` puts the path of the key before it. Nothing imports torch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ppgn_bench.data import DATASETS
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.metrics import METRICS
from ppgn_bench.store import safe_name
from ppgn_bench.variants import VARIANTS, Epsilon

TERMS = ("prior", "condition", "noise")  # the order of a sweep's settings; the last changes fastest
LARGEST_SEED = 2**31 - 1

# -------------------------------------------------------------------------------------------- kinds of value


def _number(value: object) -> float:
    """YAML reads 1e-5 as a string, and Python takes True for 1: the first must work, the second must not."""
    if not isinstance(value, bool) and isinstance(value, int | float | str):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"must be a number, got {brief(value)}")


def _whole(value: object) -> object:
    """Snakemake reads nested values of --config as text: "3" is a whole number there."""
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def _seeds(value: object) -> object:
    """A count n stands for the seeds 0 to n - 1."""
    value = _whole(value)
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise ValueError(f"must be a list of seeds or their number, 1 to 1000, got {brief(value)}")
    return tuple(range(value))


def _distinct(values: tuple) -> tuple:
    if not values:  # asked here: pydantic's min_length also complains about a list whose only item is wrong
        raise ValueError("must not be empty")
    twice = [value for value in values if values.count(value) > 1]
    if twice:
        raise ValueError(f"names {brief(twice[0])} twice")
    return values


def _safe(text: str) -> str:
    try:
        return safe_name(text, "")
    except UserError as error:
        raise ValueError(str(error).removeprefix(": ")) from None


def _known(what: str, table: Iterable[str]) -> AfterValidator:
    def check(name: str) -> str:
        """Return the name if the table has it; else say what is near it."""
        if name not in table:
            raise ValueError(f"unknown {what} {brief(name)}; {hint(name, table)}")
        return name

    return AfterValidator(check)


WholeNumber = Annotated[int, Field(strict=True), BeforeValidator(_whole)]
Positive = Annotated[WholeNumber, Field(ge=1)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Seed = Annotated[WholeNumber, Field(ge=0, le=LARGEST_SEED)]
Seeds = Annotated[tuple[Seed, ...], BeforeValidator(_seeds), AfterValidator(_distinct)]
Epsilons = Annotated[tuple[Annotated[Number, Field(ge=0)], ...], AfterValidator(_distinct)]
VariantName = Annotated[str, _known("variant", VARIANTS)]
MetricName = Annotated[str, _known("metric", METRICS)]
VariantNames = Annotated[tuple[VariantName, ...], AfterValidator(_distinct)]
MetricNames = Annotated[tuple[MetricName, ...], AfterValidator(_distinct)]
DatasetName = Annotated[str, _known("data set", DATASETS)]
Term = Annotated[str, _known("term", TERMS)]
SafeName = Annotated[str, AfterValidator(_safe)]

# ---------------------------------------------------------------------------------------------------- models


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
    variants: VariantNames | None = None
    epsilon: dict[Term, Epsilons] = Field(default_factory=dict)

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


class Experiment(_Model):
    """A whole run: which samplers, on which data, sampled how, measured how."""

    name: SafeName
    device: Literal["auto", "cpu", "cuda"] = "auto"
    chunk_size: Positive = 200
    datasets: Annotated[dict[DatasetName, DatasetSettings], Field(min_length=1)]
    variants: VariantNames
    sweeps: Annotated[dict[SafeName, Sweep], Field(min_length=1)]
    metrics: MetricNames | None = None

    def image_size(self, dataset: str) -> int:
        """Resolution of a data set's images in pixels: the config's or the data set's own."""
        return self.datasets[dataset].image_size or DATASETS[dataset].image_size

    def sweep_variants(self, sweep: str) -> tuple[str, ...]:
        """The experiment's variants that a sweep samples, in the experiment's order."""
        chosen = self.sweeps[sweep].variants
        return tuple(name for name in self.variants if chosen is None or name in chosen)

    @model_validator(mode="after")
    def _parts_fit(self) -> Experiment:
        problems = []
        for name in self.datasets:
            widths = DATASETS[name].encoder_widths, DATASETS[name].generator_widths
            factor = 2 ** max(len(layers) for layers in widths)  # each layer halves or doubles the side
            if self.image_size(name) % factor:
                got = self.image_size(name)
                problems.append(f"datasets.{name}.image_size: must be a multiple of {factor}, got {got}")
        sampled = {name for sweep in self.sweeps for name in self.sweep_variants(sweep)}
        for index, name in enumerate(self.variants):
            if name not in sampled:
                problems.append(f"variants[{index}]: {name!r} is in the variants of no sweep")
        if problems:
            raise ValueError("\n".join(problems))
        return self
