"""A hash of the code that a stage can reach: what decides, beside files and settings, if results are stale.

It is taken from the syntax tree, one top-level definition at a time: comments, docstrings, type hints and
layout change nothing, nor does what the stage cannot reach. A table is one definition: what reads VARIANTS
depends on all its entries. Standard library only, since the workflow starts with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ppgn_bench.errors import hint
from ppgn_bench.workflow.definitions import File, definition, source, whole

PACKAGE = Path(__file__).parents[1]


class Symbol(NamedTuple):
    """A top-level name of a module of ours; or another library's path and our alias for it."""

    module: str
    name: str


def fingerprint(roots: Sequence[str], package_dir: Path = PACKAGE, own: Iterable[str] = ()) -> str:
    """Hash of every definition of our package that the roots can reach, 16 hexadecimal digits.

    A root is a definition, "ppgn_bench.chains:sample", or a module or package with all that is in it:
    "ppgn_bench.report" has its templates. Names and attributes of modules are followed, and imports inside
    functions. What is looked up while running, getattr(priors, name), is not: name it as a root. own: Python files of
    the user's, of which all counts but comments, docstrings and layout, and nothing that they import.
    Raises ValueError for an unknown root.
    """
    files = _own_files() if package_dir == PACKAGE else _files(package_dir)
    waiting = [symbol for root in roots for symbol in _root_symbols(files, root)]
    reached: dict[Symbol, str] = {}
    followed: set[str] = set()
    while waiting:
        symbol = waiting.pop()
        if symbol in reached:
            continue
        reached[symbol] = f"{symbol.module}:{symbol.name}"
        if symbol.module in files:
            said = definition(files[symbol.module], symbol.name)
            reached[symbol] += f" {said.text}"
            for target in said.targets - followed:
                waiting += _resolved(files, target)
            followed |= said.targets
    beside = {line for root in roots for line in _data(package_dir, root)}
    lines = sorted({*reached.values(), *beside, *(whole(Path(path).read_text("utf-8")) for path in own)})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@cache
def _own_files() -> Mapping[str, File]:
    """Of this package: read once for all fingerprints of a process."""
    return _files(PACKAGE)


def _files(package_dir: Path) -> dict[str, File]:
    """Every module and package by its dotted name; a folder without __init__.py is an empty package."""
    files: dict[str, File] = {}
    for path in _inside(package_dir, "*.py"):
        *parents, name = (package_dir.name, *path.with_suffix("").parts)
        package = ".".join(parents)
        module = package if name == "__init__" else f"{package}.{name}"
        files[module] = File(module, (package_dir / path).read_text("utf-8"), anchor=package)
        files.setdefault(package, File(package, "", anchor=package))
    return files


def _data(package_dir: Path, root: str) -> Iterator[str]:
    """Path and hash of the files in a root's folder that are no Python: a report's templates."""
    folder = package_dir.joinpath(*root.split(".")[1:])
    for path in _inside(folder, "*") if ":" not in root else ():
        if path.suffix != ".py" and (folder / path).is_file():
            yield f"{path.as_posix()} {hashlib.sha256((folder / path).read_bytes()).hexdigest()}"


def _inside(folder: Path, pattern: str) -> list[Path]:
    """Relative paths of what matches in a folder, but for what tools leave there: caches and hidden files."""
    found = (path.relative_to(folder) for path in folder.rglob(pattern))
    return sorted(path for path in found if not re.search(r"(^|/)(\.|__pycache__)", path.as_posix()))


def _root_symbols(files: Mapping[str, File], root: str) -> list[Symbol]:
    module, _, name = root.partition(":")
    if module not in files:
        raise ValueError(f"fingerprint root {root!r}: no such module; {hint(module, sorted(files))}")
    if not name:
        inside = [other for other in files if f"{other}.".startswith(f"{module}.")]
        return [Symbol(other, found) for other in inside for found in source(files[other]).statements]
    found = _resolved(files, f"{module}.{name}")
    if not found:
        known = hint(name, source(files[module]).statements)
        raise ValueError(f"fingerprint root {root!r}: no such definition; {known}")
    return found


def _resolved(files: Mapping[str, File], target: str) -> list[Symbol]:
    """The symbols that a dotted path may mean: none for a module as such, a local variable or a builtin."""
    module, *parts = target.split(".")
    found: list[Symbol] = []
    while module in files and parts:
        part, *parts = parts
        top = source(files[module])
        if part in top.statements:
            return [*found, Symbol(module, part)]
        submodule = f"{module}.{part}"
        if submodule not in files or not parts:  # a package may also import a function named as its module
            for imported in top.imports.get(part, set()) - {submodule}:
                if imported.split(".")[0] == target.split(".")[0]:
                    found += _resolved(files, ".".join([imported, *parts]))
                else:
                    found.append(Symbol(imported, part))
        module = submodule
    return found
