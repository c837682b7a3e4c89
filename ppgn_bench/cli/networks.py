"""Commands: data sets and trained networks. Imports stand inside: torch takes seconds."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from ppgn_bench import exhausted
from ppgn_bench.cli.options import Code, Data, JobText, Networks, Output, beside, network_files
from ppgn_bench.jobs import Preparation, Training, read
from ppgn_bench.storage import files, machine
from ppgn_bench.workflow.collecting import CheckingNetworks, listed

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
    output: Output,
    network: Networks = None,
    weights: Weights = None,
    checkpoint_minutes: Minutes = 10.0,
    code: Code = "",
) -> None:
    """Train one network: weights, a log of its losses and its cost beside it.

    Until it is done, a checkpoint and the losses so far lie beside the output; the same command goes on from there.
    Started by torchrun, several processes share every batch.
    """
    from ppgn_bench.training import processes
    from ppgn_bench.training.checkpoint import StoppedError, Unfinished
    from ppgn_bench.training.history import as_csv, held_out
    from ppgn_bench.training.stage import train as trained

    training = read(Training, job)
    if not training.options.get("weights"):  # else nothing is trained
        processes.require(training.device, training.batch_size, training.accumulate)
    device = machine.device(training.device)
    files.require_dataset(training.dataset, {data: "data"})
    needs = network_files(network, training.needs, training.dataset)
    made = machine.made_by(device, code, training.seed)
    made |= {"processes": count} if (count := processes.asked()) > 1 else {}
    told, read_from = training.model_dump(mode="json"), {"data": data, **needs}
    read_from |= {"weights": weights} if weights else {}
    digests = {role: files.digest(path) for role, path in read_from.items()}
    made_by = {"job": told, **{name: made[name] for name in OF_CHECKPOINT if name in made}, "files": digests}
    kept = beside(output, "unfinished.safetensors"), beside(output, "unfinished.losses.csv")
    key = f"datasets.{training.dataset.partition('+')[0]}.networks.{training.recipe}"
    less = f"{key}: a larger accumulate, or a smaller batch_size, takes less"
    with (
        exhausted.memory_for(training.recipe, less),
        endings() as came,
        processes.joined(device) as place,
        _cost(place, output, made, training) as meter,
    ):
        unfinished = Unfinished(*kept, checkpoint_minutes, made_by, stopped=lambda: bool(came), meter=meter)
        try:
            arrays, losses = trained(training, data, needs, device, unfinished, weights)
        except StoppedError:
            raise SystemExit(SIGNALLED + (came or [signal.SIGTERM])[0]) from None
    if place:
        return
    files.save_text(beside(output, "losses.csv"), as_csv(losses))
    learned = {"digest": files.load_header(data, "data").get("digest", ""), "measured": held_out(losses)}
    files.save_arrays(output, arrays, {"kind": training.network.short, **told, **made, **learned})
    unfinished.remove()


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
