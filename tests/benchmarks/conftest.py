"""Benchmarks: `make bench`, or `python -m pytest tests/benchmarks --benchmark-only`. Ratios, each from one run.

Every benchmark is also timed relative to a calibration workload, and compared with results/reference/speed.csv, which
`make bench-reference` writes. What moved is said at the end; no run fails because of a speed.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files, machine
from tests.benchmarks import calibration, growth, growth_shown, relative, roofline
from tests.conftest import ROOT

SMOKE = "config/smoke.yaml"
REFERENCE = ROOT / "results" / "reference" / "speed.csv"
MADE_WITH = REFERENCE.with_suffix(".json")  # hardware and versions
MEASURED = pytest.StashKey[list[relative.Speed]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--experiment", default=SMOKE, help="config of the run whose workflow overhead is measured")
    parser.addoption(
        "--write-speed-reference",
        action="store_true",
        help="make this run's relative speeds the reference, results/reference/speed.csv",
    )
    parser.addoption("--growth-figure", type=Path, help="PNG to draw what the growth benchmarks measured in")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MEASURED] = []
    config.stash[roofline.REACHED] = []
    config.stash[growth.FOUND] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The experiment is part of a benchmark's name: another one has another speed."""
    if "experiment" in metafunc.fixturenames:
        metafunc.parametrize("experiment", [metafunc.config.getoption("--experiment", SMOKE)])


@pytest.fixture(autouse=True)
def _as_a_job_runs() -> None:
    machine.device("cpu")


@pytest.fixture(autouse=True)
def _beside_the_calibration(request: pytest.FixtureRequest, _as_a_job_runs: None) -> Iterator[None]:
    """Store each benchmark's speed relative to the calibration workload, in its extra_info and for the summary."""
    if "benchmark" not in request.fixturenames:  # then there is nothing to time
        yield
        return
    benchmark = request.getfixturevalue("benchmark")
    call = calibration.workload()
    around = calibration.times(call)
    rounds = calibration.beside_each_round(benchmark, call)
    yield
    if not benchmark.stats or benchmark.has_error:
        return
    seconds = benchmark.stats.stats.data
    around += calibration.times(call)
    # benchmark(...) in place of benchmark.pedantic(...) leaves no room between its rounds.
    beside = rounds[-len(seconds) :] or [around] * len(seconds)
    result = relative.speed(benchmark.name, seconds, beside)
    benchmark.extra_info |= {
        "calibration, seconds": float(f"{result.calibration:.4g}"),
        "relative to the calibration": float(f"{result.relative:.4g}"),
        "relative, quartiles": f"{result.low:.4g} to {result.high:.4g}",
    }
    request.config.stash[MEASURED].append(result)


@pytest.hookimpl(trylast=True)  # after the tables of pytest-benchmark
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    measured = config.stash.get(MEASURED, [])
    if not measured:
        return
    terminalreporter.section("speed relative to the calibration workload (docs/performance.md)")
    for line in report(measured):
        terminalreporter.write_line(line)
    if reached := config.stash[roofline.REACHED]:
        terminalreporter.section("roofline (docs/performance.md)")
        for line in roofline.lines(reached):
            terminalreporter.write_line(line)
    if found := config.stash[growth.FOUND]:
        terminalreporter.section("growth (docs/performance.md)")
        for line in growth_shown.lines(found):
            terminalreporter.write_line(line)
        if figure := config.getoption("--growth-figure"):
            growth_shown.draw(figure, found)
    if config.getoption("--write-speed-reference"):
        terminalreporter.write_line(write_reference(measured, exitstatus))


def report(measured: list[relative.Speed]) -> list[str]:
    """This run beside the reference; where there is none that can be read, that is said and every benchmark is new."""
    try:
        table = files.load_table(REFERENCE, relative.Speed._fields)[list(relative.Speed._fields)]
        made_with = files.load_json(MADE_WITH)
    except UserError as error:
        return [f"No reference: {error}", *relative.lines(*relative.compared(measured, {}))]
    reference = {row.benchmark: relative.Speed(*row) for row in table.itertuples(index=False)}
    text = relative.lines(*relative.compared(measured, reference))
    return text + relative.differences(machine.surroundings(), made_with)


def write_reference(measured: list[relative.Speed], exitstatus: int) -> str:
    """Write the reference, unless something failed; says what was done."""
    if exitstatus != 0:
        return "A benchmark failed: the reference stays as it is."
    table = pd.DataFrame(measured)
    numbers = ["relative", "low", "high", "calibration"]
    table[numbers] = table[numbers].map(lambda value: float(f"{value:.5g}"))
    files.save_table(REFERENCE, table)
    files.save_json(MADE_WITH, machine.surroundings())
    return f"Written: {_shown(REFERENCE)} and {_shown(MADE_WITH)}"


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
