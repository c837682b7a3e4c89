"""The committed reference of the smoke run, and a run of five seeds to change."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT

REFERENCE = ROOT / "results" / "reference"
FIVE_SEEDS = ROOT / "tests" / "gate" / "five_seeds"  # its README says whose they are


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that is as the reference with five seeds."""
    return shutil.copytree(FIVE_SEEDS, tmp_path / "five_seeds")
