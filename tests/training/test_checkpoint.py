"""A training that is stopped or killed and run again gives the same bytes, and keeps its losses and its cost."""

import csv
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from ppgn_bench.storage.machine import Spent
from ppgn_bench.training import checkpoint, objectives, stage
from ppgn_bench.training.checkpoint import StoppedError
from tests.conftest import Command
from tests.training.small import command, job, last_step, trained, unfinished

CPU = torch.device("cpu")


# ------------------------------------------------------------------------------------------------------- to the byte


@pytest.mark.parametrize(
    "recipe", ["judge", "classifier", "image_denoiser", "code_denoiser", "generator", "joint", "vae_gan"]
)
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


# -------------------------------------------------------------------------------------------------- losses so far


def test_the_losses_so_far_are_written_every_few_seconds_though_no_checkpoint_is_due(
    inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock that goes on by a second whenever it is read: once an iteration, and once more at a write."""
    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    monkeypatch.setattr(checkpoint, "LOSSES_SHARE", 1.0)
    where, found = unfinished(tmp_path), []

    def stopped() -> bool:
        found.append(last_step(where.losses) if where.losses.exists() else 0)  # what a kill would leave
        return False

    trained(job("classifier", iterations=16), inputs, where._replace(stopped=stopped))
    assert found == [0] * 5 + [5] * 5 + [10] * 5 + [15]
    assert not where.checkpoint.exists()


def test_losses_that_take_long_to_write_are_written_seldom(
    inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writing takes a second of this clock: the next is due after a hundred."""
    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    where, found = unfinished(tmp_path), set()

    def stopped() -> bool:
        found.add(last_step(where.losses) if where.losses.exists() else 0)
        return False

    trained(job("image_denoiser", iterations=110), inputs, where._replace(stopped=stopped))
    assert found == {0, 5, 105}


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


# ----------------------------------------------------------------------------------------------------------- its cost


def kept_cost(path: Path) -> Spent:
    return Spent(**files.load_header(path, "checkpoint")["spent"])


def test_a_training_that_goes_on_counts_what_it_took_before(inputs: dict[str, Path], tmp_path: Path) -> None:
    own, first = job("classifier", iterations=9), unfinished(tmp_path, after=2)
    with pytest.raises(StoppedError):
        trained(own, inputs, first)
    kept = kept_cost(first.checkpoint)
    assert kept.seconds > 0
    assert kept.peak_memory_mib > 1
    second = unfinished(tmp_path, after=2)
    with pytest.raises(StoppedError):
        trained(own, inputs, second)
    assert second.meter.before == kept
    assert kept_cost(second.checkpoint).seconds > kept.seconds


def failing(*_: object) -> None:
    raise UserError("later")


def test_the_table_of_costs_has_what_all_parts_of_a_training_took(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "made"
    words, kept = command(job("classifier", iterations=6), inputs, place, 0), place / "a.unfinished.safetensors"
    with monkeypatch.context() as patched:
        patched.setattr(stage, "held_out_errors", failing)
        assert ppgn(*words).status == 1
    arrays, header = files.load_arrays(kept, "checkpoint")
    files.save_arrays(kept, arrays, {**header, "spent": Spent(seconds=1e6, peak_memory_mib=1e7)._asdict()})
    assert ppgn(*words).status == 0
    with (place / "a.cost.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert 1e6 < float(row["seconds"]) < 2e6
    assert row["peak_memory_mib"] == "10000000"
