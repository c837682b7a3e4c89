"""A hash of the code that a stage can reach: what decides, beside files and settings, if results are stale.

It is taken from the syntax tree, one top-level definition at a time: comments, docstrings, type hints and
layout change nothing, nor does what the stage cannot reach. A table is one definition: what reads VARIANTS
depends on all its entries. Standard library only, since the workflow starts with it.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ppgn_bench.errors import hint

PACKAGE = Path(__file__).parents[1]
HINT_FIELDS = ("annotation", "returns")


class Symbol(NamedTuple):
    """A top-level name of a module of ours; or another library's path and our alias for it."""

    module: str
    name: str


class File(NamedTuple):
    """A module's dotted name and text, and the package that its relative imports start from."""

    module: str
    text: str
    anchor: str


class Source(NamedTuple):
    """The top level of a file: what each name is made of, and alias -> dotted targets of its imports."""

    statements: dict[str, list[ast.stmt]]
    imports: dict[str, set[str]]


class Definition(NamedTuple):
    """What a symbol says, and the dotted paths that it may mean: "ppgn_bench.priors.joint"."""

    text: str
    targets: frozenset[str]


def fingerprint(roots: Sequence[str], package_dir: Path = PACKAGE) -> str:
    """Hash of every definition of our package that the roots can reach, 16 hexadecimal digits.

    A root is a definition, "ppgn_bench.chains:sample", or a module or package with all that is in it:
    "ppgn_bench.report" has its templates. Names and attributes of modules are followed, and imports inside
    functions. What is looked up while running, getattr(priors, name), is not: name it as a root.
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
            definition = _definition(files[symbol.module], symbol.name)
            reached[symbol] += f" {definition.text}"
            for target in definition.targets - followed:
                waiting += _resolved(files, target)
            followed |= definition.targets
    lines = sorted({*reached.values(), *(line for root in roots for line in _data(package_dir, root))})
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
        return [Symbol(other, found) for other in inside for found in _source(files[other]).statements]
    found = _resolved(files, f"{module}.{name}")
    if not found:
        known = hint(name, _source(files[module]).statements)
        raise ValueError(f"fingerprint root {root!r}: no such definition; {known}")
    return found


def _resolved(files: Mapping[str, File], target: str) -> list[Symbol]:
    """The symbols that a dotted path may mean: none for a module as such, a local variable or a builtin."""
    module, *parts = target.split(".")
    found: list[Symbol] = []
    while module in files and parts:
        part, *parts = parts
        source = _source(files[module])
        if part in source.statements:
            return [*found, Symbol(module, part)]
        submodule = f"{module}.{part}"
        if submodule not in files or not parts:  # a package may also import a function named as its module
            for imported in source.imports.get(part, set()) - {submodule}:
                if imported.split(".")[0] == target.split(".")[0]:
                    found += _resolved(files, ".".join([imported, *parts]))
                else:
                    found.append(Symbol(imported, part))
        module = submodule
    return found


@cache
def _source(file: File) -> Source:
    """The top level of a file. Statements that do not just define or import count for every name in it."""
    source = Source({}, {})
    loose: list[ast.stmt] = []
    for statement in ast.parse(file.text).body:
        names = list(_defined(statement))
        for name in names or _bound(statement):
            source.statements.setdefault(name, []).extend([statement] if names else [])
        if not names:
            for alias, target in _imports(ast.walk(statement), file.anchor):
                source.imports.setdefault(alias, set()).add(target)
            if not isinstance(statement, ast.Import | ast.ImportFrom) and not _is_for_hints(statement):
                loose.append(statement)
    for statements in source.statements.values():
        statements += loose
    return source


@cache
def _definition(file: File, name: str) -> Definition:
    words: list[str] = []
    nodes: list[ast.AST] = []
    for statement in _source(file).statements[name]:
        _flatten(statement, False, words, nodes)
    local: dict[str, set[str]] = {}
    for alias, target in _imports(nodes, file.anchor):
        local.setdefault(alias, set()).add(target)
    targets = set()
    for path in filter(None, map(_dotted, nodes)):
        first, dot, rest = path.partition(".")
        targets |= {f"{file.module}.{path}", *(f"{target}{dot}{rest}" for target in local.get(first, ()))}
    return Definition(" ".join(words), frozenset(targets))


def _defined(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement does nothing but define."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            if all(isinstance(target, ast.Name | ast.Tuple) for target in targets):
                yield from (name for target in targets for name in _bound(target))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that a tree binds, however deep, but for imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def _imports(nodes: Iterable[ast.AST], anchor: str) -> Iterator[tuple[str, str]]:
    """Alias and dotted target of every import among the nodes."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                first = name.name.split(".")[0]
                yield (name.asname, name.name) if name.asname else (first, first)
        elif isinstance(node, ast.ImportFrom):
            parents = anchor.split(".")
            above = parents[: len(parents) - node.level + 1] if node.level else []
            for name in node.names:
                yield name.asname or name.name, ".".join([*above, *filter(None, [node.module]), name.name])


def _is_for_hints(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING")


def _flatten(node: ast.AST, hints: bool, words: list[str], nodes: list[ast.AST]) -> None:
    """Write a tree as words and collect its nodes; hints: whether type hints count.

    They count where a library reads them: in a class's fields and in decorated functions. What is empty is
    left out: newer versions of Python have optional fields that older ones lack.
    """
    if isinstance(node, ast.Expr) and _is_text(node.value):
        return  # a docstring
    nodes.append(node)
    words.append(f"({type(node).__name__}")
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    hints = bool(getattr(node, "decorator_list", ())) if function else hints or isinstance(node, ast.ClassDef)
    for field in node._fields:
        child = getattr(node, field, None)
        if child is None or child == [] or field == "ctx" or (field in HINT_FIELDS and not hints):
            continue
        words.append(field)
        for item in child if isinstance(child, list) else [child]:
            if isinstance(item, ast.AST):
                _flatten(item, hints and not (function and field == "body"), words, nodes)
            else:
                words.append(repr(item))
    words.append(")")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _dotted(node: ast.AST) -> str:
    """Give "a.b.c" for the attribute c of b of the name a; nothing for what is no such path."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
