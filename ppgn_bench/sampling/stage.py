"""The sampling stage: a variant's settings and networks -> its chains, ready to be kept.

It knows no table of variants: what to sample comes as settings, so that a new one leaves the others alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from ppgn_bench.networks import architectures
from ppgn_bench.sampling import conditions, priors, starts, update

Transition = Callable[[Tensor, int], tuple[Tensor, update.Look]]

NOISE_BLOCK = 20  # steps of noise drawn at once
START_STREAM = 2**32  # added to the seed: starts and steps never share a random stream,
RESET_STREAM = 2**33  # and neither do resets


def sample(settings: Mapping[str, Any], weights: Mapping[str, Path], device: torch.device) -> dict[str, np.ndarray]:
    """All chains of one variant, sweep and seed: every run, class and epsilon setting, in batches.

    settings: what `plan.sampling` gives; weights: role -> file. Returns the arrays of a chains file, for each
    run "<run>.<name>": images uint8 [chain, draw, ...], codes [chain, draw, code] where chains walk in codes,
    log_prob [chain, step], labels, setting, diverged [chain], steps [draw]. Within a setting, chain i has
    class i modulo the number of classes.
    """
    models = {role: architectures.load(path, settings["networks"][role], device) for role, path in weights.items()}
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
) -> Iterator[update.Draw]:
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
    state = _first_states(settings, streams, device)
    noise = None
    if bool((epsilon["noise"] > 0).any()):
        noise = update.streams(settings["seed"], streams, shape, NOISE_BLOCK, device)
    transitions = partial(_transition, settings, models, labels, noise)
    if settings["update"]["resets"]:
        transition = _with_resets(transitions, settings, streams, epsilon)
    else:
        transition = transitions(epsilon)
    return update.run(state, transition, settings["steps"], settings["keep_every"])


def _transition(
    settings: Mapping[str, Any],
    models: Mapping[str, Any],
    labels: Tensor,
    noise: update.Noise | None,
    epsilon: Mapping[str, Tensor],
) -> Transition:
    """Eq. 11 or the released update, with this variant's prior and networks; a state stays within its bounds."""
    prior: priors.Prior = getattr(priors, settings["prior"])
    image_of = models.get("generator", nn.Identity())
    bounds = settings["bounds"]
    switches = settings["update"]
    condition = getattr(conditions, switches["condition"])(labels)
    view = getattr(conditions, settings["view"])

    def transition(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, and what was seen of the states before it."""

        def pull(at: Tensor, activations: Any) -> Tensor:
            return prior(priors.View(at, number, activations.code, models.get("denoiser")))

        def classify(image: Tensor) -> Any:
            return models["classifier"](view(image, number))

        seen = update.look(state, image_of, classify, condition, pull)
        told = state, seen.terms, epsilon, noise(number) if noise else None
        if switches["normalise"] is None:
            moved = update.step(*told)
        else:
            moved = update.released_step(*told, _length(settings, number), switches["noise_inside"])
        return (moved.clamp(*bounds) if bounds else moved), seen

    return transition


def _length(settings: Mapping[str, Any], number: int) -> float:
    """Length of a released step: from `normalise` to `lr_end`, linearly over the run [C]."""
    first, last = settings["update"]["normalise"], settings["update"]["lr_end"]
    return first if last is None else first + (last - first) * number / settings["steps"]


def _with_resets(
    transitions: Callable[[Mapping[str, Tensor]], Transition],
    settings: Mapping[str, Any],
    streams: Sequence[int],
    epsilon: Mapping[str, Tensor],
) -> Transition:
    """Every so many steps, after the step, chains start anew, and with them epsilon 1 where it is redrawn [C].

    transitions: from epsilons to a transition with them. Each chain has a start of its own, in the mixing run too.
    """
    switches = settings["update"]
    start = getattr(starts, switches["start"])
    transition = transitions(epsilon)

    def resetting(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, and a fresh state in its place where a reset is due."""
        nonlocal transition
        moved, seen = transition(state, number)
        if number and number % switches["resets"] == 0:
            seed = RESET_STREAM + settings["seed"]
            normal, uniform = update.redrawn(seed, streams, settings["state_shape"], number, state.device)
            # A chain that this step blew up must not be healed before it is counted.
            moved = torch.where(torch.isfinite(moved), start(normal), moved)
            if switches["redraw_prior"]:
                low, high = switches["redraw_prior"]
                transition = transitions({**epsilon, "prior": low + (high - low) * uniform})
        return moved, seen

    return resetting


def _first_states(settings: Mapping[str, Any], streams: Sequence[int], device: torch.device) -> Tensor:
    """Where chains start: what the variant's start makes of standard normal numbers.

    The start depends on the seed and the chain's number alone, so all variants that walk the same space
    start from the same states; in the mixing run all chains start from chain 0's.
    """
    seed = START_STREAM + settings["seed"]
    numbers = [0] * len(streams) if settings["run"] == "mixing" else streams
    noise = update.streams(seed, numbers, settings["state_shape"], 1, device)(0)
    start: Callable[[Tensor], Tensor] = getattr(starts, settings["update"]["start"])
    return start(noise)


def _kept(draw: update.Draw, keep_codes: bool) -> dict[str, np.ndarray]:
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
