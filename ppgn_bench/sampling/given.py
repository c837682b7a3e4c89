"""What `chains.sample` is given, checked: each function raises UserError that names the argument that does not fit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ppgn_bench.columns import TERMS
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.sampling import conditions, priors, starts
from ppgn_bench.sampling.noise import START_STREAM, streams
from ppgn_bench.sampling.transitions import Climbed, roles

WRONG = (ValueError, IndexError, KeyError, TypeError, AttributeError, RuntimeError)  # by wrong tensors

Options = Mapping[str, Any]  # of `chains.Walk`


class Wanted(Mapping[str, Tensor]):
    """What each chain wants, name -> tensor [chain, ...], and which of it was read."""

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        for name, value in values.items():
            if not isinstance(value, Tensor) or not value.dim() or not len(value):
                raise UserError(f"target[{name!r}]: must be a tensor with an entry a chain, got {brief(value)}")
        self._values, self.read = values, set[str]()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._values:
            raise KeyError(f"target lacks {name!r}; it has {', '.join(self._values) or 'nothing'}")
        self.read.add(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def require_read(self) -> None:
        """Refuse a value that nothing reads where others are read: it is misspelt.

        Conditions of images alone read none: then a target says how many chains there are.
        """
        unread = [name for name in self if name not in self.read]
        if unread and self.read:
            raise UserError(f"target[{unread[0]!r}]: no condition reads it; they read {', '.join(sorted(self.read))}")


def require_known(walk: Options, known: Sequence[str]) -> None:
    """Refuse options that there are not, and those that do nothing or cannot be."""
    for name in walk:
        if name not in known:
            raise UserError(f"{name}: there is no such option; {hint(name, known)}")
    for name in ("normalise", "lr_end"):
        if (value := walk.get(name)) is not None and not _number(value, above=0.0):
            raise UserError(f"{name}: must be a number above 0, got {brief(value)}")
    if walk.get("lr_end") is not None and walk.get("normalise") is None:
        raise UserError("lr_end: does nothing without normalise")
    if (bounds := walk.get("bounds")) is not None and not (len(bounds) == 2 and bounds[0] < bounds[1]):
        raise UserError(f"bounds: must be a lower number and a higher one, got {brief(bounds)}")


def whole(walk: Options, name: str, usual: int, least: int) -> int:
    """An option that is a whole number."""
    value = walk.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UserError(f"{name}: must be a whole number of at least {least}, got {brief(value)}")
    return value


def weighed(condition: Callable[..., Tensor] | Mapping[Callable[..., Tensor], float]) -> dict[Any, float]:
    """Conditions with their weights, without those of weight 0."""
    weights = condition if isinstance(condition, Mapping) else {condition: 1.0}
    for function, weight in weights.items():
        if not callable(function):
            raise UserError(f"condition: must be a function, or several with their weights, got {brief(function)}")
        if not _number(weight, above=-math.ulp(0.0)):
            raise UserError(f"condition {name_of(function)}: its weight must be at least 0, got {brief(weight)}")
    found = {function: float(weight) for function, weight in weights.items() if weight}
    if not found:
        raise UserError("condition: steers by nothing, since every weight is 0" if weights else "condition: is empty")
    if all(function is conditions.known_pixels for function in found):
        raise UserError("condition: says nothing of what to draw; beside known_pixels there must be another")
    return found


def require_roles(functions: Mapping[Any, float], prior: priors.Prior, networks: Mapping[str, Any]) -> None:
    """Refuse a role that no network serves, with who asks for it."""
    asked = dict.fromkeys(roles(prior)[1:], f"the prior {name_of(prior)}")
    for function in functions:
        asked |= dict.fromkeys(roles(function)[2:], f"the condition {name_of(function)}")
    for role, who in asked.items():
        if role not in networks:
            served = ", ".join(networks) or "none"
            raise UserError(f"networks: {who} asks for the role {role!r}, which none serves; there are {served}")


def start(target: Mapping[str, Tensor], networks: Mapping[str, Any], walk: Options) -> Tensor:
    """The first states. All that says how many chains there are must agree."""
    given = walk.get("start")
    if given is None:
        raise UserError("start: is missing; give the shape of a state, as start=(64,) for codes of 64 units, or states")
    if not isinstance(given, Tensor) and not (isinstance(given, tuple) and given and all(map(_size, given))):
        raise UserError(f"start: must be the shape of a state, as (64,), or a tensor of states, got {brief(given)}")
    numbers = {f"target[{name!r}]": len(values) for name, values in target.items()}
    numbers |= {"start": len(given)} if isinstance(given, Tensor) else {}
    numbers |= {"chains": whole(walk, "chains", 1, 1)} if "chains" in walk else {}
    if len(set(numbers.values())) != 1:
        said = ", ".join(f"{name} has {number}" for name, number in numbers.items()) or "nothing says"
        raise UserError(f"chains: all must be of one number, and {said}")
    if isinstance(given, Tensor):
        return given.detach()
    device = next((values.device for values in target.values()), torch.device("cpu"))
    number = next(iter(numbers.values()))
    normal = streams(START_STREAM + walk.get("seed", 0), range(number), given, 1, device)(0)
    return starts.rectified(normal) if "generator" in networks else starts.grey(normal)


def epsilons(given: Mapping[str, float | Tensor] | None, terms: Sequence[str], first: Tensor) -> dict[str, Tensor]:
    """Every term's multiplier [chain], 0 where it is not given. terms: those that something makes; noise is always."""
    if given is None:
        raise UserError('epsilon: is missing, and without it no chain moves; as epsilon={"condition": 1.0}')
    found = {}
    for term in [*TERMS, *(name for name in given if name not in TERMS)]:
        if term not in TERMS:
            raise UserError(f"epsilon: there is no term {brief(term)}; {hint(term, TERMS)}")
        value = _multiplier(given.get(term, 0.0), first)
        if value is None:
            wanted = f"must be a number of at least 0, or one a chain ({len(first)})"
            raise UserError(f"epsilon[{term!r}]: {wanted}, got {brief(given[term])}")
        if term not in terms and bool(value.any()):
            lacks = "a prior" if term == "prior" else "conditions.known_pixels"
            raise UserError(f"epsilon[{term!r}]: does nothing without {lacks}")
        found[term] = value.expand(len(first))
    return found


