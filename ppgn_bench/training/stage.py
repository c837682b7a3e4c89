"""The training stage: a recipe becomes weights, a log of losses and errors on held-out images."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ppgn_bench.data.source import opened
from ppgn_bench.jobs import Rival, Training
from ppgn_bench.lookup import resolve
from ppgn_bench.networks import load
from ppgn_bench.training import batches, checkpoint
from ppgn_bench.training.history import HELD_OUT_TERM, Losses, log
from ppgn_bench.training.loop import State, fit, seed_of, start
from ppgn_bench.training.objectives import Noise

HELD_OUT = "held_out"  # the split


def train(
    job: Training,
    data_file: Path,
    needs: Mapping[str, Path],
    device: torch.device,
    unfinished: checkpoint.Unfinished | None = None,
) -> tuple[dict[str, np.ndarray], Losses]:
    """Weights of one network and the log of its losses.

    needs: role -> file of a network that it needs; roles of the same file are served by one network. unfinished: where
    it is kept while it runs, and from where it goes on; kept nowhere by default.
    Raises UserError for a damaged file, weights of another architecture or a checkpoint of another training,
    FloatingPointError where training diverged, checkpoint.StoppedError.
    """
    source = opened(data_file, job.split)
    networks = _needed(job, needs, device)
    seed = seed_of(job.dataset, job.recipe, job.seed)
    state = _new(job, seed, device)
    with checkpoint.kept(state, unfinished) as keep:
        fit(state, batches.training(source, networks, job, state, seed), job, keep)
        trained = state.average.module.requires_grad_(False).eval()
        if job.after is not None:
            resolve(job.after)(trained, (part.images for part in batches.split(source, {}, device)))
        weights = {name: value.cpu().numpy() for name, value in trained.state_dict().items()}
        if not all(np.isfinite(value).all() for value in weights.values()):
            raise FloatingPointError(f"training of {job.recipe} (seed {job.seed}) diverged")
        return weights, log(state.history) + held_out_errors(trained, job, data_file, networks, device)


@torch.no_grad()
def held_out_errors(
    network: nn.Module, job: Training, data_file: Path, needed: Mapping[str, nn.Module], device: torch.device
) -> Losses:
    """The losses on images that trained no sampler, under the recipe's noise: rows of the log after its last iteration.

    Without the rival, whose loss says nothing about an image. Where one pass does not hold all images, the mean over
    passes, weighted by their images. What a job measures as `held_out` it takes from the first pass.
    """
    source = opened(data_file, HELD_OUT)
    noise = Noise(job.noise, torch.Generator(device=device).manual_seed(0))
    objective, sums, measured = resolve(job.objective), defaultdict[str, float](float), dict[str, float]()
    for number, part in enumerate(batches.split(source, needed, device)):
        for name, value in objective(network, part, noise).items():
            sums[name] += len(part.images) * float(value)
        if number == 0 and job.held_out is not None:
            measured = resolve(job.held_out)(network, part)
    errors = {name: total / len(source) for name, total in sums.items()} | measured
    return [(job.iterations, f"{HELD_OUT_TERM}{name}", float(value)) for name, value in errors.items()]


def _needed(job: Training, files: Mapping[str, Path], device: torch.device) -> dict[str, nn.Module]:
    """The networks that a job needs, by role; a file is loaded once."""
    roles = {files[role]: role for role in job.needs}
    loaded = {path: load.load(path, job.needs[role], device) for path, role in roles.items()}
    return {role: loaded[files[role]] for role in job.needs}


def _new(job: Training, seed: int, device: torch.device) -> State:
    """What is trained, and its rival, before the first iteration."""
    rival = None if job.rival is None else _built(job.rival, job, seed + 1, device)
    return start(_built(job, job, seed, device), rival, job, seed)


def _built(named: Training | Rival, job: Training, seed: int, device: torch.device) -> nn.Module:
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global stream
        torch.manual_seed(seed)
        made = load.built(named.network, named.options, job.sizes)
        return made.to(device).to(memory_format=torch.channels_last)
