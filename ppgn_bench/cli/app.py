"""The command line: a command a rule, and those for people."""

import os
import sys
from typing import Annotated

import typer

from ppgn_bench import exhausted
from ppgn_bench.cli import (
    chains,
    claims,
    drawing,
    gate,
    importing,
    judges,
    lists,
    measurements,
    networks,
    planning,
    reports,
    verifying,
    worlds,
)
from ppgn_bench.errors import UserError

HELP = "Plug & Play Generative Networks, taken apart. `snakemake` runs everything; these are its stages."
STAGES = (
    networks.prepare,
    networks.train,
    networks.check_networks,
    chains.sample,
    measurements.measure,
    measurements.controls,
    measurements.collect,
    measurements.check_controls,
    measurements.controls_hold,
    worlds.worlds,
    claims.claims,
    judges.ship,
    gate.resample,
    gate.exact_numbers,
    reports.manifest,
    reports.report,
    verifying.record,
)
FOR_PEOPLE = (
    planning.plan,
    drawing.draw,
    importing.import_caffe,
    gate.check,
    gate.reference,
    verifying.verify,
    claims.choose,
    lists.datasets,
    lists.variants,
    lists.architectures,
    lists.metrics,
)
INTERRUPTED = (130, 143)  # the status that shells give to Ctrl-C and to what was told to end

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=HELP)
for commands, panel in ((FOR_PEOPLE, "For people"), (STAGES, "The rules' stages")):
    for command in commands:
        app.command(rich_help_panel=panel)(command)


@app.callback()
def threads(
    number: Annotated[int, typer.Option("--threads", min=1, help="Threads of a job that runs on the CPU.")] = 1,
) -> None:
    """Set how many threads torch takes: one, so that jobs run side by side and numbers do not depend on the cores."""
    os.environ["OMP_NUM_THREADS"] = str(number)  # before torch is imported


def main() -> None:
    """Entry point. Bad input, and too little memory or disk, end in one line and exit status 1; usage errors in 2;
    Ctrl-C in 130.
    """
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except SystemExit as ended:
        if ended.code in INTERRUPTED:
            print("interrupted; run again to resume", file=sys.stderr)
        raise
    except Exception as error:
        if (line := exhausted.told(error)) is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        raise SystemExit(1) from None
