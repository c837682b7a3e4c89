"""Commands: data sets and trained networks. Imports stand inside: torch takes seconds."""

from ppgn_bench.cli.options import Data, JobText, Networks, Output, beside, network_files
from ppgn_bench.jobs import Preparation, Training, read
from ppgn_bench.storage import files, machine


def prepare(job: JobText, output: Output) -> None:
    """Write a data set's splits: train, judge, and two real halves."""
    from ppgn_bench.data.stage import prepare as prepared

    preparation = read(Preparation, job)
    arrays = prepared(preparation)
    files.save_arrays(output, arrays, {"kind": "data", **preparation.model_dump(mode="json")})


def train(job: JobText, data: Data, output: Output, network: Networks = None) -> None:
    """Train one network: weights, a log of its losses and its cost beside it."""
    from ppgn_bench.training.stage import train as trained

    training = read(Training, job)
    device = machine.device(training.device)
    files.require_dataset(training.dataset, {data: "data"})
    needs = network_files(network, training.needs, training.dataset)
    named = {"dataset": training.dataset, "name": training.name, "seed": training.seed, "device": device.type}
    with machine.cost(beside(output, "cost.csv"), kind="training", **named):
        arrays, losses = trained(training, data, needs, device)
    rows = [f"{step},{term},{value!r}" for step, term, value in losses]
    files.save_text(beside(output, "losses.csv"), "\n".join(["step,term,value", *rows, ""]))
    made = {"kind": training.network.short, "device": device.type, "versions": machine.versions()}
    files.save_arrays(output, arrays, {**training.model_dump(mode="json"), **made})
