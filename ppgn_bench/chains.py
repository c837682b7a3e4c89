"""The sampling stage: a variant's settings and networks -> its chains, ready to be kept.

It knows no table of variants: what to sample comes as settings, so that a new one leaves the others alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ppgn_bench import conditions, networks, priors, sampler

NOISE_BLOCK = 20  # steps of noise drawn at once
START_STREAM = 2**32  # added to the seed: starts and steps never share a random stream


def sample(settings: Mapping[str, Any], weights: Mapping[str, Path], device: torch.device) -> dict[str, np.ndarray]:
    """All chains of one variant, sweep and seed: every run, class and epsilon setting, in batches.

    settings: what `plan.sampling` gives; weights: role -> file. Returns the arrays of a chains file, for each
    run "<run>.<name>": images uint8 [chain, draw, ...], codes [chain, draw, code] where chains walk in codes,
    log_prob [chain, step], labels, setting, diverged [chain], steps [draw]. Within a setting, chain i has
    class i modulo the number of classes.
    """
    models = {role: networks.load(path, settings["networks"][role], device) for role, path in weights.items()}
    arrays: dict[str, np.ndarray] = {}
    for name, run in settings["runs"].items():
        told = {**settings, **run, "run": name}
        arrays |= {f"{name}.{key}": values for key, values in _run(told, models, device).items()}
    return arrays


def _run(settings: Mapping[str, Any], models: Mapping[str, Any], device: torch.device) -> dict[str, np.ndarray]:
    """The chains of one run, batch after batch."""
    num_classes = models["classifier"].classes.out_features
    per_setting = num_classes * settings["chains_per_class"]
    total = per_setting * len(settings["epsilons"])
    kept: list[dict[str, np.ndarray]] = []
    with tqdm(total=total * settings["steps"], desc=settings["variant"], unit="chain-step", unit_scale=True) as bar:
        for first in range(0, total, settings["chunk_size"]):
            chains = range(first, min(total, first + settings["chunk_size"]))
            draws = []
            for draw in _batch_draws(chains, per_setting, settings, models, device):
                draws.append(_kept(draw, keep_codes=settings["space"] == "code"))
                bar.update(len(chains) * (draw.log_prob.shape[1] - (draw.step == 0)))
            kept.append(_joined(draws))
    arrays = {name: np.concatenate([part[name] for part in kept]) for name in kept[0] if name != "steps"}
    numbers = np.arange(total)
    return arrays | {
        "steps": kept[0]["steps"],
        "labels": numbers % per_setting % num_classes,
        "setting": numbers // per_setting,
    }


def _batch_draws(
    chains: range,
    per_setting: int,
    settings: Mapping[str, Any],
    models: Mapping[str, Any],
    device: torch.device,
) -> Iterator[sampler.Draw]:
    """The draws of one batch of chains."""
    numbers = torch.tensor(chains, device=device)
    labels = numbers % per_setting % models["classifier"].classes.out_features
    setting = numbers // per_setting
    epsilon = {
        name: torch.tensor([e[f"epsilon_{name}"] for e in settings["epsilons"]], device=device)[setting]
        for name in ("prior", "condition", "noise")
    }
    # Chains of different settings share starts and noise: a grid's cells differ by their epsilons alone.
    streams = [number % per_setting for number in chains]
    shape = settings["state_shape"]
    state = starts(settings, streams, device)
    noise = None
    if bool((epsilon["noise"] > 0).any()):
        noise = sampler.streams(settings["seed"], streams, shape, NOISE_BLOCK, device)
    transition = _transition(settings, models, labels, epsilon, noise)
    return sampler.run(state, transition, settings["steps"], settings["keep_every"])


def _transition(
    settings: Mapping[str, Any],
    models: Mapping[str, Any],
    labels: Tensor,
    epsilon: Mapping[str, Tensor],
    noise: sampler.Noise | None,
) -> Callable[[Tensor, int], tuple[Tensor, sampler.Look]]:
    """Eq. 11 with this variant's prior and networks; pixels stay within bounds, codes have none."""
    prior: priors.Prior = getattr(priors, settings["prior"])
    image_of = models.get("generator", nn.Identity())
    bounds = settings["bounds"]
    condition = conditions.own_class(labels)
    view = getattr(conditions, settings["view"])

    def transition(state: Tensor, number: int) -> tuple[Tensor, sampler.Look]:
        """One step of every chain, and what was seen of the states before it."""

        def pull(at: Tensor, activations: Any) -> Tensor:
            return prior(priors.View(at, number, activations.code, models.get("denoiser")))

        def classify(image: Tensor) -> Any:
            return models["classifier"](view(image, number))

        seen = sampler.look(state, image_of, classify, condition, pull)
        moved = sampler.step(state, seen.terms, epsilon, noise(number) if noise else None)
        return (moved.clamp(*bounds) if bounds else moved), seen

    return transition


def starts(settings: Mapping[str, Any], streams: Sequence[int], device: torch.device) -> Tensor:
    """Where chains start: codes at relu(N(0, I)), images at 0.5 + 0.1 N(0, I), cut to [0, 1].

    The start depends on the seed and the chain's number alone, so all variants that walk the same space
    start from the same states; in the mixing run all chains start from chain 0's.
    """
    seed = START_STREAM + settings["seed"]
    numbers = [0] * len(streams) if settings["run"] == "mixing" else streams
    noise = sampler.streams(seed, numbers, settings["state_shape"], 1, device)(0)
    return noise.relu() if settings["space"] == "code" else (0.5 + 0.1 * noise).clamp(0, 1)


def _kept(draw: sampler.Draw, keep_codes: bool) -> dict[str, np.ndarray]:
    """What is kept of a draw, on the CPU: the image in 256 levels, as image files have it."""
    kept = {
        "images": draw.image.mul(255).round().byte(),
        "log_prob": draw.log_prob,
        "diverged": draw.diverged,
    }
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
