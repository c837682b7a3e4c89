"""Copies of the committed references, to change."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT

REFERENCE = ROOT / "results" / "reference"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that is as the committed reference of the default experiment."""
    return shutil.copytree(REFERENCE / "main", tmp_path / "main")
