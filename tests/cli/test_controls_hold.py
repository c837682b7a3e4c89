"""The command that ends a run: do the metrics that claims rest on order their controls?"""

from pathlib import Path

from ppgn_bench.columns import CLAIM_PARTS, NETWORKS_CHECK
from tests.conftest import Command, Ended

CHECKED = """dataset,metric,first,order,second,value_first,value_second,apart,margin,ordered
digits,judge_accuracy,real,>,wrong_class,0.9,0.1,0.8,1,True
digits,recall,real,>,noise,0.2,0.3,0.1,0.3,{first}
shapes,frechet_distance,real,<,repeated,,0.3,,,{second}
"""
PARTS = ",".join(CLAIM_PARTS) + "\nC1,shapes,,FD,frechet_distance" + "," * (len(CLAIM_PARTS) - 5) + "\n"


def controls_hold(ppgn: Command, folder: Path, *, first: bool, second: bool) -> Ended:
    """The command's end where two orders hold, or do not; claims rest on the metric of the second."""
    (folder / "check.csv").write_text(CHECKED.format(first=first, second=second))
    (folder / "parts.csv").write_text(PARTS)
    (folder / "networks.csv").write_text(",".join(NETWORKS_CHECK) + "\n")
    return ppgn(
        "controls-hold", folder / "check.csv", "--parts", folder / "parts.csv", "--networks", folder / "networks.csv"
    )


def test_metrics_that_order_their_controls_hold(ppgn: Command, tmp_path: Path) -> None:
    assert controls_hold(ppgn, tmp_path, first=True, second=True) == Ended(0, "", "")


def test_metrics_that_claims_rest_on_and_that_do_not_order_their_controls_end_with_status_1(
    ppgn: Command, tmp_path: Path
) -> None:
    ended = controls_hold(ppgn, tmp_path, first=False, second=False)
    assert ended.status == 1
    others, _, fatal = ended.err.partition("claims rest on metrics that fail")
    assert "digits: recall does not separate real from noise" in others
    assert "shapes: frechet_distance does not separate real from repeated" in fatal
    assert "judge_accuracy" not in ended.err


def test_metrics_that_only_stand_in_tables_are_named_and_fail_nothing(ppgn: Command, tmp_path: Path) -> None:
    ended = controls_hold(ppgn, tmp_path, first=False, second=True)
    assert ended.status == 0
    assert "digits: recall does not separate real from noise" in ended.err
