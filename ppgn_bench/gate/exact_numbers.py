"""The exact numbers of the gate: what training, sampling, metrics and a world give where nothing is left to chance.

Each number is short work of a stage's own function, so that other processors and versions of torch agree on it far
better than to 1e-4, while a wrong constant, which no statistics of a few samples would find, moves it. Beside them
stand the recipes' and the variants' own numbers: some, as the weight of L_GAN, move little in so short a time.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pandas import DataFrame, notna
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ppgn_bench.columns import EXACT_NUMBERS, in_columns
from ppgn_bench.gate import synthetic
from ppgn_bench.gate.jobs import ExactNumbers, ExactSampling, ExactTraining
from ppgn_bench.jobs import Exploring
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.sampling.stage import sample
from ppgn_bench.training.stage import train
from ppgn_bench.worlds.stage import explore

CPU = torch.device("cpu")
# In names of terms that jump wherever rounding turns one thing: a Jacobian's asymmetry, and its standard error, at a
# ReLU, by 1e-4 on some seeds; shares by an image or a unit. What a code that is normalised over its batch shows of
# held-out images moves by 5e-4 after two iterations where another processor rounds.
JUMPY = ("asymmetry", "accuracy", "dead_units", "held-out pooled")
LEVELS = 255.0  # of a kept image
NAMES_OF_ERRORS = ("part", "target", "sigma", "training_size", "step_size", "metric")  # what separates a world's errors

Row = tuple[str, str, str, float]


def exact_numbers(job: ExactNumbers, weights: Mapping[str, Path], data: Path) -> DataFrame:
    """All exact numbers, a row each: the part, whose it is, which of its numbers, and the value.

    weights: recipe -> file of a trained network; data: the data set's splits.
    Raises UserError for a damaged file or weights of another architecture.
    """
    rows = [
        *_trainings(job.training, weights, data),
        *_samplings(job.sampling, weights, data),
        *_metrics(job.metrics),
        *_worlds(job.exploring),
    ]
    return DataFrame(rows, columns=list(EXACT_NUMBERS))


def _trainings(jobs: Mapping[str, ExactTraining], weights: Mapping[str, Path], data: Path) -> Iterator[Row]:
    """What each recipe says, every term of every iteration, and its errors on held-out images."""
    for recipe, exact in jobs.items():
        job = exact.training
        numbers = {key: getattr(job, key) for key in ("batch_size", "learning_rate")}
        numbers |= {f"{key}.{part}": v for key in ("weights", "noise") for part, v in getattr(job, key).items()}
        yield from (("training", recipe, name, float(value)) for name, value in numbers.items())
        with _SameDropout():
            _, losses = train(job, data, {role: weights[need] for role, need in exact.recipes.items()}, CPU)
        for step, term, value in losses:
            if not any(jumpy in term for jumpy in JUMPY):
                yield "training", recipe, f"{step} {term}", value


class _SameDropout(TorchFunctionMode):
    """Dropout of the same units on every processor: on Intel's torch lets MKL draw them, from another stream."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Draw what is dropped as torch does without MKL; leave the rest alone."""
        if func is torch.nn.functional.dropout:
            return _dropped(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _dropped(values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    kept = torch.rand(values.shape, dtype=torch.float64) < 1 - p
    return values * kept / (1 - p) if training else values


def _samplings(jobs: Mapping[str, ExactSampling], weights: Mapping[str, Path], data: Path) -> Iterator[Row]:
    """Each variant's epsilons, its mean log p(y | x) at every step, and the first two moments of where chains end."""
    for variant, job in jobs.items():
        for index, epsilon in enumerate(job.sampling.settings):
            numbers = sorted(in_columns(epsilon).items())
            yield from (("sampling", variant, f"{index} {name}", float(value)) for name, value in numbers)
        chains = sample(job.sampling, {role: weights[recipe] for role, recipe in job.recipes.items()}, data, CPU)
        for run in job.sampling.runs:
            for step, mean in enumerate(chains[f"{run}.log_prob"].mean(0, dtype=np.float64)):
                yield "sampling", variant, f"{run} log_prob {step}", float(mean)
            for name in [name for name in ("images", "codes") if f"{run}.{name}" in chains]:
                last = chains[f"{run}.{name}"][:, -1] / (LEVELS if name == "images" else 1.0)
                yield "sampling", variant, f"{run} last {name} mean", float(last.mean(dtype=np.float64))
                yield "sampling", variant, f"{run} last {name} mean square", float((last**2).mean(dtype=np.float64))


def _metrics(metrics: Mapping[str, Name]) -> Iterator[Row]:
    """Every metric of made-up images and chains."""
    arrays = synthetic.inputs()
    for name, function in metrics.items():
        metric = METRICS[name]
        read = {parameter: arrays[array] for parameter, array in metric.reads.items()}
        yield "metrics", name, metric.unit, resolve(function)(**read)


def _worlds(jobs: Mapping[str, Exploring]) -> Iterator[Row]:
    """Errors of each world's denoisers and walkers, none of which diverges."""
    for world, job in jobs.items():
        errors, _ = explore(job)
        for row in errors[errors["metric"] != "diverged_share"].to_dict("records"):
            known = [row[key] for key in NAMES_OF_ERRORS if notna(row[key])]
            named = [f"{value:g}" if isinstance(value, float) else value for value in known]
            yield "world", f"{world} {row['method']}", " ".join(named), row["value"]
