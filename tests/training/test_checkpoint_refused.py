"""A checkpoint of another training, or a damaged one, is refused in one message, and nothing is written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from ppgn_bench.training import checkpoint, stage
from ppgn_bench.training.checkpoint import StoppedError, Unfinished
from tests.configs import save_network
from tests.conftest import Command, listing
from tests.training.small import command, job, trained, unfinished


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
        (lambda path: changed(path, spent={"hours": 1}), "not a whole checkpoint"),
    ],
    ids=["truncated", "empty", "ratio", "weights", "streams", "history", "groups", "cost"],
)
def test_a_damaged_checkpoint_is_refused(
    damage: Callable[[Path], object], words: str, stopped: Path, inputs: dict[str, Path]
) -> None:
    damage(stopped)
    message = refusal(stopped, inputs, recipe="classifier", weights={"class": 1.0})
    assert message.startswith(words)
    assert "delete it" in message


def test_the_command_refuses_a_checkpoint_of_another_job_other_files_other_code_or_other_threads(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, place = job("joint", iterations=5), tmp_path / "made"

    def failing(*_: object) -> None:
        raise UserError("later")

    with monkeypatch.context() as patched:
        patched.setattr(stage, "held_out_errors", failing)
        assert ppgn(*command(own, inputs, place, 0)).status == 1
    other = job("joint", iterations=5, weights={**own.weights, "gan": 0.5})
    refused = {"job.weights.gan is 0.03 there and 0.5 here": command(other, inputs, place, 0)}
    encoder = save_network(tmp_path / "other.safetensors", job("classifier"))
    refused["files.encoder is "] = command(own, {**inputs, "encoder": encoder}, place, 0)
    refused["code is '' there and 'edited' here"] = [*command(own, inputs, place, 0), "--code", "edited"]
    refused["threads is 1 there and 2 here"] = ["--threads", "2", *command(own, inputs, place, 0)]
    before = listing(place)
    for words, typed in refused.items():
        done = ppgn(*typed)
        assert done.status == 1
        assert words in done.err
        assert str(place / "a.unfinished.safetensors") in done.err
        assert listing(place) == before


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
