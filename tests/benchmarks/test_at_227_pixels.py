"""What a second gives at the paper's size, its own networks at 227 pixels: images trained on, steps of chains,
photographs decoded.

On a graphics card where there is one, with batches of 64 images and of up to 200 chains; else on one thread, with 4.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.data import source
from ppgn_bench.data.source import ImageSource, InMemory, Streamed
from ppgn_bench.jobs import Training
from ppgn_bench.networks import load
from ppgn_bench.sampling import stage
from ppgn_bench.training import batches, loop
from ppgn_bench.training.recipes import PRECISIONS
from ppgn_bench.workflow import paths, plan
from tests.conftest import ROOT

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCH, CHAINS = (64, (10, 50, 200)) if DEVICE.type == "cuda" else (4, (4,))
STEPS = 20 if DEVICE.type == "cuda" else 2  # a discriminator plays in every one
PHOTOGRAPH = (500, 375)  # pixels of a usual one of ImageNet


class Streaming(InMemory):
    """As images of files are: encoded batch by batch."""

    @property
    def in_memory(self) -> bool:
        return False


def experiment_of(joint: dict[str, Any]) -> Experiment:
    """Joint PPGN-h with the paper's networks, on shapes at 227 pixels; joint: changes of its generator's recipe."""
    own = {"architecture": "released_generator", "batch_size": BATCH, **joint}
    shapes = {"image_size": 227, "networks": {"classifier": {"architecture": "caffenet"}, "joint": own}}
    config = {"name": "paper", "datasets": {"mnist": None, "shapes": shapes}, "variants": ["joint_ppgn_h"]}
    config |= {"sweeps": {"matched": None, "released": None}, "memory_gib": 64, "worlds": None}
    return load_experiment({**config, "extends": str(ROOT / "config/config.yaml")})


def job_of(precision: str, accumulate: int = 1) -> Training:
    """Its generator's training."""
    experiment = experiment_of({"precision": precision, "accumulate": accumulate})
    (folder,) = paths.folders(experiment)
    return plan.training(experiment, folder, experiment.recipe("shapes", "joint"), 0)


def networks_of(job: Training) -> dict[str, Any]:
    """An encoder that learnt nothing: a step takes as long with one that did."""
    return {"encoder": on_device(load.built(job.needs["encoder"], {}, job.sizes)).requires_grad_(False).eval()}


def on_device(network: Any) -> Any:
    """As stages have networks."""
    return network.to(DEVICE, memory_format=torch.channels_last)


def finished() -> None:
    """A card works on after the call that asked it to."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def training_of(job: Training) -> Callable[[], None]:
    """A few more steps of one training, as often as it is called."""
    assert job.rival is not None
    built = [on_device(load.built(of.network, of.options, job.sizes)) for of in (job, job.rival)]
    state = loop.start(*built, job, 0)
    images = np.random.default_rng(0).integers(0, 256, (2 * BATCH, 3, 227, 227), np.uint8)
    real = Streaming(images, np.arange(2 * BATCH) % 10, None)
    drawn = batches.training(real, networks_of(job), job, state, 0)

    def steps() -> None:
        longer = job.model_copy(update={"iterations": len(state.history) + STEPS})
        loop.fit(state, drawn, longer, lambda: None)
        finished()

    return steps


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("precision", PRECISIONS if DEVICE.type == "cuda" else PRECISIONS[:2])
@pytest.mark.benchmark(group="training at 227 pixels")
def test_training_at_227(benchmark: Any, precision: str, accumulate: int) -> None:
    if DEVICE.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    benchmark.pedantic(training_of(job_of(precision, accumulate)), rounds=3, warmup_rounds=DEVICE.type == "cuda")
    seconds = benchmark.stats.stats.median
    benchmark.extra_info |= {"device": DEVICE.type, "images a second": round(STEPS * BATCH / seconds, 2)}
    if DEVICE.type == "cuda":
        benchmark.extra_info["GiB"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)


@pytest.mark.parametrize("chains", CHAINS)
@pytest.mark.benchmark(group="sampling at 227 pixels")
def test_sampling_at_227(benchmark: Any, chains: int) -> None:
    experiment = experiment_of({})
    (folder,) = paths.folders(experiment)
    job = plan.sampling(experiment, folder, "own", "joint_ppgn_h", 0)
    run = job.runs["quality"].model_copy(update={"chains_per_target": 1, "steps": STEPS, "keep_every": STEPS})
    targets = tuple(job.targets[number % 10] for number in range(chains))
    job = job.model_copy(update={"runs": {"quality": run}, "chunk_size": chains, "targets": targets})
    sizes = job_of("float32").sizes
    made = [on_device(load.built(network, {}, sizes)) for network in dict.fromkeys(job.networks.values())]
    models = dict(zip(dict.fromkeys(job.networks.values()), made, strict=True))
    of_roles = {role: models[network].requires_grad_(False).eval() for role, network in job.networks.items()}
    wanted = stage.prepared(job, of_roles, reals, DEVICE)

    def steps() -> None:
        stage.walked(job, "quality", of_roles, wanted, reals)
        finished()

    benchmark.pedantic(steps, rounds=3, warmup_rounds=DEVICE.type == "cuda")
    benchmark.extra_info["chain-steps a second"] = round(STEPS * chains / benchmark.stats.stats.median, 1)


def reals(split: str) -> ImageSource:
    """One image: a condition of a class, and a random start, ask for none."""
    return InMemory(np.zeros((1, 3, 227, 227), np.uint8), np.zeros(1, np.int64), None)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.benchmark(group="photographs decoded to 227 pixels")
def test_photographs_decoded(benchmark: Any, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "WORKERS", workers)
    rng, paths_ = np.random.default_rng(0), []
    for number in range(64):
        coarse = rng.integers(0, 256, (24, 32, 3), np.uint8)
        paths_.append(str(tmp_path / f"{number}.jpg"))
        Image.fromarray(coarse).resize(PHOTOGRAPH, Image.Resampling.BICUBIC).save(paths_[-1], quality=90)
    files = Streamed(tuple(paths_), np.zeros(64, dtype=np.int64), None, (3, 227, 227))
    benchmark.pedantic(lambda: files.batch(np.arange(64)), rounds=5, warmup_rounds=1)
    benchmark.extra_info["images a second"] = round(64 / benchmark.stats.stats.median)
