"""The stage of analytic worlds: a job -> errors against the truth, and trajectories for a picture."""

import numpy as np
import torch
from pandas import DataFrame
from torch import Tensor

from ppgn_bench.columns import WORLD_ERRORS
from ppgn_bench.jobs import Exploring
from ppgn_bench.sampling import update
from ppgn_bench.sampling.noise import START_STREAM, streams
from ppgn_bench.worlds import denoising, mixtures, walkers
from ppgn_bench.worlds.mixtures import Mixture

PURPOSES = ("training", "held-out", "targets")  # a random stream each

PICTURE_CHAINS = 16
PICTURE_STEPS = 400
PICTURE_STEP_SIZE = 0.1  # epsilon 3
PICTURE_CLASS = 1
PANELS = {  # what of epsilon 1, 2 and 3 is on: analogues of AM, a prior alone, a sampler without noise, and Eq. 5
    "condition": (0.0, 1.0, 0.0),
    "prior": (1.0, 0.0, 0.0),
    "noiseless": (1.0, 1.0, 0.0),
    "full": (1.0, 1.0, 1.0),
}
MARGIN = 2.0  # of the picture, around the means
GRID = 120  # points of the picture a side


def explore(job: Exploring) -> tuple[DataFrame, dict[str, np.ndarray]]:
    """All errors on one world from one seed, a row each (`columns.WORLD_ERRORS`), and the picture's arrays.

    Rows of part "score" compare denoisers with exact scores, rows of part "law" walkers with exact draws.
    """
    world = mixtures.mixture(job.components)
    rngs = {purpose: _rng(job.seed, place) for place, purpose in enumerate(PURPOSES)}
    grid = job.sigmas, job.training_sizes, job.iterations
    denoisers = denoising.trained(world, *grid, rngs["training"])
    rows = denoising.score_errors(world, denoisers, rngs["held-out"])
    fields = _fields(world, denoisers, job.drift_sigma)
    rows += walkers.law_errors(world, fields, job, rngs["targets"])
    table = DataFrame([{"world": job.world, "seed": job.seed, **row} for row in rows], columns=list(WORLD_ERRORS))
    return table, picture(world, job.seed)


def picture(world: Mixture, seed: int) -> dict[str, np.ndarray]:
    """Trajectories of the same chains with parts of Eq. 5 switched off, and the densities below them.

    trajectories [panel, chain, step, d] as PANELS; in two dimensions also x and y of a grid, and on it density p(x)
    and class_probability p(y | x) [y, x].
    """
    panels = torch.tensor(list(PANELS.values()), dtype=torch.float64).repeat_interleave(PICTURE_CHAINS, 0)
    stream = torch.arange(PICTURE_CHAINS).repeat(len(PANELS))
    labels = torch.full((len(stream),), PICTURE_CLASS)
    half = PICTURE_STEP_SIZE**2 / 2
    multipliers = {"prior": half, "condition": half, "noise": PICTURE_STEP_SIZE}
    epsilon = {name: value * panels[:, place] for place, (name, value) in enumerate(multipliers.items())}
    d = world.means.shape[1]
    noise = streams(seed, range(PICTURE_CHAINS), (d,), walkers.NOISE_BLOCK, stream.device)
    start = streams(START_STREAM + seed, range(PICTURE_CHAINS), (d,), 1, stream.device)(0)

    def transition(state: Tensor, number: int) -> tuple[Tensor, update.Look]:
        """One step of every chain, with the terms that its panel has."""
        terms = {"prior": mixtures.score(world, state), "condition": mixtures.class_score(world, state, labels)}
        moved = update.step(state, terms, epsilon, noise(number).double()[stream])
        return moved, update.Look(state, torch.zeros(len(state)), {})

    run = update.run(walkers.START_DEVIATION * start.double()[stream], transition, PICTURE_STEPS, 1)
    paths = torch.stack([draw.state for draw in run], 1)
    arrays = {"trajectories": paths.view(len(PANELS), PICTURE_CHAINS, -1, d).float().numpy()}
    return arrays | (_ground(world) if d == 2 else {})


def _ground(world: Mixture) -> dict[str, np.ndarray]:
    """Density and class probability on a grid."""
    low, high = world.means.min(0).values - MARGIN, world.means.max(0).values + MARGIN
    x, y = (torch.linspace(float(low[axis]), float(high[axis]), GRID, dtype=torch.float64) for axis in range(2))
    points = torch.stack([x.repeat(GRID), y.repeat_interleave(GRID)], 1)
    labels = torch.full((len(points),), PICTURE_CLASS)
    grids = {
        "density": mixtures.log_prob(world, points).exp(),
        "class_probability": mixtures.class_log_prob(world, points, labels).exp(),
    }
    return {"x": x.numpy(), "y": y.numpy()} | {name: grid.view(GRID, GRID).numpy() for name, grid in grids.items()}


def _fields(world: Mixture, denoisers: denoising.Denoisers, sigma: float) -> dict[str, walkers.Field]:
    """The prior terms that walkers name: a score, or a residual."""
    blurred, one = mixtures.smoothed(world, sigma), denoising.alone(denoisers, sigma)
    return {
        "score": lambda x: mixtures.score(world, x),
        "perfect": lambda x: sigma**2 * mixtures.score(blurred, x),
        "denoiser": lambda x: denoising.residual(one, x.float()[None])[0].double(),
    }


def _rng(seed: int, purpose: int) -> torch.Generator:
    state = np.random.SeedSequence([seed, purpose]).generate_state(1)
    return torch.Generator().manual_seed(int(state[0]))
