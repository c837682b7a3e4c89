"""What a Python file defines, from its syntax tree: the words of each top-level name, and what these may mean."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

HINT_FIELDS = ("annotation", "returns")


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


@cache
def source(file: File) -> Source:
    """The top level of a file. Statements that do not just define or import count for every name in it."""
    top = Source({}, {})
    loose: list[ast.stmt] = []
    for statement in ast.parse(file.text).body:
        names = list(_defined(statement))
        for name in names or _bound(statement):
            top.statements.setdefault(name, []).extend([statement] if names else [])
        if not names:
            for alias, target in _imports(ast.walk(statement), file.anchor):
                top.imports.setdefault(alias, set()).add(target)
            if not isinstance(statement, ast.Import | ast.ImportFrom) and not _is_for_hints(statement):
                loose.append(statement)
    for statements in top.statements.values():
        statements += loose
    return top


@cache
def definition(file: File, name: str) -> Definition:
    """What a top-level name of a file says, without hints and docstrings, and what it may mean."""
    words: list[str] = []
    nodes: list[ast.AST] = []
    for statement in source(file).statements[name]:
        _flatten(statement, False, words, nodes)
    local: dict[str, set[str]] = {}
    for alias, target in _imports(nodes, file.anchor):
        local.setdefault(alias, set()).add(target)
    targets = set()
    for path in filter(None, map(_dotted, nodes)):
        first, dot, rest = path.partition(".")
        targets |= {f"{file.module}.{path}", *(f"{target}{dot}{rest}" for target in local.get(first, ()))}
    return Definition(" ".join(words), frozenset(targets))


def whole(text: str) -> str:
    """What a whole file says, without hints and docstrings."""
    words: list[str] = []
    _flatten(ast.parse(text), False, words, [])
    return " ".join(words)


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
