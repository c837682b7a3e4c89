"""Several seeds in one job: each has the bytes that it has alone, and what a job loses is not trained a second time."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Training
from ppgn_bench.storage import files
from ppgn_bench.training import checkpoint, stage
from tests.configs import save_network
from tests.conftest import Command
from tests.training.small import built, command, job

OWN = job("classifier", iterations=20)


def of_seeds(own: Training, inputs: Mapping[str, Path], place: Path, *seeds: int, code: str = "c") -> list[str]:
    """What types the training of these seeds in one job."""
    words = command(own, inputs, place, 10.0)
    words[words.index("--job") + 1] = own.of_any_seed()
    del words[words.index("--output") : words.index("--output") + 2]
    for seed in seeds:
        words += ["--seed", str(seed), "--output", str(place / f"seed_{seed}.safetensors")]
    return [*words, "--code", code]


def made(place: Path) -> dict[str, bytes]:
    """Weights and losses."""
    return {path.name: path.read_bytes() for path in place.iterdir() if not path.name.endswith("cost.csv")}


def test_seeds_that_share_a_job_have_the_bytes_that_each_has_alone(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    assert ppgn(*of_seeds(OWN, inputs, tmp_path / "together", 0, 1)).status == 0
    for seed in (0, 1):
        assert ppgn(*of_seeds(OWN, inputs, tmp_path / "alone", seed)).status == 0
    assert made(tmp_path / "together") == made(tmp_path / "alone")
    assert len(made(tmp_path / "alone")) == 4
    assert files.load_header(tmp_path / "together" / "seed_1.safetensors", "Classifier")["seed"] == 1


def test_a_job_that_a_later_seed_ends_trains_the_earlier_ones_no_second_time(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ppgn(*of_seeds(OWN, inputs, tmp_path / "whole", 0, 1)).status == 0
    fit, iterations = stage.fit, []

    def failing(state: Any, batches: Any, own: Training, *others: Any) -> None:
        if own.seed == 1:
            raise UserError("the second seed ends early")
        fit(state, batches, own, *others)

    place = tmp_path / "cut"
    with monkeypatch.context() as patched:
        patched.setattr(stage, "fit", failing)
        assert ppgn(*of_seeds(OWN, inputs, place, 0, 1)).status == 1
    for name in ("seed_0.safetensors", "seed_0.losses.csv", "seed_0.cost.csv"):
        (place / name).unlink()  # as Snakemake does with what a job made that fails

    def counted(state: Any, *others: Any) -> None:
        iterations.append(len(state.history))
        fit(state, *others)

    monkeypatch.setattr(stage, "fit", counted)
    assert ppgn(*of_seeds(OWN, inputs, place, 0, 1)).status == 0
    assert iterations == [20, 0]
    assert made(place) == made(tmp_path / "whole"), "no checkpoint is left"


def test_a_job_that_is_told_to_end_while_a_seed_is_measured_begins_no_other(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = stage.measurements

    def ended(*given: Any) -> dict[str, float]:
        os.kill(os.getpid(), signal.SIGTERM)
        return measure(*given)

    monkeypatch.setattr(stage, "measurements", ended)
    assert ppgn(*of_seeds(OWN, inputs, tmp_path, 0, 1)).status == 128 + signal.SIGTERM
    assert {"seed_0.safetensors", "seed_0.unfinished.safetensors"} < made(tmp_path).keys()
    assert not any(name.startswith("seed_1") for name in made(tmp_path))


def test_all_checkpoints_of_another_training_are_named_before_any_seed_is_trained(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise UserError("ends early")

    for seed in (0, 2):  # an older run, a job each
        with monkeypatch.context() as patched:
            patched.setattr(stage, "measurements", failing)
            words = of_seeds(OWN, inputs, tmp_path, seed, code="old")
            words[words.index("--checkpoint-minutes") + 1] = "0"
            assert ppgn(*words).status == 1
    before = made(tmp_path)
    done = ppgn(*of_seeds(OWN, inputs, tmp_path, 0, 1, 2))
    assert done.status == 1
    assert made(tmp_path) == before
    for seed in (0, 2):
        path = tmp_path / f"seed_{seed}.unfinished.safetensors"
        assert f"{path}: checkpoint of another training: code is 'old' there and 'c' here" in done.err


def test_one_seed_alone_leaves_no_checkpoint_on_its_way(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "save", lambda *_: pytest.fail("wrote one"))
    assert ppgn(*of_seeds(OWN, inputs, tmp_path, 3)).status == 0


def test_seeds_need_a_file_each(inputs: dict[str, Path], ppgn: Command) -> None:
    done = ppgn(*of_seeds(OWN, inputs, Path("place"), 0, 1), "--output", "place/seed_2.safetensors")
    assert done.status == 1
    files_of = "place/seed_0.safetensors, place/seed_1.safetensors, place/seed_2.safetensors"
    assert done.err == f"error: --output: needs a file for each of 2 seeds, got {files_of}\n"


def test_networks_that_each_seed_has_of_its_own_are_read_in_turn(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    own, other = (
        job("joint", iterations=3),
        save_network(tmp_path / "other.safetensors", job("classifier"), built("classifier", 1)),
    )
    words = [*of_seeds(own, inputs, tmp_path / "together", 0, 1), "--network", f"encoder={other}"]
    assert ppgn(*words).status == 0
    assert ppgn(*of_seeds(own, {**inputs, "encoder": other}, tmp_path / "alone", 1)).status == 0
    for name, content in made(tmp_path / "alone").items():
        assert made(tmp_path / "together")[name] == content
    for seeds, asked in (((0, 1, 2), "one file, or one for each of 3 seeds"), ((0,), "one file")):
        done = ppgn(*[*of_seeds(own, inputs, tmp_path / "more", *seeds), "--network", f"encoder={other}"])
        assert done.err == f"error: --network: encoder needs {asked}, got 2\n"
