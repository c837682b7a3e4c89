"""Commands: what was run, and the report."""

from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.cli.options import Output
from ppgn_bench.storage import files, machine


def manifest(
    facts: Annotated[str, typer.Option("--facts", help="What is run and on what, as JSON.")], output: Output
) -> None:
    """Write down what is run, on what data and with what."""
    import json

    files.save_json(output, {**json.loads(facts), **machine.surroundings()})


def report(experiment: Annotated[Path, typer.Argument(help="Folder of an experiment's results.")]) -> None:
    """Draw figures, tables and the page from an experiment's tables and pictures alone."""
    from ppgn_bench.report.build import build

    print(build(experiment, files.load_json(experiment / "manifest.json")))
