"""Benchmarks: `make bench`, or `python -m pytest tests/benchmarks --benchmark-only`. Ratios, each from one run."""

import pytest
import torch


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--experiment",
        default="config/smoke.yaml",
        help="config of the run whose workflow overhead is measured",
    )


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
