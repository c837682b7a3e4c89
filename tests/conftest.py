"""What several tests share: one smoke run of the workflow serves all that need trained networks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

from ppgn_bench.cli import app
from tests import warm
from tests.configs import DEFAULT

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's pool of threads on tiny tensors is twelve times slower
ROOT = Path(__file__).parents[1]


def workflow_copy(place: Path) -> Path:
    """Copy of everything that the workflow reads, without results."""
    place.mkdir(parents=True, exist_ok=True)
    for name in ("Snakefile", "rules", "config", "profiles", "ppgn_bench", "environment.yaml", "requirements.lock"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, place / name)
    return place


def snakemake(place: Path, *arguments: str, warmed: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the workflow of a copy; its own package is the one that runs, not the installed one.

    warmed: by a Python that has its libraries loaded, Snakemake and its jobs alike.
    """
    python = warm.python() if warmed else Path(sys.executable)
    command = [python, "-m", "snakemake", "--cores", "2", *arguments]
    own = environment(place, python)
    return subprocess.run(command, cwd=place, capture_output=True, text=True, env=own, check=False)


def environment(place: Path, python: Path = Path(sys.executable)) -> dict[str, str]:
    path = os.pathsep.join(map(str, (python.parent, Path(sys.executable).parent, os.environ["PATH"])))
    return {**os.environ, "PYTHONPATH": str(place), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _take_over(place: Path) -> None:
    """Copy the smoke run that `make smoke` or `make gate` made here; the workflow makes anew what has changed since."""
    folders = ("results/smoke", "results/networks/digits", "results/logs", ".snakemake/metadata")
    if all((ROOT / name).is_dir() for name in folders):
        for name in folders:
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("gate"))
        (place / "results" / "data").mkdir()
        for file in (ROOT / "results" / "data").glob("digits*"):
            shutil.copy2(file, place / "results" / "data")  # with its time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs the smoke run, which takes all cores, and then what runs the workflow: the files that take
    long, for which no worker is to wait at the end.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        return "smoke" not in getattr(item, "fixturenames", ()), not hasattr(getattr(item, "module", None), "snakemake")

    items.sort(key=place)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of a finished smoke run, beside a result of another experiment, made or taken over once for all workers.

    Change copies only.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    place, finished = shared / "smoke", shared / "smoke.finished"
    with FileLock(shared / "smoke.lock"):
        if not finished.exists():
            workflow_copy(place)
            _take_over(place)
            (place / "results" / "main").mkdir(parents=True)
            (place / "results" / "main" / "metrics.csv").write_text("made before\n")
            done = snakemake(place, "--configfile", "config/smoke.yaml")
            assert done.returncode == 0, done.stdout + done.stderr
            finished.touch()
    return place


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def ppgn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Type `ppgn-bench ...`, in this process: torch is imported once. A traceback fails the test."""

    def typed(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ppgn-bench", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.main()
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return typed


def listing(place: Path) -> dict[str, bytes]:
    """Every file in a folder and what it holds."""
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a small default config."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(DEFAULT)
    monkeypatch.chdir(tmp_path)
    return tmp_path
