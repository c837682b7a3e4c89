"""Results with every kind of condition, and their section, made once a module."""

from pathlib import Path

import pytest

from ppgn_bench.report.page.blocks import Section
from ppgn_bench.report.results import Results
from tests.report.page.condition_sections import made, section


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path, Section]:
    root = tmp_path_factory.mktemp("results") / "example"
    results = made(root)
    return results, root, section(results, root)
