"""Where memory ends: batches of chains are halved, once; then one line names the key, and nothing half-made is left."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ppgn_bench import exhausted
from ppgn_bench.errors import UserError
from ppgn_bench.sampling import stage
from tests.cli.test_bad_input import FILES, Jobs, jobs
from tests.conftest import ROOT, Command, listing
from tests.sampling.test_variants import FOLDERS, Sample, assert_alike, sample

__all__ = ["jobs", "sample"]  # fixtures

OF_A_CARD = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1.20 GiB free.")
OF_THE_MACHINE = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "1073741824 bytes. Error code 12 (Cannot allocate memory)"
)
OF_PYTHON = MemoryError()
SAMPLED = FOLDERS[0], "joint_ppgn_h"  # 20 chains in each of two runs


def limit(monkeypatch: pytest.MonkeyPatch, most: int, error: Exception) -> list[int]:
    """Let memory end in the midst of a batch of more chains than this; gives the sizes of batches, as they come."""
    draws, seen = stage._batch_draws, list[int]()

    def limited(job: Any, run: str, chains: range, *others: Any) -> Iterator[Any]:
        seen.append(len(chains))
        for draw in draws(job, run, chains, *others):
            yield draw
            if len(chains) > most:
                raise error

    monkeypatch.setattr(stage, "_batch_draws", limited)
    return seen


@pytest.mark.parametrize("error", [OF_A_CARD, OF_THE_MACHINE, OF_PYTHON], ids=["card", "machine", "python"])
def test_batches_are_halved_where_memory_ends_and_chains_are_the_same_to_rounding(
    error: Exception, sample: Sample, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = sample(*SAMPLED)
    seen = limit(monkeypatch, 10, error)
    capsys.readouterr()
    assert_alike(sample(*SAMPLED), whole, SAMPLED[1])
    assert seen == [20, 10, 10] * 2  # of both runs
    said = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert said == ["warning: chunk_size: out of memory with 20 at once; going on with 10"] * 2


def test_batches_stay_halved_from_where_memory_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([True, False, True, True, True])

    def work(some: range) -> range:
        if not next(free):
            raise MemoryError
        return some

    made = list(exhausted.in_batches(work, 9, 4, "chunk_size"))
    assert made == [range(4), range(4, 6), range(6, 8), range(8, 9)]


def test_a_half_that_is_too_much_ends_with_the_key(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = limit(monkeypatch, 4, OF_A_CARD)
    with pytest.raises(UserError, match=r"^chunk_size: out of memory even with 10 at once; lower it$"):
        sample(*SAMPLED)
    assert seen == [20, 10]


def test_of_batches_of_one_no_smaller_number_is_named() -> None:
    def work(some: range) -> range:
        raise MemoryError

    with pytest.raises(MemoryError):
        list(exhausted.in_batches(work, 9, 1, "chunk_size"))


def test_an_error_that_is_not_of_memory_is_not_tried_again(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = limit(monkeypatch, 4, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        sample(*SAMPLED)
    assert seen == [20]


@pytest.mark.parametrize(
    ("command", "place", "key"),
    [
        ("train", "training.stage.train", "datasets.digits.networks.joint: a larger accumulate, or a smaller "),
        ("sample", "sampling.stage.sample", "sweeps.own: fewer chains_per_target or a larger keep_every"),
        ("measure", "metrics.inputs.read_real", "sweeps.own: fewer chains_per_target or a larger keep_every"),
        ("controls", "metrics.inputs.read_real", "datasets.digits: a smaller image_size"),
        ("prepare", "data.stage.prepare", "end other programs, or run fewer jobs at once (--cores)"),
    ],
)
def test_a_stage_without_enough_memory_ends_in_one_line_with_what_lowers_it(
    command: str, place: str, key: str, jobs: Jobs, ppgn: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_: object, **__: object) -> None:
        raise OF_A_CARD

    monkeypatch.setattr(f"ppgn_bench.{place}", without)
    monkeypatch.setattr("ppgn_bench.storage.judges.require_data", lambda *_: None)
    before = listing(Path())
    words = ["--job", json.dumps(jobs[command]), *FILES[command].split(), "--output", "made/a.safetensors"]
    ended = ppgn(command, *words)
    assert (ended.status, ended.err.count("\n")) == (1, 1), ended.err
    assert ended.err.startswith("error: ")
    assert f"out of memory; {key}" in ended.err
    assert listing(Path()) == before


def test_what_the_system_refuses_is_taken_for_too_little_memory() -> None:
    """In a process of its own, whose memory is limited to what it has and 192 MiB: 256 are too many, and 128 not."""
    program = """
import resource
import numpy as np
import torch
from ppgn_bench import exhausted

torch.zeros(9) + 1
has = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (has + 192 * 2**20,) * 2)
for make in (lambda mib: torch.ones(mib * 2**18), lambda mib: np.ones(mib * 2**17), lambda mib: bytearray(mib * 2**20)):
    print(*exhausted.in_batches(lambda some: len(some) if len(make(len(some))) else 0, 256, 256, "size"))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["128 128"] * 3
    assert done.stderr.count("warning: size: out of memory with 256 at once; going on with 128") == 3
