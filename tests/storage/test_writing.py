"""Files are written whole or not at all, with no copy of what they hold."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from tests.storage.test_files import ARRAYS


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.save_text(tmp_path / "a", "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UserError, match=r"a: cannot be written \(No space left"):
        files.save_text(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_a_writer_killed_before_the_rename_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.save_json(path, "old")
    program = (
        "import os, signal, sys; from ppgn_bench.storage import files\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.save_json(sys.argv[1], 'new' * 9999)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert files.load_json(path) == "old"


def test_what_a_killed_writer_left_goes_with_the_next_and_what_is_written_on_another_machine_stays(
    tmp_path: Path,
) -> None:
    """Two machines with one folder, whose process ids say nothing of each other."""
    path = tmp_path / "a.json"
    killed = "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\nfiles.save_json(sys.argv[1], 'new')"
    for elsewhere in ("", "whole._where_ids_are_one = lambda: 'elsewhere'\n"):
        program = f"import os, signal, sys; from ppgn_bench.storage import files, whole\n{elsewhere}{killed}"
        subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    files.save_json(path, "whole")
    (left,) = {*tmp_path.iterdir()} - {path}
    assert left.name.startswith(".a.json.elsewhere.")


def test_a_result_can_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        files.save_text(tmp_path / "a", "")
        files.save_arrays(tmp_path / "b", ARRAYS, {"kind": "chains"})
    finally:
        os.umask(old)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"] == [0o644, 0o644]


def test_arrays_that_cannot_be_written_whole_keep_the_old_file_and_leave_nothing_beside_it(tmp_path: Path) -> None:
    """The system refuses files beyond a size, as a full disk does; in a process of its own."""
    path = tmp_path / "a.safetensors"
    files.save_arrays(path, ARRAYS, {"kind": "old"})
    program = (
        "import resource, signal, sys, numpy as np; from ppgn_bench.storage import files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16))\n"
        "try: files.save_arrays(sys.argv[1], {'a': np.zeros(2**18)}, {'kind': 'new'})\n"
        "except files.UserError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True)
    assert done.stdout.startswith(f"{path}: cannot be written (")
    assert done.stdout.count("\n") == 1
    assert [found.name for found in tmp_path.iterdir()] == ["a.safetensors"]
    assert files.load_header(path, "old") == {"kind": "old"}


def test_writing_arrays_takes_no_memory_for_a_copy_of_them(tmp_path: Path) -> None:
    """In a process of its own, whose memory is limited to what it has with the array, and a part of it more."""
    program = (
        "import resource, sys, numpy as np; from ppgn_bench.storage import files\n"
        "files.save_arrays(sys.argv[1], {'a': np.zeros(9)}, {'kind': 'new'})\n"
        "large = np.ones(2**23)\n"
        "has = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (has + large.nbytes // 4,) * 2)\n"
        "files.save_arrays(sys.argv[1], {'a': large}, {'kind': 'new'})"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.safetensors")], check=True)
    assert (tmp_path / "a.safetensors").stat().st_size > 2**26
