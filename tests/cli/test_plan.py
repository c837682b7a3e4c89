"""`ppgn-bench plan`: what is printed, and what is refused before anything is tried."""

import json
from pathlib import Path

import pytest

from ppgn_bench.calibration import stage
from ppgn_bench.cli import planning
from ppgn_bench.workflow.outlook import Machine, Speed
from tests.conftest import Command, listing


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speeds that are made up: a millisecond a unit."""

    def made_up(experiment, parts, cores, done):
        done(1, 1)
        units = dict.fromkeys(("pass", "iteration", "step", "chain-step", "draw", "image"), 1e-3)
        return {part.trial: Speed(units, 1000) for part in parts} | {"": Speed({"start": 1.0})}

    monkeypatch.setattr(stage, "calibrated", made_up)


def test_a_plan_says_jobs_time_memory_and_disk_by_stage_and_writes_nothing(config_folder: Path, ppgn: Command) -> None:
    before = listing(config_folder)
    ended = ppgn("plan", "--cores", 2)
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("main (config/config.yaml) on 2 cores, tried out in ")
    assert lines[2].split() == ["jobs", "there", "processor", "time", "wall", "time", "largest", "job", "results"]
    stages = [line.split()[0] for line in lines[3:10]]
    assert stages == ["prepare", "train", "controls", "sample", "measure", "report", "all"]
    assert any(line.startswith("Dearest of ") for line in lines)
    assert "trying" in ended.err
    assert listing(config_folder) == before


def test_a_plan_counts_what_is_there(config_folder: Path, ppgn: Command) -> None:
    made = config_folder / "results/data/digits.safetensors"
    made.parent.mkdir(parents=True)
    made.touch()
    assert "1 have a result already" in ppgn("plan").out


def test_a_plan_for_machines_is_json_alone(config_folder: Path, ppgn: Command) -> None:
    Path("own.yaml").write_text("extends: config/config.yaml\nname: own\nvariants: [am]\nsweeps: {codes: null}\n")
    plan = json.loads(ppgn("plan", "--json", "--configfile", "own.yaml").out)
    assert plan["experiment"] == "own"
    assert {part["name"] for part in plan["parts"] if part["stage"] == "sample"} == {
        "am of own on digits",
        "am of own on shapes",
    }


def test_a_config_that_is_missing_is_refused(config_folder: Path, ppgn: Command) -> None:
    ended = ppgn("plan", "--configfile", "oops.yaml")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "error: --configfile: oops.yaml: no such file (paths start at the working directory)\n"


@pytest.mark.parametrize(
    ("has", "message"),
    [
        (
            {"memory": 0.6 * 2**30},
            "datasets.shapes.networks.classifier.batch_size: train classifier on shapes needs about 0.9",
        ),
        ({"disk": 2**20}, "datasets.shapes.image_size: the results need about "),
        (
            {"card": 2**28},
            "chunk_size: sample dgn_am of own on shapes needs about 0.513 GiB of the graphics card, which has 0.25",
        ),
    ],
    ids=["memory", "disk", "card"],
)
def test_a_run_that_cannot_fit_is_refused_before_anything_is_tried(
    config_folder: Path, ppgn: Command, monkeypatch: pytest.MonkeyPatch, has: dict[str, float], message: str
) -> None:
    machine = Machine(2, 2**33, 2**40)._replace(**has)
    monkeypatch.setattr(planning, "_machine", lambda cores, device: machine)
    monkeypatch.delattr(stage, "calibrated")
    ended = ppgn("plan")
    assert (ended.status, ended.out) == (1, "")
    assert message in ended.err
    assert "trying" not in ended.err


def test_a_batch_that_needs_more_memory_than_a_sampling_may_have_is_refused_with_its_key(
    config_folder: Path, ppgn: Command
) -> None:
    Path("own.yaml").write_text("extends: config/config.yaml\nchunk_size: 1000000\nsweeps: {own: {quality: "
                                "{chains_per_target: 1000000}}}\n")  # fmt: skip
    ended = ppgn("plan", "--configfile", "own.yaml")
    assert ended.status == 1
    assert "chunk_size: batches of " in ended.err


def test_help_says_what_is_counted_and_how_long_it_takes(ppgn: Command) -> None:
    text = " ".join(ppgn("plan", "--help").out.split())
    for words in ("--configfile", "--cores", "--json", "Each kind of job is tried", "Nothing is written"):
        assert words in text
