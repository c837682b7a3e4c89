"""What `ppgn-bench plan` says a run takes, against what the run takes, stage by stage."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT, snakemake, workflow_copy

STAGES = {  # kinds of job in costs.csv -> as the plan calls them
    "training": "train",
    "sampling": "sample",
    "measuring": "measure",
    "controls": "controls",
    "exploring": "explore",
}


@pytest.mark.benchmark(group="plan")
def test_a_plan_against_its_run(benchmark, experiment, tmp_path):
    """The time of the plan; in `extra_info` predicted / measured, of the seconds of jobs without their start."""
    place = workflow_copy(tmp_path / "clone")
    command = [sys.executable, "-m", "ppgn_bench", "plan", "--json", "--configfile", experiment]
    said = benchmark.pedantic(
        subprocess.run, (command,), {"check": True, "capture_output": True, "cwd": ROOT, "text": True}, rounds=1
    )
    planned = json.loads(said.stdout)
    done = snakemake(place, "--configfile", experiment, warmed=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (costs,) = Path(place, "results").glob("*/costs.csv")
    measured = pd.read_csv(costs).groupby("kind")["seconds"].sum()
    work = pd.DataFrame(planned["parts"])
    work["seconds"] = work["jobs"] * (work["seconds_a_job"] - work["start_seconds_a_job"])
    predicted = work.groupby("stage")["seconds"].sum()
    ratios = {kind: round(predicted[STAGES[kind]] / seconds, 2) for kind, seconds in measured.items()}
    whole = sum(predicted[STAGES[kind]] for kind in measured.index) / measured.sum()
    benchmark.extra_info |= {"config": experiment, "predicted / measured": ratios | {"all": round(whole, 2)}}
