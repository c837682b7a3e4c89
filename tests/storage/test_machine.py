"""The device that jobs run on, and what a job cost, as it is written down."""

from pathlib import Path

import torch

from ppgn_bench.storage import files, machine

RECIPE = "joint+encoder.widths=4,8,16+widths=16,8"


def test_single_precision_is_not_rounded_further_on_a_card() -> None:
    """By TF32, which cuDNN's convolutions have unless they are told not to: chains leave those of the CPU with it."""
    torch.backends.cudnn.allow_tf32 = True
    machine.device("auto")
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


def test_the_cost_of_a_network_whose_name_has_commas_comes_back_whole(tmp_path: Path) -> None:
    with machine.cost(tmp_path / "cost.csv", kind="training", dataset="digits", name=RECIPE, seed=3):
        pass
    (row,) = files.load_table(tmp_path / "cost.csv", ["seconds", "peak_memory_mib"]).to_dict("records")
    named = {key: row[key] for key in ("kind", "dataset", "name", "seed", "device")}
    assert named == {"kind": "training", "dataset": "digits", "name": RECIPE, "seed": 3, "device": "cpu"}
