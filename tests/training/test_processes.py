"""Several processes that train one network, started by torchrun on CPUs: the same network as one process trains."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.data.source import InMemory, shuffled
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Training
from ppgn_bench.storage import files
from ppgn_bench.training import processes, stage
from tests.conftest import ROOT, Command, listing
from tests.training.second import place
from tests.training.small import command, job

TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "ppgn_bench")
PLAIN = {"dropout": 0.0}  # each process drops units of its own


def together(ppgn: Command, *commands: list[str], status: int = 0) -> None:
    """Train by two processes, this one and one beside it, one after the other what the commands say; status: how this
    one ends.
    """
    port = 29_000 + os.getpid() % 2_000
    second = [sys.executable, "-m", "tests.training.second", str(port), *map(json.dumps, commands)]
    with subprocess.Popen(second, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        try:
            for step, words in enumerate(commands):
                with pytest.MonkeyPatch.context() as patched:
                    for name, said in place(0, port + step).items():
                        patched.setenv(name, said)
                    assert ppgn(*words).status == status
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


def stopped_by_torchrun(words: list[str], kept: Path) -> int:
    """The status of a training that torchrun starts, and that is told to end as soon as there is a checkpoint."""
    with subprocess.Popen([sys.executable, *TORCHRUN, *words], cwd=ROOT, stderr=subprocess.PIPE) as process:
        while not kept.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate()
    return process.returncode


def own_job(recipe: str, **changes: Any) -> Training:
    own = job(recipe, batch_size=16, **changes)
    return own.model_copy(update={"options": {**own.options, **PLAIN}}) if recipe == "classifier" else own


def near(found: Path, expected: Path, kind: str) -> None:
    """Weights of two trainings are the same to rounding."""
    (ours, _), (theirs, _) = (files.load_arrays(place / "a.safetensors", kind) for place in (found, expected))
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, rtol=2e-3, atol=2e-4, err_msg=name)


def say_the_same(found: Path, expected: Path) -> None:
    """Losses of two trainings, in training and on held-out images, are the same to rounding."""
    rows = [(place / "a.losses.csv").read_text().splitlines()[1:] for place in (found, expected)]
    assert len(rows[0]) == len(rows[1]) > 0
    for own, other in zip(*rows, strict=True):
        (*named, value), (*others, wanted) = own.split(","), other.split(",")
        assert named == others
        assert float(value) == pytest.approx(float(wanted), rel=2e-3, abs=2e-4)


def test_two_processes_train_the_network_that_one_trains(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    """With noise, a rival and parts; and with a code that is normalised over the batch."""
    jobs = [own_job("joint", iterations=6, accumulate=2), own_job("classifier", iterations=6)]
    two, one = ([tmp_path / f"{name}_{own.recipe}" for own in jobs] for name in ("two", "one"))
    together(ppgn, *(command(own, inputs, folder, 10) for own, folder in zip(jobs, two, strict=True)))
    for own, found, expected in zip(jobs, two, one, strict=True):
        assert ppgn(*command(own.model_copy(update={"accumulate": 1}), inputs, expected, 10)).status == 0
        assert set(listing(found)) == {"a.safetensors", "a.losses.csv", "a.cost.csv"}
        kind = own.network.short
        say_the_same(found, expected)
        if (
            own.recipe == "joint"
        ):  # before a normalisation a bias does nothing: Adam follows the rounding of its gradient
            near(found, expected, kind)
        assert files.load_header(found / "a.safetensors", kind)["processes"] == 2
        assert "processes" not in files.load_header(expected / "a.safetensors", kind)


def test_two_processes_of_torchrun_that_are_told_to_end_go_on_to_the_same_network(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    own, cut, whole = job("joint", iterations=200, batch_size=4), tmp_path / "cut", tmp_path / "whole"
    kept = cut / "a.unfinished.safetensors"
    assert stopped_by_torchrun(command(own, inputs, cut, 0), kept) != 0
    assert set(listing(cut)) == {"a.unfinished.safetensors", "a.unfinished.losses.csv"}
    assert 0 < len(files.load_arrays(kept, "checkpoint")[0]["history.values"]) < 200
    words = command(own, inputs, cut, 10)
    refused = ppgn(*words)
    assert refused.status == 1
    assert "checkpoint of another training: processes is 2 there and 'nothing' here" in refused.err
    together(ppgn, words, command(own, inputs, whole, 10))
    assert listing(cut)["a.safetensors"] == listing(whole)["a.safetensors"]


def test_a_checkpoint_stays_until_the_first_process_has_written_the_network(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are done before: it measures and writes alone."""

    def failing(*_: object) -> None:
        raise UserError("the disk is full")

    monkeypatch.setattr(stage, "held_out_errors", failing)
    together(ppgn, command(own_job("classifier", iterations=3), inputs, tmp_path / "cut", 0), status=1)
    assert set(listing(tmp_path / "cut")) == {"a.unfinished.safetensors", "a.unfinished.losses.csv"}


# ------------------------------------------------------------------------------------------------------------- refused


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    processes.require("cpu", batch_size=18, accumulate=2)
    with pytest.raises(UserError, match=r"^batch_size: must be a multiple of 6 \(3 processes that accumulate 2 .*16$"):
        processes.require("cpu", batch_size=16, accumulate=2)


def test_more_processes_than_graphics_cards_are_refused_and_without_cards_they_take_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(UserError, match=r"^processes: 4 processes need a graphics card each, and there are 2$"):
        processes.require("auto", batch_size=16, accumulate=1)
    processes.require("cpu", batch_size=16, accumulate=1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    processes.require("auto", batch_size=16, accumulate=1)


@pytest.mark.parametrize("said", ["", "two", "0", "-1"])
def test_a_number_of_processes_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", said)
    with pytest.raises(UserError, match=r"^WORLD_SIZE: must be a number of processes"):
        processes.asked()


def test_half_precision_without_a_cuda_device_is_refused(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    done = ppgn(*command(job("classifier", precision="float16"), inputs, tmp_path / "made", 10))
    assert done.status == 1
    assert done.err == "error: precision: float16 needs a CUDA device, and this is cpu; say bfloat16 or float32\n"
    assert not (tmp_path / "made").exists()


# --------------------------------------------------------------------------------------------------------------- alone


def test_alone_a_process_has_all_of_a_batch_and_nothing_changes() -> None:
    values = torch.rand(7, 3)
    assert (processes.number(), processes.place()) == (1, 0)
    assert values[processes.share(7)] is not None
    assert torch.equal(values[processes.share(7)], values)
    assert processes.mean(values) is values
    assert torch.equal(processes.variance(values), values.var())
    assert processes.agreed(True, torch.device("cpu"))
    assert not processes.agreed(False, torch.device("cpu"))


def test_shares_of_streamed_batches_are_together_the_batches_and_nothing_else_is_decoded() -> None:
    class Counting(InMemory):
        def batch(self, indices: Any) -> Any:
            decoded.append(len(indices))
            return super().batch(indices)

    decoded: list[int] = []
    source = Counting(np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1), np.arange(10), None)
    whole, low, high = (shuffled(source, 4, 0, share=share) for share in (slice(None), slice(0, 2), slice(2, 4)))
    for _ in range(5):
        (numbers, images), parts = next(whole), [next(low), next(high)]
        assert np.array_equal(numbers, np.concatenate([own for own, _ in parts]))
        assert np.array_equal(images, np.concatenate([own for _, own in parts]))
    assert set(decoded) == {4, 2}
