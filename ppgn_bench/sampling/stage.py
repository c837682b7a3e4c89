"""The sampling stage: a variant's job and networks -> its chains, ready to be kept.

It knows no table of variants: all that it samples stands in the job, so that a new variant leaves the others alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ppgn_bench.columns import TERMS
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Sampling
from ppgn_bench.lookup import names, resolve
from ppgn_bench.networks import load
from ppgn_bench.sampling import conditions, priors, update
from ppgn_bench.sampling.noise import Noise, redrawn, streams
from ppgn_bench.sampling.roles import condition_roles, lacking_roles, prior_roles
from ppgn_bench.sampling.targets import Target

Transition = Callable[[Tensor, int], tuple[Tensor, update.Look]]

START_STREAM = 2**32  # added to the seed: starts and steps never share a random stream,
RESET_STREAM = 2**33  # and neither do resets


def sample(job: Sampling, weights: Mapping[str, Path], device: torch.device) -> dict[str, np.ndarray]:
    """All chains of one variant, sweep and seed: every run, target and epsilon setting, in batches.

    weights: role -> file; roles of the same file are served by one network. Returns the arrays of a chains file, for
    each run "<run>.<name>": images uint8 [chain, draw, ...], codes [chain, draw, code] where chains walk in codes,
    log_prob [chain, step], setting, diverged [chain], steps [draw], and targets [chain], the place of each chain's
    target among those of the job. Within a setting, chain i has target i modulo their number. Raises UserError for
    a role that no network serves.
    """
    for name in names(job):
        resolve(name)  # a wrong one is said before any work is done
    if lacking := lacking_roles(job):
        raise UserError(f"{job.variant}: {lacking}")
    roles = {path: role for role, path in weights.items()}
    loaded = {path: load.load(path, job.networks[role], device) for path, role in roles.items()}
    models = {role: loaded[path] for role, path in weights.items()}
    arrays: dict[str, np.ndarray] = {}
    for run in job.runs:
        arrays |= {f"{run}.{key}": values for key, values in _run(job, run, models, device).items()}
    return arrays


def _run(job: Sampling, run: str, models: Mapping[str, Any], device: torch.device) -> dict[str, np.ndarray]:
    """The chains of one run, batch after batch."""
    per_setting = len(job.targets) * job.runs[run].chains_per_target
    total = per_setting * len(job.settings)
    kept: list[dict[str, np.ndarray]] = []
    with tqdm(total=total * job.runs[run].steps, desc=job.variant, unit="chain-step", unit_scale=True) as bar:
        for first in range(0, total, job.chunk_size):
            chains = range(first, min(total, first + job.chunk_size))
            draws = []
            for draw in _batch_draws(job, run, chains, per_setting, models, device):
                draws.append(_kept(draw, keep_codes=job.space == "code"))
                bar.update(len(chains) * (draw.log_prob.shape[1] - (draw.step == 0)))
            kept.append(_joined(draws))
    arrays = {name: np.concatenate([part[name] for part in kept]) for name in kept[0] if name != "steps"}
    numbers = np.arange(total)
    return arrays | {
        "steps": kept[0]["steps"],
        "targets": numbers % per_setting % len(job.targets),
        "setting": numbers // per_setting,
    }


def _batch_draws(
    job: Sampling, run: str, chains: range, per_setting: int, models: Mapping[str, Any], device: torch.device
) -> Iterator[update.Draw]:
    """The draws of one batch of chains."""
    numbers = torch.tensor(chains, device=device)
    target = _values([job.targets[number % per_setting % len(job.targets)] for number in chains], device)
    setting = numbers // per_setting
    epsilon = {term: torch.tensor([own[term] for own in job.settings], device=device)[setting] for term in TERMS}
    # Chains of different settings share starts and noise: a grid's cells differ by their epsilons alone.
    numbers_of_streams = [number % per_setting for number in chains]
    state = _first_states(job, run, numbers_of_streams, device)
    noise = None
    if bool((epsilon["noise"] > 0).any()):
        noise = streams(job.seed, numbers_of_streams, job.state_shape, job.noise_block, device)
    transitions = partial(_transition, job, job.runs[run].steps, models, target, noise)
    if job.update.resets:
        transition = _with_resets(transitions, job, numbers_of_streams, epsilon)
    else:
        transition = transitions(epsilon)
    return update.run(state, transition, job.runs[run].steps, job.runs[run].keep_every)


def _transition(
    job: Sampling,
    steps: int,
    models: Mapping[str, Any],
    target: Mapping[str, Tensor],
    noise: Noise | None,
    epsilon: Mapping[str, Tensor],
) -> Transition:
    """Eq. 11 or the released update, with this variant's prior and networks; a state stays within its bounds."""
    prior: priors.Prior = resolve(job.prior)
    image_of = models["generator"] if job.space == "code" else nn.Identity()
    log_prob: conditions.Condition = resolve(job.update.condition)
    view = resolve(job.view)

    def transition(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, and what was seen of the states before it."""
        networks = update.networks_once(models)

        def pull(at: Tensor, image: Tensor) -> Tensor:
            return prior(priors.View(at, image, number), **{role: networks[role] for role in prior_roles(job)})

        def condition(image: Tensor) -> Tensor:
            roles = {role: networks[role] for role in condition_roles(job)}
            return log_prob(view(image, number), target, **roles)

        seen = update.look(state, image_of, condition, pull)
        parts = state, seen.terms, epsilon, noise(number) if noise else None
        if job.update.normalise is None:
            moved = update.step(*parts)
        else:
            length = _length(job.update.normalise, job.update.lr_end, number, steps)
            moved = update.released_step(*parts, length, job.update.noise_inside)
        return (moved.clamp(*job.bounds) if job.bounds else moved), seen

    return transition


def _values(targets: Sequence[Target], device: torch.device) -> dict[str, Tensor]:
    """The values of the chains' targets, by name [chain, ...]."""
    return {key: torch.tensor([target.values[key] for target in targets], device=device) for key in targets[0].values}


def _length(first: float, last: float | None, number: int, steps: int) -> float:
    """Length of a released step: from `normalise` to `lr_end`, linearly over the run [C]."""
    return first if last is None else first + (last - first) * number / steps


def _with_resets(
    transitions: Callable[[Mapping[str, Tensor]], Transition],
    job: Sampling,
    chains: Sequence[int],
    epsilon: Mapping[str, Tensor],
) -> Transition:
    """Every so many steps, after the step, chains start anew, and with them epsilon 1 where it is redrawn [C].

    transitions: from epsilons to a transition with them. Each chain has a start of its own, in the mixing run too.
    """
    start = resolve(job.update.start)
    transition = transitions(epsilon)

    def resetting(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, and a fresh state in its place where a reset is due."""
        nonlocal transition
        moved, seen = transition(state, number)
        if number and number % job.update.resets == 0:
            seed = RESET_STREAM + job.seed
            normal, uniform = redrawn(seed, chains, job.state_shape, number, state.device)
            # A chain that this step blew up must not be healed before it is counted.
            moved = torch.where(torch.isfinite(moved), start(normal), moved)
            if job.update.redraw_prior:
                low, high = job.update.redraw_prior
                transition = transitions({**epsilon, "prior": low + (high - low) * uniform})
        return moved, seen

    return resetting


def _first_states(job: Sampling, run: str, chains: Sequence[int], device: torch.device) -> Tensor:
    """Where chains start: what the variant's start makes of standard normal numbers.

    The start depends on the seed and the chain's number alone, so all variants that walk the same space
    start from the same states; in the mixing run all chains start from chain 0's.
    """
    seed = START_STREAM + job.seed
    numbers = [0] * len(chains) if run == "mixing" else chains
    start: Callable[[Tensor], Tensor] = resolve(job.update.start)
    return start(streams(seed, numbers, job.state_shape, 1, device)(0))


def _kept(draw: update.Draw, keep_codes: bool) -> dict[str, np.ndarray]:
    """What is kept of a draw, on the CPU: the image in 256 levels, as image files have it."""
    kept = {"images": draw.image.mul(255).round().byte(), "log_prob": draw.log_prob, "diverged": draw.diverged}
    if keep_codes:
        kept["codes"] = draw.state
    return {name: values.cpu().numpy() for name, values in kept.items()} | {"steps": np.array([draw.step])}


def _joined(draws: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One array per name from draws in the order of their steps: draws become the second axis."""
    joined = {name: np.stack([d[name] for d in draws], 1) for name in ("images", "codes") if name in draws[0]}
    return joined | {
        "log_prob": np.concatenate([d["log_prob"] for d in draws], 1),
        "diverged": draws[-1]["diverged"],
        "steps": np.concatenate([d["steps"] for d in draws]),
    }
