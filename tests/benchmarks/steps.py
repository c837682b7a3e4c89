"""Iterations of a training and steps of a sampler, as their jobs make them, on random images and untrained networks.

A step takes as long with a network that learnt nothing. Each is a call without arguments, made once and timed often.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ppgn_bench.calibration.timing import quiet, shortened
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data.source import ImageSource, InMemory
from ppgn_bench.jobs import Run
from ppgn_bench.networks import load
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.sampling import stage
from ppgn_bench.training import batches, loop
from ppgn_bench.training.changes import named
from ppgn_bench.workflow import paths, plan

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

Networks = Mapping[str, Any]  # by role


def networks_of(experiment: Experiment, folder: str, recipes: Mapping[str, str]) -> Networks:
    """Untrained networks by role, each recipe's once; recipes: role -> recipe, as its folder is named."""
    jobs = {recipe: plan.training(experiment, folder, recipe, 0) for recipe in recipes.values()}
    made = {recipe: on_device(load.built(job.network, job.options, job.sizes)) for recipe, job in jobs.items()}
    return {role: made[recipe].requires_grad_(False).eval() for role, recipe in recipes.items()}


def on_device(network: Any) -> Any:
    """As stages have networks."""
    return network.to(DEVICE, memory_format=torch.channels_last)


def random_images(sizes: Sizes, number: int, kind: type[InMemory] = InMemory) -> InMemory:
    """As a training reads them, labels and modes in turn."""
    shape = number, sizes.channels, sizes.image_size, sizes.image_size
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    modes = np.arange(number) % sizes.num_modes if sizes.num_modes else None
    return kind(images, np.arange(number) % sizes.num_classes, modes)


def iterations(
    experiment: Experiment, folder: str, recipe: str, number: int, kind: type[InMemory] = InMemory
) -> Callable[[], None]:
    """So many more iterations of one training at each call, its rival's among them; recipe: as its folder is named."""
    job = plan.training(experiment, folder, recipe, 0)
    built = on_device(load.built(job.network, job.options, job.sizes))
    rival = job.rival and on_device(load.built(job.rival.network, job.rival.options, job.sizes))
    state = loop.start(built, rival, job, 0)
    real, needed = random_images(job.sizes, 2 * job.batch_size, kind), named(recipe).needs
    drawn = batches.training(real, networks_of(experiment, folder, needed), job, state, 0)

    def call() -> None:
        longer = job.model_copy(update={"iterations": len(state.history) + number})
        with quiet():
            loop.fit(state, drawn, longer, lambda: None)
        finished()

    return call


def chain_steps(
    experiment: Experiment, folder: str, variant: str, chains: int, number: int, sweep: str = "own"
) -> Callable[[], None]:
    """So many steps of so many chains in one batch at each call, their first and last draws kept."""
    job = plan.sampling(experiment, folder, sweep, variant, 0)
    # The state after the last step is looked at, too: `number` looks are one step fewer.
    run = Run(chains_per_target=1, steps=number - 1, keep_every=number)
    job = shortened(job, {"quality": run}, chains).model_copy(update={"chunk_size": chains})
    models = networks_of(experiment, folder, experiment.on(paths.folders(experiment)[folder], variant).networks)
    wanted = stage.prepared(job, models, _no_reals, DEVICE)

    def call() -> None:
        with quiet():
            stage.walked(job, "quality", models, wanted, _no_reals)
        finished()

    return call


def finished() -> None:
    """A card works on after the call that asked it to."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def _no_reals(split: str) -> ImageSource:
    raise AssertionError(f"a condition of a class, and a random start, ask for no image of {split}")
