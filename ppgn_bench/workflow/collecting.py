"""Jobs that read what all others made, and how they name thousands of files. Nothing imports torch.

A command holds its files in a short form: a shell takes one of 131,072 bytes, and the paths of config/full.yaml alone
had 214,655. It hangs on the files alone, so that no other setting runs the job again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from ppgn_bench.jobs import Job
from ppgn_bench.lookup import Name


class Files(Job):
    """Files of the same names in several folders: within/folder/name and ending, each with each."""

    within: str
    folders: tuple[str, ...]
    names: tuple[str, ...]
    endings: tuple[str, ...]


class Collecting(Job):
    """Put tables into one: all costs; or all measurements, loss logs and errors on worlds."""

    command: ClassVar = Name("cli.measurements:collect")

    tables: tuple[Files, ...]


class CheckingNetworks(Job):
    """Check networks by their loss logs; ablated: of those that only ablations take."""

    command: ClassVar = Name("cli.networks:check_networks")

    networks: tuple[Files, ...]
    ablated: tuple[Files, ...]


class Recording(Job):
    """Write down the hashes of what a run made: files, and folders with all that is in them."""

    command: ClassVar = Name("cli.verifying:record")

    made: tuple[Files, ...]


def of_tables(tables: Iterable[Path | str]) -> Collecting:
    """Put these tables into one."""
    return Collecting(tables=grouped(tables))


def of_networks(networks: Iterable[Path | str], ablated: Iterable[Path | str]) -> CheckingNetworks:
    """Check networks by these loss logs."""
    return CheckingNetworks(networks=grouped(networks), ablated=grouped(ablated))


def of_results(made: Iterable[Path | str]) -> Recording:
    """Write down the hashes of these files and folders."""
    return Recording(made=grouped(made))


def grouped(files: Iterable[Path | str]) -> tuple[Files, ...]:
    """Files in their short form: names with the same endings, as .csv and .curves.csv, and folders with the same names
    are told once.
    """
    endings: dict[tuple[Path, str, str], list[str]] = defaultdict(list)
    for path in map(Path, files):
        name = re.sub(r"([.][a-z]+)+$", "", path.name)
        endings[path.parent.parent, path.parent.name, name].append(path.name.removeprefix(name))
    names: dict[tuple[Path, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (above, folder, name), of_name in endings.items():
        names[above, folder, tuple(of_name)].append(name)
    folders: dict[tuple[Path, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (above, folder, of_names), own in names.items():
        folders[above, tuple(own), of_names].append(folder)
    return tuple(
        Files(within=above.as_posix(), folders=tuple(own), names=same, endings=of_names)
        for (above, same, of_names), own in folders.items()
    )


def listed(groups: Iterable[Files]) -> list[Path]:
    """The files that `grouped` was given."""
    return [
        Path(own.within, folder, f"{name}{ending}")
        for own in groups
        for folder in own.folders
        for name in own.names
        for ending in own.endings
    ]
