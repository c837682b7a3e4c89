"""A training that is stopped or killed and run again gives the same bytes; a checkpoint of another is refused."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Training
from ppgn_bench.storage import files
from ppgn_bench.training import checkpoint, objectives, stage
from ppgn_bench.training.checkpoint import StoppedError, Unfinished
from ppgn_bench.training.history import as_csv
from tests.configs import save_network
from tests.conftest import ROOT, Command, listing
from tests.training.small import job, save_data

CPU = torch.device("cpu")
PLAYERS = ("joint", "classifier")  # a rival, a balance and noise; dropout


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """A data set's file and an encoder's."""
    made = {"data": save_data(tmp_path / "data.safetensors")}
    return made | {"encoder": save_network(tmp_path / "encoder.safetensors", job("classifier"))}


def unfinished(place: Path, after: float = np.inf, minutes: float = 1e9, **made_by: Any) -> Unfinished:
    """Kept in this folder; stopped after this many further iterations and one."""
    asked = iter(range(10**9))
    return Unfinished(
        place / "a.unfinished.safetensors", place / "a.unfinished.losses.csv", minutes,
        {"job": {"seed": 0}, **made_by}, stopped=lambda: next(asked) >= after,
    )  # fmt: skip


def trained(own: Training, inputs: dict[str, Path], where: Unfinished | None = None) -> tuple[Any, str]:
    """Weights as bytes, and the loss log."""
    needs = {role: inputs[role] for role in own.needs}
    weights, losses = stage.train(own, inputs["data"], needs, CPU, where)
    return {name: value.tobytes() for name, value in weights.items()}, as_csv(losses)


# ------------------------------------------------------------------------------------------------------- to the byte


@pytest.mark.parametrize("recipe", ["judge", "classifier", "image_denoiser", "code_denoiser", "generator", "joint"])
def test_a_training_that_is_stopped_twice_ends_in_the_same_bytes(
    recipe: str, inputs: dict[str, Path], tmp_path: Path
) -> None:
    own = job(recipe, iterations=12)
    whole = trained(own, inputs)
    for after in (4, 3):
        with pytest.raises(StoppedError):
            trained(own, inputs, unfinished(tmp_path, after))
        torch.manual_seed(99)  # what runs in between draws from the global stream
    assert trained(own, inputs, unfinished(tmp_path)) == whole


def test_a_generator_that_rests_goes_on_resting(
    inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The balance of the last iteration decides the next one, also where training stopped between them."""
    real = objectives.discriminator
    monkeypatch.setattr(objectives, "discriminator", lambda *a: {k: 1e3 * v for k, v in real(*a).items()})
    own = job("joint", iterations=8)
    whole = trained(own, inputs)
    with pytest.raises(StoppedError):
        trained(own, inputs, unfinished(tmp_path, after=4))
    assert trained(own, inputs, unfinished(tmp_path)) == whole


def test_keeping_an_unfinished_training_changes_nothing(inputs: dict[str, Path], tmp_path: Path) -> None:
    own = job("joint", iterations=6)
    assert trained(own, inputs, unfinished(tmp_path, minutes=0)) == trained(own, inputs)


def command(own: Training, inputs: dict[str, Path], place: Path, minutes: float) -> list[str]:
    roles = [word for role in own.needs for word in ("--network", f"{role}={inputs[role]}")]
    words = ["--job", own.as_json(), "--data", str(inputs["data"]), *roles, "--output", str(place / "a.safetensors")]
    return ["train", *words, "--checkpoint-minutes", str(minutes)]


def ended(words: list[str], stop: int, ready: Callable[[subprocess.Popen[bytes]], object]) -> int:
    """The status of a process of its own that gets a signal as soon as it is ready for it."""
    program = [sys.executable, "-m", "ppgn_bench", *words]
    with subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE) as process:
        ready(process)
        process.send_signal(stop)
        return process.wait()


