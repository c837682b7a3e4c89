"""Benchmarks: `make bench`, or `python -m pytest tests/benchmarks --benchmark-only`. Ratios, each from one run."""

import pytest

from ppgn_bench import machine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--experiment",
        default="config/smoke.yaml",
        help="config of the run whose workflow overhead is measured",
    )


@pytest.fixture(autouse=True)
def _as_a_job_runs() -> None:
    machine.device("cpu")
