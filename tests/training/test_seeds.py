"""Several seeds in one job: each has the bytes that it has alone, what is there stays, what is lost was not in vain."""

import os
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
    header = files.load_header(tmp_path / "together" / "seed_1.safetensors", "Classifier")
    assert header["seed"] == 1


def test_a_seed_that_is_added_leaves_the_others_as_they_are(
    inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    first = tmp_path / "seed_0.safetensors"
    assert ppgn(*of_seeds(OWN, inputs, tmp_path, 0)).status == 0
    os.utime(first, (1, 1))
    assert ppgn(*of_seeds(OWN, inputs, tmp_path, 0, 1)).status == 0
    assert first.stat().st_mtime == 1
    assert (tmp_path / "seed_1.safetensors").is_file()


@pytest.mark.parametrize("changed", [{"code": "d"}, {"own": job("classifier", iterations=21)}])
def test_a_seed_that_another_code_or_job_made_is_made_anew_beside_one_that_is_added(
    changed: dict[str, Any], inputs: dict[str, Path], ppgn: Command, tmp_path: Path
) -> None:
    assert ppgn(*of_seeds(OWN, inputs, tmp_path, 0)).status == 0
    os.utime(tmp_path / "seed_0.safetensors", (1, 1))
    own = {"own": OWN, **changed}
    assert ppgn(*of_seeds(own.pop("own"), inputs, tmp_path, 0, 1, **own)).status == 0
    assert (tmp_path / "seed_0.safetensors").stat().st_mtime > 1


def test_where_all_seeds_are_there_all_are_made_anew(inputs: dict[str, Path], ppgn: Command, tmp_path: Path) -> None:
    for _ in range(2):
        assert ppgn(*of_seeds(OWN, inputs, tmp_path, 0, 1)).status == 0
        times = {path.stat().st_mtime for path in tmp_path.glob("seed_?.safetensors")}
        assert 1 not in times
        for path in tmp_path.glob("seed_?.safetensors"):
            os.utime(path, (1, 1))


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
    done = ppgn(*[*of_seeds(own, inputs, tmp_path / "more", 0, 1, 2), "--network", f"encoder={other}"])
    assert done.err == "error: --network: encoder has 2 files, and there are more seeds\n"
