"""How networks are trained: one visible loop, and the stage that turns a recipe into weights."""

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from ppgn_bench.networks import architectures
from ppgn_bench.networks.architectures import Sizes
from ppgn_bench.storage import files
from ppgn_bench.training import objectives
from ppgn_bench.training.objectives import Material, Noise, Terms

EMA_DECAY = 0.995  # of the weights that are kept
HELD_OUT, HELD_OUT_TERM = "judge", "held-out"  # the split, and what its rows of a loss log start with
ASYMMETRY_CODES = 32  # at which the Jacobian of E(G(h)) is taken
DISCRIMINATOR_EVERY = 2  # iterations; D learns at half the generator's rate as well
LOG_POINTS = 200  # rows of a loss log for each term
RESTS = (0.1, 10.0)  # the paper's balancing: D rests below, G rests above, r = loss_D / loss_G

History = list[dict[str, float]]
Losses = list[tuple[int, str, float]]  # iterations done, term, mean
Tensors = tuple[Tensor, ...] | list[Tensor]


class Player(NamedTuple):
    """A network's parameters and Adam's state, one tensor each: means and squares of gradients, numbers of steps."""

    parameters: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]
    rate: float

    def learn(self, loss: Tensor, progress: float) -> None:
        """One step of Adam down the gradient of its own parameters, nobody else's.

        The rate decays to zero along a cosine; progress through training in [0, 1).
        """
        gradients = list(torch.autograd.grad(loss, self.parameters))
        with torch.no_grad():  # the functional form: the class imports torch's compiler, over a second a job
            adam(
                self.parameters, gradients, self.means, self.squares, [], self.steps,
                lr=self.rate * (1 + math.cos(math.pi * progress)) / 2,
                beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, amsgrad=False, maximize=False, fused=True,
            )  # fmt: skip


def player(network: nn.Module, rate: float) -> Player:
    """A network that has not learnt yet."""
    parameters: list[Tensor] = list(network.parameters())
    means, squares = ([torch.zeros_like(values) for values in parameters] for _ in range(2))
    return Player(parameters, means, squares, [torch.zeros((), device=values.device) for values in parameters], rate)


def fit(
    network: nn.Module, material: Material, settings: Mapping[str, Any], rival: nn.Module | None, seed: int
) -> tuple[nn.Module, History]:
    """Train a network by its settings; return its moving average and the terms of every iteration.

    With a rival (a discriminator) both play by the paper's balance: r = loss_D / loss_G, D rests if r < 0.1, G rests
    if r > 10; loss_G is L_GAN alone, and D plays every second iteration at half the rate, which are this suite's
    choices. settings: a recipe's objective, iterations, batch_size, learning_rate, noise and weights.
    """
    torch.manual_seed(seed)  # dropout knows only the global stream
    rng = torch.Generator(device=material.images.device).manual_seed(seed)
    noise = Noise(settings["noise"], rng)
    iterations = settings["iterations"]
    objective = getattr(objectives, settings["objective"])
    learner = player(network, settings["learning_rate"])
    opponent = player(rival, settings["learning_rate"] / 2) if rival is not None else None
    average = AveragedModel(network, multi_avg_fn=moving_average)
    history, ratio = [], 1.0
    for iteration in tqdm(range(iterations), desc=settings["recipe"], unit="it", mininterval=1):
        chosen = torch.randint(len(material.images), (settings["batch_size"],), generator=rng, device=rng.device)
        batch = material.rows(chosen)
        terms = objective(network, batch, noise, *([rival] if rival is not None else []))
        if ratio <= RESTS[1]:
            learner.learn(weighted(terms, settings["weights"]), iteration / iterations)
            average.update_parameters(network)
        if rival is not None and opponent is not None and iteration % DISCRIMINATOR_EVERY == 0:
            terms |= objectives.discriminator(rival, batch, noise, network)
            ratio = (terms["discriminator"].detach() / terms["gan"].detach()).item()
            if ratio >= RESTS[0]:
                opponent.learn(terms["discriminator"], iteration / iterations)
        history.append({name: float(value.detach()) for name, value in terms.items()})
    return average.module, history


@torch.no_grad()
def moving_average(averages: Tensors, values: Tensors, count: Tensor | int) -> None:
    """Exponential moving average in place, shorter while it is young, so that it forgets where training started:

    average += (1 - decay) (value - average),  decay = min(0.995, (1 + count) / (10 + count))
    """
    decay = min(EMA_DECAY, (1 + int(count)) / (10 + int(count)))
    torch._foreach_lerp_(list(averages), list(values), 1 - decay)


