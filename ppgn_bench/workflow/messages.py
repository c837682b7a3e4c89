"""What Snakemake prints: a job that fails shows its own message, not its command with a screen of JSON in it."""

import logging
import re
import sys
from importlib.util import find_spec
from pathlib import Path


def shorten_commands() -> None:
    """Cut the JSON out of the command of a job that fails; --printshellcmds shows whole ones."""
    from snakemake.logging import logger

    logger.addFilter(_without_json)


def _without_json(record: logging.LogRecord) -> bool:
    """Let every record pass, with the jobs in its commands shortened."""
    for name in ("msg", "shellcmd", "exception") if record.levelno >= logging.ERROR else ():
        text = getattr(record, name, None)
        if isinstance(text, str):
            setattr(record, name, re.sub(r"(--(?:job|experiment)) '.*?'(?= |$)", r"\1 '{...}'", text, flags=re.DOTALL))
    return True


def require_configfiles() -> None:
    """End with one line where the command line names a config file that is missing; the profile asks for it.

    Snakemake reads these files before any workflow, and shows a traceback.
    """
    named = False
    for word in sys.argv:
        named = word.startswith("--configfile") or (named and not word.startswith("-"))
        path = word.partition("=")[2] if "=" in word and word.startswith("--") else word
        if named and not path.startswith("--") and not Path(path).is_file():
            raise SystemExit(f"error: --configfile: {path}: no such file")


def require_executor(name: str) -> None:
    """End with one line where Snakemake's plugin for a cluster is not installed; the cluster's profile asks for it.

    Snakemake would call the profile's `executor` an invalid choice.
    """
    if find_spec(f"snakemake_executor_plugin_{name}") is None:
        raise SystemExit(f'error: profiles/{name} needs Snakemake\'s plugin: pip install "ppgn_bench[{name}]"')
