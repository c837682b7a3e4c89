"""The three dearest parts of the default run, and in each the dearest operations: `python -m tests.benchmarks.dearest`.

Parts are those of costs.csv, of results/main where that is there, else of the committed reference. An iteration of a
training, or a step of a sampler, is then profiled here by torch's profiler, on random images and untrained networks.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler's own messages; read when torch is imported

import pandas as pd
from torch.profiler import ProfilerActivity, profile

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.storage import machine
from ppgn_bench.workflow import plan
from ppgn_bench.worlds.stage import explore
from tests.benchmarks import steps
from tests.conftest import ROOT

PARTS, OPERATIONS = 3, 6
TIMES = 10  # iterations or steps that are profiled
PART = ["kind", "dataset", "sweep", "name"]  # what jobs of a part share: they differ by their seed


def dearest(costs: pd.DataFrame, number: int = PARTS) -> pd.DataFrame:
    """The dearest parts of a run: kind, dataset, sweep, name, jobs, seconds of all, share of the run's."""
    parts = costs.groupby(PART, dropna=False)["seconds"].agg(jobs="size", seconds="sum").reset_index()
    parts["share"] = parts["seconds"] / costs["seconds"].sum()
    return parts.nlargest(number, "seconds")


def call_of(experiment: Experiment, part: Any) -> Callable[[], Any] | None:
    """TIMES iterations or steps of a part; None for what measures, which is NumPy's work more than torch's."""
    if part.kind == "training":
        return steps.iterations(experiment, part.dataset, experiment.recipe(part.dataset, part.name), TIMES)
    if part.kind == "sampling":
        chains = experiment.chunk_size
        return steps.chain_steps(experiment, part.dataset, part.name, chains, TIMES, part.sweep)
    if part.kind == "exploring":
        job = plan.exploring(experiment, part.name, 0).model_copy(update={"iterations": TIMES, "steps": 2 * TIMES})
        return lambda: explore(job)
    return None


def operations(call: Callable[[], Any]) -> list[tuple[str, str, float, float]]:
    """The dearest operations of a call, by its device's time: name, sizes of its inputs, share, times in a call.

    What is around them, Python's own time, is "the rest".
    """
    call()
    on_card = steps.DEVICE.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_card else [])]
    with profile(activities=activities, record_shapes=True) as seen:
        call()
    found = seen.key_averages(group_by_input_shape=True)
    time = "self_device_time_total" if on_card else "self_cpu_time_total"
    whole = sum(getattr(own, time) for own in found)
    most = sorted(found, key=lambda own: -getattr(own, time))[:OPERATIONS]
    return [(own.key, shapes(own.input_shapes), getattr(own, time) / whole, own.count / TIMES) for own in most]


def shapes(of_inputs: Sequence[Sequence[int]]) -> str:
    """16 x 64 x 14 x 14, 64 x 32 x 4 x 4: of the first two tensors."""
    return ", ".join(" x ".join(map(str, shape)) for shape in [own for own in of_inputs if own][:2])


def lines(parts: pd.DataFrame, found: Sequence[Sequence[tuple[str, str, float, float]]]) -> list[str]:
    """A table a part as Markdown."""
    text = []
    for part, most in zip(parts.itertuples(index=False), found, strict=True):
        name = " ".join(str(own) for own in (part.kind, part.name, part.dataset, part.sweep) if own == own)
        text += [f"{name}: {part.seconds:,.0f} s of {part.jobs} jobs, {part.share:.1%} of the run", ""]
        text += ["| operation | sizes | share | times |", "|---|---|---:|---:|"]
        text += [f"| {key} | {sizes} | {share:.1%} | {times:.3g} |" for key, sizes, share, times in most]
        text += [""]
    return text


def main() -> None:
    """Print the parts and their operations."""
    machine.device(steps.DEVICE.type)
    known = [ROOT / "results" / name / "costs.csv" for name in ("main", "reference/main")]
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else next(path for path in known if path.is_file())
    parts = dearest(pd.read_csv(file))
    experiment = load_experiment({"extends": str(ROOT / "config/config.yaml")})
    calls = [call_of(experiment, part) for part in parts.itertuples(index=False)]
    print(f"Seconds of {file.resolve().relative_to(ROOT)}, operations of {steps.DEVICE}\n")
    print("\n".join(lines(parts, [operations(call) if call else [] for call in calls])))


if __name__ == "__main__":
    main()
