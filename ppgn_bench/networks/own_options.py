"""A class of the user's own as an encoder: what can be set of it, read from its file's syntax tree.

    class Encoder(nn.Module):
        def __init__(self, sizes, code_size=64, width=16): ...  # what follows `sizes` are its options
        def first(self, images): ...  # images [n, channel, height, width] in [0, 1] -> h1
        def encode(self, h1): ...  # h1 -> code [n, code_size], never negative

The file is not run, and nothing here imports torch: the workflow asks every time it is started. `own` runs it.
"""

import ast
import re
from dataclasses import dataclass, field, make_dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import Field

from ppgn_bench.errors import hint
from ppgn_bench.lookup import Name
from ppgn_bench.networks.options import Options, Width
from ppgn_bench.networks.sizes import Sizes

WRAPPED = Name("networks.own:wrapped")  # what makes a network of such a class
WORD = "[a-z][a-z_0-9]*"
METHODS = ("__init__(self, sizes, code_size=64)", "first(self, images)", "encode(self, h1)")
MODULES = ("nn.Module", "torch.nn.Module", "Module", "object")
# Keys that all recipes have.
TAKEN = ("accumulate", "architecture", "batch_size", "budget", "iterations", "learning_rate", "noise", "precision")
# Hints that say an option's type. A text is a word, as in a config: no file of weights can make a class open another.
KINDS: dict[str, Any] = {"bool": bool, "int": int, "float": float, "str": Annotated[str, Field(pattern=f"^{WORD}$")]}

Classes = dict[str, ast.ClassDef]


@dataclass(frozen=True)
class OwnOptions(Options):
    """Of a class of the user's own: the parameters of its __init__ after the sizes, `code_size` among them."""

    def activations(self, sizes: Sizes) -> int:
        """The image and the code: what is between them nobody knows before it runs."""
        return sizes.channels * sizes.image_size**2 + sizes.code_size

    def smallest_batch(self) -> int:
        """It may normalise over the batch: one image alone has no spread."""
        return 2


def options_class(network: Name) -> type[OwnOptions]:
    """The options of a class of the user's own, with their defaults.

    Raises ValueError, which names the file, for one that is not there or cannot be read, that has no such class, and
    for a class without the methods or with parameters that can be no options.
    """
    assert network.file is not None
    try:
        text = network.file.read_text("utf-8")
    except FileNotFoundError:
        raise ValueError(f"{network.file}: there is no such file (paths start at the working directory)") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{network.file}: cannot be read ({getattr(error, 'strerror', error)})") from None
    return _of(network, text)


@cache
def _of(network: Name, text: str) -> type[OwnOptions]:
    """From a file's text: a config asks a thousand times."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as error:  # also null bytes
        raise ValueError(f"{network.file}: not Python: {error}") from None
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    if network.short not in classes:
        raise ValueError(f"{network.file}: has no class {network.short!r}; {hint(network.short, classes)}")
    family = _family(network.short, classes)
    methods = _methods(family)
    for signature in METHODS if _all_here(family) else METHODS[:1]:
        if signature.partition("(")[0] not in methods:
            raise ValueError(f"{network}: has no method {signature}")
    options = _options(network, methods["__init__"].args)
    made: type[OwnOptions] = make_dataclass(network.short, options, bases=(OwnOptions,), frozen=True, kw_only=True)
    return made


def _family(name: str, classes: Classes) -> list[ast.ClassDef]:
    """A class, and those of the same file that it is made from, the nearest first."""
    others = {key: own for key, own in classes.items() if key != name}
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name) and base.id in others]
    return [classes[name], *(own for base in bases for own in _family(base, others))]


def _methods(family: list[ast.ClassDef]) -> dict[str, ast.FunctionDef]:
    nodes = [node for own in reversed(family) for node in own.body]
    return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}


def _all_here(family: list[ast.ClassDef]) -> bool:
    """Whether all that a class is made from stands in its file, but for torch's Module."""
    known = {*MODULES, *(own.name for own in family)}
    return all(ast.unparse(base) in known for own in family for base in own.bases)


def _options(network: Name, told: ast.arguments) -> list[tuple[str, Any, Any]]:
    """Name, type and default of every option."""
    if told.vararg or told.kwarg:
        raise ValueError(f"{network}: __init__ must name its parameters one by one, without * and **")
    named = [*told.posonlyargs, *told.args]
    places = [None] * (len(named) - len(told.defaults)) + [*told.defaults]
    options = [*[*zip(named, places, strict=True)][2:], *zip(told.kwonlyargs, told.kw_defaults, strict=True)]
    if "code_size" not in (argument.arg for argument, _ in options):
        raise ValueError(
            f"{network}: __init__ must have a parameter code_size after sizes, the number of the code's units"
        )
    for argument, _ in options:
        if argument.arg in TAKEN:
            raise ValueError(f"{network}: __init__ has a parameter {argument.arg!r}, which is a key of every recipe")
    return [_option(network, argument, default) for argument, default in options]


def _option(network: Name, argument: ast.arg, default: ast.expr | None) -> tuple[str, Any, Any]:
    """Name, type (by its hint, else by its default) and default of an option."""
    place = f"{network}: __init__'s parameter {argument.arg!r}"
    kind = KINDS.get(argument.annotation.id) if isinstance(argument.annotation, ast.Name) else None
    told = field()
    if default is not None:
        value = _literal(default)
        if (own := _kind(value)) is None:
            said = "a number, True, False, a word (a-z, 0-9 and _) or a list of numbers"
            raise ValueError(f"{place} must have a default that is {said}, got {ast.unparse(default)}")
        kind, told = kind or own, field(default=value)
    if kind is None:
        raise ValueError(f"{place} needs a default, or a type: {', '.join(KINDS)}")
    return argument.arg, Width if argument.arg == "code_size" else kind, told


def _literal(default: ast.expr) -> Any:
    """What a default says; None where it is no literal."""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return None
    return tuple(value) if isinstance(value, list) else value


def _kind(value: Any) -> Any:
    """The type of an option with this default; None for what no config can say."""
    if isinstance(value, tuple):
        kinds = {type(part) for part in value}
        if kinds - {int, float}:
            return None
        return tuple[float, ...] if float in kinds else tuple[int, ...]
    if isinstance(value, str) and not re.fullmatch(WORD, value):
        return None
    return KINDS.get(type(value).__name__)
