"""The jobs of the gate: what it samples again, and its exact numbers. As `ppgn_bench.jobs`; nothing imports torch."""

from __future__ import annotations

from typing import ClassVar

from ppgn_bench.jobs import Exploring, Job, Measuring, Sampling, Training
from ppgn_bench.lookup import Name


class Resampling(Job):
    """Sample a variant from committed networks and measure it, for the gate."""

    command: ClassVar = Name("cli.gate:resample")

    sampling: Sampling
    measuring: Measuring


class ExactTraining(Job):
    """A short training for the exact numbers. recipes: role -> recipe, whose committed network it needs."""

    training: Training
    recipes: dict[str, str]


class ExactSampling(Job):
    """A short sampling for the exact numbers. recipes: role -> recipe, whose committed network it takes."""

    sampling: Sampling
    recipes: dict[str, str]


class ExactNumbers(Job):
    """Make the gate's exact numbers, part by part. networks: recipe -> class of the committed file."""

    command: ClassVar = Name("cli.gate:exact_numbers")

    dataset: str
    networks: dict[str, Name]
    training: dict[str, ExactTraining]
    sampling: dict[str, ExactSampling]
    metrics: dict[str, Name]
    exploring: dict[str, Exploring]
