"""Options that several commands share, and what becomes of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.errors import UserError, hint
from ppgn_bench.jobs import OfStage, read
from ppgn_bench.lookup import Name
from ppgn_bench.storage import files

JobText = Annotated[str, typer.Option("--job", help="The job as JSON, as the workflow writes it (ppgn_bench/jobs.py).")]
Output = Annotated[Path, typer.Option("--output", help="File to write.")]
Seeds = Annotated[list[int] | None, typer.Option("--seed", help="Training seed, where --job leaves it out; repeat it.")]
Outputs = Annotated[list[Path], typer.Option("--output", help="File to write; repeat it for each --seed in turn.")]
Data = Annotated[Path, typer.Option("--data", help="A data set's splits, from `prepare`.")]
JudgeFiles = Annotated[list[Path], typer.Option("--judge", help="Weights of the data set's judge, then of others.")]
FactorJudge = Annotated[Path | None, typer.Option("--factor-judge", help="Weights of the data set's judge of factors.")]
Code = Annotated[
    str, typer.Option("--code", help="Fingerprint of the job's code, for the header; no checkpoint of another is used.")
]
Networks = Annotated[list[str] | None, typer.Option("--network", help="role=file of a trained network; repeat it.")]


def of_seeds(stage: type[OfStage], job: str, seeds: list[int] | None, outputs: list[Path]) -> dict[Path, OfStage]:
    """Output -> job of each seed, or of the one that the job says itself. Raises UserError for more or fewer files."""
    jobs = [read(stage, job, seed=seed) for seed in seeds] if seeds else [read(stage, job)]
    if not len(jobs) == len({*outputs}) == len(outputs):
        raise UserError(f"--output: needs a file for each of {len(jobs)} seeds, got {', '.join(map(str, outputs))}")
    return dict(zip(outputs, jobs, strict=True))


def network_files(
    options: list[str] | None, architectures: Mapping[str, Name], dataset: str, seeds: int = 1
) -> list[dict[str, Path]]:
    """Of each of so many seeds the files of role=file options, by role, all trained on the job's data set.

    architectures: role -> class of the job. A role has one file for all seeds, or one for each. Raises UserError for a
    role or a file too many or too few, or another data set.
    """
    files_of: dict[str, list[Path]] = {}
    for text in options or []:
        role, equals, path = text.partition("=")
        if not (role and equals and path):
            raise UserError(f"--network: must be role=file, got {text!r}")
        if role not in architectures:
            raise UserError(f"--network: unknown role {role!r}; {hint(role, architectures)}")
        files_of.setdefault(role, []).append(Path(path))
    if missing := [role for role in architectures if role not in files_of]:
        raise UserError(f"--network: lacks {', '.join(f'{role}=FILE' for role in missing)}")
    if wrong := [role for role, own in files_of.items() if len(own) not in (1, seeds)]:
        asked = "one file" if seeds == 1 else f"one file, or one for each of {seeds} seeds"
        raise UserError(f"--network: {wrong[0]} needs {asked}, got {len(files_of[wrong[0]])}")
    files.require_dataset(dataset, {path: architectures[role].short for role, own in files_of.items() for path in own})
    return [{role: own[place % len(own)] for role, own in files_of.items()} for place in range(seeds)]


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
