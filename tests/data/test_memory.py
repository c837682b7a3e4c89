"""Memory is bounded by the batch, not by the set."""

import subprocess
import sys
from pathlib import Path

from tests.data import streaming

LIMIT = 1200  # MiB; torch and what metrics import take about 600 of them


def test_a_source_of_2_gib_is_trained_on_judged_and_measured_in_1200_mib(tmp_path: Path) -> None:
    """In a process of its own, which prints what it held before it opened the source and at most."""
    assert streaming.COUNTS["train"] * 3 * streaming.SIDE**2 >= 2**31 > LIMIT * 2**20
    command = [sys.executable, "-m", "tests.data.streaming", str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, peak = map(int, done.stdout.split())
    assert before < peak < LIMIT
