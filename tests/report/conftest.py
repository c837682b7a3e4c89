"""Where the tests of the report keep an experiment's results."""

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of results that nothing is in yet; its networks lie beside it."""
    return tmp_path / "example"
