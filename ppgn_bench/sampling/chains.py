"""Chains of one's own networks, from tensors to tensors: `from ppgn_bench import sample, conditions, priors`.

The workflow's stage walks the same transitions; here nothing is read or written.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor
from tqdm import tqdm

from ppgn_bench.columns import TERMS
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.jobs import Sampling
from ppgn_bench.sampling import conditions, priors, starts, update
from ppgn_bench.sampling.noise import START_STREAM, streams
from ppgn_bench.sampling.transitions import Climbed, Sampler, roles, transition

Epsilons = Mapping[str, float | Tensor]  # term -> one number, or one a chain
Conditions = conditions.Condition | Mapping[conditions.Condition, float]  # one log p(y | x), or several with weights


@dataclass(frozen=True)
class Chains:
    """What chains were at the kept steps. `images[:, -1]` are the final images."""

    images: Tensor  # [chain, draw, channel, height, width]
    states: Tensor  # [chain, draw, ...]: codes, or the images where chains walk in images
    log_prob: Tensor  # [chain, step], log p(y | x) of every step, natural logarithm
    steps: Tensor  # [draw], the numbers of the kept steps
    diverged: Tensor  # [chain], the step that turned a chain non-finite, else -1


class _Target(Mapping[str, Tensor]):
    """What each chain wants, and which of it was read."""

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        self._values, self.read = values, set[str]()

    def __getitem__(self, name: str) -> Tensor:
        found = self._values[name]
        self.read.add(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Walk(TypedDict, total=False):
    """How chains walk.

    start: the first states [chain, ...], or the shape of one, as (64,) for codes of 64 units: then relu(N(0, I)) for
    codes and 0.5 + 0.1 N(0, I) for images, by the seed; chains: how many, where neither the target nor `start` says so;
    steps (200); keep_every (10): a draw is kept every so many steps, and the last; seed (0); bounds: of the state;
    view: how the condition looks at an image, as `conditions.jittered`; normalise, lr_end, noise_inside: the released
    update, as in docs/paper.md; threads (1): of torch on the CPU, since small networks are slower with more; progress
    (False): a bar.
    """

    start: Tensor | tuple[int, ...]
    chains: int
    steps: int
    keep_every: int
    seed: int
    bounds: tuple[float, float] | None
    view: Callable[[Tensor, int], Tensor]
    normalise: float | None
    lr_end: float | None
    noise_inside: bool
    threads: int
    progress: bool


def sample(
    condition: Conditions,
    target: Mapping[str, Tensor],
    networks: Mapping[str, Callable[..., Any]],
    prior: priors.Prior = priors.absent,
    epsilon: Epsilons | None = None,
    **walk: Unpack[Walk],
) -> Chains:
    """Walk Markov chains to images that a condition likes: Eq. 11, with a `context` in the target Eq. 12.

        h + epsilon_1 (R(h) - h) + epsilon_2 d log p(y | G(h)) / dh + N(0, epsilon_3^2)

    condition: a function of images [chain, channel, height, width] in [0, 1] -> log p(y | x) [chain]; if it wants them,
    of the target and of networks as well, `own_class(images, target, condition)`; or several such functions with their
    weights, a sum. target: what each chain wants, name -> tensor [chain, ...], as {"label": labels}. networks: by role,
    the names of the parameters of condition and prior; "generator" makes images of codes, and without one chains walk
    in images. A network may be any function of tensors, in evaluation mode: a classifier may give its logits, an
    encoder its code. epsilon: "prior", "condition", "noise" and "context", 0 where not given.

    Chain i has a random stream of its own, by seed and number: it is the same alone or among others, to rounding.
    Raises UserError that names what does not fit: a role that no network serves, a term that there is not, a value of
    the target that nothing reads, a log p of another shape or that is not a number.
    """
    functions = condition if isinstance(condition, Mapping) else {condition: 1.0}
    _require_roles(functions, prior, networks)
    start, wanted = _start(target, networks, walk), _Target(target)
    multipliers = _epsilons(epsilon or {}, start)
    sampler = Sampler(
        networks=networks,
        experts=[_climbed(function, weight) for function, weight in functions.items()],
        target=wanted,
        prior=prior,
        view=walk.get("view", conditions.as_is),
        bounds=walk.get("bounds"),
        normalise=walk.get("normalise"),
        lr_end=walk.get("lr_end"),
        noise_inside=walk.get("noise_inside", False),
        steps=_whole(walk, "steps", 200, 1),
    )
    noise = None
    if bool((multipliers["noise"] > 0).any()):
        noise = streams(walk.get("seed", 0), range(len(start)), start.shape[1:], Sampling.noise_block, start.device)
    keep_every = _whole(walk, "keep_every", 10, 1)
    with _threads(_whole(walk, "threads", 1, 1)):
        draws = update.run(start, transition(sampler, multipliers, noise), sampler.steps, keep_every)
        return _together(_shown(_all_read(draws, wanted), sampler.steps, walk.get("progress", False)))


def _climbed(function: Callable[..., Tensor], weight: float) -> Climbed:
    """A function of the user's as an expert, whose answer is checked: a wrong one would walk on for hours."""
    asked, name = roles(function), _name(function)
    steps = itertools.count()

    def log_prob(images: Tensor, target: Mapping[str, Tensor], **networks: Any) -> Tensor:
        """What the function says."""
        try:
            said = function(images, *([target] if len(asked) > 1 else []), **networks)
        except (ValueError, IndexError, KeyError) as error:
            raise UserError(f"condition {name}: {error}") from error
        if not isinstance(said, Tensor) or said.shape != (len(images),):
            got = tuple(said.shape) if isinstance(said, Tensor) else type(said).__name__
            raise UserError(f"condition {name}: must give one log p a chain, shape ({len(images)},), got {got}")
        if not said.requires_grad:
            raise UserError(f"condition {name}: its log p does not depend on the images, so it cannot steer")
        if next(steps) == 0 and bool(said.isnan().any()):  # later it is a chain that diverges
            chain = int(said.isnan().nonzero()[0])
            raise UserError(f"condition {name}: its log p of chain {chain} is not a number (NaN)")
        return said

    return Climbed(log_prob, asked[2:], weight, "context" if function is conditions.known_pixels else "condition")


