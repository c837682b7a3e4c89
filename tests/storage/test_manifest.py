"""The manifest: what is written is read back, and what is missing or wrong is one line that names file and field."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from ppgn_bench.columns import COSTS
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files, machine, manifest
from ppgn_bench.workflow.manifest import facts
from tests.configs import load
from tests.conftest import ROOT

REFERENCE = ROOT / "results" / "reference" / "smoke" / "manifest.json"


def test_a_reference_is_read_and_written_back_byte_by_byte(tmp_path: Path) -> None:
    manifest.save(tmp_path / "manifest.json", manifest.load(REFERENCE))
    assert (tmp_path / "manifest.json").read_bytes() == REFERENCE.read_bytes()


JUDGED = {"hash": "0123456789ab", "accuracy": 0.98, "mode_accuracy": None}


@pytest.mark.usefixtures("config_folder")
def test_what_the_workflow_says_is_a_manifest_with_every_switch_of_an_ablation() -> None:
    change = "epsilon: {prior: [0, 1]}, update: {normalise: 1, bounds: [0, 30]}"
    said = facts(load(f"ablations: {{x: {{of: joint_ppgn_h, {change}}}}}"), of_judge=lambda *_: JUDGED)
    whole = manifest.parse({**said, "hardware": {}, "versions": {}}, Path("manifest.json"))
    assert whole.ablations[0].axes == {"epsilon_prior": (0.0, 1.0)}
    assert whole.variants[-1].update == {"normalise": 1.0, "bounds": [0.0, 30.0]}


@pytest.mark.usefixtures("config_folder")
def test_inception_is_the_last_judge_of_every_data_set_by_the_hash_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.pth").write_bytes(b"weights")
    for weights, title, digest in (
        ("own.pth", "own Inception: torch-fidelity's", hashlib.sha256(b"weights").hexdigest()[:12]),
        ("download", "Inception: torch-fidelity's", "6726825d"),  # that of FID, or it is refused
    ):
        said = facts(load(f"inception: {{weights: {weights}}}"), of_judge=lambda *_: JUDGED)
        plain = facts(load(), of_judge=lambda *_: JUDGED)
        for found, before in zip(said["datasets"], plain["datasets"], strict=True):
            *judges, last = found["judges"]
            assert judges == before["judges"]
            assert last == {"title": title, "file": weights, "hash": digest, "accuracy": None, "mode_accuracy": None}
        manifest.parse({**said, "hardware": {}, "versions": {}}, Path("manifest.json"))


@pytest.mark.usefixtures("config_folder")
def test_an_inception_that_one_sweep_alone_asks_for_is_listed() -> None:
    one = "inception: {weights: download}\nmetrics: [coverage]\nsweeps: {own: {metrics: [fid]}}"
    said = facts(load(one), of_judge=lambda *_: JUDGED)
    assert all(dataset["judges"][-1]["file"] == "download" for dataset in said["datasets"])


def without_modes(value):
    del value["datasets"][0]["modes"]


def with_text(value):
    value["sweeps"][1]["steps"] = "200"


def with_more(value):
    value["variants"][2]["colour"] = "red"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (without_modes, "datasets[0].modes: is missing"),
        (with_text, "sweeps[1].steps: must be a valid integer, got '200'"),
        (with_more, "variants[2].colour: is no field of a manifest"),
        (dict.clear, "name: is missing (and 9 more)"),
    ],
)
@pytest.mark.usefixtures("config_folder")
def test_a_damaged_manifest_is_one_line_that_names_file_and_field(tmp_path, damage, said) -> None:
    value = {**facts(load(), of_judge=lambda *_: JUDGED), "hardware": {}, "versions": {}}
    damage(value)
    path = tmp_path / "manifest.json"
    files.save_json(path, value)
    with pytest.raises(UserError) as error:
        manifest.load(path)
    assert str(error.value) == f"{path}: {said}"


def test_a_manifest_that_is_no_object_is_named(tmp_path: Path) -> None:
    files.save_json(tmp_path / "manifest.json", [1])
    with pytest.raises(UserError, match=r"manifest.json: the manifest: "):
        manifest.load(tmp_path / "manifest.json")


def test_the_jobs_of_a_run_stand_below_what_they_were_done_with(tmp_path: Path) -> None:
    """Two jobs here, and one on another machine of a cluster, without a seed and on a card."""
    here = machine.made_by(machine.device("cpu"), "aaaa", seed=4)
    there = {**here, "code": "bbbb", "device": "cuda", "graphics_processor": "a card", "seed": ""}
    for number, made in enumerate((here, there, here)):
        with machine.cost(tmp_path / f"{number}", made, kind="sampling", dataset="digits", name=f"job {number}"):
            pass
    costs = pd.concat([files.load_table(tmp_path / f"{number}", COSTS) for number in range(3)])
    first, second = manifest.makers(costs)
    assert [job["name"] for job in first["jobs"]] == ["job 0", "job 2"]
    (job,) = second["jobs"]
    assert (second["graphics_processor"], job["name"], job["code"], job["seed"]) == ("a card", "job 1", "bbbb", None)
    assert first["jobs"][0].items() >= {"code": "aaaa", "seed": 4, "sweep": None}.items()
    assert first["versions"] == here["versions"]
    whole = manifest.load(REFERENCE).model_dump(mode="json") | {"made_by": [first, second]}
    assert manifest.parse(whole, Path("manifest.json")).made_by[0].jobs[1].peak_memory_mib > 0


def test_jobs_of_a_table_that_does_not_say_with_what_are_there_all_the_same() -> None:
    costs = pd.DataFrame([("training", "digits", "", "joint", 0, "cpu", 1.5, None, 300)], columns=list(COSTS))
    (maker,) = manifest.makers(costs)
    assert (maker["device"], maker["processor"], maker["versions"]) == ("cpu", None, {})
    assert maker["jobs"][0]["seconds"] == 1.5
