"""The calibration: every kind of job is tried, and its speeds are numbers that a plan can use."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from ppgn_bench.calibration import stage, stand_ins, trials
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.source import InMemory, Streamed, opened
from ppgn_bench.jobs import Preparation
from ppgn_bench.networks import load as networks
from ppgn_bench.workflow import paths, plan, planning
from ppgn_bench.workflow.outlook import Speed
from ppgn_bench.workflow.parts import Part
from tests.configs import DEFAULT

CONFIG = """
datasets: {digits: {seeds: 1}, shapes: null}
variants: [dgn_am]
sweeps:
  own: {quality: {chains_per_target: 4, steps: 20, keep_every: 10}}
  codes: null
worlds: {plane: {seeds: 1, sigmas: [0.4], training_sizes: [100], step_sizes: [0.1], chains: 4}}
"""


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    default = tmp_path_factory.mktemp("config") / "config.yaml"
    default.write_text(DEFAULT)
    return load_experiment(yaml.safe_load(CONFIG), default)


UNITS = {
    "train": {"pass", "iteration"},
    "controls": {"pass", "image"},
    "sample": {"pass", "step", "chain-step"},
    "measure": {"pass", "setting", "draw"},
    "explore": {"pass", "iteration", "step"},
}


@pytest.fixture(scope="module")
def tried(
    experiment: Experiment, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Part, dict[str, float], int]]:
    """Stage -> a part of it, its speeds, and the weights that its trial gave."""
    parts = planning.parts(experiment)
    firsts = {part.stage: part for part in reversed(parts) if part.trial}
    wanted = stage._trials(experiment, parts, firsts.values(), tmp_path_factory.mktemp("trials"))
    found = {}
    for trial in wanted:
        speed, took = trials.tried(trial)
        assert took > 0
        found[trial.part.stage] = (trial.part, dict(speed.seconds), speed.weights)
    return found


def test_every_kind_of_job_is_tried(tried) -> None:
    assert tried.keys() == UNITS.keys()


@pytest.mark.parametrize("kind", UNITS)
def test_a_trial_gives_the_seconds_of_each_unit_of_the_work(tried, kind: str) -> None:
    part, seconds, _ = tried[kind]
    assert seconds.keys() == UNITS[kind] == part.units.keys()
    assert all(math.isfinite(value) and value >= 0 for value in seconds.values())
    assert sum(number * seconds[unit] for unit, number in part.units.items()) > 0


def test_a_trial_of_a_training_counts_its_weights(tried) -> None:
    part, _, weights = tried["train"]
    job = part.job
    made = networks.built(job.network, job.options, job.sizes).state_dict()
    assert weights == sum(value.nbytes for value in made.values())


def test_all_trials_run_in_processes_of_their_own_and_are_told_one_by_one(experiment: Experiment) -> None:
    told: list[tuple[int, int]] = []
    parts = [part for part in planning.parts(experiment) if part.stage == "sample"]
    speeds = stage.calibrated(experiment, planning.parts(experiment)[:3] + parts, 1, lambda *now: told.append(now))
    assert {part.trial for part in parts} <= speeds.keys()
    assert speeds[""].seconds["start"] > 0
    assert told == [(number, len(told)) for number in range(1, len(told) + 1)]


def test_what_is_not_tried_is_taken_for_the_mean_of_its_stage_and_data_set() -> None:
    one, two, other, new = (Part("sample", str(place), (), {}, folder=folder) for place, folder in enumerate("aaba"))
    firsts = {"one": one, "two": two, "other": other, "new": new}
    speeds = {"one": Speed({"step": 1.0}), "two": Speed({"step": 3.0}), "other": Speed({"step": 50.0})}
    assert stage._like(new, firsts, speeds).seconds == {"step": 2.0}


def test_when_it_took_long_enough_the_rest_is_not_tried(experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "LONG_ENOUGH", 0.0)
    parts, told = planning.parts(experiment), []
    trained = [part for part in parts if part.stage == "train"]
    speeds = stage.calibrated(experiment, trained, 1, lambda *now: told.append(now))
    assert told == [(1, len(trained))]
    assert {part.trial for part in trained} <= speeds.keys()


# ------------------------------------------------------------------------------------------- what stands in for files


@pytest.fixture
def preparation(experiment: Experiment) -> Preparation:
    return plan.preparation(experiment, next(iter(paths.folders(experiment))))


def test_stand_ins_of_a_small_set_are_as_many_as_it_has(preparation: Preparation, tmp_path: Path) -> None:
    job, data = preparation, stand_ins.data(preparation, False, tmp_path)
    source = opened(data.whole, "train")
    assert isinstance(source, InMemory)
    assert len(source) == job.split_sizes["train"]
    assert data.share == 1
    assert set(np.unique(source.labels)) == set(range(len(job.class_names)))
    assert len(opened(data.short, "held_out")) == stand_ins.FEW
    assert len(opened(data.tiny, "train")) == stand_ins.SOME


def test_stand_ins_of_a_set_that_no_longer_lies_in_memory_do_not_either(preparation, tmp_path: Path) -> None:
    job = preparation.model_copy(update={"split_sizes": {**preparation.split_sizes, "train": 70_000}})
    data = stand_ins.data(job, False, tmp_path)
    source = opened(data.whole, "train")
    assert not source.in_memory
    assert data.share * len(source) == 70_000 == data.share_of_whole * len(source)


def test_stand_ins_of_files_are_files(preparation: Preparation, tmp_path: Path) -> None:
    data = stand_ins.data(preparation, True, tmp_path)
    source = opened(data.whole, "train")
    assert isinstance(source, Streamed)
    assert source.batch(np.arange(3)).shape == (3, 1, 16, 16)


def test_a_training_of_large_images_is_tried_with_fewer_of_them(preparation: Preparation, tmp_path: Path) -> None:
    job = preparation.model_copy(update={"image_size": 64, "split_sizes": dict.fromkeys(preparation.split_sizes, 50)})
    assert len(opened(stand_ins.data(job, False, tmp_path).tiny, "train")) == stand_ins.FILES < 50


# ------------------------------------------------------------------------------------------------ pretrained networks


@pytest.fixture(scope="module")
def of_imagenet() -> Experiment:
    pytest.importorskip("efficientnet_lite_pytorch")
    return load_experiment({"extends": "config/imagenet_am.yaml", "sweeps": {"own": {"quality": {"steps": 20}}}})


def test_a_data_set_that_trains_nothing_is_tried_with_its_own_photographs(
    of_imagenet: Experiment, tmp_path: Path
) -> None:
    job = plan.preparation(of_imagenet, "imagenet")
    data = stand_ins.data(job, True, tmp_path)
    control = opened(data.whole, "control")
    assert (len(control), len(opened(data.whole, "reference"))) == (10, 10)
    assert control.batch(np.arange(1)).shape == (1, 3, 224, 224)
    assert {"cannon", "yurt", "goose", "dung beetle", "jeep"} < {job.class_names[label] for label in control.labels}
    assert [len(opened(data.tiny, half)) for half in ("reference", "control")] == [stand_ins.PHOTOGRAPHS] * 2
    assert data.share_of_whole == 1


def test_a_network_whose_weights_are_given_is_read_and_not_trained(of_imagenet: Experiment, tmp_path: Path) -> None:
    parts = planning.parts(of_imagenet)
    trained = [part for part in parts if part.stage == "train"]
    assert [part.units for part in trained] == [{"pass": 1.0}] * 2
    assert all(part.given.endswith(".pth") for part in trained)
    (trial,) = stage._trials(of_imagenet, parts, trained[1:], tmp_path)
    speed, _ = trials.tried(trial)
    assert speed.seconds.keys() == {"pass"}
    assert speed.seconds["pass"] > 0
    assert speed.weights > 4 * 4_600_000


def test_a_network_in_a_file_that_a_library_downloads_is_not_downloaded_by_a_plan(tmp_path: Path) -> None:
    other = {"classifier": {"architecture": "alexnet", "weights": "download"}}
    experiment = load_experiment(
        {"extends": "config/imagenet_am.yaml", "datasets": {"imagenet": {"networks": other}}, "variants": ["am"]}
    )
    parts = [part for part in planning.parts(experiment) if part.stage == "train" and "alexnet" in part.name]
    (trial,) = stage._trials(experiment, parts, parts, tmp_path)
    assert dict(trials.tried(trial)[0].seconds) == {"pass": 0.0}


def test_a_network_that_stands_in_is_of_the_class_and_sizes_that_the_job_trains(experiment, tmp_path: Path) -> None:
    job = plan.training(experiment, "digits", "generator", 0)
    loaded = networks.load(stand_ins.network(job, tmp_path / "made.safetensors"), job.network)
    assert loaded(torch.zeros(2, 64)).shape == (2, 1, 16, 16)
