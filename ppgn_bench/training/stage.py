"""The training stage: a recipe becomes weights, a log of losses and errors on held-out images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ppgn_bench.jobs import Training
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks import load
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files
from ppgn_bench.training import objectives
from ppgn_bench.training.loop import History, fit, seed_of
from ppgn_bench.training.objectives import Material, Noise

HELD_OUT, HELD_OUT_TERM = "judge", "held-out"  # the split, and what its rows of a loss log start with
ASYMMETRY_CODES = 32  # at which the Jacobian of E(G(h)) is taken
LOG_POINTS = 200  # rows of a loss log for each term

Losses = list[tuple[int, str, float]]  # iterations done, term, mean


def train(
    job: Training, data_file: Path, needs: Mapping[str, Path], device: torch.device
) -> tuple[dict[str, np.ndarray], Losses]:
    """Weights of one network and the log of its losses. needs: recipe -> file of a network that it needs.

    Raises UserError for a damaged file or weights of another architecture, FloatingPointError where training
    diverged.
    """
    data, _ = files.load_arrays(data_file, "data")
    material = _material(job, job.split, data, needs, device)
    seed = seed_of(job.dataset, job.recipe, job.seed)
    network = _built(job.network, job.options, job.sizes, seed, device)
    rival = _built(job.rival.network, job.rival.options, job.sizes, seed + 1, device) if job.rival else None
    trained, history = fit(network, material, job, rival, seed)
    if job.after:
        resolve(job.after)(trained, [material.images])
    weights = {name: value.detach().cpu().numpy() for name, value in trained.state_dict().items()}
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise FloatingPointError(f"training of {job.recipe} (seed {job.seed}) diverged")
    return weights, log(history) + held_out_errors(trained, job, data, needs, device)


@torch.no_grad()
def held_out_errors(
    network: nn.Module, job: Training, data: Mapping[str, np.ndarray], needs: Mapping[str, Path], device: torch.device
) -> Losses:
    """The losses on images that trained no sampler, under the recipe's noise: rows of the log after its last iteration.

    The images are the judge's training split; the judge itself has no such rows. Without the discriminator, whose
    loss says nothing about an image. A generator has its asymmetry as well (`objectives.asymmetry`).
    """
    if job.split == HELD_OUT:
        return []
    material = _material(job, HELD_OUT, data, needs, device)
    noise = Noise(job.noise, torch.Generator(device=device).manual_seed(0))
    terms = resolve(job.objective)(network.eval(), material, noise)
    if job.held_out:
        assert material.classifier is not None
        assert material.code is not None
        terms["asymmetry"] = objectives.asymmetry(network, material.classifier, material.code[:ASYMMETRY_CODES])
    return [(job.iterations, f"{HELD_OUT_TERM} {name}", float(value)) for name, value in terms.items()]


def log(history: History, points: int = LOG_POINTS) -> Losses:
    """Loss log: step (iterations done), term, and its mean over the window that ends there; `points` windows."""
    windows = np.array_split(np.arange(len(history)), min(points, len(history)))
    rows = []
    for window in windows:
        for term in {name: None for index in window for name in history[index]}:
            values = [history[index][term] for index in window if term in history[index]]
            rows.append((int(window[-1]) + 1, term, float(np.mean(values))))
    return rows


def _built(network: Name, options: Mapping[str, Any], sizes: Sizes, seed: int, device: torch.device) -> nn.Module:
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global stream
        torch.manual_seed(seed)
        return load.built(network, options, sizes).to(device).to(memory_format=torch.channels_last)


def _material(
    job: Training, split: str, data: Mapping[str, np.ndarray], needs: Mapping[str, Path], device: torch.device
) -> Material:
    """The split's images, and what the frozen classifier makes of them, once."""
    images = torch.from_numpy(data[f"{split}.images"]).to(device).float().div(255)
    images = images.contiguous(memory_format=torch.channels_last)
    modes = data.get(f"{split}.modes")
    material = Material(
        images=images,
        labels=torch.from_numpy(data[f"{split}.labels"]).to(device),
        modes=None if modes is None else torch.from_numpy(modes).to(device),
    )
    if "encoder" not in needs:
        return material
    classifier: Any = load.load(needs["encoder"], job.needs["encoder"], device)
    with torch.no_grad():
        activations = classifier(images)
    return material._replace(classifier=classifier, h1=activations.h1, code=activations.code)
