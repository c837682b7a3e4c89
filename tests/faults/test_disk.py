"""A full disk, a read-only folder and killed writers: one line, the old file, and nothing half-made beside it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from pandas import DataFrame

from ppgn_bench.errors import UserError
from ppgn_bench.report.figures import style
from ppgn_bench.storage import files, machine
from ppgn_bench.storage.manifest import save as save_manifest
from tests.conftest import ROOT, Command, listing
from tests.example_results import save_light
from tests.faults.conftest import Disk
from tests.training.small import command, job, save_data


def cost(path: Path) -> None:
    """What a job costs, as its command writes it."""
    with machine.cost(path, machine.made_by(machine.device("cpu"), "code", 0), kind="sampling"):
        pass


WRITERS: dict[str, Callable[[Path, int], object]] = {  # file -> what writes it, with so many numbers in it
    "a.csv": lambda path, number: files.save_table(path, DataFrame({"value": np.arange(number)})),
    "a.json": lambda path, number: files.save_json(path, [*range(number)]),
    "a.tex": lambda path, number: files.save_text(path, "number" * number),
    "a.safetensors": lambda path, number: files.save_arrays(path, {"a": np.arange(number)}, {"kind": "chains"}),
    "a.pdf": lambda path, number: style.save(Figure(), path.parent, path.stem),
    "a.cost.csv": lambda path, number: cost(path),
}
every_writer = pytest.mark.parametrize("name", WRITERS)


@every_writer
def test_a_full_disk_is_one_line_and_the_old_file_stays(name: str, disk: Disk) -> None:
    path = disk.place / "made" / name
    path.parent.mkdir()
    path.write_bytes(b"old")
    disk.fill()
    with pytest.raises(UserError, match=r"^.*cannot be written \(.*(No space left|too large).*\)$") as caught:
        WRITERS[name](path, 10_000)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert listing(path.parent) == {name: b"old"}
    assert [found.name for found in path.parent.iterdir()] == [name]


@every_writer
def test_a_read_only_folder_is_one_line_and_the_old_file_stays(name: str, disk: Disk) -> None:
    path = disk.place / "made" / name
    path.parent.mkdir()
    path.write_bytes(b"old")
    disk.lock()
    with pytest.raises(UserError, match=r"^.*cannot be written \((Read-only file system|Permission denied)\)$"):
        WRITERS[name](path, 10_000)
    assert listing(path.parent) == {name: b"old"}


def test_a_report_on_a_full_disk_or_in_a_read_only_folder_ends_in_one_line(disk: Disk, ppgn: Command) -> None:
    place = disk.place / "results"
    save_manifest(place / "manifest.json", save_light(place))
    made = listing(place)
    disk.fill()
    assert_one_line(ppgn("report", place))
    disk.lock()
    assert_one_line(ppgn("report", place))
    assert listing(place) == made


def assert_one_line(ended: tuple[int, str, str]) -> None:
    """A command ended in one line, which says of a file or a folder that it cannot be written."""
    status, _, text = ended
    lines = [line for line in text.splitlines() if line.startswith("error: ")]
    assert (status, len(lines)) == (1, 1), text
    assert "Traceback" not in text
    assert any(words in lines[0] for words in ("No space left", "too large", "Read-only", "Permission denied")), text


def test_a_training_whose_checkpoint_does_not_fit_the_disk_ends_in_one_line_and_leaves_no_file(
    disk: Disk, tmp_path: Path, ppgn: Command
) -> None:
    own, inputs = job("classifier", iterations=3), {"data": save_data(tmp_path / "data.safetensors")}
    disk.fill()
    assert_one_line(ppgn(*command(own, inputs, disk.place / "made", 0)))
    assert [*(disk.place / "made").iterdir()] == []


def test_what_a_killed_writer_left_goes_when_the_file_is_written_again(tmp_path: Path) -> None:
    """Killed before the file has its name: of large arrays, that may be much."""
    path = tmp_path / "a.safetensors"
    program = (
        "import os, signal, sys, numpy as np; from ppgn_bench.storage import files\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.save_arrays(sys.argv[1], {'a': np.zeros(9)}, {'kind': 'new'})"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    of_others = [tmp_path / f".a.safetensors.{name}.tmp" for name in (os.getppid(), "x", 10**30)]
    for other in of_others:
        other.mkdir()
    files.save_arrays(path, {"a": np.ones(9)}, {"kind": "new"})
    assert {*tmp_path.iterdir()} == {path, *of_others}
    assert left not in of_others
