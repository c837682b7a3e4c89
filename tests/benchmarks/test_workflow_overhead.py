"""What the workflow costs beside the work: start-up, imports, planning, waiting."""

import time
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import snakemake, workflow_copy

CORES = 2


@pytest.mark.benchmark(group="workflow overhead")
def test_workflow_overhead(benchmark, experiment, tmp_path):
    """Share of cores x wall time that is not spent in training, sampling or metrics (imports excluded from those)."""
    place = workflow_copy(tmp_path)

    def run() -> float:
        started = time.perf_counter()
        done = snakemake(place, "--configfile", experiment, warmed=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return time.perf_counter() - started

    wall = benchmark.pedantic(run, rounds=1)
    (costs,) = Path(place, "results").glob("*/costs.csv")
    spent = pd.read_csv(costs).groupby("kind")["seconds"].sum()
    benchmark.extra_info |= {"config": experiment, "wall seconds": round(wall), "work seconds": spent.round().to_dict()}
    benchmark.extra_info["overhead"] = round(1 - spent.sum() / (CORES * wall), 3)
