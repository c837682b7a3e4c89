"""The manifest as a value: what an experiment runs, on what and with what; the report knows nothing else.

On disk it is manifest.json. `workflow.manifest` knows what is run, `machine.surroundings` where the last of it, and the
table of costs which job was done with what.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ppgn_bench.columns import LIBRARIES, MADE_WITH
from ppgn_bench.errors import UserError, brief
from ppgn_bench.storage import files

if TYPE_CHECKING:
    from pandas import DataFrame

WORDS = {"missing": "is missing", "extra_forbidden": "is no field of a manifest"}  # pydantic's kind of error -> ours


# Names become parts of names of files.
FileName = Annotated[str, Field(pattern=r"^[^/\x00-\x1f\x7f-\x9f]+$")]


class _Part(BaseModel):
    """Frozen; a field of another type or name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Judge(_Part):
    """What measured: a file that ships with the package, that a run trained once, or Inception's; its hash, and the
    shares of held-out images whose class and, where known, mode it tells (None: it is not asked for classes).
    """

    title: str
    file: str
    hash: str
    accuracy: float | None
    mode_accuracy: float | None


class Dataset(_Part):
    """A data set: image is [channel, height, width], classes are names, modes those known of a class (0: unknown);
    networks: titles of those that are not trained as everywhere, with what differs; pretrained: whether none is trained
    at all, and seeds deal out the classes; judges: first the main one, last Inception where it
    measures.
    """

    name: FileName
    title: str
    source: str  # one sentence: what it is
    image: tuple[int, int, int]
    classes: tuple[str, ...]
    modes: int
    sizes: dict[str, int]  # train, judge, reference, control -> number of images
    networks: tuple[str, ...]
    pretrained: bool = False
    judges: tuple[Judge, ...]


class Run(_Part):
    """A run of a sweep: "quality" (each chain from its own state) or "mixing" (all from a common one).

    without: samplers of the sweep that it leaves out.
    """

    name: FileName  # of the sweep
    run: Literal["quality", "mixing"]
    chains_per_target: int
    steps: int
    keep_every: int
    without: tuple[str, ...] | None


class Sampler(_Part):
    """A row of the table of samplers: networks role -> recipe; targets: data set -> what its chains are steered to;
    epsilon: data set -> term -> multiplier; update: how it differs from the plain one.
    """

    key: FileName
    title: str
    space: Literal["image", "code"]
    prior: str  # or the view, where the condition does not see the image as it is
    networks: dict[str, str]
    targets: dict[str, tuple[str, ...]]
    epsilon: dict[str, dict[str, float]]
    update: dict[str, Any]
    source: str


class Ablation(_Part):
    """What is changed in the sampler `of`: axes name -> values; samplers key -> its value on each axis."""

    name: FileName
    title: str
    of: str
    ladder: str | None
    axes: dict[str, tuple[float, ...]]
    samplers: dict[str, dict[str, float]]

    def along(self, axis: str) -> dict[str, float]:
        """Samplers key -> value on this axis, the lowest first: JSON keeps no order of keys."""
        return dict(sorted(((key, own[axis]) for key, own in self.samplers.items()), key=lambda pair: pair[1]))


class Network(_Part):
    """A trained network, and the paths of its weights and of its log of losses (CSV: step, term, value)."""

    dataset: FileName
    recipe: FileName
    seed: int
    weights: str
    losses: str


class World(_Part):
    """An analytic world: paths of its errors, a table a seed, and of its trajectories; walkers key -> title."""

    name: FileName
    title: str
    dimensions: int
    drift_sigma: float
    tables: tuple[str, ...]
    picture: str
    walkers: dict[str, str]


class Job(_Part):
    """A job as costs.csv has it: what it made, with which code (a fingerprint), and what that took."""

    kind: str
    dataset: str | None
    sweep: str | None
    name: str | None
    seed: int | None
    code: str | None
    seconds: float
    peak_memory_mib: float


class Maker(_Part):
    """What jobs were done with, on whatever machine of a cluster: instruction_set is what torch computes with,
    graphics_processor the card that they ran on, if any.
    """

    device: str
    processor: str | None
    instruction_set: str | None
    graphics_processor: str | None
    threads: int | None
    versions: dict[str, str]
    jobs: tuple[Job, ...]


class Manifest(_Part):
    """All of it; settings: the resolved config, hardware and versions: what wrote this; made_by: what did the jobs."""

    name: FileName
    datasets: tuple[Dataset, ...]
    sweeps: tuple[Run, ...]
    variants: tuple[Sampler, ...]
    ablations: tuple[Ablation, ...]
    networks: tuple[Network, ...]
    worlds: tuple[World, ...]
    settings: dict[str, Any]
    hardware: dict[str, str]
    versions: dict[str, str]
    made_by: tuple[Maker, ...] = ()


def makers(costs: DataFrame) -> list[dict[str, Any]]:
    """The jobs of a table of costs, by what they were done with; a blank of the table is None."""
    table = costs.reindex(columns=list(dict.fromkeys([*MADE_WITH, *Job.model_fields])))
    whole = table.astype({"seed": "Int64", "threads": "Int64"})  # a column with blanks has floats
    jobs: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in json.loads(whole.to_json(orient="records")):
        jobs[tuple(row[name] for name in MADE_WITH)].append({name: row[name] for name in Job.model_fields})
    found = []
    for values, own in jobs.items():
        made_with = dict(zip(MADE_WITH, values, strict=True))
        versions = {name: version for name in LIBRARIES if (version := made_with.pop(name)) is not None}
        found.append({**made_with, "versions": versions, "jobs": own})
    return found


def load(path: Path) -> Manifest:
    """The manifest of a file. Raises UserError, one line with file and field, for what is missing or wrong."""
    return parse(files.load_json(path), path)


def parse(value: Any, path: Path) -> Manifest:
    """The manifest that plain values of JSON hold, which lie in this file or shall; raises as `load` does."""
    try:
        return Manifest.model_validate_json(json.dumps(value))  # strict, but a list of JSON is a tuple
    except ValidationError as invalid:
        first, *others = invalid.errors()
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    expected = first["msg"].replace("Input should be", "must be")
    words = WORDS.get(first["type"], f"{expected}, got {brief(first['input'])}")
    more = f" (and {len(others)} more)" if others else ""
    raise UserError(f"{path}: {field or 'the manifest'}: {words}{more}")


def save(path: Path, manifest: Manifest) -> None:
    """Write the manifest as JSON. Raises UserError where the file cannot be written."""
    files.save_json(path, manifest.model_dump(mode="json"))
