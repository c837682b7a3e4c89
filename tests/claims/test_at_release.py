"""Claims about the release: of its own networks, where these were measured."""

from dataclasses import replace

import pytest

from ppgn_bench.claims.parts import Arm, Difference
from tests.claims.test_verdicts import FD, LOWER, a_claim, rows, table, two, verdict_of


def test_where_the_releases_networks_were_measured_a_claim_is_about_them(monkeypatch: pytest.MonkeyPatch) -> None:
    of_release = Difference(FD, Arm("am", "released"), ">", Arm("ppgn_x", "released"))
    claim = replace(a_claim(LOWER), at_release=(of_release,))
    (row,), _ = verdict_of(monkeypatch, two(FD, 20, 10, sweep="released"), claim)
    assert row["verdict"] == "reproduced"
    (row,), _ = verdict_of(monkeypatch, two(FD, 20, 10), claim)
    assert row["verdict"] == "contradicted"
    (row,), _ = verdict_of(monkeypatch, table(rows("am", FD, 20, sweep="released")), claim)
    assert (row["verdict"], row["reason"]) == ("not run", f"{FD} of am: not measured; config/config.yaml does")