def climbed(function: Callable[..., Tensor], weight: float) -> Climbed:
    """A function of the user's as an expert, whose answer is checked: a wrong one would walk on for hours."""
    asked, called = roles(function), f"condition {name_of(function)}"
    steps = itertools.count()

    def log_prob(images: Tensor, target: Mapping[str, Tensor], **networks: Any) -> Tensor:
        """What the function says."""
        try:
            said = function(images, *([target] if len(asked) > 1 else []), **networks)
        except WRONG as error:
            told = error.args[0] if isinstance(error, KeyError) and error.args else error
            raise UserError(f"{called}: {' '.join(str(told).split())}") from error
        if not isinstance(said, Tensor) or said.shape != (len(images),):
            got = tuple(said.shape) if isinstance(said, Tensor) else type(said).__name__
            raise UserError(f"{called}: must give one log p a chain, shape ({len(images)},), got {got}")
        if not said.requires_grad:
            raise UserError(f"{called}: its log p does not depend on the images, so it cannot steer")
        if next(steps) == 0 and not bool(said.isfinite().all()):  # later it is a chain that diverges
            chain = int((~said.isfinite()).nonzero()[0])
            value = float(said.detach()[chain])
            raise UserError(f"{called}: its log p of chain {chain} is not a finite number, but {value}")
        return said

    return Climbed(log_prob, asked[2:], weight, "context" if function is conditions.known_pixels else "condition")


def name_of(function: Callable[..., Any]) -> str:
    """What a message calls a function; a partial one or an object has no name of its own."""
    return str(getattr(function, "__name__", None) or brief(function))


def _multiplier(given: Any, first: Tensor) -> Tensor | None:
    """As a tensor, of one number or [chain]; None for what is no multiplier."""
    if not isinstance(given, Tensor) and not _number(given, above=-math.ulp(0.0)):
        return None
    value = torch.as_tensor(given, dtype=first.dtype, device=first.device)
    fits = value.shape in ((), (len(first),)) and bool((value.isfinite() & (value >= 0)).all())
    return value if fits else None


def _number(value: Any, above: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and above < value < math.inf


def _size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
