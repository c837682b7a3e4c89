"""One way to name a function or a class in a table, a job or a config: "module:name", inside the package.

A network may also be a class in a Python file of the user's own, "path/to/file.py:Name", from the working directory
(`networks.own`). A name says what a job runs, and so it is also a root of the job's code fingerprint
(`workflow.fingerprint`).
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ppgn_bench.errors import UserError, brief, hint

FORM = re.compile(r"(?![^:]*\.py:)[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*:[A-Za-z_]\w*")
OF_FILE = re.compile(r"[^:\x00-\x1f]+\.py:[A-Za-z_]\w*")


class Name(str):
    """A function or class of the package, Name("sampling.priors:joint"), or a class of a file of the user's own.

    Raises ValueError for another form.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Name:
        """Check the form; whether there is such a function is known when it is looked up."""
        if not FORM.fullmatch(text) and not OF_FILE.fullmatch(text):
            raise ValueError(f'must be "module:name" or, of a network, "file.py:Class", got {brief(text)}')
        return super().__new__(cls, text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A string in JSON, a Name in Python."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())

    @property
    def short(self) -> str:
        """The function's own name, without its module."""
        return self.partition(":")[2]

    @property
    def file(self) -> Path | None:
        """The Python file of the user's own; None for what is inside the package."""
        path = self.partition(":")[0]
        return Path(path) if path.endswith(".py") else None


def resolve(name: Name) -> Any:
    """The function or class of a name inside the package; no file of a user's own is run. Raises UserError for none."""
    if name.file is not None:
        raise UserError(f"{name}: only a network can be of a file of your own")
    module, _, function = name.partition(":")
    try:
        inside = importlib.import_module(f"ppgn_bench.{module}")
    except ModuleNotFoundError:
        raise UserError(f"{name}: there is no module ppgn_bench.{module}") from None
    if not hasattr(inside, function):
        own = [key for key, value in vars(inside).items() if getattr(value, "__module__", "") == inside.__name__]
        raise UserError(f"{name}: no such function; {hint(function, own)}")
    return getattr(inside, function)


def parameters(name: Name) -> tuple[str, ...]:
    """The names of a function's parameters, read from its source: nothing is imported. Raises UserError for none."""
    module, _, function = name.partition(":")
    path = Path(__file__).parent.joinpath(*module.split(".")).with_suffix(".py")
    body = ast.parse(path.read_text("utf-8")).body if path.is_file() else ()
    known = {node.name: node.args for node in body if isinstance(node, ast.FunctionDef)}
    if function not in known:
        words = f"no such function (`def {function}` in {module}, whose parameters say its roles)"
        raise UserError(f"{name}: {words}; {hint(function, known)}")
    own = known[function]
    return tuple(argument.arg for argument in (*own.posonlyargs, *own.args, *own.kwonlyargs))


def names(value: Any) -> Iterator[Name]:
    """Every Name in a value, however deep: in a model, a dataclass, a mapping or a sequence."""
    if isinstance(value, Name):
        yield value
    elif isinstance(value, BaseModel) or is_dataclass(value):
        yield from names(vars(value))
    elif isinstance(value, Mapping):
        yield from names(list(value.values()))
    elif isinstance(value, (list, tuple)):
        yield from (name for item in value for name in names(item))
