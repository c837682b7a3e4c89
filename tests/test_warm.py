"""The Python that has its libraries loaded runs a command as a Python of its own does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm

MAIN = """
import os, sys
told = [os.environ[name] for name in ("PATH", "PYTHONPATH", "SAID")]
ours = sorted(name for name in sys.modules if name.startswith("ppgn_bench"))
print(__name__, __file__, sys.argv, sys.path[:2], os.getcwd(), sys.stdin.read(), told, ours, flush=True)
print("on the other stream", file=sys.stderr)
"""


def ended(python: str | Path, place: Path, ending: str) -> subprocess.CompletedProcess[str]:
    """How a package of this name ends that says where it finds itself."""
    (place / "ppgn_bench").mkdir(exist_ok=True)
    (place / "ppgn_bench" / "__init__.py").touch()
    (place / "ppgn_bench" / "__main__.py").write_text(MAIN + ending)
    command = [python, "-m", "ppgn_bench", "a word", "--of=it"]
    environment = {"PYTHONPATH": str(place), "PATH": os.environ["PATH"], "LC_CTYPE": "C.UTF-8", "SAID": "ä\n"}
    return subprocess.run(
        command, cwd=place, env=environment, input="typed", capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "sys.exit('no')", "import atexit; atexit.register(print, 1)"])
def test_a_command_finds_itself_and_ends_as_with_a_python_of_its_own(tmp_path: Path, ending: str) -> None:
    found, expected = (ended(python, tmp_path, ending) for python in (warm.python(), sys.executable))
    expected.args = found.args
    assert vars(found) == vars(expected)


def test_a_command_that_fails_or_is_killed_says_so(tmp_path: Path) -> None:
    failed = ended(warm.python(), tmp_path, "1 / 0")
    assert (failed.returncode, failed.stderr.splitlines()[-1]) == (1, "ZeroDivisionError: division by zero")
    assert ended(warm.python(), tmp_path, "os.kill(os.getpid(), 9)").returncode == 128 + 9


def test_what_is_no_command_of_a_workflow_is_run_by_a_python_of_its_own(tmp_path: Path) -> None:
    said = [warm.python(), "-c", "import sys; print('torch' in sys.modules, sys.argv)", "word"]
    assert subprocess.run(said, capture_output=True, text=True, check=True).stdout == "False ['-c', 'word']\n"
