"""Commands: what chains and controls measure, and the long tables. Imports stand inside: torch takes seconds."""

from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.cli.options import Data, JobText, JudgeFiles, Output, beside
from ppgn_bench.columns import NETWORKS_CHECK
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Measuring, MeasuringControls, read
from ppgn_bench.storage import files, machine


def measure(
    chains: Annotated[list[Path], typer.Argument(help="Chains of one variant, a file a seed.")],
    job: JobText,
    data: Data,
    judge: JudgeFiles,
    output: Output,
) -> None:
    """Measure one variant's chains: values, curves and pictures."""
    # What the metrics import when they are called is imported here: start-up is not the metrics' cost.
    import torch_fidelity  # noqa: F401
    import torchmetrics.functional.image  # noqa: F401

    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure as measured
    from ppgn_bench.metrics.stage import sampling_of

    measuring = read(Measuring, job)
    device = machine.device(measuring.device)
    first = sampling_of(chains[0])
    files.require_dataset(first.dataset, {data: "data", **dict.fromkeys(judge, measuring.judge.short)})
    named = {"dataset": first.dataset, "sweep": first.sweep, "name": first.variant, "seed": ""}
    with machine.cost(beside(output, "cost.csv"), kind="measuring", **named, device=device.type):
        reals = [read_real(data, network, measuring.judge, measuring.real, device) for network in judge]
        rows, curves, pictures = measured(measuring, chains, reals)
    files.save_table(beside(output, "curves.csv"), curves)
    files.save_arrays(beside(output, "pictures.safetensors"), pictures, {"kind": "pictures"})
    files.save_table(output, rows)


def controls(job: JobText, data: Data, judge: JudgeFiles, output: Output) -> None:
    """Measure real images, noise and the other controls that every metric must put in order."""
    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure_controls

    measuring = read(MeasuringControls, job)
    device = machine.device(measuring.device)
    dataset = files.load_header(data, "data")["dataset"]
    files.require_dataset(dataset, dict.fromkeys(judge, measuring.judge.short))
    reals = [read_real(data, network, measuring.judge, measuring.real, device) for network in judge]
    rows, pictures = measure_controls(measuring, reals)
    files.save_arrays(beside(output, "pictures.safetensors"), pictures, {"kind": "pictures"})
    files.save_table(output, rows)


def collect(
    tables: Annotated[list[Path], typer.Argument(help="Costs; or measurements, loss logs and errors on worlds.")],
    output: Output,
) -> None:
    """Put all costs, or all measurements, into one long table, sorted."""
    from ppgn_bench.storage.collected import together

    files.save_table(output, together(tables))


def check_controls(
    tables: Annotated[list[Path], typer.Argument(help="Measurements of controls.")], output: Output
) -> None:
    """Check that every metric puts its controls in the order that it must."""
    from pandas import concat

    from ppgn_bench.metrics.controls import check

    rows = concat([files.load_table(path, ["dataset", "sweep", "variant", "metric", "value"]) for path in tables])
    files.save_table(output, check(rows))


def controls_hold(
    table: Annotated[Path, typer.Argument(help="From `check-controls`.")],
    networks: Annotated[Path | None, typer.Option("--networks", help="From `check-networks`.")] = None,
) -> None:
    """Say which metric fails its controls and which network does not do its job; exit status 1 if one does."""
    from ppgn_bench.metrics.controls import failures
    from ppgn_bench.training import checks

    of_metrics = failures(files.load_table(table, ["dataset", "metric", "better", "worse", "ordered"]))
    of_networks = checks.failures(files.load_table(networks, NETWORKS_CHECK)) if networks else []
    failed = {"metrics that fail their controls": of_metrics, "networks that do not do their job": of_networks}
    lines = [
        line
        for what, own in failed.items()
        if own
        for line in (f"{what}; the report marks them:", *(f"  {one}" for one in own))
    ]
    if lines:
        raise UserError("\n".join(lines))
