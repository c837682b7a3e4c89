"""What it takes before anything is done: our commands beside those that do nothing, in turns."""

import os
import resource
import statistics
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAIRS = {  # ours, and what stands beside it
    "ppgn-bench --help": (["-m", "ppgn_bench", "--help"], ["-c", "pass"]),
    "snakemake -n": (["-m", "snakemake", "-n", "--quiet", "all"], ["-m", "snakemake", "--version"]),
}


def processor_seconds(arguments: list[str]) -> float:
    """What one process takes of a processor, whatever else the machine does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=dict(os.environ), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.benchmark(group="start-up")
@pytest.mark.parametrize("command", PAIRS)
def test_a_command_beside_one_that_does_nothing(benchmark, command):
    """`extra_info` has the processor seconds of both, medians, and their ratio, the median over the rounds."""
    ours, nothing = PAIRS[command]
    turns = []
    benchmark.pedantic(lambda: turns.append((processor_seconds(ours), processor_seconds(nothing))), rounds=5)
    own, other = map(statistics.median, zip(*turns, strict=True))
    ratio = statistics.median(one / two for one, two in turns)
    benchmark.extra_info |= {"seconds": round(own, 2), "of nothing": round(other, 2), "ratio": round(ratio, 1)}
