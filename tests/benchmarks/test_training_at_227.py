"""Images a second at the paper's size: a step of training its own networks at 227 pixels, and photographs decoded.

On a graphics card where there is one, with batches of 64; else on one thread, with batches of 4.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data import source
from ppgn_bench.data.source import InMemory, Streamed
from ppgn_bench.jobs import Training
from ppgn_bench.networks import load
from ppgn_bench.training import batches, loop
from ppgn_bench.training.recipes import PRECISIONS
from ppgn_bench.workflow import paths, plan
from tests.conftest import ROOT

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCH = 64 if DEVICE.type == "cuda" else 4
STEPS = 2  # a discriminator plays in both
PHOTOGRAPH = (500, 375)  # pixels of a usual one of ImageNet


class Streaming(InMemory):
    """As images of files are: encoded batch by batch."""

    @property
    def in_memory(self) -> bool:
        return False


def job_of(precision: str, accumulate: int = 1) -> Training:
    """Joint PPGN-h's generator with the paper's networks, on shapes at 227 pixels."""
    own = {"architecture": "released_generator", "batch_size": BATCH, "precision": precision, "accumulate": accumulate}
    shapes = {"image_size": 227, "networks": {"classifier": {"architecture": "caffenet"}, "joint": own}}
    config = {"name": "paper", "datasets": {"mnist": None, "shapes": shapes}, "variants": ["joint_ppgn_h"]}
    config |= {"sweeps": {"matched": None, "released": None}, "memory_gib": 64, "worlds": None}
    experiment = load_experiment({**config, "extends": str(ROOT / "config/config.yaml")})
    (folder,) = paths.folders(experiment)
    joint = experiment.recipe("shapes", "joint")
    return plan.training(experiment, folder, joint, 0).model_copy(update={"iterations": STEPS})


def networks_of(job: Training) -> dict[str, Any]:
    """An encoder that learnt nothing: a step takes as long with one that did."""
    encoder = load.built(job.needs["encoder"], {}, job.sizes).requires_grad_(False).eval()
    return {"encoder": encoder.to(DEVICE, memory_format=torch.channels_last)}  # type: ignore[call-overload]


def steps(job: Training, networks: dict[str, Any]) -> None:
    """A few steps of training, from new networks."""
    assert job.rival is not None
    built = [load.built(of.network, of.options, job.sizes).to(DEVICE) for of in (job, job.rival)]
    state = loop.start(*(own.to(memory_format=torch.channels_last) for own in built), job, 0)  # type: ignore[arg-type]
    images = np.random.default_rng(0).integers(0, 256, (BATCH, 3, 227, 227), np.uint8)
    real = Streaming(images, np.arange(BATCH) % 10, None)
    loop.fit(state, batches.training(real, networks, job, state, 0), job, lambda: None)
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("precision", PRECISIONS if DEVICE.type == "cuda" else PRECISIONS[:2])
@pytest.mark.benchmark(group="training at 227 pixels")
def test_training_at_227(benchmark: Any, precision: str, accumulate: int) -> None:
    job = job_of(precision, accumulate)
    networks = networks_of(job)
    benchmark.pedantic(lambda: steps(job, networks), rounds=3, warmup_rounds=DEVICE.type == "cuda")
    seconds = benchmark.stats.stats.median
    benchmark.extra_info |= {"device": DEVICE.type, "images a second": round(STEPS * BATCH / seconds, 2)}
    if DEVICE.type == "cuda":
        benchmark.extra_info["GiB"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)


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
