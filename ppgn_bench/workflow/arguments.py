"""How a job's files stand on its command line: from where Snakemake has put them. Nothing imports torch.

files: the job's `input`, role -> a file, or a file for each seed of the job.
"""

import shlex
from collections.abc import Iterable, Mapping

from ppgn_bench.training.recipes import FACTOR_JUDGE

Files = Mapping[str, str | list[str]]


def networks(roles: Iterable[str], files: Files) -> str:
    """The networks of these roles."""
    return _options((f"--network {role}=", file) for role in roles for file in _listed(files[role]))


def judges(roles: Iterable[str], files: Files) -> str:
    """The judges of these roles."""
    option = {FACTOR_JUDGE: "--factor-judge"}
    return _options((f"{option.get(role, '--judge')} ", file) for role in roles for file in _listed(files[role]))


def weights(files: Files) -> str:
    """The file of the weights that a recipe names; nothing where there is none."""
    return _options(("--weights ", file) for file in _listed(files.get("given", [])))


def outputs(seeds: Iterable[int], files: Iterable[str]) -> str:
    """The seeds of a job, and what it writes of each."""
    return _options((f"--seed {seed} --output ", file) for seed, file in zip(seeds, files, strict=True))


def _options(named: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{option}{shlex.quote(file)}" for option, file in named)


def _listed(files: str | list[str]) -> list[str]:
    return [files] if isinstance(files, str) else [*files]
