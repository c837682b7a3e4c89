"""A training whose process ends before it does: what is killed, or told to end, goes on to the same bytes."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.amp import GradScaler

from ppgn_bench.storage import files
from ppgn_bench.training import checkpoint, loop
from ppgn_bench.training.checkpoint import StoppedError
from tests.conftest import ROOT, Command, listing
from tests.training.small import built, command, drawn, job, last_step, material_of, unfinished

ON_A_CARD = pytest.mark.skipif(not torch.cuda.is_available(), reason="float16 needs a CUDA device, and there is none")


def ended(words: list[str], stop: int, ready: Callable[[subprocess.Popen[bytes]], object]) -> int:
    """The status of a process of its own that gets a signal as soon as it is ready for it."""
    program = [sys.executable, "-m", "ppgn_bench", *words]
    with subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE) as process:
        ready(process)
        process.send_signal(stop)
        return process.wait()


@pytest.mark.parametrize(
    ("recipe", "device", "numbers"),
    [
        ("joint", "cpu", {}),  # a rival, a balance and noise
        ("classifier", "cpu", {}),  # dropout
        ("joint", "cpu", {"accumulate": 2}),
        ("joint", "cpu", {"precision": "bfloat16"}),
        ("classifier", "cpu", {"accumulate": 2, "precision": "bfloat16"}),
        pytest.param("code_denoiser", "cuda", {"precision": "float16"}, marks=ON_A_CARD),  # no sum whose order varies
    ],
)
def test_a_training_that_is_killed_and_run_again_ends_in_the_same_bytes(
    recipe: str, device: str, numbers: dict[str, Any], inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    own = job(recipe, iterations=300, **numbers).model_copy(update={"device": device})
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    kept = cut / "a.unfinished.safetensors"

    def ready(process: subprocess.Popen[bytes]) -> None:
        while not kept.exists():
            assert process.poll() is None
            time.sleep(0.01)

    assert ended(command(own, inputs, cut, 0), signal.SIGKILL, ready) == -signal.SIGKILL
    names = {path.name for path in cut.iterdir() if not path.name.startswith(".")}
    assert "a.safetensors" not in names
    arrays, _ = files.load_arrays(kept, "checkpoint")
    assert 0 < len(arrays["history.values"]) < 300
    assert ppgn(*command(own, inputs, cut, 10)).status == 0
    assert ppgn(*command(own, inputs, whole, 10)).status == 0
    after, expected = listing(cut), listing(whole)
    assert {name for name in after if not name.startswith(".")} == set(expected)  # a killed writer's own file may stay
    assert set(expected) == {"a.safetensors", "a.losses.csv", "a.cost.csv"}
    for name in ("a.safetensors", "a.losses.csv"):
        assert after[name] == expected[name]
    header = files.load_header(whole / "a.safetensors", own.network.short)
    assert {name: header[name] for name in numbers} == numbers


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_training_that_is_told_to_end_writes_a_last_checkpoint_and_its_losses(
    stop: int, status: int, inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    own, cut, whole = job("classifier", iterations=600), tmp_path / "cut", tmp_path / "whole"
    words = command(own, inputs, cut, 10)

    def ready(process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        shown = b""
        while b"0/600" not in shown:  # of the bar: the loop runs
            shown += process.stderr.read(1)
            assert process.poll() is None

    assert ended(words, stop, ready) == status
    assert set(listing(cut)) == {"a.unfinished.safetensors", "a.unfinished.losses.csv"}
    arrays, _ = files.load_arrays(cut / "a.unfinished.safetensors", "checkpoint")
    assert last_step(cut / "a.unfinished.losses.csv") == len(arrays["history.values"]) < 600
    assert ppgn(*words).status == 0
    assert ppgn(*command(own, inputs, whole, 10)).status == 0
    assert listing(cut)["a.safetensors"] == listing(whole)["a.safetensors"]


def in_half(where: checkpoint.Unfinished, scales: list[float]) -> list[bytes]:
    """Weights after twelve iterations of both players in half precision, on the CPU, whose stage has no use for it; and
    the learner's scale after each.
    """
    own = job("joint", iterations=12, batch_size=24, precision="float16")
    state = loop.start(built(own), built(own.rival), own, 0)
    with checkpoint.kept(state, where) as keep:

        def counted() -> None:
            scales.append(state.learner.scaler.get_scale())
            keep()

        loop.fit(state, drawn(material_of(torch.float32), own.batch_size, state.rng), own, counted)
    assert state.opponent is not None
    return [
        value.detach().numpy().tobytes()
        for network in (state.average, state.learner.network, state.opponent.network)
        for value in network.state_dict().values()
    ]


def test_the_scale_of_half_precision_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a scale so large that first steps are left out until it has fallen; it grows after three good ones."""
    monkeypatch.setattr(loop, "GradScaler", partial(GradScaler, init_scale=2.0**20, growth_interval=3))
    of_whole, of_parts = list[float](), list[float]()
    whole = in_half(unfinished(tmp_path / "whole"), of_whole)
    for after in (3, 4):
        with pytest.raises(StoppedError):
            in_half(unfinished(tmp_path / "cut", after), of_parts)
    assert in_half(unfinished(tmp_path / "cut"), of_parts) == whole
    assert of_parts == of_whole
    steps = [after / before for before, after in itertools.pairwise(of_whole)]
    assert 0.5 in steps
    assert 2.0 in steps
