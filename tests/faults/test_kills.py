"""A run that is killed goes on by the same command, once its lock is gone: a small part of `tests.faults.kills`."""

import logging
import shutil
import sys
from pathlib import Path

import pytest

from ppgn_bench.workflow import messages
from tests.faults.kills import Moment, Run, killed
from tests.faults.state import begun, differing, finished, results, truncated

GONE = "chains/digits/released/dgn_am_released"


def test_a_killed_run_says_how_it_is_unlocked_and_goes_on_to_the_same_bytes(smoke: Path, tmp_path: Path) -> None:
    """Killed as the system does it, jobs and all, while one samples: nothing can clean up."""
    place = tmp_path / "tree"
    shutil.copytree(smoke, place)
    shutil.rmtree(place / "results" / "smoke" / GONE)
    chains = f"smoke/{GONE}/seed_0"
    run = Run(place, [f"results/{chains}.safetensors", "--cores", "2", "--configfile", "config/smoke.yaml"])
    kill = killed(run, Moment("sample", 0.0, 0.5), [1.0])
    assert kill is not None
    assert [(job.stage, job.name) for job in kill.lost] == [("sample", chains)]
    assert not any(truncated(place / "results" / path) for path in results(place))
    done = finished(place)
    assert run.unlock()
    run.finish()
    assert not begun(place)
    assert done.items() <= results(place).items()
    assert [path for path in differing(place, smoke) if not path.endswith(".cost.csv")] == []


@pytest.mark.parametrize(
    ("exception", "text", "told"),
    [
        ("LockException", "LockException:\nError: Directory cannot be locked.", "error: results are locked: "),
        ("OSError", "Traceback\n\nOSError: [Errno 28] No space left on device\n", "error: No space left on device"),
        ("WorkflowError", "WorkflowError:\nFailed.\nOSError: [Errno 30] Read-only: 'a'", "error: Read-only: 'a'"),
        ("OSError", "Traceback\n\nOSError: [Errno 2] No such file or directory: 'a'\n", "Traceback\n"),
    ],
)
def test_what_stops_snakemake_itself_is_told_in_one_line(
    exception: str, text: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", "my config.yaml"])
    record = logging.LogRecord("snakemake", logging.ERROR, "", 0, text, None, None)
    record.exception = exception
    assert messages._in_one_line(record)
    said = record.getMessage()
    assert said.startswith(told)
    assert said.startswith("Traceback") or "\n" not in said
    assert ("snakemake --configfile 'my config.yaml' --unlock" in said) == (exception == "LockException")


def test_a_full_disk_is_told_where_a_job_had_no_room_to_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "full" not in messages.after_errors()
    monkeypatch.setattr(messages, "ROOM", 2**80)
    assert "is full: make room first" in messages.after_errors()
