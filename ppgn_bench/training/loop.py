"""One visible loop that trains every network."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from ppgn_bench.jobs import Training
from ppgn_bench.lookup import resolve
from ppgn_bench.training import processes
from ppgn_bench.training.history import History
from ppgn_bench.training.objectives import Material, Noise, Terms
from ppgn_bench.training.optimizer import Adam
from ppgn_bench.training.parts import in_precision, mean_terms, parted
from ppgn_bench.training.recipes import Precision

EMA_DECAY = 0.995  # of the weights that are kept
WATCHED = 20  # times that a rival is measured on held-out images while it trains
BETAS = (0.9, 0.999)  # Adam's
RESTS = (0.1, 10.0)  # the paper's balancing: D rests below, G rests above, r = loss_D / loss_G

Tensors = tuple[Tensor, ...] | list[Tensor]
Losses = Callable[..., "Seen"]
Watch = Callable[[nn.Module, nn.Module], Terms]  # rival, what it plays against -> what is measured of them


class Seen(NamedTuple):
    """Of a part of a batch: its share of the loss, its terms, and what was made of it for others."""

    loss: Tensor
    terms: Terms
    made: Any = None


class Player(NamedTuple):
    """A network that learns, and its optimiser, whose `defaults` keep the rate that training starts with.

    scaler: of the loss in float16, where small gradients would be 0; for other precisions it does nothing.
    """

    network: nn.Module
    optimizer: Adam
    scaler: GradScaler

    def pull(self, loss: Tensor) -> None:
        """Add the gradient of a loss to those that wait for a step."""
        self.scaler.scale(loss).backward()

    def step(self, progress: float) -> None:
        """One step of Adam down the gradients. The rate decays to zero along a cosine; progress in [0, 1)."""
        rate = self.optimizer.defaults["lr"]
        self.optimizer.param_groups[0]["lr"] = rate * (1 + math.cos(math.pi * progress)) / 2
        processes.average_gradients(self.network)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.forget()

    def forget(self) -> None:
        """Wait for a step with no gradient."""
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
        opponent = player(rival, job.learning_rate * job.rival.rate, job.rival.betas, job.precision)
    average = AveragedModel(network, multi_avg_fn=moving_average)
    learner = player(network, job.learning_rate, precision=job.precision)
    return State(learner, opponent, average, torch.Generator(device).manual_seed(seed))


def player(
    network: nn.Module, rate: float, betas: tuple[float, float] = BETAS, precision: Precision = "float32"
) -> Player:
    """A network that has not learnt yet."""
    scaler = GradScaler(next(network.parameters()).device.type, enabled=precision == "float16")
    return Player(network, Adam(network.parameters(), rate, betas, fused=True), scaler)


def fit(
    state: State, batches: Iterator[Material], job: Training, keep: Callable[[], None], watch: Watch | None = None
) -> None:
    """Train a network as its job says, from where its state is; `keep` is called when an iteration is done.

    With a rival (a discriminator) both play by the paper's balance: r = loss_D / loss_G, D rests if r < 0.1, G rests
    if r > 10. loss_D is the one term of the rival's objective; loss_G is L_GAN alone, the term of the learner's that
    the job names; and D plays every few iterations at a part of the rate, which the job says. While one plays, the
    other's weights are frozen. Of the job only the numbers of its recipe count. Some iterations end with what `watch`
    says of both. A batch is seen in parts, whose gradients add up before a step.
    """
    learner, rival, done = state.learner, state.opponent, len(state.history)
    noise, network = Noise(job.noise, state.rng), learner.network
    losses, judging = _losses(job, state)
    for iteration in _shown(job, done):
        batch, progress = next(batches), iteration / job.iterations
        _part_dropout(state.rng.initial_seed(), iteration)
        take_turns(network, rival and rival.network)
        plays = state.ratio <= RESTS[1]
        terms, drawn = pulled(learner if plays else None, losses, parted(batch, noise, job.accumulate))
        if plays:
            learner.step(progress)
            state.average.update_parameters(network)
        if rival and job.rival and iteration % job.rival.every == 0:
            take_turns(rival.network, network)
            judged, _ = pulled(rival, judging, drawn)
            (loss,) = judged.values()
            state.ratio = (loss / terms[job.rival.term]).item()
            if state.ratio >= RESTS[0]:
                rival.step(progress)
            rival.forget()
            terms |= judged
        if watch and rival and watched(iteration, job.iterations):
            terms |= watch(rival.network, network)
        state.history.append({name: float(value) for name, value in terms.items()})
        keep()


def _losses(job: Training, state: State) -> tuple[Losses, Losses]:
    """What the learner is trained on, of a part of a batch and its noise; and its rival, of what is made of that."""
    network, rival = state.learner.network, state.opponent and state.opponent.network
    objective = resolve(job.rival.against if job.rival else job.objective)
    judge = resolve(job.rival.objective) if job.rival else None

    def losses(part: Material, noise: Noise) -> Seen:
        """Of the learner."""
        terms, drawn = objective(network, part, noise, rival) if judge else (objective(network, part, noise), None)
        return Seen(weighted(terms, job.weights) / job.accumulate, terms, (part, drawn))

    def judging(part: Material, drawn: Any) -> Seen:
        """Of its rival."""
        assert judge is not None
        terms = judge(rival, part, drawn)
        (loss,) = terms.values()
        return Seen(loss / job.accumulate, terms)

    precise = in_precision(job.precision, state.rng.device)
    return precise(losses), precise(judging)


def pulled(player: Player | None, losses: Losses, parts: Iterable[tuple[Any, ...]]) -> tuple[Terms, list[Any]]:
    """The terms of a batch, their mean over its parts, and what came of each part; nothing of it has gradients.

    The player's gradients, of the parts' losses, wait for its step; nobody's where nobody plays.
    """
    found: list[Seen] = []
    for part in parts:
        seen = losses(*part)
        if player:
            player.pull(seen.loss)
        found.append(Seen(seen.loss.detach(), {name: value.detach() for name, value in seen.terms.items()}, seen.made))
    return mean_terms([seen.terms for seen in found]), [seen.made for seen in found]


def _shown(job: Training, done: int) -> Iterable[int]:
    """The iterations that are left, with a bar of the first process."""
    left, silent = range(done, job.iterations), processes.place() > 0
    return tqdm(left, job.recipe, initial=done, total=job.iterations, unit="it", mininterval=1, disable=silent)


def _part_dropout(seed: int, iteration: int) -> None:
    """In all processes but the first: a stream of dropout's own, the same whenever this iteration is done."""
    if processes.place():
        torch.manual_seed(seed_of(seed, processes.place(), iteration))


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
