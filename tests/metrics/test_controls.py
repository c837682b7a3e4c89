"""Controls come out in the order that metrics must give them, and where they do not it is found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.data import digits, table
from ppgn_bench.metrics import controls, inputs, stage
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.storage import files
from tests.configs import JUDGE, measuring
from tests.metrics.conftest import CLASSES, MODES, Bars, LinearJudge


def test_a_pair_out_of_order_or_without_a_value_is_marked() -> None:
    values = {"real": 0.5, "wrong_class": 0.6, "noise": np.nan}
    rows = pd.DataFrame(
        [("bars", "controls", "judge_accuracy", v, values[v]) for v in ("real", "wrong_class")]
        + [("bars", "controls", "precision", v, values[v]) for v in ("real", "noise")],
        columns=["dataset", "sweep", "metric", "variant", "value"],
    )
    check = controls.check(rows)
    assert tuple(check.columns) == CONTROLS_CHECK
    assert check.ordered.tolist() == [False, False]
    assert check[["better", "worse"]].to_numpy().tolist() == [["real", "wrong_class"], ["real", "noise"]]


def test_controls_of_real_digits_come_out_in_the_order_that_metrics_must_give_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = digits.digits(16)
    arrays = {f"{name}.{key}": getattr(s, key) for name, s in splits.items() for key in ("images", "labels")}
    header = {"kind": "data", "dataset": "digits", "num_modes": 0}
    files.save_arrays(tmp_path / "digits", arrays, header | {"band": table.DATASETS["digits"].band(16)})
    judge = LinearJudge(splits["judge"].images, splits["judge"].labels, features=32)
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture, device: judge)
    job = measuring(METRICS, grid=5, own=30)
    rows, pictures = stage.measure_controls(job, [inputs.read_real(tmp_path / "digits", Path("judge"), JUDGE)])
    assert rows.variant.unique().tolist() == list(CONTROLS)
    assert rows.sweep.unique().tolist() == ["controls", "controls+half_samples", "grid"]  # the half has no 30 a class
    distance = rows[(rows.metric == "kernel_distance") & (rows.variant == "real")].set_index("sweep").value
    assert distance["grid"] < distance["controls"] - 0.03  # why: balanced sets of few images read lower
    check = controls.check(rows)
    expected = [name for name, metric in METRICS.items() if metric.orders and not metric.known_modes]
    assert check.metric.unique().tolist() == expected
    assert check.ordered.all(), check[~check.ordered]
    assert pictures["grid"].shape == (10, 8, 1, 16, 16)


def test_controls_of_known_modes_are_covered_by_real_images_alone(bars: Bars) -> None:
    rows, _ = stage.measure_controls(measuring(["modes_covered", "judge_accuracy"]), [bars.real()])
    rows = rows[rows.sweep == "controls"]
    values = rows[rows.metric == "modes_covered"].set_index("variant").value
    assert values["real"] == values["training"] == MODES
    assert values["wrong_class"] == values["noise"] == 0
    assert values["repeated"] == pytest.approx(1 / CLASSES)  # one mode of one class


def test_metrics_of_chains_have_no_controls(bars: Bars) -> None:
    rows, _ = stage.measure_controls(measuring(METRICS), [bars.real()])
    assert set(rows.metric) == {name for name, metric in METRICS.items() if metric.orders}
