"""What several tests share: one smoke run of the workflow serves all that need trained networks."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]


def workflow_copy(place: Path) -> Path:
    """Copy of everything that the workflow reads, without results."""
    place.mkdir(parents=True, exist_ok=True)
    for name in (
        "Snakefile",
        "rules",
        "config",
        "profiles",
        "ppgn_bench",
        "environment.yaml",
        "requirements.lock",
    ):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, place / name)
    return place


def snakemake(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the workflow of a copy; its own package is the one that runs, not the installed one."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, env=_environment(place), check=False)


def _environment(place: Path) -> dict[str, str]:
    import os

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": str(place), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished smoke run, beside a result of another experiment. Change copies only."""
    place = workflow_copy(tmp_path_factory.mktemp("smoke"))
    (place / "results" / "main").mkdir(parents=True)
    (place / "results" / "main" / "metrics.csv").write_text("made before\n")
    done = snakemake(place, "--configfile", "config/smoke.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return place
