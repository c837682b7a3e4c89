"""One visible loop that trains every network."""

import hashlib
import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from ppgn_bench.jobs import Training
from ppgn_bench.lookup import resolve
from ppgn_bench.training import objectives
from ppgn_bench.training.objectives import Material, Noise, Terms

EMA_DECAY = 0.995  # of the weights that are kept
DISCRIMINATOR_EVERY = 2  # iterations; D learns at half the generator's rate as well
RESTS = (0.1, 10.0)  # the paper's balancing: D rests below, G rests above, r = loss_D / loss_G


History = list[dict[str, float]]


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
    network: nn.Module, material: Material, job: Training, rival: nn.Module | None, seed: int
) -> tuple[nn.Module, History]:
    """Train a network as its job says; return its moving average and the terms of every iteration.

    With a rival (a discriminator) both play by the paper's balance: r = loss_D / loss_G, D rests if r < 0.1, G rests
    if r > 10; loss_G is L_GAN alone, and D plays every second iteration at half the rate, which are this suite's
    choices. Of the job only the numbers of its recipe count.
    """
    torch.manual_seed(seed)  # dropout knows only the global stream
    rng = torch.Generator(device=material.images.device).manual_seed(seed)
    noise = Noise(job.noise, rng)
    iterations = job.iterations
    objective = resolve(job.objective)
    learner = player(network, job.learning_rate)
    opponent = player(rival, job.learning_rate / 2) if rival is not None else None
    average = AveragedModel(network, multi_avg_fn=moving_average)
    history, ratio = [], 1.0
    for iteration in tqdm(range(iterations), desc=job.recipe, unit="it", mininterval=1):
        chosen = torch.randint(len(material.images), (job.batch_size,), generator=rng, device=rng.device)
        batch = material.rows(chosen)
        terms = objective(network, batch, noise, *([rival] if rival is not None else []))
        if ratio <= RESTS[1]:
            learner.learn(weighted(terms, job.weights), iteration / iterations)
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


def seed_of(*names: object) -> int:
    """A seed from named axes, so that no two networks share a random stream by accident of counting."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:7])
