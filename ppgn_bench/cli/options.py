"""Options that several commands share, and what becomes of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.errors import UserError, hint
from ppgn_bench.lookup import Name
from ppgn_bench.storage import files

JobText = Annotated[str, typer.Option("--job", help="The job as JSON, as the workflow writes it (ppgn_bench/jobs.py).")]
Output = Annotated[Path, typer.Option("--output", help="File to write.")]
Data = Annotated[Path, typer.Option("--data", help="A data set's splits, from `prepare`.")]
JudgeFiles = Annotated[list[Path], typer.Option("--judge", help="Weights of the data set's judge, then of others.")]
FactorJudge = Annotated[Path | None, typer.Option("--factor-judge", help="Weights of the data set's judge of factors.")]
Code = Annotated[
    str, typer.Option("--code", help="Fingerprint of the job's code, for the header; no checkpoint of another is used.")
]
Networks = Annotated[list[str] | None, typer.Option("--network", help="role=file of a trained network; repeat it.")]


def network_files(options: list[str] | None, architectures: Mapping[str, Name], dataset: str) -> dict[str, Path]:
    """Return the files of role=file options: one for each of the job's roles, all trained on its data set.

    architectures: role -> class. Raises UserError for a role too many or too few, or another data set.
    """
    pairs = [text.partition("=") for text in options or []]
    for role, equals, path in pairs:
        if not (role and equals and path):
            raise UserError(f"--network: must be role=file, got {role + equals + path!r}")
        if role not in architectures:
            raise UserError(f"--network: unknown role {role!r}; {hint(role, architectures)}")
    paths = {role: Path(path) for role, _, path in pairs}
    if missing := [role for role in architectures if role not in paths]:
        raise UserError(f"--network: lacks {', '.join(f'{role}=FILE' for role in missing)}")
    files.require_dataset(dataset, {path: architectures[role].short for role, path in paths.items()})
    return paths


def judged_by(judges: Sequence[Path], architectures: Sequence[Name], dataset: str) -> dict[Path, Name]:
    """File -> class of each judge, in the job's order; the last ones may be left out.

    Raises UserError for more files than the job has judges, and for one of another data set.
    """
    if len(judges) > len(architectures):
        raise UserError(f"--judge: {len(judges)} files, and the job has {len(architectures)} judges")
    classes = dict(zip(judges, architectures, strict=False))
    files.require_dataset(dataset, {path: network.short for path, network in classes.items()})
    return classes


def beside(path: Path, ending: str) -> Path:
    """seed_0.safetensors -> seed_0.losses.csv."""
    return path.with_name(f"{path.stem}.{ending}")
