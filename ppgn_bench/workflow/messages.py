"""What Snakemake prints: a job that fails shows its own message, not its command with a screen of JSON in it; a folder
that is locked, full or read-only is told in one line.
"""

import logging
import re
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from ppgn_bench import exhausted
from ppgn_bench.errors import UserError

ROOM = 2**20  # bytes: a job that finds less may not even be able to say so
OF_DISK = re.compile(rf"^\w*Error: \[Errno (?:{'|'.join(map(str, exhausted.OF_DISK))})\] (.*)", re.MULTILINE)


def in_own_words() -> None:
    """Cut the JSON out of the command of a job that fails (--printshellcmds shows whole ones), and say in one line
    that a folder is locked, full or read-only (--verbose shows tracebacks).
    """
    from snakemake.logging import logger

    logger.addFilter(_without_json)
    logger.addFilter(_in_one_line)
    logging.raiseExceptions = False  # of a log on a full disk: a traceback a line


def after_errors() -> str:
    """What is told in the end when a job failed."""
    full = f"\nThe disk of {Path.cwd()} is full: make room first." if shutil.disk_usage(".").free < ROOM else ""
    return f"\nSome jobs did not end: each says above what is wrong. What is done stays; run again to resume.{full}"


def _without_json(record: logging.LogRecord) -> bool:
    """Let every record pass, with the jobs in its commands shortened."""
    for name in ("msg", "shellcmd", "exception") if record.levelno >= logging.ERROR else ():
        text = getattr(record, name, None)
        if isinstance(text, str):
            setattr(record, name, re.sub(r"(--(?:job|experiment)) '.*?'(?= |$)", r"\1 '{...}'", text, flags=re.DOTALL))
    return True


def _in_one_line(record: logging.LogRecord) -> bool:
    """Let every record pass. That a folder is locked is said with this run's own command that unlocks it: only who
    started the other run, perhaps on another machine, knows that nothing of it is left.
    """
    if getattr(record, "exception", None) == "LockException":
        record.msg = (
            "error: results are locked: another snakemake works on them, or was killed; "
            f"if none runs, this unlocks them: {shlex.join(['snakemake', *sys.argv[1:], '--unlock'])}"
        )
    elif hasattr(record, "exception") and (found := OF_DISK.search(record.getMessage())):
        record.msg = f"error: {found[1]}"
    return True


def require_configfiles() -> None:
    """End with one line where the command line names a config file that is missing or damaged; the profile asks for it.

    Snakemake reads these files before any workflow; it shows a traceback, or does not say which file is wrong.
    """
    from ppgn_bench.config.reading import read

    named, paths = False, []
    for word in sys.argv:
        option = word.startswith("-")
        named = word.startswith("--configfile") if option else named
        if named and ("=" in word or not option):
            paths.append(word.partition("=")[2] if option else word)
    for number, path in enumerate(paths):
        try:
            if not read(Path(path)):
                raise UserError(f"{path}: has no key; leave it out for the default run")
        except UserError as error:
            more = "; what is to be made stands before --configfile" if number else ""
            raise SystemExit(f"error: --configfile: {error}{more}") from None


def require_executor(name: str) -> None:
    """End with one line where Snakemake's plugin for a cluster is not installed; the cluster's profile asks for it.

    Snakemake would call the profile's `executor` an invalid choice.
    """
    if find_spec(f"snakemake_executor_plugin_{name}") is None:
        raise SystemExit(f'error: profiles/{name} needs Snakemake\'s plugin: pip install "ppgn_bench[{name}]"')
