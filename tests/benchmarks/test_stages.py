"""What each stage reaches of the machine's ceilings: iterations of trainings, steps of samplers, metrics.

`make bench` ends with them as a table (`roofline`); on a graphics card where there is one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.calibration.timing import timed
from ppgn_bench.config.load import load_experiment
from ppgn_bench.jobs import Sampling
from ppgn_bench.metrics import diversity, quality
from ppgn_bench.metrics.inputs import judged
from ppgn_bench.networks import load
from ppgn_bench.storage import machine
from ppgn_bench.storage.processor import TORCH
from ppgn_bench.training.recipes import RECIPES
from ppgn_bench.workflow import paths, plan
from tests.benchmarks import roofline, steps
from tests.benchmarks.counting import Work, counted, distances_flops
from tests.conftest import ROOT

CPU = torch.device("cpu")
DATASETS = ("mnist", "shapes")
TRAINED = ("classifier", "joint", "vae_gan", "image_denoiser", "code_denoiser")
SAMPLED = ("joint_ppgn_h", "ppgn_h", "dgn_am", "ppgn_x", "am")  # in codes, and in pixels
ITERATIONS = 4  # in a call: a rival learns in every second one
STEPS = Sampling.noise_block((64,))  # in a call, as many as noise of codes is drawn for at once
IMAGES = 1000  # that metrics see
DOUBLE = 8  # bytes
# Operations of the eigenvalues of a square matrix for each number to the third: Hessenberg form and the QR iteration
# (Golub & Van Loan, section 7.5).
EIGENVALUES = 10


@pytest.fixture(scope="module")
def main_run():
    return load_experiment({"extends": str(ROOT / "config/config.yaml")})


@pytest.fixture(scope="module")
def ceilings():
    """What measures the ceilings of each device that a stage runs on."""
    return {device: roofline.ceilings(device) for device in {steps.DEVICE, CPU}}


@pytest.fixture
def reaches(benchmark, request, ceilings):
    """What times a stage in turns with the ceilings, and keeps it for the table at the end."""

    def reached(stage: str, call: Callable[[], Any], times: int = 1, work: Work | None = None, on: Any = CPU) -> None:
        """times: how many of the stage's units a call makes; work: of a call, where torch does not do it."""
        call()  # what is made when it is first asked for is not counted
        of_call = work or counted(call)
        seconds, beside = [], []
        benchmark.pedantic(
            lambda: seconds.append(timed(call, on)[1] / times),
            setup=lambda: beside.append(ceilings[on]()),
            rounds=roofline.ROUNDS,
        )
        found = roofline.Reached(stage, hardware(on), Work(*(of / times for of in of_call)), seconds, beside)
        request.config.stash[roofline.REACHED].append(found)
        own = roofline.row(found)
        benchmark.extra_info |= {"of the limit": round(own.of_limit, 3), "GFLOP/s": round(own.speed / 1e9, 2)}

    return reached


def hardware(device: torch.device) -> str:
    """What runs on it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    known = machine.processor()
    named = [f"{name} {known[name]}" for name in ("family", "model") if name in known]
    return f"{known['processor']} ({', '.join([*named, known[TORCH]])}), {torch.get_num_threads()} thread"


@pytest.mark.parametrize("recipe", TRAINED)
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.benchmark(group="an iteration of a training")
def test_an_iteration(reaches, main_run, dataset, recipe):
    batch = RECIPES[recipe].batch_size
    call = steps.iterations(main_run, dataset, main_run.recipe(dataset, recipe), ITERATIONS)
    reaches(f"training {recipe} on {dataset}, batch of {batch}", call, ITERATIONS, on=steps.DEVICE)


@pytest.mark.parametrize("chains", [20, 200])
@pytest.mark.parametrize("variant", SAMPLED)
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.benchmark(group="a step of a sampler")
def test_a_step(reaches, main_run, dataset, variant, chains):
    call = steps.chain_steps(main_run, dataset, variant, chains, STEPS)
    reaches(f"step of {variant} on {dataset}, {chains} chains", call, STEPS, on=steps.DEVICE)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.benchmark(group="a metric of 1,000 images")
def test_features(reaches, main_run, dataset):
    sizes = plan.training(main_run, dataset, "judge", 0).sizes
    file = ROOT / paths.judges(main_run, dataset)["judge"]
    judge = steps.on_device(load.load(file, plan.measuring_controls(main_run, dataset).judges[0]))
    images = steps.random_images(sizes, IMAGES).images
    reaches(
        f"features of the judge, {dataset}, {IMAGES:,} images", lambda: judged(judge, [images], IMAGES, steps.DEVICE)
    )


@pytest.mark.benchmark(group="a metric of 1,000 images")
def test_dissimilarity(reaches):
    images, targets = np.random.default_rng(0).random((IMAGES, 3, 32, 32), np.float32), np.arange(IMAGES) % 10
    call = lambda: diversity.within_class_dissimilarity(images=images, targets=targets)  # noqa: E731
    reaches(f"SSIM within a class, shapes, {diversity.PAIRS_PER_TARGET} pairs for each of 10", call)


@pytest.mark.parametrize("metric", [quality.frechet_distance, quality.precision, diversity.coverage])
@pytest.mark.benchmark(group="a metric of 1,000 images")
def test_a_metric_of_features(reaches, metric):
    features = 64  # as the judges of mnist and shapes have
    real, generated = np.random.default_rng(0).standard_normal((2, IMAGES, features), np.float32)
    work = None if metric is quality.precision else WORK[metric](IMAGES, features)
    reaches(
        f"{metric.__name__}, {IMAGES:,} x {features} features", lambda: metric(real=real, generated=generated), 1, work
    )


def of_frechet(images: int, features: int) -> Work:
    """Two covariances, the product of both and its eigenvalues; features, as doubles, are read twice."""
    flops = 2 * (2 * images * features**2) + (2 + EIGENVALUES) * features**3
    return Work(flops, DOUBLE * (2 * 2 * images * features + 4 * features**2))


def of_coverage(images: int, features: int) -> Work:
    """Distances of real images to each other and to generated ones, each written once and gone through once."""
    return Work(2 * distances_flops(images, images, features), DOUBLE * 2 * (2 * images * features + 2 * images**2))


WORK = {quality.frechet_distance: of_frechet, diversity.coverage: of_coverage}
