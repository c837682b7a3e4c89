"""The device that jobs run on, and what made a file and what that cost, as it is written down."""

import getpass
import json
import os
import platform
import socket
from pathlib import Path

import pytest
import torch

from ppgn_bench.columns import COSTS, MADE_WITH
from ppgn_bench.storage import files, machine

RECIPE = "joint+encoder.widths=4,8,16+widths=16,8"


def test_single_precision_is_not_rounded_further_on_a_card() -> None:
    """By TF32, which cuDNN's convolutions have unless they are told not to: chains leave those of the CPU with it."""
    torch.backends.cudnn.allow_tf32 = True
    machine.device("auto")
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


def test_the_cost_of_a_network_whose_name_has_commas_comes_back_whole(tmp_path: Path) -> None:
    made = machine.made_by(machine.device("cpu"), code="", seed=3)
    with machine.cost(tmp_path / "cost.csv", made, kind="training", dataset="digits", name=RECIPE):
        pass
    (row,) = files.load_table(tmp_path / "cost.csv", ["seconds", "peak_memory_mib"]).to_dict("records")
    named = {key: row[key] for key in ("kind", "dataset", "name", "seed", "device")}
    assert named == {"kind": "training", "dataset": "digits", "name": RECIPE, "seed": 3, "device": "cpu"}


def test_a_header_says_processor_instructions_versions_threads_code_and_seed_and_says_it_again() -> None:
    made = machine.made_by(machine.device("cpu"), "0123456789abcdef", seed=7)
    assert made == machine.made_by(machine.device("cpu"), "0123456789abcdef", seed=7)
    assert json.loads(json.dumps(made)) == made
    assert made["processor"]["processor"]
    assert made["processor"]["torch computes with"] == torch.backends.cpu.get_cpu_capability()
    assert made["versions"].keys() == {"python", "ppgn-bench", "torch", "numpy"}
    said = {name: made[name] for name in ("device", "threads", "code", "seed")}
    assert said == {"device": "cpu", "threads": torch.get_num_threads(), "code": "0123456789abcdef", "seed": 7}
    assert "graphics_processor" not in made


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card")
def test_a_header_names_the_card_that_a_job_ran_on() -> None:
    made = machine.made_by(machine.device("cuda"), "")
    assert (made["device"], made["graphics_processor"]) == ("cuda", torch.cuda.get_device_name())


def test_neither_headers_nor_costs_nor_the_manifest_name_user_machine_or_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though everything that could tell does."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USER", "LOGNAME", "HOSTNAME", "USERPROFILE"):
        monkeypatch.setenv(name, "/home/quixote")
    for module, name in ((socket, "gethostname"), (platform, "node"), (getpass, "getuser")):
        monkeypatch.setattr(module, name, lambda: "quixote")
    told = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((told[0], "quixote", *told[2:])))
    made = machine.made_by(machine.device("cpu"), "", seed=0)
    with machine.cost(tmp_path / "cost.csv", made, kind="training"):
        pass
    said = json.dumps([made, machine.surroundings()]) + (tmp_path / "cost.csv").read_text()
    assert "quixote" not in said
    assert str(tmp_path) not in said


def test_a_row_of_costs_says_what_the_job_was_done_with_and_its_words_come_back_as_they_are(tmp_path: Path) -> None:
    made = machine.made_by(machine.device("cpu"), "12e4567890123456", seed=3)
    made["versions"] |= {"python": "3.20"}
    with machine.cost(tmp_path / "cost.csv", made, kind="sampling"):
        pass
    (row,) = files.load_table(tmp_path / "cost.csv", [*COSTS, *MADE_WITH, "code"]).to_dict("records")
    assert (row["code"], row["python"], row["torch"]) == ("12e4567890123456", "3.20", made["versions"]["torch"])
    assert row["instruction_set"] == made["processor"]["torch computes with"]
