"""From a sampler's parts to the transition of its chains: the terms of the update from one pass, and one step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from torch import Tensor, nn

from ppgn_bench.sampling import conditions, priors, update
from ppgn_bench.sampling.noise import Noise

Transition = Callable[[Tensor, int], tuple[Tensor, update.Look]]
Epsilon = Mapping[str, Tensor]  # term -> [chain]


@dataclass(frozen=True)
class Climbed:
    """A log p(y | x) that chains climb, the roles of the networks that it takes, its weight where it is one of a sum,
    and the term of the update that its gradient belongs to.
    """

    log_prob: conditions.Condition
    roles: tuple[str, ...]
    weight: float = 1.0
    term: str = "condition"


@dataclass(frozen=True)
class Sampler:
    """All that a step needs but the state, its epsilons and its noise.

    networks: by role; without a "generator" chains walk in images. target: what each chain wants, value -> [chain,
    ...]; with `known` and `context` in it, condition and prior see real pixels around the hole. normalise, lr_end,
    noise_inside: as in `variants.Update`; steps: of the run, over which the length of a step goes to lr_end.
    """

    networks: Mapping[str, Any]
    experts: Sequence[Climbed]
    target: Mapping[str, Tensor]
    prior: priors.Prior = priors.absent
    view: Callable[[Tensor, int], Tensor] = conditions.as_is
    bounds: tuple[float, float] | None = None
    normalise: float | None = None
    lr_end: float | None = None
    noise_inside: bool = False
    steps: int = 0

    def image_of(self, state: Tensor) -> Tensor:
        """G(h) of a code; an image is its own."""
        image: Tensor = self.networks["generator"](state) if "generator" in self.networks else state
        return image


def transition(sampler: Sampler, epsilon: Epsilon, noise: Noise | None) -> Transition:
    """Eq. 11 (with a context Eq. 12) or the released update; a state stays within its bounds."""

    def moved(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, and what was seen of the states before it."""
        seen = update.look(state, sampler.image_of, *_terms(sampler, number))
        parts = state, seen.terms, epsilon, noise(number) if noise else None
        if sampler.normalise is None:
            there = update.step(*parts)
        else:
            length = _length(sampler, number)
            there = update.released_step(*parts, length, sampler.noise_inside)
        return (there.clamp(*sampler.bounds) if sampler.bounds else there), seen

    return moved


def _terms(
    sampler: Sampler, number: int
) -> tuple[dict[str, Callable[[Tensor], Tensor]], Callable[[Tensor, Tensor], Tensor]]:
    """What gives log p for each term that has one, and the prior's pull, for one look: each network runs once."""

    def shown(image: Tensor) -> Tensor:
        return conditions.composed(image, sampler.target)

    networks = update.networks_once({**sampler.networks, "_shown": shown})
    show = networks.pop("_shown")

    def log_prob(term: str, image: Tensor) -> Tensor:
        """The sum of what the experts of a term say, each with its weight."""
        seen = image if term == "context" else sampler.view(show(image), number)
        said = [
            expert.weight * expert.log_prob(seen, sampler.target, **{role: networks[role] for role in expert.roles})
            for expert in sampler.experts
            if expert.term == term
        ]
        return sum(said[1:], said[0])

    def pull(state: Tensor, image: Tensor) -> Tensor:
        view = priors.View(state, show(image), number)
        return sampler.prior(view, **serving(sampler.prior, networks, skip=1))

    terms = dict.fromkeys(["condition", *(expert.term for expert in sampler.experts)])
    return {term: partial(log_prob, term) for term in terms}, pull


def serving(function: Callable[..., Any], networks: Mapping[str, Any], skip: int) -> dict[str, Any]:
    """The networks that a function asks for, by its parameters' names after the first `skip`."""
    return {role: networks[role] for role in roles(function)[skip:]}


@lru_cache(64)  # not all that ever were: a module would never be let go
def roles(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters, or of a module's `forward`, but for those that have a default."""
    told = function.forward if isinstance(function, nn.Module) else function
    named = inspect.signature(told).parameters.items()
    return tuple(name for name, own in named if own.default is own.empty)


def _length(sampler: Sampler, number: int) -> float:
    """Length of a released step: from `normalise` to `lr_end`, linearly over the run [C]."""
    first, last = sampler.normalise, sampler.lr_end
    assert first is not None
    return first if last is None else first + (last - first) * number / sampler.steps
