"""Commands: what was run, and the report."""

from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.cli.options import Output
from ppgn_bench.storage import machine

Settings = Annotated[str, typer.Option("--experiment", help="The experiment's settings as JSON, complete.")]


def manifest(experiment: Settings, output: Output) -> None:
    """Write down what is run, on what data and with what."""
    from ppgn_bench.config.load import parse
    from ppgn_bench.storage.manifest import parse as manifest_of
    from ppgn_bench.storage.manifest import save
    from ppgn_bench.workflow.manifest import facts

    save(output, manifest_of({**facts(parse(experiment)), **machine.surroundings()}, output))


def report(experiment: Annotated[Path, typer.Argument(help="Folder of an experiment's results.")]) -> None:
    """Draw figures, tables and the page from an experiment's tables and pictures alone."""
    from ppgn_bench.report.build import build
    from ppgn_bench.storage.manifest import load

    print(build(experiment, load(experiment / "manifest.json")))
