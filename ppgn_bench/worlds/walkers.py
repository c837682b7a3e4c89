"""Where walkers end up on a world of known truth: their stationary law against exact draws of what they aim at."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ppgn_bench.jobs import Exploring
from ppgn_bench.sampling import update
from ppgn_bench.sampling.noise import START_STREAM, streams
from ppgn_bench.worlds import mixtures
from ppgn_bench.worlds.mixtures import Mixture
from ppgn_bench.worlds.table import Walker

NOISE_BLOCK = 100  # steps of noise drawn at once
START_DEVIATION = 2.0  # wider than the worlds: chains start outside the modes and have to find them
KEPT_DRAWS = 20  # of a chain, from the second half
DIRECTIONS = 30  # of the sliced distance
FAR = 1e3  # from the origin: who is there has run away and only not overflowed yet

Field = Callable[[Tensor], Tensor]
Row = dict[str, Any]


class Law(NamedTuple):
    """What chains of several step sizes left behind; the leading axis is the step size."""

    states: Tensor  # [step size, class, chain, draw, d]
    diverged: Tensor  # [step size, class, chain], not finite or FAR away
    accepted: Tensor  # [step size], share of accepted proposals; NaN where nothing is rejected


def epsilons(walker: Walker, sigma: float, step_sizes: Tensor) -> dict[str, Tensor]:
    """The multipliers of Eq. 5 with which a chain samples p(x)^a p(y | x)^b as its step goes to 0:

        epsilon_1 = a epsilon_3^2 / 2, over sigma^2 where the prior term is a residual;  epsilon_2 = b epsilon_3^2 / 2

    step_sizes: epsilon 3, any shape; sigma: of the residual's denoiser.
    """
    half = step_sizes**2 / 2
    is_score = walker.prior == "score" or walker.forgets_variance
    prior = walker.prior_power * half / (1 if is_score else sigma**2)
    return {"prior": prior, "condition": walker.condition_power * half, "noise": step_sizes}


def aim(walker: Walker, sigma: float) -> tuple[float, float, float]:
    """What a walker aims at: by how much p is smoothed, and the powers a and b. Accept/reject corrects a residual."""
    smoothing = 0.0 if walker.prior == "score" or walker.metropolis else sigma
    factor = sigma**2 if walker.forgets_variance else 1.0
    return smoothing, walker.prior_power * factor, walker.condition_power


def walk(world: Mixture, walker: Walker, field: Field, job: Exploring) -> Law:
    """Chains of one walker at every step size, one batch, that share starts and noise; field: its prior term."""
    classes, count, d = int(world.labels.max()) + 1, job.chains, world.means.shape[1]
    step_sizes = torch.tensor(job.step_sizes, dtype=torch.float64)
    stream = torch.arange(classes * count).repeat(len(step_sizes))
    labels = stream // count
    epsilon = epsilons(walker, job.drift_sigma, step_sizes.repeat_interleave(classes * count))
    # One number more than a state has: the acceptance's uniform, made of a normal.
    noise = streams(job.seed, range(classes * count), (d + 1,), NOISE_BLOCK, stream.device)
    start = streams(START_STREAM + job.seed, range(classes * count), (d,), 1, stream.device)(0)
    accepted = torch.full((len(stream),), 0.0 if walker.metropolis else math.nan, dtype=torch.float64)

    def terms(state: Tensor) -> dict[str, Tensor]:
        return {"prior": field(state), "condition": mixtures.class_score(world, state, labels)}

    def look_at(state: Tensor) -> update.Point:
        """The update's terms, and log of p(x)^a p(y | x)^b up to a constant."""
        _, a, b = aim(walker, job.drift_sigma)
        log_target = a * mixtures.log_prob(world, state) + b * mixtures.class_log_prob(world, state, labels)
        return update.Point(state, terms(state), log_target)

    here = look_at(START_DEVIATION * start.double()[stream])

    def transition(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain; nobody asks how log p(y | x) went."""
        nonlocal here
        drawn = noise(number).double()[stream]
        if walker.metropolis:
            log_uniform = torch.special.log_ndtr(drawn[:, -1])
            here, yes = update.metropolis_step(here, look_at, epsilon, drawn[:, :-1], log_uniform)
            moved = here.state
            accepted.add_(yes)
        else:
            moved = update.step(state, terms(state), epsilon, drawn[:, :-1])
        return moved, update.Look(state, torch.zeros(len(state)), {})

    draws = update.run(here.state, transition, job.steps, max(1, job.steps // (2 * KEPT_DRAWS)))
    return _law(list(draws), accepted, job.steps, (len(step_sizes), classes, count))


def _law(draws: list[update.Draw], accepted: Tensor, steps: int, shape: tuple[int, int, int]) -> Law:
    """The second half of the draws, by step size, class and chain."""
    late = torch.stack([draw.state for draw in draws if 2 * draw.step > steps], 1)
    lost = (draws[-1].diverged >= 0) | (late.abs() > FAR).flatten(1).any(1)
    share = accepted.view(shape[0], -1).mean(1) / (steps + 1)
    return Law(late.view(*shape, *late.shape[1:]), lost.view(shape), share)


def law_errors(world: Mixture, fields: Mapping[str, Field], job: Exploring, rng: torch.Generator) -> Iterator[Row]:
    """Errors of every walker's law at every step size, against its own aim and against p(x) p(y | x), mean of classes.

    Last the same of independent exact draws, as many as a walker's: what no walker can beat. fields: the prior terms
    by name. Rows without a value are those where more than half of a class's chains diverged.
    """
    sigma = job.drift_sigma
    laws = {name: walk(world, walker, fields[walker.prior], job) for name, walker in job.walkers.items()}
    number = math.prod(next(iter(laws.values())).states.shape[2:4])
    directions = torch.randn(world.means.shape[1], DIRECTIONS, generator=rng, dtype=torch.float64)
    directions /= directions.norm(dim=0)
    wanted, again = (_targets(world, (0.0, 1.0, 1.0), number, rng) for _ in range(2))
    fresh = rng.get_state()
    for name, walker in job.walkers.items():
        goal = aim(walker, sigma)
        rng.set_state(fresh)  # a walker's errors do not depend on which others there are
        targets = {"own": wanted if goal == (0.0, 1.0, 1.0) else _targets(world, goal, number, rng), "wanted": wanted}
        for place, step_size in enumerate(job.step_sizes):
            known = {"part": "law", "method": name, "step_size": step_size}
            states, lost = laws[name].states[place], laws[name].diverged[place]
            yield {**known, "metric": "diverged_share", "value": float(lost.double().mean())}
            if walker.metropolis:
                yield {**known, "metric": "acceptance_rate", "value": float(laws[name].accepted[place])}
            found = [chains[~gone].flatten(0, 1) for chains, gone in zip(states, lost, strict=True)]
            for target, exact in targets.items():
                yield from _distances(world, {**known, "target": target}, found, exact, directions, number)
    known = {"part": "law", "method": "exact_draws", "target": "own"}
    yield from _distances(world, known, again, wanted, directions, number)


def sliced_wasserstein(first: Tensor, second: Tensor, directions: Tensor) -> float:
    """Mean over directions of the first Wasserstein distance between projections, in units of the state.

    first, second [n, d], equally many; directions [d, direction], of length 1.
    """
    return float(((first @ directions).sort(0).values - (second @ directions).sort(0).values).abs().mean())


def mode_error(world: Mixture, states: Tensor, exact: Tensor) -> float:
    """Total variation between the shares of states that are likeliest of each component, of the states and of exact
    draws: 0 to 1. All classes' components count: who is in another class's mode is in a wrong one. Both [n, d].
    """
    count = len(world.weights)
    shares = [
        torch.bincount(mixtures.joint_log_prob(world, x).argmax(1), minlength=count) / len(x) for x in (states, exact)
    ]
    return float((shares[0] - shares[1]).abs().sum() / 2)


def _targets(world: Mixture, goal: tuple[float, float, float], number: int, rng: torch.Generator) -> list[Tensor]:
    """Exact draws of an aim, a set for each class."""
    smoothing, *powers = goal
    base = mixtures.smoothed(world, smoothing)
    classes = range(int(world.labels.max()) + 1)
    return [mixtures.powers_sample(base, world, label, (powers[0], powers[1]), number, rng) for label in classes]


def _distances(
    world: Mixture, known: Row, found: list[Tensor], exact: list[Tensor], directions: Tensor, number: int
) -> Iterator[Row]:
    """Both errors, mean of classes; found, exact: states of each class; number: of states that would be all."""
    whole = all(2 * len(states) >= number for states in found)
    pairs = [(states, truth[: len(states)]) for states, truth in zip(found, exact, strict=True)]
    slices = [sliced_wasserstein(*pair, directions) for pair in pairs] if whole else [math.nan]
    modes = [mode_error(world, *pair) for pair in pairs] if whole else [math.nan]
    yield {**known, "metric": "sliced_wasserstein", "value": sum(slices) / len(slices)}
    yield {**known, "metric": "mode_error", "value": sum(modes) / len(modes)}
