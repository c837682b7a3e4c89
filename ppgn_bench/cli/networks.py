"""Commands: data sets and trained networks. Imports stand inside: torch takes seconds."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

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
    lacking,
    network_files,
    of_seeds,
)
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
    trainings = of_seeds(Training, job, seed, output)
    needs = {
        path: network_files(network, own.needs, own.dataset, place)
        for place, (path, own) in enumerate(trainings.items())
    }
    files.require_dataset(next(iter(trainings.values())).dataset, {data: "data"})
    read_from = {"data": data, **({"weights": weights} if weights else {})}
    inputs = {path: {**read_from, **own} for path, own in needs.items()}
    headers = {path: _header(own, inputs[path], code) for path, own in trainings.items()}
    wanted = lacking(headers, next(iter(trainings.values())).network.short)
    for path in wanted:
        kept = checkpoint_minutes, len(wanted) > 1
        _train(trainings[path], inputs[path], headers[path], path, kept)
    for path in wanted:  # not before: where a later seed ends early, Snakemake removes what the first ones gave
        for unfinished in _unfinished(path):
            unfinished.unlink(missing_ok=True)


def _header(training: Training, inputs: Mapping[str, Path], code: str) -> dict[str, Any]:
    """What a file of weights says of how they were made."""
    digests = {role: files.digest(path) for role, path in inputs.items()}
    return {**training.model_dump(mode="json"), "code": code, "files": digests}


def _unfinished(output: Path) -> tuple[Path, Path]:
    """Where a training that is not done has its checkpoint and its losses so far."""
    return beside(output, "unfinished.safetensors"), beside(output, "unfinished.losses.csv")


def _train(
    training: Training, inputs: Mapping[str, Path], header: Mapping[str, Any], output: Path, kept: tuple[float, bool]
) -> None:
    """Train the network of one seed. kept: every how many minutes while unfinished, and whether when it is done."""
    from ppgn_bench.training import processes
    from ppgn_bench.training.checkpoint import StoppedError, Unfinished
    from ppgn_bench.training.history import as_csv, held_out
    from ppgn_bench.training.stage import train as trained

    if not training.options.get("weights"):  # else nothing is trained
        processes.require(training.device, training.batch_size, training.accumulate)
    device = machine.device(training.device)
    made = machine.made_by(device, header["code"], training.seed)
    made |= {"processes": count} if (count := processes.asked()) > 1 else {}
    made_by = {"job": training.model_dump(mode="json"), "files": header["files"]}
    made_by |= {name: made[name] for name in OF_CHECKPOINT if name in made}
    key = f"datasets.{training.dataset.partition('+')[0]}.networks.{training.recipe}"
    less = f"{key}: a larger accumulate, or a smaller batch_size, takes less"
    needs, (minutes, stays) = {role: inputs[role] for role in training.needs}, kept
    with (
        exhausted.memory_for(training.recipe, less),
        endings() as came,
        processes.joined(device) as place,
        _cost(place, output, made, training) as meter,
    ):
        unfinished = Unfinished(*_unfinished(output), minutes, made_by, lambda: bool(came), meter, stays)
        try:
            arrays, losses = trained(training, inputs["data"], needs, device, unfinished, inputs.get("weights"))
        except StoppedError:
            raise SystemExit(SIGNALLED + (came or [signal.SIGTERM])[0]) from None
    if place:
        return
    files.save_text(beside(output, "losses.csv"), as_csv(losses))
    learned = {"digest": files.load_header(inputs["data"], "data").get("digest", ""), "measured": held_out(losses)}
    files.save_arrays(output, arrays, {"kind": training.network.short, **header, **made, **learned})


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
