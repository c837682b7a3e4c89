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
from ppgn_bench.data.source import InMemory, Streamed
from ppgn_bench.training.recipes import PRECISIONS
from ppgn_bench.workflow import paths
from tests.benchmarks import steps
from tests.benchmarks.steps import DEVICE
from tests.conftest import ROOT

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


def training_of(precision: str, accumulate: int = 1) -> Callable[[], None]:
    """A few more iterations of its generator's training, as often as it is called."""
    experiment = experiment_of({"precision": precision, "accumulate": accumulate})
    (folder,) = paths.folders(experiment)
    return steps.iterations(experiment, folder, experiment.recipe("shapes", "joint"), STEPS, Streaming)


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("precision", PRECISIONS if DEVICE.type == "cuda" else PRECISIONS[:2])
@pytest.mark.benchmark(group="training at 227 pixels")
def test_training_at_227(benchmark: Any, precision: str, accumulate: int) -> None:
    if DEVICE.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    benchmark.pedantic(training_of(precision, accumulate), rounds=3, warmup_rounds=DEVICE.type == "cuda")
    seconds = benchmark.stats.stats.median
    benchmark.extra_info |= {"device": DEVICE.type, "images a second": round(STEPS * BATCH / seconds, 2)}
    if DEVICE.type == "cuda":
        benchmark.extra_info["GiB"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)


@pytest.mark.parametrize("chains", CHAINS)
@pytest.mark.benchmark(group="sampling at 227 pixels")
def test_sampling_at_227(benchmark: Any, chains: int) -> None:
    experiment = experiment_of({})
    (folder,) = paths.folders(experiment)
    call = steps.chain_steps(experiment, folder, "joint_ppgn_h", chains, STEPS)
    benchmark.pedantic(call, rounds=3, warmup_rounds=DEVICE.type == "cuda")
    benchmark.extra_info["chain-steps a second"] = round(STEPS * chains / benchmark.stats.stats.median, 1)


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
