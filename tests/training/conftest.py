"""What several tests of training share."""

from pathlib import Path

import pytest

from tests.configs import save_network
from tests.training.small import job, save_data


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """A data set's file and an encoder's."""
    made = {"data": save_data(tmp_path / "data.safetensors", count=50)}
    return made | {"encoder": save_network(tmp_path / "encoder.safetensors", job("classifier"))}
