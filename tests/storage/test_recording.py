"""A record of results: sha256sum reads it, and what is lost, changed or added since is told by its path."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.storage import recording

MADE = {"main/metrics.csv": "a", "main/chains/x/seed_0.safetensors": "b", "networks/joint/seed_0.safetensors": "c"}
MAIN, NETWORK = Path("results/main"), Path("results/networks/joint/seed_0.safetensors")


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a small experiment with its record, below a working directory."""
    monkeypatch.chdir(tmp_path)
    for name, text in MADE.items():
        file = Path("results", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    record(*(Path("results", name) for name in MADE))
    return MAIN


def record(*made: Path) -> None:
    (MAIN / recording.NAME).write_text(recording.record(MAIN, made, lambda size: None))


def differences(folder: Path = MAIN) -> dict[str, str]:
    wrong = recording.differences(folder, recording.recorded(folder), lambda size: None)
    return {file.as_posix(): what for file, what in wrong.items()}


def test_a_record_has_every_file_by_its_path_from_the_experiments_folder(results: Path) -> None:
    hashes = {text: hashlib.sha256(text.encode()).hexdigest() for text in MADE.values()}
    assert (results / "SHA256SUMS").read_text().splitlines() == [
        f"{hashes['b']}  chains/x/seed_0.safetensors",
        f"{hashes['a']}  metrics.csv",
        f"{hashes['c']}  ../networks/joint/seed_0.safetensors",
    ]


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum")
def test_sha256sum_reads_it_from_the_experiments_folder(results: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=results, check=False, capture_output=True).returncode == 0
    NETWORK.write_text("other")
    assert subprocess.run(command, cwd=results, check=False, capture_output=True).returncode == 1


def test_results_as_they_were_differ_in_nothing_from_wherever_they_are_named(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert differences() == {}
    assert differences(tmp_path / results) == {}
    monkeypatch.chdir(results)
    assert differences(Path()) == {}


def test_every_kind_of_difference_is_told_of_the_file_and_of_no_other(results: Path) -> None:
    NETWORK.write_text("d")  # as long as before
    (results / "metrics.csv").unlink()
    (results / "chains" / "x" / "seed_1.safetensors").write_text("of another config")
    assert differences() == {
        "results/networks/joint/seed_0.safetensors": "has changed",
        "results/main/metrics.csv": "is missing",
        "results/main/chains/x/seed_1.safetensors": "is unknown: the run did not make it",
    }


def test_logs_the_gates_samples_and_hidden_files_are_no_results(results: Path) -> None:
    for name in ("logs/record.log", "gate/starts.csv", "controls.ok", "tables/.snakemake_timestamp", ".a.1.tmp"):
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_text("")
    assert differences() == {}


def test_a_folder_is_recorded_with_all_that_is_in_it(results: Path) -> None:
    record(results / "chains", NETWORK.parent)
    assert sorted(recording.recorded(results)) == [results / "chains/x/seed_0.safetensors", NETWORK]


def test_what_a_run_should_have_made_and_has_not_is_no_record(results: Path) -> None:
    with pytest.raises(UserError, match=r"claims\.csv: is missing"):
        record(results / "claims.csv")


HASH = "0" * 64


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        f"{HASH} metrics.csv",
        f"{HASH}  /etc/passwd",
        f"{HASH}  ../../secret",
        f"{HASH}  a/../../../b",
        "\x00",
    ],
)
def test_a_line_that_is_none_or_leaves_the_results_is_refused_by_its_number(results: Path, line: str) -> None:
    path = results / "SHA256SUMS"
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(UserError, match=r"^results/main/SHA256SUMS: line 4: must be a hash and a path in the results"):
        differences()


def test_what_is_no_file_is_not_read(results: Path) -> None:
    (results / "metrics.csv").unlink()
    (results / "metrics.csv").symlink_to("/dev/zero")  # it has no end
    assert differences() == {"results/main/metrics.csv": "is missing"}


def test_a_file_that_cannot_be_read_is_told_with_the_others(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recording.files.sha256

    def bad_disk(path: Path) -> str:
        if path.name == "metrics.csv":
            raise UserError(f"{path}: cannot be read (Input/output error)")
        return whole(path)

    monkeypatch.setattr(recording.files, "sha256", bad_disk)
    NETWORK.unlink()
    assert differences() == {
        "results/networks/joint/seed_0.safetensors": "is missing",
        "results/main/metrics.csv": "cannot be read",
    }
