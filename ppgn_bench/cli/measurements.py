"""Commands: what chains and controls measure, and the long tables. Imports stand inside: torch takes seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppgn_bench import exhausted
from ppgn_bench.cli.options import Code, Data, FactorJudge, JobText, JudgeFiles, Output, beside, judged_by
from ppgn_bench.columns import CLAIM_PARTS, CONTROLS_CHECK, NETWORKS_CHECK
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Measuring, MeasuringControls, read
from ppgn_bench.storage import files, machine
from ppgn_bench.storage.judges import require_data
from ppgn_bench.workflow.collecting import Collecting, listed

if TYPE_CHECKING:
    from ppgn_bench.metrics.inputs import Real


def measure(
    chains: Annotated[list[Path], typer.Argument(help="Chains of one variant, a file a seed.")],
    job: JobText,
    data: Data,
    judge: JudgeFiles,
    output: Output,
    factor_judge: FactorJudge = None,
    code: Code = "",
) -> None:
    """Measure one variant's chains: values, also target by target, curves and pictures."""
    # What the metrics import when they are called is imported here: start-up is not the metrics' cost.
    import torch_fidelity  # noqa: F401

    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure as measured
    from ppgn_bench.metrics.stage import sampling_of

    measuring = read(Measuring, job)
    device = machine.device(measuring.device)
    first = sampling_of(chains[0])
    judges = judged_by(judge, measuring.judges, first.dataset)
    files.require_dataset(first.dataset, {data: "data"})
    require_data(data, judges)
    made = machine.made_by(device, code)
    named = {"dataset": first.dataset, "sweep": first.sweep, "name": first.variant}
    less = f"sweeps.{first.sweep}: fewer chains_per_target or a larger keep_every take less"
    with (
        exhausted.memory_for(f"measuring {first.variant}", less),
        machine.cost(beside(output, "cost.csv"), made, kind="measuring", **named),
    ):
        reals = [read_real(data, path, network, measuring.real, device) for path, network in judges.items()]
        reals = _with_inception(_with_factor_judge(reals, measuring, factor_judge, first.dataset), measuring)
        found = measured(measuring, chains, reals)
    files.save_table(beside(output, "curves.csv"), found.curves)
    files.save_table(beside(output, "targets.csv"), found.targets)
    header = {"kind": "pictures", "networks": found.networks, **made}
    files.save_arrays(beside(output, "pictures.safetensors"), found.pictures, header)
    files.save_table(output, found.rows)


def _with_factor_judge(reals: list[Real], job: Measuring, judge: Path | None, dataset: str) -> list[Real]:
    """What samples are compared with, and who is asked what they show beside their class, if anyone is."""
    from ppgn_bench.metrics.inputs import with_factor_judge

    if job.factor_judge is None:
        return reals
    if judge is None:
        raise UserError("--factor-judge: is missing, and the job asks for factors")
    files.require_dataset(dataset, {judge: job.factor_judge.short})
    require_data(reals[0].data_file, {judge: job.factor_judge})
    return [with_factor_judge(real, judge, job.factor_judge) for real in reals]


def _with_inception(reals: list[Real], job: Measuring) -> list[Real]:
    """The same; Inception, where the job has its weights, sees what the first judge sees."""
    if not job.inception:
        return reals
    from ppgn_bench.metrics.inception import read as inception
    from ppgn_bench.metrics.inputs import with_inception

    first, *others = reals
    return [with_inception(first, inception(job.inception, machine.device(job.device))), *others]


def controls(
    job: JobText, data: Data, judge: JudgeFiles, output: Output, factor_judge: FactorJudge = None, code: Code = ""
) -> None:
    """Measure real images, noise and the other controls that every metric must put in order."""
    from ppgn_bench.metrics.control_stage import measure_controls
    from ppgn_bench.metrics.inputs import read_real

    measuring = read(MeasuringControls, job)
    device = machine.device(measuring.device)
    dataset = files.load_header(data, "data")["dataset"]
    judges = judged_by(judge, measuring.judges, dataset)
    require_data(data, judges)
    made = machine.made_by(device, code)
    less = f"datasets.{dataset.partition('+')[0]}: a smaller image_size takes less"
    with (
        exhausted.memory_for("measuring controls", less),
        machine.cost(beside(output, "cost.csv"), made, kind="controls", dataset=dataset, name="controls"),
    ):
        reals = [read_real(data, path, network, measuring.real, device) for path, network in judges.items()]
        reals = _with_inception(_with_factor_judge(reals, measuring, factor_judge, dataset), measuring)
        rows, pictures = measure_controls(measuring, reals)
    header = {"kind": "pictures", **made}
    files.save_arrays(beside(output, "pictures.safetensors"), pictures, header)
    files.save_table(output, rows)


def collect(job: JobText, output: Output) -> None:
    """Put all costs, or all measurements, loss logs and errors on worlds, into one long table, sorted."""
    from ppgn_bench.storage.collected import together

    files.save_table(output, together(listed(read(Collecting, job).tables)))


def check_controls(
    tables: Annotated[list[Path], typer.Argument(help="Measurements of controls.")], output: Output
) -> None:
    """Check that every metric puts its controls in the order that it must."""
    from pandas import concat

    from ppgn_bench.metrics.controls import check

    needed = ["dataset", "sweep", "variant", "seed", "metric", "value"]
    files.save_table(output, check(concat([files.load_table(path, needed) for path in tables])))


def controls_hold(
    table: Annotated[Path, typer.Argument(help="From `check-controls`.")],
    parts: Annotated[Path, typer.Option("--parts", help="claims.parts.csv: the metrics that claims rest on.")],
    networks: Annotated[Path, typer.Option("--networks", help="From `check-networks`.")],
) -> None:
    """Say which metrics fail their controls, and which networks do not do their job.

    Exit status 1 if a claim rests on such a metric, or a sampler on such a network.
    """
    from ppgn_bench.metrics.controls import failures
    from ppgn_bench.training import checks

    of_pairs = files.load_table(table, CONTROLS_CHECK)
    rests = set(files.load_table(parts, CLAIM_PARTS)[["dataset", "metric"]].itertuples(index=False, name=None))
    deciding = [pair in rests for pair in zip(of_pairs["dataset"], of_pairs["metric"], strict=True)]
    fatal, others = (failures(of_pairs.loc[[one == of for one in deciding]]) for of in (True, False))
    if others:
        print("\n".join(["metrics that are not admitted, and no claim rests on them:", *others]), file=sys.stderr)
    failed = {
        "claims rest on metrics that fail their controls; see the report:": fatal,
        "networks do not do their job; see the report:": checks.failures(files.load_table(networks, NETWORKS_CHECK)),
    }
    lines = [line for what, own in failed.items() if own for line in (what, *(f"  {one}" for one in own))]
    if lines:
        raise UserError("\n".join(lines))
