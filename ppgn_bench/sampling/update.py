"""The sampler. `step` is the paper: a pull towards likely states, a pull towards the class, and noise.
`released_step` is the authors' code.

The leading axis of everything is the chain. Each chain has its own class, its own epsilons and its own random stream.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Look(NamedTuple):
    """One pass over the states: their images, log p(y | x), and the named terms of the update."""

    image: Tensor  # [chain, channel, height, width]
    log_prob: Tensor  # [chain]
    terms: Mapping[str, Tensor]  # name -> [chain, ...], as the state


class Point(NamedTuple):
    """What exact MALA knows of a state: the terms of the update there, and the log target density up to a constant."""

    state: Tensor  # [chain, ...]
    terms: Mapping[str, Tensor]  # name -> as the state
    log_target: Tensor  # [chain]


class Draw(NamedTuple):
    """A kept draw: the state at a step, its image, and log p(y | x) at every step since the last kept draw."""

    step: int
    state: Tensor
    image: Tensor
    log_prob: Tensor  # [chain, step]
    diverged: Tensor  # [chain], the step whose update turned the state non-finite, else -1


def look(
    state: Tensor,
    image_of: Callable[[Tensor], Tensor],
    log_probs: Mapping[str, Callable[[Tensor], Tensor]],
    prior: Callable[[Tensor, Tensor], Tensor],
) -> Look:
    """The terms of the update, prior and condition and what else has a log p, from one pass.

    The image is made once, G(h) for a code, the state itself for an image. log_probs: term -> (image -> log p [chain]),
    "condition" and, for inpainting, "context" (Eq. 12); prior: (state, image) -> as the state. Where they share a
    network it runs once (`networks_once`): its logits steer, its code is the Joint prior's E(G(h)). Only the gradients
    in the state are computed.
    """
    state = state.detach().requires_grad_()
    with torch.enable_grad():
        image = image_of(state)
        found = {term: log_prob(image) for term, log_prob in log_probs.items()}
        *others, last = found  # the last gradient frees the pass
        gradients = {term: _gradient(found[term], state, keep=True) for term in others}
        gradients[last] = _gradient(found[last], state, keep=False)
    with torch.no_grad():
        pull = prior(state.detach(), image)
    return Look(image.detach(), found["condition"].detach(), {"prior": pull, **gradients})


def _gradient(log_prob: Tensor, state: Tensor, keep: bool) -> Tensor:
    (gradient,) = torch.autograd.grad(log_prob.sum(), state, retain_graph=keep)
    return gradient


def networks_once(networks: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Networks by role, each of which runs once on a tensor: who asks again, in whatever role, gets what it gave.

    A network may take several tensors, as a captioner takes images and words. For one look: what was given is kept as
    long as these functions are.
    """
    given: list[tuple[Any, tuple[Tensor, ...], Any]] = []

    def once(network: Callable[..., Any], *values: Tensor) -> Any:
        """What the network gives for these values."""
        for asked, known, found in given:
            if asked is network and len(known) == len(values) and all(map(operator.is_, known, values)):
                return found
        given.append((network, values, network(*values)))
        return given[-1][-1]

    return {role: partial(once, network) for role, network in networks.items()}


def step(state: Tensor, terms: Mapping[str, Tensor], epsilon: Mapping[str, Tensor], noise: Tensor | None) -> Tensor:
    """One step of the chain, Eq. 11 (Eq. 7 for images, Eq. 10 with epsilon 1 = epsilon 3 = 0):

        h + epsilon_1 (R(h) - h) + epsilon_2 d log p(y = c | G(h)) / dh + N(0, epsilon_3^2)

    Inpainting has one term more, "context" (Eq. 12): epsilon_4 times the gradient of what the known pixels say.
    state [chain, ...]; terms by name, as the state; epsilon by name, [chain]; noise standard normal, as the state, or
    None where epsilon 3 is zero. No normalisation and no clip: those are the released code's. (`chains` keeps
    pixels in [0, 1].)
    """
    for name, term in terms.items():
        state = state + _per_chain(epsilon[name], state) * term
    return state if noise is None else state + _per_chain(epsilon["noise"], state) * noise


