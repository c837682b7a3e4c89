"""One visible loop that trains every network."""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from ppgn_bench.jobs import Training
from ppgn_bench.lookup import resolve
from ppgn_bench.training.history import History
from ppgn_bench.training.objectives import Material, Noise, Terms
from ppgn_bench.training.optimizer import Adam

EMA_DECAY = 0.995  # of the weights that are kept
WATCHED = 20  # times that a rival is measured on held-out images while it trains
BETAS = (0.9, 0.999)  # Adam's
RESTS = (0.1, 10.0)  # the paper's balancing: D rests below, G rests above, r = loss_D / loss_G

Tensors = tuple[Tensor, ...] | list[Tensor]
Watch = Callable[[nn.Module, nn.Module], Terms]  # rival, what it plays against -> what is measured of them


class Player(NamedTuple):
    """A network that learns, and its optimiser, whose `defaults` keep the rate that training starts with."""

    network: nn.Module
    optimizer: Adam

    def learn(self, loss: Tensor, progress: float) -> None:
        """One step of Adam down the gradient. The rate decays to zero along a cosine; progress in [0, 1)."""
        rate = self.optimizer.defaults["lr"]
        self.optimizer.param_groups[0]["lr"] = rate * (1 + math.cos(math.pi * progress)) / 2
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


@dataclass
class State:
    """All that training changes, and so what a checkpoint holds beside the global random stream, dropout's.

    average: the moving average of the learner's weights, which is what training gives; rng: of batches and noise;
    ratio: loss_D / loss_G; history: the terms of every iteration that is done.
    """

    learner: Player
    opponent: Player | None
    average: AveragedModel
    rng: torch.Generator
    ratio: float = 1.0
    history: History = field(default_factory=list)


def start(network: nn.Module, rival: nn.Module | None, job: Training, seed: int) -> State:
    """The state before the first iteration; seeds the global random stream. rival: built as the job's says."""
    torch.manual_seed(seed)  # dropout knows only the global stream
    device = next(network.parameters()).device
    opponent = None
    if rival is not None and job.rival is not None:
        opponent = player(rival, job.learning_rate * job.rival.rate, job.rival.betas)
    average = AveragedModel(network, multi_avg_fn=moving_average)
    return State(player(network, job.learning_rate), opponent, average, torch.Generator(device).manual_seed(seed))


def player(network: nn.Module, rate: float, betas: tuple[float, float] = BETAS) -> Player:
    """A network that has not learnt yet."""
    return Player(network, Adam(network.parameters(), rate, betas, fused=True))


def fit(
    state: State, batches: Iterator[Material], job: Training, keep: Callable[[], None], watch: Watch | None = None
) -> None:
    """Train a network as its job says, from where its state is; `keep` is called when an iteration is done.

    With a rival (a discriminator) both play by the paper's balance: r = loss_D / loss_G, D rests if r < 0.1, G rests
    if r > 10. loss_D is the one term of the rival's objective; loss_G is L_GAN alone, the term of the learner's that
    the job names; and D plays every few iterations at a part of the rate, which the job says. While one plays, the
    other's weights are frozen. Of the job only the numbers of its recipe count. Some iterations end with what `watch`
    says of both.
    """
    (network, _), rival, done = state.learner, state.opponent, len(state.history)
    noise, objective = Noise(job.noise, state.rng), resolve(job.objective)
    left = range(done, job.iterations)
    for iteration in tqdm(left, job.recipe, initial=done, total=job.iterations, unit="it", mininterval=1):
        batch, progress = next(batches), iteration / job.iterations
        take_turns(network, rival and rival.network)
        if rival and job.rival:
            terms, drawn = resolve(job.rival.against)(network, batch, noise, rival.network)
        else:
            terms = objective(network, batch, noise)
        if state.ratio <= RESTS[1]:
            state.learner.learn(weighted(terms, job.weights), progress)
            state.average.update_parameters(network)
        if rival and job.rival and iteration % job.rival.every == 0:
            take_turns(rival.network, network)
            judged = resolve(job.rival.objective)(rival.network, batch, drawn)
            (loss,) = judged.values()
            state.ratio = (loss.detach() / terms[job.rival.term].detach()).item()
            if state.ratio >= RESTS[0]:
                rival.learn(loss, progress)
            terms |= judged
        if watch and rival and watched(iteration, job.iterations):
            terms |= watch(rival.network, network)
        state.history.append({name: float(value.detach()) for name, value in terms.items()})
        keep()


def watched(iteration: int, iterations: int) -> bool:
    """Whether a rival is measured after this iteration: WATCHED times, evenly spaced, the last time at the end."""
    return (iteration + 1) * WATCHED // iterations > iteration * WATCHED // iterations


def take_turns(plays: nn.Module, rests: nn.Module | None) -> None:
    """Gradients for the weights of the one that plays, none for the other's."""
    plays.requires_grad_(True)
    if rests is not None:
        rests.requires_grad_(False)


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
