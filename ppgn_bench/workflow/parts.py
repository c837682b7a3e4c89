"""What a plan counts: jobs of a run that differ by their training seed alone. Nothing imports torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ppgn_bench.config import memory
from ppgn_bench.jobs import Job, Sampling, Training

STAGES = ("prepare", "train", "controls", "sample", "measure", "explore", "report")
OF_TRAINING = ("recipe", "name", "learning_rate", "iterations", "seed", "device")  # what does not change an iteration
OF_SAMPLING = ("dataset", "sweep", "variant", "seed", "targets", "settings", "runs", "chunk_size", "device")


@dataclass(frozen=True)
class Part:
    """Jobs that differ by their training seed alone.

    name: as a reader knows it; files: the first result of each seed; at_once: seeds that share a job; units: unit of
    work -> how much a seed has; job: the first one's, for a trial; reads: role -> network that the first one reads;
    folder: of its data set; processes: that share a job's iterations, a core or a card for each; memory: of each of
    them, bytes; size: of one seed's results, bytes, without the weights of a network, which a trial counts; key,
    size_key: what lowers the memory, and the size; sampled, networks: of a measurement the job whose chains it reads,
    and role -> network of that; given: of a network that is not trained the file of its weights, "" for a download.
    """

    stage: str
    name: str
    files: tuple[str, ...]
    units: Mapping[str, float]
    job: Job | None = None
    reads: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    processes: int = 1
    at_once: int = 1
    memory: int = memory.PROCESS
    size: int = 0
    key: str = ""
    size_key: str = "sweeps"
    sampled: Sampling | None = None
    networks: Mapping[str, str] = field(default_factory=dict)
    given: str = ""

    @property
    def jobs(self) -> list[tuple[str, ...]]:
        """The first results of each job."""
        return [self.files[first : first + self.at_once] for first in range(0, len(self.files), self.at_once)]

    @property
    def trial(self) -> str:
        """What is tried out: parts of the same trial take as long a unit. Nothing is tried of a part without a job."""
        told = {} if self.job is None else self.job.model_dump(mode="json")
        left_out = {Training: OF_TRAINING, Sampling: OF_SAMPLING}.get(type(self.job), ("seed",))  # type: ignore[arg-type]
        kept = {name: value for name, value in told.items() if name not in left_out}
        for name in ("weights", "noise") if isinstance(self.job, Training) else ():
            kept[name] = sorted(key for key, value in kept[name].items() if value)
        if isinstance(self.job, Sampling):
            kept["noisy"] = any(setting["noise"] for setting in self.job.settings)
            kept["values"] = sorted({name for target in self.job.targets for name in target.values})
        if self.sampled is not None:
            runs = {name: [run.steps, run.keep_every] for name, run in self.sampled.runs.items()}
            values = sorted({name for target in self.sampled.targets for name in target.values})
            kept |= {"runs": runs, "values": values, "judges": sorted(self.reads.values())}
        return json.dumps([self.stage, self.folder, kept], sort_keys=True) if kept else ""
