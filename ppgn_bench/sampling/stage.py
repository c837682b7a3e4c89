"""The sampling stage: a variant's job and networks -> its chains, ready to be kept.

It knows no table of variants: all that it samples stands in the job, so that a new variant leaves the others alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ppgn_bench import exhausted
from ppgn_bench.columns import TERMS
from ppgn_bench.data.source import familiar, opened, passes
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Sampling
from ppgn_bench.lookup import Name, names, resolve
from ppgn_bench.networks import load
from ppgn_bench.sampling import preparation, update
from ppgn_bench.sampling.first_states import Start, beginning, first_states
from ppgn_bench.sampling.keeping import joined, kept_of
from ppgn_bench.sampling.noise import redrawn, streams
from ppgn_bench.sampling.roles import lacking_roles
from ppgn_bench.sampling.steering import Expert
from ppgn_bench.sampling.transitions import Climbed, Sampler, Transition, roles, serving, transition

RESET_STREAM = 2**33  # added to the seed: resets share no random stream with steps or starts
NOTHING = -1  # of a value that a target does not name


def sample(job: Sampling, weights: Mapping[str, Path], data: Path, device: torch.device) -> dict[str, np.ndarray]:
    """All chains of one variant, sweep and seed: every run, target and epsilon setting, in batches.

    weights: role -> file; roles of the same file are served by one network; data: the data set's splits. Returns the
    arrays of a chains file, for each run "<run>.<name>": images uint8 [chain, draw, ...], codes [chain, draw, code]
    where chains walk in codes, log_prob [chain, step], setting, diverged [chain], steps [draw], and targets [chain],
    the place of each chain's target among those of the job. Within a setting, chain i has target i modulo their number.
    Where an expert of the job has something observed: "<run>.observed" [chain] of the final draws' images and
    "observed_real" [target, training image]; whole numbers that were prepared, "prepared.<name>" [target]. Raises
    UserError for a role that no network serves, and for a target that network or data do not have.
    """
    for name in names(job):
        if name.file is None:  # else a network, which is loaded next
            resolve(name)  # a wrong one is said before any work is done
    if lacking := lacking_roles(job):
        raise UserError(f"{job.variant}: {lacking}")
    models = served(job, weights, device)
    reals = partial(opened, data)
    wanted = prepared(job, models, reals, device)
    said = {name for target in job.targets for name in target.values}
    numbers = {name: of for name, of in wanted.items() if name not in said and of.dtype == torch.int64}
    arrays = {f"prepared.{name}": of.cpu().numpy() for name, of in numbers.items()}
    arrays |= observed_real(job, models, wanted, reals)
    for run in job.runs:
        arrays |= {f"{run}.{key}": values for key, values in walked(job, run, models, wanted, reals).items()}
    return arrays


def served(job: Sampling, weights: Mapping[str, Path], device: torch.device) -> dict[str, Any]:
    """The network of each role. weights: role -> file; roles of the same file are served by one network."""
    by_file = {path: role for role, path in weights.items()}
    loaded = {path: load.load(path, job.networks[role], device) for path, role in by_file.items()}
    return {role: loaded[path] for role, path in weights.items()}


def prepared(
    job: Sampling, models: Mapping[str, Any], reals: preparation.Reals, device: torch.device
) -> dict[str, Tensor]:
    """What the conditions read of each of the job's targets, value -> [target, ...]; -1 where one says nothing."""
    names = dict.fromkeys(name for target in job.targets for name in target.values)
    said = {name: [target.values.get(name, NOTHING) for target in job.targets] for name in names}
    wanted = {name: torch.tensor(values, device=device) for name, values in said.items()}
    for make in dict.fromkeys(expert.prepared for expert in job.experts):
        if make is not None:
            function = resolve(make)
            wanted |= function(wanted, reals, **serving(function, models, skip=2))
    return wanted


@torch.no_grad()
def observed_real(
    job: Sampling, models: Mapping[str, Any], wanted: Mapping[str, Tensor], reals: preparation.Reals
) -> dict[str, np.ndarray]:
    """What is observed of the training images, had they each of the targets: "observed_real" [target, image]; where
    nothing was trained here, of those that samples are compared with.
    """
    found = []
    for function in map(resolve, _observed(job)):
        for images in passes(familiar(reals)):
            pixels = torch.from_numpy(images).to(next(iter(wanted.values())).device).float().div(255)
            networks = update.networks_once(serving(function, models, skip=2))  # for all targets
            each = [_repeated(wanted, [number] * len(pixels)) for number in range(len(job.targets))]
            found.append(torch.stack([function(pixels, target, **networks) for target in each]))
    return {"observed_real": torch.cat(found, 1).cpu().numpy()} if found else {}


def _observed(job: Sampling) -> list[Name]:
    """What is observed beside log p: of one expert at most, since a file of chains has one such array."""
    return [expert.observed for expert in job.experts if expert.observed is not None][:1]


def _repeated(wanted: Mapping[str, Tensor], targets: Sequence[int]) -> dict[str, Tensor]:
    """The values of these targets, in this order."""
    chosen = torch.tensor(targets, device=next(iter(wanted.values())).device)
    return {name: of[chosen] for name, of in wanted.items()}


