"""How a job's files stand on its command line. Nothing imports torch."""

import shlex
from collections.abc import Iterable, Mapping

from ppgn_bench.training.recipes import FACTOR_JUDGE
from ppgn_bench.workflow.paths import given_weights


def networks(files: Mapping[str, str]) -> str:
    """Networks, role -> file, as the command line takes them."""
    return " ".join(f"--network {shlex.quote(f'{role}={file}')}" for role, file in files.items())


def judges(files: Mapping[str, str]) -> str:
    """Judges, role -> file, as the command line takes them."""
    option = {role: "--factor-judge" if role == FACTOR_JUDGE else "--judge" for role in files}
    return " ".join(f"{option[role]} {shlex.quote(file)}" for role, file in files.items())


def weights(recipe: str) -> str:
    """The file of the weights that a recipe names, as the command line takes it; nothing where there is none."""
    return "".join(f"--weights {shlex.quote(file)}" for file in given_weights(recipe).values())


def listed(files: Iterable[str]) -> str:
    """Files as the command line takes them."""
    return " ".join(map(shlex.quote, files))