def _name(function: Callable[..., Any]) -> str:
    """What a message calls a function; a partial one or an object has no name of its own."""
    return str(getattr(function, "__name__", repr(function)))


def _require_roles(
    functions: Mapping[conditions.Condition, float], prior: priors.Prior, networks: Mapping[str, Any]
) -> None:
    """Refuse a role that no network serves, with who asks for it; and no condition at all."""
    asked = dict.fromkeys(roles(prior)[1:], f"the prior {_name(prior)}")
    for function in functions:
        asked |= dict.fromkeys(roles(function)[2:], f"the condition {_name(function)}")
    for role, who in asked.items():
        if role not in networks:
            served = ", ".join(networks) or "none"
            raise UserError(f"networks: {who} asks for the role {role!r}, which none serves; there are {served}")
    if all(function is conditions.known_pixels for function in functions):
        raise UserError("condition: says nothing of what to draw; beside known_pixels there must be another")


def _start(target: Mapping[str, Tensor], networks: Mapping[str, Any], walk: Walk) -> Tensor:
    """The first states. Raises UserError where numbers of chains differ, or none is known."""
    numbers = {f"target[{name!r}]": len(values) for name, values in target.items()}
    given = walk.get("start")
    if given is None:
        raise UserError("start: is missing; give the shape of a state, as start=(64,) for codes of 64 units, or states")
    numbers |= {"start": len(given)} if isinstance(given, Tensor) else {}
    numbers |= {"chains": _whole(walk, "chains", 1, 1)} if "chains" in walk else {}
    if len(set(numbers.values())) != 1:
        said = ", ".join(f"{name} has {number}" for name, number in numbers.items()) or "nothing says"
        raise UserError(f"chains: all must be of one number, and {said}")
    if isinstance(given, Tensor):
        return given.detach()
    device = next((values.device for values in target.values()), torch.device("cpu"))
    number = next(iter(numbers.values()))
    normal = streams(START_STREAM + walk.get("seed", 0), range(number), given, 1, device)(0)
    return starts.rectified(normal) if "generator" in networks else starts.grey(normal)


def _epsilons(given: Epsilons, start: Tensor) -> dict[str, Tensor]:
    """Every term's multiplier [chain]. Raises UserError for an unknown term, and for what is no multiplier."""
    found = {}
    for term in [*TERMS, *(name for name in given if name not in TERMS)]:
        if term not in TERMS:
            raise UserError(f"epsilon: there is no term {brief(term)}; {hint(term, TERMS)}")
        value = torch.as_tensor(given.get(term, 0.0), dtype=start.dtype, device=start.device)
        if value.shape not in ((), (len(start),)) or not bool((value.isfinite() & (value >= 0)).all()):
            said = brief(given[term])
            raise UserError(
                f"epsilon[{term!r}]: must be a number of at least 0, or one a chain ({len(start)}), got {said}"
            )
        found[term] = value.expand(len(start))
    return found


def _whole(walk: Walk, name: str, usual: int, least: int) -> int:
    value = walk.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UserError(f"{name}: must be a whole number of at least {least}, got {brief(value)}")
    return value


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """So many threads of torch's while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _all_read(draws: Iterator[update.Draw], target: _Target) -> Iterator[update.Draw]:
    """The draws. Raises UserError where the first step read some values of the target and not others: one is misspelt.

    Conditions of images alone read none: then a target says how many chains there are.
    """
    first = next(draws)
    unread = [name for name in target if name not in target.read]
    if unread and target.read:
        raise UserError(f"target[{unread[0]!r}]: no condition reads it; they read {', '.join(sorted(target.read))}")
    return itertools.chain([first], draws)


def _shown(draws: Iterator[update.Draw], steps: int, progress: bool) -> Iterator[update.Draw]:
    """The draws, with a bar of the steps that they took."""
    with tqdm(total=steps, desc="chains", unit="step", disable=not progress) as bar:
        for draw in draws:
            bar.update(draw.step - bar.n)
            yield draw


def _together(draws: Iterator[update.Draw]) -> Chains:
    kept = list(draws)
    return Chains(
        images=torch.stack([draw.image for draw in kept], 1),
        states=torch.stack([draw.state for draw in kept], 1),
        log_prob=torch.cat([draw.log_prob for draw in kept], 1),
        steps=torch.tensor([draw.step for draw in kept]),
        diverged=kept[-1].diverged,
    )
