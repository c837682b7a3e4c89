"""The paper's sizes fit a machine without a GPU, for a few steps."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

MOST = 6  # GiB


def test_the_papers_own_networks_are_trained_and_sampled_at_227_pixels_in_6_gib(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.paper_size", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 0.5 < float(done.stdout.split()[-1]) < MOST
