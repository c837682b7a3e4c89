"""Chains of bars that are steered to other targets than their classes, and a judge of their shade."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from ppgn_bench.metrics import asked, stage
from ppgn_bench.metrics.chains import judged_chains, setting
from ppgn_bench.metrics.inputs import Real
from ppgn_bench.sampling.targets import Target
from ppgn_bench.storage import files
from tests.metrics.conftest import CLASSES, PER_CLASS, Bars

CHAINS = CLASSES * PER_CLASS["quality"]


MIXED = (  # a class and a shade, a shade alone, a class alone
    Target("bar 0 + dark", {"label": 0, "shade": 1}, {"label": 0, "shade": 1}),
    Target("light", {"shade": 0}, {"shade": 0}),
    Target("bar 2", {"label": 2}, {"label": 2}),
)


class ShadeJudge(nn.Module):
    """A judge of factors: light or dark, by the mean; of at most 500 images at once."""

    def forward(self, images: torch.Tensor) -> SimpleNamespace:
        assert len(images) <= 500 and images.max() <= 1  # noqa: PT018
        bright = images.mean((1, 2, 3))
        return SimpleNamespace(logits={"shade": torch.stack([bright - 0.5, 0.5 - bright], 1) * 20})


def final_of(bars: Bars, targets: tuple[Target, ...], diverged: dict[int, int] | None = None, **of: Any) -> Any:
    """The job of some chains of bars, the chains of its first setting as the stage judges them, and real images."""
    path = bars.chains(runs=("quality",), targets=targets, diverged={"quality": diverged or {}})
    arrays, _ = files.load_arrays(path, "chains")
    sampling, real = stage.sampling_of(path), with_judge(bars.real())
    chains = asked.seen_whole(setting(arrays, "quality", 0) | of, sampling, real)
    return sampling, judged_chains(chains, [target.label for target in targets], real), real


def with_judge(real: Real) -> Real:
    header = real.header | {"factors": {"shade": 2}}
    return replace(real, factor_judge=ShadeJudge(), factor_judge_digest="of factors", header=header)
