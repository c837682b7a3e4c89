"""Commands: a record of an experiment's bytes, and whether they are still as its run left them."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from tqdm import tqdm

from ppgn_bench.cli.options import JobText, Output
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import read
from ppgn_bench.storage import files, recording
from ppgn_bench.workflow.collecting import Recording, listed

LARGE = 2**28  # bytes from which a bar shows how far it is: half a second


def record(job: JobText, output: Output) -> None:
    """Write down the SHA-256 of all that an experiment made and used, for `verify` and `sha256sum --check`."""
    made = listed(read(Recording, job).made)
    with _bar(recording.size(made)) as bar:
        files.save_text(output, recording.record(output.parent, made, bar.update))


def verify(results: Annotated[Path, typer.Argument(help="Folder of an experiment's results, results/main.")]) -> None:
    """Hash all files of an experiment again, and say which are missing, have changed, or are unknown.

    They are compared with SHA256SUMS, which the run wrote last: chains, tables, figures and the report, and the data
    and networks that the experiment used. Exit status 0 if all is as the run left it, else 1.

    Is the default run whole: ppgn-bench verify results/main
    """
    folder = Path(os.path.normpath(results))
    if not folder.is_dir():
        raise UserError(f"{results}: is no folder; name that of an experiment's results, as results/main")
    known = recording.recorded(folder)
    total = recording.size(known)
    with _bar(total) as bar:
        wrong = recording.differences(folder, known, bar.update)
    if wrong:
        number = f"{len(wrong):,} of {len(known.keys() | wrong.keys()):,} files"
        lines = [f"  {_on_one_line(file)}: {what}" for file, what in wrong.items()]
        if wrong.keys() & known.keys():
            lines.append("  delete what has changed (tables and figures: their folder) and run snakemake again")
        raise UserError("\n".join([f"{results}: {number} are not as the run left them:", *lines]))
    print(f"{results}: all {len(known):,} files are as the run left them ({total / 2**20:,.1f} MiB)")


def _on_one_line(file: Path) -> str:
    return str(file).replace("\n", r"\n")


def _bar(total: int) -> "tqdm[NoReturn]":
    return tqdm(total=total, desc="hashing", unit="B", unit_scale=True, unit_divisor=1024, disable=total < LARGE)
