"""The metrics stage of conditions: what was asked is measured, with the judge that told it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import torch

from ppgn_bench.metrics import asked, stage
from ppgn_bench.metrics.inputs import Real
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from tests.configs import measuring
from tests.metrics.conftest import SETTINGS, Bars
from tests.metrics.of_conditions import CHAINS, MIXED, ShadeJudge, final_of, with_judge


class HueJudge(ShadeJudge):
    """The same under the name of a factor that there are metrics of."""

    def forward(self, images: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits={"hue": super().forward(images).logits["shade"]})


def of_hues(bars: Bars) -> Real:
    """Real images whose hue is known, with the judge of it."""
    arrays, header = files.load_arrays(bars.data, "data")
    files.save_arrays(bars.data, arrays | {"train.factors": np.zeros((60, 1), np.int64)}, header)
    real = with_judge(bars.real())
    return replace(real, factor_judge=HueJudge(), header=real.header | {"factors": {"hue": 2}})


def in_hues(target: Target) -> Target:
    """The target with a hue for its shade."""
    parts = ({"hue" if key == "shade" else key: value for key, value in of.items()}
             for of in (target.values, target.asks))  # fmt: skip
    return Target(target.name, *parts)


def test_what_was_asked_is_measured_with_the_hash_of_the_judge_that_told_it(bars: Bars) -> None:
    path = bars.chains(runs=("quality",), targets=tuple(in_hues(target) for target in MIXED))
    names = ["target_met", "best_target_met", "met_hue"]
    real = of_hues(bars)
    found = stage.measure(measuring(names), [path], [real])
    rows = found.rows[(found.rows.sweep == "own") & (found.rows.epsilon_prior == SETTINGS[0]["prior"])]
    assert rows.metric.tolist() == names
    assert rows.judge.tolist()[-1] == "of factors"
    sampling, chains, _ = final_of(bars, tuple(in_hues(target) for target in MIXED))
    arrays = asked.asked_arrays(chains, sampling, real)
    assert rows.value.tolist()[-1] == np.mean((arrays["asked.hue"] == arrays["said.hue"])[arrays["asked.hue"] >= 0])
    assert set(found.targets.target) == {target.name for target in MIXED}
    seen = found.targets[found.targets.metric == "training_images"].groupby("target").value.first()
    assert seen.to_dict() == {"bar 0 + dark": 0, "light": 60, "bar 2": 20}  # all are light: the first is impossible


def test_a_condition_whose_chains_all_diverge_leaves_missing_values(bars: Bars) -> None:
    gone = {"quality": dict.fromkeys(range(2 * CHAINS), 0)}
    path = bars.chains(runs=("quality",), targets=tuple(in_hues(target) for target in MIXED), diverged=gone)
    real = of_hues(bars)
    rows = stage.measure(measuring(["target_met", "met_hue", "diverged_share"]), [path], [real]).rows
    values = rows[rows.sweep == "own"].groupby("metric").value.first()
    assert values["diverged_share"] == 1
    assert np.isnan([values["target_met"], values["met_hue"]]).all()
