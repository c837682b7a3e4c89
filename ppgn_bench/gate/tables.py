"""The tables of a run that the gate compares. Each is checked: what is wrong is one `UserError` with file and value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench import columns
from ppgn_bench.errors import UserError, brief
from ppgn_bench.metrics.table import WITHOUT
from ppgn_bench.storage import files

STARTS, EXACT_NUMBERS = "gate/starts.csv", "gate/pinned.csv"


def measurements(path: Path) -> DataFrame:
    """metrics.csv of a run. Raises UserError."""
    return _table(path, [*columns.SAMPLER, "metric"], [*columns.EPSILONS, "seed", "value"])


def starts(path: Path) -> DataFrame:
    """Measurements over fixed networks, each with all starts and without the numbered ones. Raises UserError."""
    table = measurements(path)
    parts = table.sweep.str.partition(WITHOUT)
    if wrong := list(table.sweep[(parts[1] != "") & ~parts[2].str.isdecimal()]):
        raise UserError(f"{path}: column sweep holds {brief(wrong[0])}, which names no start that is left out")
    cells = [*zip(parts[0], table.variant, table.metric, strict=True)]
    whole = {cell for cell, ending in zip(cells, parts[1], strict=True) if not ending}
    if lacking := sorted(set(cells) - whole):
        raise UserError(f"{path}: {' '.join(lacking[0])} is there without starts alone, not as it is")
    return table


def exact_numbers(path: Path) -> DataFrame:
    """The numbers that must be the same to rounding. Raises UserError."""
    *texts, value = columns.EXACT_NUMBERS
    return _table(path, texts, [value])


def manifest(folder: Path) -> dict[str, Any]:
    """What was run, and with what. Raises UserError."""
    value = files.load_json(folder / "manifest.json")
    if not isinstance(value, dict):
        raise UserError(f"{folder / 'manifest.json'}: must hold an object, got {brief(value)}")
    return value


def _table(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> DataFrame:
    """A table whose texts are there and whose numbers are numbers. Raises UserError that names column and value."""
    table = files.load_table(path, [*texts, *numbers])
    if table.empty:
        raise UserError(f"{path}: has no rows")
    for column in texts:
        if table[column].isna().any():
            raise UserError(f"{path}: column {column} has a blank in line {table[column].isna().argmax() + 2}")
    return table.astype(dict.fromkeys(numbers, float) | dict.fromkeys(texts, str))
