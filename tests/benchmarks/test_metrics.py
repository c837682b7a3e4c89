"""How metrics grow with the number of images: seconds and memory, each in a process of its own."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

FEATURES = {"frechet_distance": 2048, "coverage": 64, "precision": 64}  # Inception's, a judge's
PROGRAM = """
import resource, sys, time
import numpy as np
import torch_fidelity.metric_fid
from ppgn_bench.metrics import diversity, quality
metric, number, features = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(0)
sides = {name: rng.standard_normal((number, features), dtype=np.float32) for name in ("real", "generated")}
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
getattr(diversity if metric == "coverage" else quality, metric)(**sides)
print(time.perf_counter() - started, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.benchmark(group="metrics of many images")
@pytest.mark.parametrize("metric", FEATURES)
@pytest.mark.parametrize("images", [1000, 10_000, 50_000])
def test_a_metric_of_many_images(benchmark, metric, images):
    """`extra_info` has the seconds of the metric itself, and the MiB that it takes beside its features."""
    if metric != "frechet_distance" and images > 10_000:
        pytest.skip("a square law: five minutes")
    command = [sys.executable, "-c", PROGRAM, metric, str(images), str(FEATURES[metric])]
    said = benchmark.pedantic(
        subprocess.run, (command,), {"check": True, "capture_output": True, "text": True}, rounds=1
    )
    seconds, memory = map(float, said.stdout.split())
    benchmark.extra_info |= {"images": images, "seconds": round(seconds, 2), "MiB": round(memory)}


WHOLE = """
import resource, sys
import numpy as np
from ppgn_bench.lookup import Name
from ppgn_bench.metrics import quality
from ppgn_bench.metrics.inputs import judged
from ppgn_bench.networks import load
judge = load.load("ppgn_bench/judges/shapes/judge.safetensors", Name("networks.judge:Judge"))
number, rng = int(sys.argv[1]), np.random.default_rng(0)
def blocks(high):
    for _ in range(0, number, 500):
        yield rng.integers(0, high, (500, 3, 32, 32), dtype=np.uint8)
seen = {name: judged(judge, blocks(high), number) for name, high in {"real": 256, "generated": 200}.items()}
sides = {name: said["features"] for name, said in seen.items()}
print(quality.frechet_distance(**sides), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.benchmark(group="metrics of many images")
def test_fd_of_50_000_images_from_pixels(benchmark):
    """Images of 32 x 32 in colour, which a judge sees block by block; `extra_info` has the whole process's peak."""
    command = [sys.executable, "-c", WHOLE, "50000"]
    given = {"check": True, "capture_output": True, "text": True, "cwd": ROOT}
    said = benchmark.pedantic(subprocess.run, (command,), given, rounds=1)
    benchmark.extra_info |= {"peak, MiB": round(float(said.stdout.split()[1]))}
