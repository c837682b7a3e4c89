"""The training stage: a recipe becomes weights, a log of losses and errors on held-out images."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ppgn_bench import columns
from ppgn_bench.data.source import opened
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Rival, Training
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks import load
from ppgn_bench.networks.pretrained import pretrained
from ppgn_bench.training import batches, checkpoint, processes
from ppgn_bench.training.held_out import mean_over, told
from ppgn_bench.training.history import History, Losses, log
from ppgn_bench.training.loop import State, Watch, fit, seed_of, start
from ppgn_bench.training.objectives import Noise, Terms

HELD_OUT = "held_out"  # the split
REAL = ("reference", "control")  # that no pretrained network of ours was trained on
TELLS = {
    Name("training.held_out:classifier"),
    Name("training.held_out:judge"),
}  # measured of networks that tell classes
OF_RIVAL, MOST_WATCHED = "discriminator_", 400  # what names of its numbers start with; images that they are of


def train(
    job: Training,
    data_file: Path,
    needs: Mapping[str, Path],
    device: torch.device,
    unfinished: checkpoint.Unfinished | None = None,
    given: Path | None = None,
) -> tuple[dict[str, np.ndarray], Losses]:
    """Weights of one network and the log of its losses; of several processes all train, and the first one has these.

    needs: role -> file of a network that it needs; roles of the same file are served by one network. unfinished: where
    it is kept while it runs, and from where it goes on; kept nowhere by default. given: the file of the weights that
    the job's options name, if any: then nothing is trained.
    Raises UserError for a damaged file, weights of another architecture, a checkpoint of another training or a
    precision that the device does not have, FloatingPointError where training diverged, checkpoint.StoppedError.
    """
    if job.options.get("weights"):
        return _as_given(job, data_file, pretrained(job.network, job.options, job.sizes, given).to(device), device)
    if job.precision == "float16" and device.type != "cuda":
        raise UserError(f"precision: float16 needs a CUDA device, and this is {device.type}; say bfloat16 or float32")
    source = opened(data_file, job.split)
    networks = _needed(job, needs, device)
    seed = seed_of(job.dataset, job.recipe, job.seed)
    state = _new(job, seed, device)
    with checkpoint.kept(state, unfinished) as keep:
        watch = None if processes.place() else _watch(job, data_file, networks, device)
        fit(state, batches.training(source, networks, job, state, seed), job, keep, watch)
        if processes.place():
            return {}, []
        if unfinished is not None and unfinished.stays:
            checkpoint.save(state, unfinished)
        trained = state.average.module.requires_grad_(False).eval()
        if job.after is not None:
            resolve(job.after)(trained, (part.images for part in batches.Passes(source, {}, device)))
        weights = {name: value.cpu().numpy() for name, value in trained.state_dict().items()}
        if not all(np.isfinite(value).all() for value in weights.values()):
            raise FloatingPointError(f"training of {job.recipe} (seed {job.seed}) diverged")
        measured = while_training(state.history) | measurements(trained, job, data_file, networks, device)
        rows = [(job.iterations, f"{columns.HELD_OUT}{name}", value) for name, value in measured.items()]
        return weights, log(state.history) + rows


def _as_given(
    job: Training, data_file: Path, network: nn.Module, device: torch.device
) -> tuple[dict[str, np.ndarray], Losses]:
    """A pretrained network as a file has it, and how many of the real images a classifier tells."""
    arrays = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    if not TELLS & set(job.held_out):
        return arrays, []
    some = (batches.Passes(opened(data_file, split), {}, device).some(MOST_WATCHED) for split in REAL)
    measured = told(network, itertools.chain.from_iterable(some))
    return arrays, [(0, f"{columns.HELD_OUT}{name}", float(value)) for name, value in measured.items()]


@torch.no_grad()
def held_out_errors(
    network: nn.Module, job: Training, data_file: Path, needed: Mapping[str, nn.Module], device: torch.device
) -> dict[str, float]:
    """The losses on images that trained no sampler, under the recipe's noise.

    Without the rival, whose loss says nothing about an image.
    """
    source, noise, objective = opened(data_file, HELD_OUT), _noise(job, device), resolve(job.objective)
    terms = mean_over(batches.Passes(source, needed, device), lambda part: objective(network, part, noise))
    return {name: float(value) for name, value in terms.items()}


@torch.no_grad()
def measurements(
    network: nn.Module, job: Training, data_file: Path, needed: Mapping[str, nn.Module], device: torch.device
) -> dict[str, float]:
    """The losses on held-out images, and what a job measures as `held_out`, of all images."""
    measured = held_out_errors(network, job, data_file, needed, device)
    held_out, train = (batches.Passes(opened(data_file, split), needed, device) for split in (HELD_OUT, job.split))
    for name in job.held_out:
        terms = resolve(name)(network, held_out, train, _noise(job, device))
        measured |= {term: float(value) for term, value in terms.items()}
    return measured


def while_training(history: History) -> dict[str, float]:
    """What was measured of a rival in the third and in the last quarter of training: the lower mean of the two.

    One measurement is of few images: on digits a single accuracy of .7 has a standard error of .03.
    """
    half, quarter = len(history) // 2, -(-len(history) // 4)
    found: dict[str, float] = {}
    for part in (history[half : half + quarter], history[half + quarter :]):
        late = [row for row in part if any(name.startswith(OF_RIVAL) for name in row)]
        names = [name for name in (late[0] if late else ()) if name.startswith(OF_RIVAL)]
        means = {name: sum(row[name] for row in late) / len(late) for name in names}
        found |= {name: min(mean, found.get(name, mean)) for name, mean in means.items()}
    return found


def _noise(job: Training, device: torch.device) -> Noise:
    """The recipe's noise from a stream of its own: every time the same."""
    return Noise(job.noise, torch.Generator(device=device).manual_seed(0))


def _watch(job: Training, data_file: Path, needed: Mapping[str, nn.Module], device: torch.device) -> Watch | None:
    """What is measured of a rival on held-out images while it trains; nothing without one."""
    if job.rival is None:
        return None
    held_out = batches.Passes(opened(data_file, HELD_OUT), needed, device).some(MOST_WATCHED)
    measure = resolve(job.rival.held_out)

    @torch.no_grad()
    def watch(rival: nn.Module, network: nn.Module) -> Terms:
        """What is measured of the two now."""
        rival.eval(), network.eval()  # without dropout
        terms = measure(rival, network, held_out, _noise(job, device))
        rival.train(), network.train()
        return {f"{OF_RIVAL}{name}": value for name, value in terms.items()}

    return watch


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
