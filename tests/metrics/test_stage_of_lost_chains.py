"""The metrics stage where chains diverged, or a sampler selects: who is counted, and who is in the sample."""

import numpy as np
import pytest

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage import files
from tests.metrics.conftest import CLASSES, OF_SAMPLES, PER_CLASS, Bars, arrays_of, chains_of, value

LABELS = range(CLASSES)


def test_a_diverged_chain_is_counted_and_censored_and_kept_out_of_the_sample(bars: Bars) -> None:
    ends = {0: 5, 4: 60}
    rows, _, _ = bars.measure(METRICS, bars.chains(diverged={"quality": ends}))
    for name in ("diverged_share", "confidence_censored"):
        assert value(rows, name) == pytest.approx(2 / 18)
    assert value(rows, "mixing_diverged_share") == 0
    chains = chains_of(0, PER_CLASS["quality"], ends)
    arrays = arrays_of({k: v if k == "steps" else v[:18] for k, v in chains.items()}, LABELS, bars.real())
    assert np.bincount(arrays["sample.labels"]).tolist() == [5, 5, 6]
    assert np.bincount(arrays["matched.labels"]).tolist() == [5, 5, 6]
    assert np.isnan(arrays["chain.features"][4, 6:]).all()
    assert np.isfinite(arrays["chain.features"][4, :6]).all()
    never = ~arrays["chain.pictures"].any(1)
    assert never[0]
    assert value(rows, "picture_censored") == pytest.approx(never.mean())


def test_a_selection_keeps_final_draws_above_its_threshold_out_of_all_chains(bars: Bars) -> None:
    """Every chain of class 0, and none of the others, ends at p_C > 0.98."""
    path = bars.chains(runs=("quality",))
    arrays, header = files.load_arrays(path, "chains")
    arrays["quality.log_prob"][:, -1] = np.where(arrays["quality.targets"] == 0, np.log(0.985), np.log(0.975))
    chosen = {k.removeprefix("quality."): v if k.endswith("steps") else v[:18] for k, v in arrays.items()}
    every, kept = (arrays_of(chosen, LABELS, bars.real(), select) for select in (None, 0.98))
    assert np.bincount(every["sample.labels"]).tolist() == [6, 6, 6]
    assert np.bincount(kept["sample.labels"]).tolist() == np.bincount(kept["matched.labels"]).tolist() == [6]
    np.testing.assert_array_equal(kept["sample.images"], every["sample.images"][every["sample.labels"] == 0])
    np.testing.assert_array_equal(kept["chain.features"], every["chain.features"])
    files.save_arrays(path, arrays, header)
    rows, _, _ = bars.measure(["confident_share"], path)
    assert value(rows, "confident_share") == pytest.approx(1 / 3)


def test_a_selection_that_keeps_nothing_leaves_missing_values(bars: Bars) -> None:
    path = bars.chains(runs=("quality",), select=0.995)
    rows, _, _ = bars.measure(["judge_accuracy", "recall", "diverged_share"], path)
    assert np.isnan([value(rows, name) for name in ("judge_accuracy", "recall")]).all()
    assert value(rows, "diverged_share") == 0


@pytest.mark.parametrize("run", PER_CLASS)
def test_chains_that_all_diverge_leave_missing_values_and_full_shares(bars: Bars, run: str) -> None:
    path = bars.chains(diverged={run: dict.fromkeys(range(2 * CLASSES * PER_CLASS[run]), 0)})
    rows, curves, _ = bars.measure([name for name, metric in OF_SAMPLES.items() if metric.run == run], path)
    present = rows.dropna(subset="value").groupby("metric").value.first().to_dict()
    if run == "quality":
        shares = ("diverged_share", "picture_censored", "confidence_censored")
        times = {"steps_to_picture": 80, "steps_to_confidence": 80}
        assert present == dict.fromkeys(shares, 1.0) | times | {"confident_share": 0.0}
    else:
        assert present == {"mixing_diverged_share": 1.0, "modes_per_chain": 0.0}
    waits = curves.curve.isin(["to_picture", "to_confidence"])
    assert (curves.middle.isna() == ((curves.run == run) & ~waits)).all()
    assert (curves.middle[waits & (curves.run == run)] == 1).all()
