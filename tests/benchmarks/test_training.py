"""What a training's optimiser costs before it has learnt anything: torch's imports its compiler, ours does not.

Each round is a process of its own, since a process imports once: torch is there, then an optimiser is made and takes
one step. Beside it, in turns, the same with torch's plain class.
"""

import subprocess
import sys

import numpy as np
import pytest

from tests.benchmarks.test_sampling import middle, seconds
from tests.conftest import ROOT

PROGRAM = """
import time, torch
from ppgn_bench.training import optimizer
started = time.perf_counter()
weights = torch.nn.Linear(64, 64).requires_grad_()
adam = {}.Adam(weights.parameters(), 1e-3, fused=True)
weights(torch.ones(1, 64)).sum().backward()
adam.step()
print(time.perf_counter() - started)
"""


def first_step(module: str) -> float:
    """Seconds of a process, from torch's being there to the end of the first step."""
    command = [sys.executable, "-c", PROGRAM.format(module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return float(done.stdout)


@pytest.mark.benchmark(group="an optimiser's first step in a new process")
def test_first_step_without_torchs_compiler(benchmark):
    inside: dict[str, list[float]] = {"optimizer": [], "torch.optim": []}
    whole: list[float] = []

    def turn():
        whole.append(seconds(lambda: inside["torch.optim"].append(first_step("torch.optim"))))

    benchmark.pedantic(
        lambda: inside["optimizer"].append(first_step("optimizer")), setup=turn, rounds=5, warmup_rounds=1
    )
    ours, theirs = (np.array(inside[module][1:]) for module in ("optimizer", "torch.optim"))
    ratio, spread = middle(np.array(whole[1:]) / np.array(benchmark.stats.stats.data))
    benchmark.extra_info |= {
        "seconds, ours": round(float(np.median(ours)), 4),
        "seconds, torch's": round(float(np.median(theirs)), 3),
        "ratio": round(float(np.median(theirs / ours))),
        "ratio of the whole processes": ratio,
        "ratio of the whole processes, quartiles": spread,
    }