def released_step(
    state: Tensor,
    terms: Mapping[str, Tensor],
    epsilon: Mapping[str, Tensor],
    noise: Tensor | None,
    length: float,
    noise_inside: bool,
) -> Tensor:
    """One step of the released sampler: the direction of Eq. 11, at a length of its own [C].

        h + length d / mean |d|,   d = epsilon_1 (R(h) - h) + epsilon_2 d log p(y = c | G(h)) / dh + N(0, epsilon_3^2)

    length: mean absolute change of the state's elements; the mean is over them, chain by chain. As `step` otherwise.
    Only the ratios of the epsilons count: as p(y | x) nears 1 the whole step goes to the other terms. With
    noise_inside=False the noise is no part of d and is added after, at its own size. Where d is zero the chain
    stays, as the released loop ends there.
    """
    direction = step(torch.zeros_like(state), terms, epsilon, noise if noise_inside else None)
    size = direction.flatten(1).abs().mean(1).clamp_min(torch.finfo(state.dtype).tiny)
    moved = state + length * (direction / _per_chain(size, state))
    return moved if noise_inside else step(moved, {}, epsilon, noise)


def metropolis_step(
    here: Point, look_at: Callable[[Tensor], Point], epsilon: Mapping[str, Tensor], noise: Tensor, log_uniform: Tensor
) -> tuple[Point, Tensor]:
    """One step of exact MALA: `step` proposes, and Metropolis and Hastings accept or reject.

    The proposal is N(step without noise, epsilon_3^2), whatever its terms are: a drift that is no score of the
    target costs acceptance and not correctness. epsilon 3 must be above 0; noise as in `step`; log_uniform: log of
    uniform numbers in (0, 1), [chain]. Returns where chains are now and who accepted [chain]; what is not finite is
    rejected. A state is looked at once, when it is proposed.
    """
    there = look_at(step(here.state, here.terms, epsilon, noise))
    log_ratio = log_acceptance(
        (here.state, step(here.state, here.terms, epsilon, None), here.log_target),
        (there.state, step(there.state, there.terms, epsilon, None), there.log_target),
        epsilon["noise"],
    )
    accepted = log_uniform < log_ratio

    def chosen(new: Tensor, old: Tensor) -> Tensor:
        """The new values of chains that accepted, the old ones of the others."""
        return torch.where(_per_chain(accepted, old), new, old)

    terms = {name: chosen(there.terms[name], old) for name, old in here.terms.items()}
    now = Point(chosen(there.state, here.state), terms, chosen(there.log_target, here.log_target))
    return now, accepted


def log_acceptance(
    here: tuple[Tensor, Tensor, Tensor], there: tuple[Tensor, Tensor, Tensor], epsilon_noise: Tensor
) -> Tensor:
    """Log of the Metropolis-Hastings ratio of a move from here to there, before it is cut at 0:

        log pi(there) - log pi(here) + log q(here | there) - log q(there | here),  q(. | s) = N(mean(s), epsilon_3^2)

    here, there: state [chain, ...], mean of its proposal, log target [chain]; epsilon_noise [chain] -> [chain].
    """
    back = ((here[0] - there[1]) ** 2).flatten(1).sum(1)
    forth = ((there[0] - here[1]) ** 2).flatten(1).sum(1)
    return there[2] - here[2] + (forth - back) / (2 * epsilon_noise**2)


def run(
    state: Tensor, transition: Callable[[Tensor, int], tuple[Tensor, Look]], num_steps: int, keep_every: int
) -> Iterator[Draw]:
    """Repeat a transition; yield the draws of steps 0, keep_every, ... and the last.

    A chain whose state turns non-finite is frozen at its last finite state and marked with the step; the others go on.
    """
    diverged = torch.full((len(state),), -1, device=state.device)
    log_probs: list[Tensor] = []
    for number in range(num_steps + 1):
        moved, seen = transition(state, number)
        log_probs.append(seen.log_prob)
        if number % keep_every == 0 or number == num_steps:
            yield Draw(number, state, seen.image, torch.stack(log_probs, 1), diverged)
            log_probs = []
        lost = ~torch.isfinite(moved).flatten(1).all(1)
        diverged = torch.where(lost & (diverged < 0), number, diverged)
        state = torch.where(_per_chain(diverged < 0, state), moved, state)


def _per_chain(values: Tensor, state: Tensor) -> Tensor:
    """Values [chain], shaped to broadcast over a state [chain, ...]."""
    return values.view(-1, *(1,) * (state.dim() - 1))
