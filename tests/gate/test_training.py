"""A fault of training that the gate must catch over training seeds: a generator that is trained ten times less."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Command, snakemake
from tests.workflow.rehearsal import copied, edit

CONFIG = """
name: few
extends: config/smoke.yaml
datasets: {digits: {seeds: 4}}
variants: [noiseless_joint_ppgn_h]
sweeps: {own: {mixing: null}}
worlds: null
"""
RECIPE = """title="generator G (noiseless)",
            architecture="generator",
            objective=Name("training.objectives:generator"),
            iterations={},"""


def run(place: Path) -> Path:
    tables = ("manifest.json", "metrics.csv", "claims.csv", "costs.csv", "controls_check.csv", "networks_check.csv")
    done = snakemake(place, *(f"results/few/{name}" for name in tables), "--configfile", "few.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "results" / "few"


def test_a_generator_trained_ten_times_less_is_caught(
    smoke: Path, ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(smoke, tmp_path / "copy")
    monkeypatch.chdir(place)
    (place / "few.yaml").write_text(CONFIG)
    reference = place / "results" / "reference" / "few"
    assert ppgn("reference", run(place), "--output", reference).status == 0
    same = ppgn("check", "--baseline", reference, "--results", place / "results" / "few")
    assert (same.status, "1 identical" in same.out) == (0, True), same.out

    shutil.rmtree(place / "results" / "networks" / "digits" / "joint+budget=0.4")  # no sampler here needs it
    edit(place, "ppgn_bench/training/recipes.py", RECIPE.format(1500), RECIPE.format(150))
    worse = ppgn("check", "--baseline", reference, "--results", run(place))
    assert worse.status == 1, worse.out
    assert "noiseless_joint_ppgn_h recall" in worse.out.partition("Regressed")[2].partition("\n\n")[0]
    assert "training seeds   regressed" in worse.out