def walked(
    job: Sampling, run: str, models: Mapping[str, Any], wanted: Mapping[str, Tensor], reals: preparation.Reals
) -> dict[str, np.ndarray]:
    """The chains of one run, batch after batch: what `sample` gives of it. wanted: as of `prepared`.

    Where memory ends batches are halved, once: a chain is the same in any batch, to rounding. Raises UserError where
    that is not enough.
    """
    per_setting = len(job.targets) * job.runs[run].chains_per_target
    total, steps = per_setting * len(job.settings), job.runs[run].steps

    def batch(chains: range) -> dict[str, np.ndarray]:
        """Some of the chains."""
        bar.n = chains.start * steps  # also where memory ended within a batch
        target = _repeated(wanted, [number % per_setting % len(job.targets) for number in chains])
        draws = []
        for draw in _batch_draws(job, run, chains, _sampler(job, run, models, target), reals):
            draws.append(kept_of(draw, keep_codes=job.space == "code"))
            bar.update(len(chains) * (draw.log_prob.shape[1] - (draw.step == 0)))
        return joined(draws) | _seen_last(job, draw, models, target)

    with tqdm(total=total * steps, desc=job.variant, unit="chain-step", unit_scale=True) as bar:
        kept = list(exhausted.in_batches(batch, total, job.chunk_size, "chunk_size"))
    arrays = {name: np.concatenate([part[name] for part in kept]) for name in kept[0] if name != "steps"}
    numbers = np.arange(total)
    return arrays | {
        "steps": kept[0]["steps"],
        "targets": numbers % per_setting % len(job.targets),
        "setting": numbers // per_setting,
    }


def _sampler(job: Sampling, run: str, models: Mapping[str, Any], target: Mapping[str, Tensor]) -> Sampler:
    """The job's functions and networks, for chains with these targets."""
    return Sampler(
        networks=models,
        experts=[_climbed(expert) for expert in job.experts],
        target=target,
        prior=resolve(job.prior),
        view=resolve(job.view),
        bounds=job.bounds,
        normalise=job.update.normalise,
        lr_end=job.update.lr_end,
        noise_inside=job.update.noise_inside,
        steps=job.runs[run].steps,
    )


def _climbed(expert: Expert) -> Climbed:
    log_prob = resolve(expert.log_prob)
    return Climbed(log_prob, roles(log_prob)[2:], expert.weight, expert.term)


@torch.no_grad()
def _seen_last(
    job: Sampling, draw: update.Draw, models: Mapping[str, Any], target: Mapping[str, Tensor]
) -> dict[str, np.ndarray]:
    """What is observed of the final draws [chain]."""
    seen = {}
    for function in map(resolve, _observed(job)):
        seen["observed"] = function(draw.image, target, **serving(function, models, skip=2)).cpu().numpy()
    return seen


def _batch_draws(
    job: Sampling, run: str, chains: range, sampler: Sampler, reals: preparation.Reals
) -> Iterator[update.Draw]:
    """The draws of one batch of chains."""
    per_setting = len(job.targets) * job.runs[run].chains_per_target
    device = next(iter(sampler.target.values())).device
    setting = torch.tensor(chains, device=device) // per_setting
    epsilon = {term: torch.tensor([own[term] for own in job.settings], device=device)[setting] for term in TERMS}
    # Chains of different settings share starts and noise: a grid's cells differ by their epsilons alone.
    numbers_of_streams = [number % per_setting for number in chains]
    begin = beginning(job, run, numbers_of_streams, sampler, reals)
    state = first_states(job, run, numbers_of_streams, begin, device)
    noise = None
    if any(job.settings[number // per_setting]["noise"] > 0 for number in chains):
        noise = streams(job.seed, numbers_of_streams, job.state_shape, job.noise_block(job.state_shape), device)
    transitions = partial(transition, sampler, noise=noise)
    moves = transitions(epsilon)
    if job.update.resets:
        moves = _with_resets(transitions, job, numbers_of_streams, epsilon, begin)
    return update.run(state, moves, job.runs[run].steps, job.runs[run].keep_every)


def _with_resets(
    transitions: Callable[[Mapping[str, Tensor]], Transition],
    job: Sampling,
    chains: Sequence[int],
    epsilon: Mapping[str, Tensor],
    begin: Start,
) -> Transition:
    """Every so many steps, after the step, chains start anew, and with them epsilon 1 where it is redrawn [C].

    transitions: from epsilons to a transition with them. Each chain has a start of its own, in the mixing run too.
    """
    move = transitions(epsilon)

    def resetting(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, and a fresh state in its place where a reset is due."""
        nonlocal move
        moved, seen = move(state, number)
        if number and number % job.update.resets == 0:
            seed = RESET_STREAM + job.seed
            normal, uniform = redrawn(seed, chains, job.state_shape, number, state.device)
            # A chain that this step blew up must not be healed before it is counted.
            moved = torch.where(torch.isfinite(moved), begin(normal), moved)
            if job.update.redraw_prior:
                low, high = job.update.redraw_prior
                move = transitions({**epsilon, "prior": low + (high - low) * uniform})
        return moved, seen

    return resetting
