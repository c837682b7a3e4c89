"""Commands: is a run as good as its reference?"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ppgn_bench.cli.options import Data, JobText, Networks, Output, network_files
from ppgn_bench.errors import UserError
from ppgn_bench.gate.jobs import ExactNumbers, Resampling
from ppgn_bench.jobs import read
from ppgn_bench.storage import files, machine
from ppgn_bench.storage.judges import require_data


def resample(
    job: JobText,
    data: Data,
    judge: Annotated[Path, typer.Option("--judge", help="Weights of the data set's judge.")],
    output: Output,
    network: Networks = None,
) -> None:
    """Sample one variant anew from committed networks, and measure it as it is and without each start: for `check`."""
    import torch_fidelity  # noqa: F401  # before the chains: what it imports is no work of theirs

    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure_left_out
    from ppgn_bench.sampling.stage import sample

    resampling = read(Resampling, job)
    sampling, measuring = resampling.sampling, resampling.measuring
    device = machine.device(sampling.device)
    files.require_dataset(sampling.dataset, {data: "data", judge: measuring.judges[0].short})
    require_data(data, {judge: measuring.judges[0]})
    (networks,) = network_files(network, sampling.networks, sampling.dataset)
    chains = sample(sampling, networks, data, device)
    real = read_real(data, judge, measuring.judges[0], measuring.real, machine.device(measuring.device))
    files.save_table(output, measure_left_out(measuring, sampling, chains, real))


def exact_numbers(job: JobText, data: Data, output: Output, network: Networks = None) -> None:
    """Write the gate's exact numbers: a few steps of every training and sampler, every metric, and worlds."""
    from ppgn_bench.gate.exact_numbers import exact_numbers as numbers

    settings = read(ExactNumbers, job)
    machine.device("cpu")
    files.require_dataset(settings.dataset, {data: "data"})
    (networks,) = network_files(network, settings.networks, settings.dataset)
    files.save_table(output, numbers(settings, networks, data))


def check(
    baseline: Annotated[Path, typer.Option("--baseline", help="Folder of the reference, results/reference/smoke.")],
    results: Annotated[Path, typer.Option("--results", help="Folder of the run, results/main.")],
    form: Annotated[Literal["text", "markdown", "json"], typer.Option("--format", help="How to say it.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Undecided ends with status 1 as well.")] = False,
) -> None:
    """Compare a run with a reference: passed (status 0), regressed (1), unusable input (2) or undecided (3)."""
    import json

    from ppgn_bench.gate import check as gate
    from ppgn_bench.gate import text

    try:
        outcome = gate.checked(baseline, results)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    said = json.dumps(outcome.as_json(), indent=2) if form == "json" else ""
    print(said or (text.plain if form == "text" else text.markdown)(outcome))
    raise typer.Exit({"passed": 0, "regressed": 1, "undecided": 1 if strict else 3}[outcome.verdict])


def reference(
    experiment: Annotated[Path, typer.Argument(help="Folder of an experiment's results.")],
    output: Annotated[Path, typer.Option("--output", help="Folder of the reference, results/reference/<name>.")],
    networks: Annotated[bool, typer.Option("--networks", help="Keep the trained weights as well.")] = False,
) -> None:
    """Keep a run as a reference for `check`: its tables, small figures and, if asked for, its networks."""
    from ppgn_bench.gate.check import keep

    kept = keep(experiment, output, networks)
    print(f"{output}: {len(kept)} files, {sum(file.stat().st_size for file in kept) / 2**20:.1f} MiB")
