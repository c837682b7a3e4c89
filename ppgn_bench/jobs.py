"""The settings of every job: one frozen value a stage. `workflow.plan` writes it, the command line reads it as JSON.

Whatever a job looks up by name is a `lookup.Name`, a root of its code fingerprint. Snakemake knows its files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError, field_validator

from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.lookup import Name
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.sampling.steering import Expert
from ppgn_bench.sampling.targets import Target
from ppgn_bench.sampling.variants import Update
from ppgn_bench.worlds.table import Component, Walker

OfStage = TypeVar("OfStage", bound="Job")
Epsilon = dict[str, float]  # term of the update -> its multiplier


class Job(BaseModel):
    """Frozen; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command: ClassVar[Name]  # of the command line, that runs it

    def as_json(self) -> str:
        """The job as the command line takes it, the same text for the same job."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)

    def of_any_seed(self) -> str:
        """The same without its seed, which the command line takes apart: a job of several seeds has this text once."""
        return json.dumps(self.model_dump(mode="json", exclude={"seed"}), sort_keys=True)


class Preparation(Job):
    """Write a data set's splits. Fields as in `data.table.Dataset`, at this size; band: (low, high] cycles/pixel."""

    command: ClassVar = Name("cli.networks:prepare")

    dataset: str
    load: Name
    arguments: dict[str, bool | int | str]
    listing: str
    may_share: bool
    digest: str
    image_size: int
    channels: int
    class_names: tuple[str, ...]
    num_modes: int
    band: tuple[float, float]
    split_sizes: dict[str, int]
    factors: dict[str, int] = {}
    factor_labels: Name | None = None
    pretrained: bool = False


class Rival(Job):
    """The network that plays against one in training, as `recipes.Rival` with its architecture's class and options."""

    network: Name
    options: dict[str, Any]
    against: Name
    objective: Name
    held_out: Name
    term: str
    every: int
    rate: float
    betas: tuple[float, float]


class Training(Job):
    """Train one network. needs: role -> class; options: all, as JSON has them; the rest as in a recipe."""

    command: ClassVar = Name("cli.networks:train")

    recipe: str
    name: str
    network: Name
    options: dict[str, Any]
    objective: Name
    after: Name | None
    held_out: tuple[Name, ...]
    rival: Rival | None
    needs: dict[str, Name]
    split: str
    weights: dict[str, float]
    noise: dict[str, float]
    batch_size: int
    learning_rate: float
    iterations: int
    accumulate: PositiveInt = 1  # judges that ship are older than parts and precisions
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    dataset: str
    seed: int
    sizes: Sizes
    device: str


class Run(Job):
    """How many chains of a target and setting, how many steps, and every how many a draw is kept."""

    chains_per_target: int
    steps: int
    keep_every: int


class Sampling(Job):
    """Sample one variant from one seed's networks. networks: role -> class; settings: the epsilons to sample."""

    command: ClassVar = Name("cli.chains:sample")

    dataset: str
    sweep: str
    variant: str
    seed: int
    space: str
    prior: Name
    view: Name
    bounds: tuple[float, float] | None
    update: Update
    experts: tuple[Expert, ...]
    networks: dict[str, Name]
    targets: tuple[Target, ...]
    settings: tuple[Epsilon, ...]
    runs: dict[str, Run]
    chunk_size: int
    state_shape: tuple[int, ...]
    device: str

    @staticmethod
    def noise_block(state_shape: Sequence[int]) -> int:
        """Steps of noise that are drawn at once: few of large states, so that no card waits for long."""
        return max(1, min(20, 2**13 // max(1, math.prod(state_shape))))


class Measuring(Job):
    """Measure chains by these metrics, name -> function.

    judges: classes of the judge and of others, for sensitivity; factor_judge: of factors, where these are asked; real:
    the split that samples are compared with; device: of judges; inception: file of its weights, or "download".
    """

    command: ClassVar = Name("cli.measurements:measure")

    metrics: dict[str, Name]
    judges: tuple[Name, ...]
    factor_judge: Name | None = None
    real: Literal["reference", "train"] = "reference"
    device: str = "cpu"
    inception: str = ""

    @field_validator("metrics")
    @classmethod
    def _known(cls, metrics: dict[str, Name]) -> dict[str, Name]:
        if unknown := [name for name in metrics if name not in METRICS]:
            raise ValueError(f"unknown metric {unknown[0]!r}; {hint(unknown[0], METRICS)}")
        return metrics


class MeasuringControls(Measuring):
    """Measure the controls. sizes: sweep of the rows -> as many images as a sampler gives samples."""

    command: ClassVar = Name("cli.measurements:controls")

    sizes: dict[str, PositiveInt]


class Exploring(Job):
    """Compare denoisers and walkers with the truth of an analytic world, from one seed."""

    command: ClassVar = Name("cli.worlds:worlds")

    world: str
    seed: int
    components: tuple[Component, ...]
    walkers: dict[str, Walker]
    sigmas: tuple[float, ...]
    training_sizes: tuple[int, ...]
    iterations: int
    drift_sigma: float
    step_sizes: tuple[float, ...]
    chains: int
    steps: int


def read(stage: type[OfStage], text: str, source: str = "--job", **own: Any) -> OfStage:
    """The job of a stage from its JSON; source: what a message names; own: fields that the text leaves out.

    Raises UserError that names every field that is missing, unknown or wrong.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{source}: not JSON ({error})") from None
    if not isinstance(value, dict):
        raise UserError(f"{source}: must be a JSON object, got {brief(value)}")
    try:
        return stage.model_validate_json(json.dumps({**value, **own}) if own else text)
    except ValidationError as invalid:
        raise UserError("; ".join(f"{source}: {_problem(stage, error)}" for error in invalid.errors())) from None


def _problem(stage: type[Job], error: Any) -> str:
    *above, last = error["loc"] or ("",)
    path, whole = ".".join(map(str, above)), ".".join(map(str, error["loc"]))
    match error["type"]:
        case "missing":
            return f"{path} lacks {last}".lstrip()
        case "extra_forbidden":
            known = f"; {hint(str(last), stage.model_fields)}" if not above else ""
            return f"{path} has an unknown field {last!r}{known}".lstrip()
        case "value_error":
            return f"{whole}: {error['msg'].removeprefix('Value error, ')}"
        case _:
            return f"{whole}: {error['msg']}, got {brief(error['input'])}"
