"""What a report of the default experiment's size takes, from its tables and pictures alone, start-up included."""

import subprocess
import sys

import pytest

from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import manifest
from tests.conftest import ROOT
from tests.example_results import save_results

SIZE = {"keys": list(VARIANTS), "seeds": tuple(range(5))}


@pytest.mark.benchmark(group="the report of two data sets, all samplers and five seeds")
def test_a_report_from_tables_and_pictures(benchmark, tmp_path):
    root = tmp_path / "results" / "example"
    manifest.save(root / "manifest.json", save_results(root, **SIZE))
    command = [sys.executable, "-m", "ppgn_bench", "report", str(root)]
    benchmark.pedantic(subprocess.run, (command,), {"check": True, "capture_output": True, "cwd": ROOT}, rounds=3)
    figures = len(list((root / "figures").glob("*.png")))
    benchmark.extra_info |= {
        "figures": figures,
        "seconds a figure": round(benchmark.stats.stats.min / figures, 3),
        "page, MiB": round((root / "report" / "index.html").stat().st_size / 2**20, 1),
    }
