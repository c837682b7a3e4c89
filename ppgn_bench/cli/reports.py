"""Commands: what was run, and the report."""

from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.cli.options import Output
from ppgn_bench.columns import COSTS
from ppgn_bench.storage import files, machine

Settings = Annotated[str, typer.Option("--experiment", help="The experiment's settings as JSON, complete.")]


def manifest(
    experiment: Settings,
    costs: Annotated[Path, typer.Option("--costs", help="costs.csv: what each seed and measurement took.")],
    output: Output,
) -> None:
    """Write down what was run, on what data and with what."""
    from ppgn_bench.config.load import parse
    from ppgn_bench.storage.manifest import makers, save
    from ppgn_bench.storage.manifest import parse as manifest_of
    from ppgn_bench.workflow.manifest import facts

    made_by = makers(files.load_table(costs, COSTS))
    save(output, manifest_of({**facts(parse(experiment)), **machine.surroundings(), "made_by": made_by}, output))


def report(experiment: Annotated[Path, typer.Argument(help="Folder of an experiment's results.")]) -> None:
    """Draw figures, tables and the page from an experiment's tables and pictures alone."""
    from ppgn_bench.report.build import build
    from ppgn_bench.storage.manifest import load

    print(build(experiment, load(experiment / "manifest.json")))
