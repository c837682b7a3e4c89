"""Commands: data sets and trained networks. Imports stand inside: torch takes seconds."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ppgn_bench import exhausted
from ppgn_bench.cli.options import (
    Code,
    Data,
    JobText,
    Networks,
    Output,
    Outputs,
    Seeds,
    beside,
    network_files,
    of_seeds,
)
from ppgn_bench.jobs import Preparation, Training, read
from ppgn_bench.storage import files, machine
from ppgn_bench.workflow.collecting import CheckingNetworks, listed

if TYPE_CHECKING:
    import torch

    from ppgn_bench.training.checkpoint import Unfinished

SIGNALLED = 128  # what shells add to a signal for the status of what it ended
Minutes = Annotated[
    float, typer.Option("--checkpoint-minutes", min=0, help="How often an unfinished training is kept; 0: always.")
]
Weights = Annotated[Path | None, typer.Option("--weights", help="File of the weights that the job names, if any.")]
OF_CHECKPOINT = ("device", "versions", "threads", "code", "processes")  # on another processor it goes on


def prepare(job: JobText, output: Output, code: Code = "") -> None:
    """Write a data set's splits, and a hash of all their images. On every processor the same bytes: none is named."""
    from ppgn_bench.data.stage import prepare as prepared

    preparation = read(Preparation, job)
    arrays, found = prepared(preparation)
    told = {**preparation.model_dump(mode="json"), "code": code, "versions": machine.versions()}
    files.save_arrays(output, arrays, {"kind": "data", **told, **found})


def train(
    job: JobText,
    data: Data,
    output: Outputs,
    seed: Seeds = None,
    network: Networks = None,
    weights: Weights = None,
    checkpoint_minutes: Minutes = 10.0,
    code: Code = "",
) -> None:
    """Train a network from each seed: weights, a log of its losses and its cost beside it.

    Until all are done, checkpoints and the losses so far lie beside the outputs; the same command goes on from there.
    Started by torchrun, several processes share every batch.
    """
    from ppgn_bench.training import processes

    trainings = of_seeds(Training, job, seed, output)
    first, common = next(iter(trainings.values())), {"data": data} | ({"weights": weights} if weights else {})
    files.require_dataset(first.dataset, {data: "data"})
    needs = network_files(network, first.needs, first.dataset, len(trainings))
    if not first.options.get("weights"):  # else nothing is trained
        processes.require(first.device, first.batch_size, first.accumulate)
    device = machine.device(first.device)
    seeds = {
        path: _OfSeed(training, {**own, **common}, _made(training, device, code))
        for (path, training), own in zip(trainings.items(), needs, strict=True)
    }
    _train_each(seeds, device, checkpoint_minutes)


class _OfSeed(NamedTuple):
    """The training of one seed. inputs: "data", the roles that it needs and "weights" that are given, each with its
    file; made: what it is made with.
    """

    job: Training
    inputs: Mapping[str, Path]
    made: Mapping[str, Any]

    def made_by(self) -> dict[str, Any]:
        """All that decides its results, as JSON has it."""
        digests = {role: files.digest(path) for role, path in self.inputs.items()}
        made = {name: self.made[name] for name in OF_CHECKPOINT if name in self.made}
        return {"job": self.job.model_dump(mode="json"), **made, "files": digests}


def _made(training: Training, device: "torch.device", code: str) -> dict[str, Any]:
    """What a training is made with; of one that several processes share, how many."""
    from ppgn_bench.training import processes

    count = processes.asked()
    return machine.made_by(device, code, training.seed) | ({"processes": count} if count > 1 else {})


def _train_each(seeds: Mapping[Path, _OfSeed], device: "torch.device", minutes: float) -> None:
    """Train the seeds' networks one after the other, and end between two of them where that is asked for."""
    from ppgn_bench.training import checkpoint

    with endings() as came:
        unfinished = _unfinished(seeds, minutes, came)
        checkpoint.require_same(unfinished.values())
        for path, own in seeds.items():
            if came:
                raise SystemExit(SIGNALLED + came[0])
            try:
                is_first = _train(own, path, device, unfinished[path])
            except checkpoint.StoppedError:
                raise SystemExit(SIGNALLED + (came or [signal.SIGTERM])[0]) from None
    if is_first:  # not before: where a later seed ends early, Snakemake removes what the first ones gave
        for kept in unfinished.values():
            kept.remove()


def _unfinished(seeds: Mapping[Path, _OfSeed], minutes: float, came: list[int]) -> dict[Path, "Unfinished"]:
    """Where the training of each output is kept while it is unfinished; all but the last stay until the job is done.

    came: the signals that it is told to end by.
    """
    from ppgn_bench.training.checkpoint import Unfinished

    *others, _ = seeds
    return {
        path: Unfinished(
            checkpoint=beside(path, "unfinished.safetensors"),
            losses=beside(path, "unfinished.losses.csv"),
            minutes=minutes,
            made_by=own.made_by(),
            stopped=lambda: bool(came),
            meter=machine.Meter(),
            stays=path in others,
        )
        for path, own in seeds.items()
    }


def _train(own: _OfSeed, output: Path, device: "torch.device", unfinished: "Unfinished") -> bool:
    """Train the network of one seed; of several processes the first one writes it. Whether this is that one."""
    from ppgn_bench.training import processes
    from ppgn_bench.training.history import as_csv, held_out
    from ppgn_bench.training.stage import train as trained

    job, data, needs = own.job, own.inputs["data"], {role: own.inputs[role] for role in own.job.needs}
    key = f"datasets.{job.dataset.partition('+')[0]}.networks.{job.recipe}"
    less = f"{key}: a larger accumulate, or a smaller batch_size, takes less"
    with (
        exhausted.memory_for(job.recipe, less),
        processes.joined(device) as place,
        _cost(place, output, own.made, job) as meter,
    ):
        kept = unfinished._replace(meter=meter)
        arrays, losses = trained(job, data, needs, device, kept, own.inputs.get("weights"))
    if place:
        return False
    files.save_text(beside(output, "losses.csv"), as_csv(losses))
    learned = {"digest": files.load_header(data, "data").get("digest", ""), "measured": held_out(losses)}
    header = {"kind": job.network.short, **job.model_dump(mode="json"), **own.made, **learned}
    files.save_arrays(output, arrays, header)
    return True


def _cost(place: int, output: Path, made: Mapping[str, Any], job: Training) -> AbstractContextManager[machine.Meter]:
    """What a training costs, which the first of its processes writes beside its output."""
    if place:
        return nullcontext(machine.Meter())
    return machine.cost(beside(output, "cost.csv"), made, kind="training", dataset=job.dataset, name=job.name)


def check_networks(job: JobText, output: Output) -> None:
    """Check that every network does its job. Samplers may take none at all: then there is nothing to check."""
    from pandas import DataFrame

    from ppgn_bench.columns import NETWORKS_CHECK
    from ppgn_bench.storage.collected import held_out
    from ppgn_bench.training.checks import check

    checking = read(CheckingNetworks, job)
    logs = {**dict.fromkeys(listed(checking.networks), True), **dict.fromkeys(listed(checking.ablated), False)}
    rows = [row for path, required in logs.items() for row in check(*held_out(path), required)]
    files.save_table(output, DataFrame(rows, columns=list(NETWORKS_CHECK)))


@contextmanager
def endings() -> Iterator[list[int]]:
    """SIGTERM and Ctrl-C are noted while the block runs, for it to end where it can; a second one ends it at once."""
    came: list[int] = []

    def note(number: int, frame: object) -> None:
        came.append(number)
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
