"""What Snakemake prints: a job that fails shows its own message, not its command with a screen of JSON in it."""

import logging
import re


def shorten_commands() -> None:
    """Cut the JSON out of every command that Snakemake prints; what runs is the whole one."""
    from snakemake.logging import logger

    logger.addFilter(_without_json)


def _without_json(record: logging.LogRecord) -> bool:
    """Let every record pass, with the job in its command shortened."""
    command = getattr(record, "shellcmd", None)
    if command:
        record.shellcmd = re.sub(r"(--(?:job|facts)) '.*?'(?= |$)", r"\1 '{...}'", command, flags=re.DOTALL)
    return True