@pytest.mark.parametrize("recipe", PLAYERS)
def test_a_training_that_is_killed_and_run_again_ends_in_the_same_bytes(
    recipe: str, inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    own, cut, whole = job(recipe, iterations=300), tmp_path / "cut", tmp_path / "whole"
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


# -------------------------------------------------------------------------------------------------- losses so far


def last_step(path: Path) -> int:
    """The last iteration of a loss log, every row of which can be read."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["value"]) >= 0 for row in rows)
    return int(rows[-1]["step"])


def test_a_training_that_diverges_leaves_its_losses(inputs: dict[str, Path], tmp_path: Path) -> None:
    own = job("classifier", iterations=20, learning_rate=1e30)
    with pytest.raises(FloatingPointError, match="classifier"):
        trained(own, inputs, unfinished(tmp_path))
    text = (tmp_path / "a.unfinished.losses.csv").read_text().splitlines()
    assert text[0] == "step,term,value"
    assert text[-1].startswith("20,")


def test_a_training_that_fails_leaves_the_losses_of_the_iterations_that_are_done(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    where = unfinished(tmp_path)

    def stopped() -> bool:
        if next(asked) == 6:
            raise RuntimeError("out of memory")
        return False

    asked = iter(range(100))
    with pytest.raises(RuntimeError, match="out of memory"):
        trained(job("joint", iterations=20), inputs, where._replace(stopped=stopped))
    assert last_step(where.losses) == 7
    assert not where.checkpoint.exists()


# --------------------------------------------------------------------------------------------------------- refused


@pytest.fixture
def stopped(inputs: dict[str, Path], tmp_path: Path) -> Path:
    """A checkpoint of a classifier."""
    where = unfinished(tmp_path, after=3, recipe="classifier", weights={"class": 1.0})
    with pytest.raises(StoppedError):
        trained(job("classifier", iterations=9), inputs, where)
    return where.checkpoint


def refusal(path: Path, inputs: dict[str, Path], **made_by: Any) -> str:
    """Why it is not taken; it stays as it is, and nothing is written."""
    before = listing(path.parent)
    with pytest.raises(UserError) as caught:
        trained(job("classifier", iterations=9), inputs, unfinished(path.parent, minutes=0, **made_by))
    assert listing(path.parent) == before
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("made_by", "words"),
    [
        ({"recipe": "judge", "weights": {"class": 1.0}}, "recipe is 'classifier' there and 'judge' here"),
        ({"recipe": "classifier", "weights": {"class": 0.5}}, "weights.class is 1.0 there and 0.5 here"),
        ({"recipe": "classifier", "weights": {}}, "weights is 'nothing' there and {} here"),
        ({"recipe": "classifier", "weights": {"class": 1.0}, "torch": "9"}, "torch is 'nothing' there and '9' here"),
        ({"recipe": "classifier"}, "weights.class is 1.0 there and 'nothing' here"),
    ],
    ids=["recipe", "number", "empty", "more", "less"],
)
def test_a_checkpoint_of_another_training_is_refused_with_the_first_field_that_differs(
    made_by: dict[str, Any], words: str, stopped: Path, inputs: dict[str, Path]
) -> None:
    message = refusal(stopped, inputs, **made_by)
    assert message == f"checkpoint of another training: {words}; delete it to train from the start"


def changed(path: Path, drop: str = "", **header: Any) -> None:
    """Write a checkpoint without the arrays that start so, or with another header."""
    arrays, own = files.load_arrays(path, "checkpoint")
    kept = {name: array for name, array in arrays.items() if not (drop and name.startswith(drop))}
    files.save_arrays(path, kept, {**own, **header})


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "truncated or not a safetensors file"),
        (lambda path: path.write_bytes(b""), "truncated or not a safetensors file"),
        (lambda path: changed(path, "ratio"), "not a whole checkpoint"),
        (lambda path: changed(path, "learner.network.e2"), "not a whole checkpoint"),
        (lambda path: changed(path, "streams"), "not a whole checkpoint"),
        (lambda path: changed(path, "history"), "not a whole checkpoint"),
        (lambda path: changed(path, param_groups={}), "not a whole checkpoint"),
    ],
    ids=["truncated", "empty", "ratio", "weights", "streams", "history", "groups"],
)
def test_a_damaged_checkpoint_is_refused(
    damage: Callable[[Path], object], words: str, stopped: Path, inputs: dict[str, Path]
) -> None:
    damage(stopped)
    message = refusal(stopped, inputs, recipe="classifier", weights={"class": 1.0})
    assert message.startswith(words)
    assert "delete it" in message


def test_the_command_refuses_a_checkpoint_of_another_job_other_files_or_other_code(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, place = job("joint", iterations=5), tmp_path / "made"

    def failing(*_: object) -> None:
        raise UserError("later")

    with monkeypatch.context() as patched:
        patched.setattr(stage, "held_out_errors", failing)
        assert ppgn(*command(own, inputs, place, 0)).status == 1
    other = job("joint", iterations=5, weights={**own.weights, "gan": 0.5})
    refused = {"job.weights.gan is 0.01 there and 0.5 here": command(other, inputs, place, 0)}
    encoder = save_network(tmp_path / "other.safetensors", job("classifier"))
    refused["files.encoder is "] = command(own, {**inputs, "encoder": encoder}, place, 0)
    before = listing(place)
    for words, typed in refused.items():
        done = ppgn(*typed)
        assert done.status == 1
        assert words in done.err
        assert str(place / "a.unfinished.safetensors") in done.err
        assert listing(place) == before
    monkeypatch.setattr("ppgn_bench.cli.networks.fingerprint", lambda roots: "edited")
    assert "code is " in ppgn(*command(own, inputs, place, 0)).err


def test_a_checkpoint_says_the_whole_job_and_the_versions(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = []
    save = checkpoint.save

    def saved(state: Any, where: Unfinished) -> None:
        save(state, where)
        headers.append(files.load_header(where.checkpoint, "checkpoint"))

    monkeypatch.setattr(checkpoint, "save", saved)
    own = job("classifier", iterations=2)
    assert ppgn(*command(own, inputs, tmp_path / "made", 0)).status == 0
    assert headers[0]["made_by"]["job"] == json.loads(own.as_json())
    assert headers[0]["made_by"]["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert len(headers) == 2
