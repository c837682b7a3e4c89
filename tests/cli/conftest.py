"""The command `draw` with the smoke run's networks."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Command, Ended

COMMITTED = ROOT / "results/reference/smoke/networks"  # trained by the smoke run, on digits
SHORT = ("--count", 2, "--steps", 4, "--keep-every", 2)

Draw = Callable[..., Ended]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the configs and the smoke run's networks."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(COMMITTED, tmp_path / "results" / "networks")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def draw(here: Path, ppgn: Command) -> Draw:
    """Draw a few steps of digits with the smoke run's networks, unless other options say otherwise."""
    usual = ("--dataset", "digits", "--config", "config/smoke.yaml", "--output", "made.png", *SHORT)
    return lambda *words: ppgn("draw", *usual, *words)
