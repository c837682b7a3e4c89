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

from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Sampling
from ppgn_bench.sampling import conditions, given, priors, update
from ppgn_bench.sampling.noise import streams
from ppgn_bench.sampling.transitions import Sampler, transition

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


_OF_STEPS = ("view", "bounds", "normalise", "lr_end", "noise_inside")  # options of a walk that are a sampler's


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
    encoder its code. epsilon: "prior", "condition", "noise" and "context", at least one of them; 0 where not given.

    Chain i has a random stream of its own, by seed and number: it is the same alone or among others, to rounding.
    Raises UserError that names what does not fit: a role that no network serves, a term or an option that there is not,
    one that does nothing, a value of the target that nothing reads, a context of another size, a log p of another shape
    or that is not a number.
    """
    given.require_known(walk, [*Walk.__annotations__])
    functions = given.weighed(condition)
    given.require_roles(functions, prior, networks)
    wanted = given.Wanted(target)
    start = given.start(target, networks, walk)
    experts = [given.climbed(function, weight) for function, weight in functions.items()]
    pulls = [] if prior is priors.absent else ["prior"]
    multipliers = given.epsilons(epsilon, ["noise", *pulls, *(expert.term for expert in experts)], start)
    own: dict[str, Any] = {name: value for name, value in walk.items() if name in _OF_STEPS}
    steps = given.whole(walk, "steps", 200, 1)
    sampler = Sampler(networks=networks, experts=experts, target=wanted, prior=prior, steps=steps, **own)
    noise = None
    if bool((multipliers["noise"] > 0).any()):
        shape = start.shape[1:]
        noise = streams(walk.get("seed", 0), range(len(start)), shape, Sampling.noise_block(shape), start.device)
    keep_every = given.whole(walk, "keep_every", 10, 1)
    with _threads(given.whole(walk, "threads", 1, 1)):
        draws = update.run(start, transition(sampler, multipliers, noise), sampler.steps, keep_every)
        try:
            return _together(_shown(_read(draws, wanted), sampler.steps, walk.get("progress", False)))
        except ValueError as error:  # of a context that does not fit the images
            raise UserError(str(error)) from error


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """So many threads of torch's while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _read(draws: Iterator[update.Draw], target: given.Wanted) -> Iterator[update.Draw]:
    """The draws; what of the target no step reads is refused after the first."""
    first = next(draws)
    target.require_read()
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