def weighted(terms: Terms, weights: Mapping[str, float]) -> Tensor:
    """Sum of the terms that have a weight; a term without one is measured, not trained on."""
    return torch.stack([weights[name] * value for name, value in terms.items() if name in weights]).sum()


# --------------------------------------------------------------------------------------------------------- the stage


def train(
    settings: Mapping[str, Any], data_file: Path, needs: Mapping[str, Path], device: torch.device
) -> tuple[dict[str, np.ndarray], Losses]:
    """Weights of one network and the log of its losses, from what `plan.training` gives, a data file and what it needs.

    Raises UserError for a damaged file or weights of another architecture, FloatingPointError where training
    diverged.
    """
    data, _ = files.load_arrays(data_file, "data")
    material = _material(settings, data, needs, device)
    sizes = architectures.sizes_of(settings["sizes"])
    seed = seed_of(settings["dataset"], settings["recipe"], settings["seed"])
    network = _built(getattr(architectures, settings["network"]), sizes, seed, device)
    rival = _built(architectures.Discriminator, sizes, seed + 1, device) if "gan" in settings["weights"] else None
    trained, history = fit(network, material, settings, rival, seed)
    if isinstance(trained, architectures.Classifier):
        trained.rescale(material.images)
    weights = {name: value.detach().cpu().numpy() for name, value in trained.state_dict().items()}
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise FloatingPointError(f"training of {settings['recipe']} (seed {settings['seed']}) diverged")
    return weights, log(history) + held_out_errors(trained, settings, data, needs, device)


@torch.no_grad()
def held_out_errors(
    network: nn.Module,
    settings: Mapping[str, Any],
    data: Mapping[str, np.ndarray],
    needs: Mapping[str, Path],
    device: torch.device,
) -> Losses:
    """The losses on images that trained no sampler, under the recipe's noise: rows of the log after its last iteration.

    The images are the judge's training split; the judge itself has no such rows. Without the discriminator, whose
    loss says nothing about an image. A generator has its asymmetry as well (`objectives.asymmetry`).
    """
    if settings["split"] == HELD_OUT:
        return []
    material = _material({**settings, "split": HELD_OUT}, data, needs, device)
    noise = Noise(settings["noise"], torch.Generator(device=device).manual_seed(0))
    terms = getattr(objectives, settings["objective"])(network.eval(), material, noise)
    if isinstance(network, architectures.Generator):
        assert material.classifier is not None
        assert material.code is not None
        terms["asymmetry"] = objectives.asymmetry(network, material.classifier, material.code[:ASYMMETRY_CODES])
    return [(settings["iterations"], f"{HELD_OUT_TERM} {name}", float(value)) for name, value in terms.items()]


def log(history: History, points: int = LOG_POINTS) -> Losses:
    """Loss log: step (iterations done), term, and its mean over the window that ends there; `points` windows."""
    windows = np.array_split(np.arange(len(history)), min(points, len(history)))
    rows = []
    for window in windows:
        for term in {name: None for index in window for name in history[index]}:
            values = [history[index][term] for index in window if term in history[index]]
            rows.append((int(window[-1]) + 1, term, float(np.mean(values))))
    return rows


def seed_of(*names: object) -> int:
    """A seed from named axes, so that no two networks share a random stream by accident of counting."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:7])


def _built(network: type[nn.Module], sizes: Sizes, seed: int, device: torch.device) -> nn.Module:
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global stream
        torch.manual_seed(seed)
        return network(sizes).to(device).to(memory_format=torch.channels_last)


def _material(
    settings: Mapping[str, Any],
    data: Mapping[str, np.ndarray],
    needs: Mapping[str, Path],
    device: torch.device,
) -> Material:
    """The split's images, and what the frozen classifier makes of them, once."""
    split = settings["split"]
    images = torch.from_numpy(data[f"{split}.images"]).to(device).float().div(255)
    images = images.contiguous(memory_format=torch.channels_last)
    modes = data.get(f"{split}.modes")
    material = Material(
        images=images,
        labels=torch.from_numpy(data[f"{split}.labels"]).to(device),
        modes=None if modes is None else torch.from_numpy(modes).to(device),
    )
    if "classifier" not in needs:
        return material
    classifier: Any = architectures.load(needs["classifier"], "Classifier", device)
    with torch.no_grad():
        activations = classifier(images)
    return material._replace(classifier=classifier, h1=activations.h1, code=activations.code)
