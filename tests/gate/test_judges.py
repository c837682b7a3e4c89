"""Numbers of different judges are never compared."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import Command
from tests.gate.conftest import REFERENCE


@pytest.mark.parametrize("name", ["metrics.csv", "gate/starts.csv"])
def test_a_run_that_other_judges_measured_is_not_compared_and_they_are_listed(
    ppgn: Command, tmp_path: Path, name: str
) -> None:
    run = shutil.copytree(REFERENCE / "smoke", tmp_path / "smoke")
    table = pd.read_csv(run / name)
    first, second = table.judge.dropna().unique()[0], "0123456789ab"
    table.assign(judge=table.judge.replace(first, second)).to_csv(run / name, index=False)
    ended = ppgn("check", "--baseline", REFERENCE / "smoke", "--results", run)
    assert (ended.status, ended.out) == (2, "")
    assert f"digits, judge: {first} in {REFERENCE / 'smoke' / name}, {second} in {run / name}\n" in ended.err
    assert "`make reference`" in ended.err
    assert ended.err.count(second) == 1  # the other judges are the same
