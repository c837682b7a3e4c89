"""What a stage looks up by name is a root of its job's fingerprint: neither can forget the other."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ppgn_bench.data import stage as preparing
from ppgn_bench.gate.jobs import ExactNumbers
from ppgn_bench.lookup import Name, names, resolve
from ppgn_bench.metrics import control_stage, inputs
from ppgn_bench.metrics import stage as measuring
from ppgn_bench.sampling import stage as sampling
from ppgn_bench.storage import machine
from ppgn_bench.training import stage as training
from ppgn_bench.workflow import gate, plan
from ppgn_bench.worlds import stage as worlds

CPU = torch.device("cpu")


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> set[Name]:
    """Every name that is looked up from now on, whatever module does it."""
    recorded: set[Name] = set()

    def recording(name: Name) -> Any:
        recorded.add(name)
        return resolve(name)

    for module in [own for key, own in sys.modules.items() if key.startswith("ppgn_bench")]:
        if getattr(module, "resolve", None) is resolve:
            monkeypatch.setattr(module, "resolve", recording)
    return recorded


def runs(job: ExactNumbers, smoke: Path, weights: dict[str, Path]) -> Iterator[tuple[Any, Callable[[], object]]]:
    """Every job of the smoke run and of the gate, short ones, and what runs it."""
    data = smoke / "results/data/digits.safetensors"
    chains = smoke / "results/smoke/chains/digits/own/joint_ppgn_h/seed_0.safetensors"
    experiment = gate.gate()
    preparation = plan.preparation(experiment, "digits")
    yield preparation, lambda: preparing.prepare(preparation)
    for short in job.training.values():
        files = {role: weights[recipe] for role, recipe in short.recipes.items()}
        yield short.training, lambda own=short.training, files=files: training.train(own, data, files, CPU)
    for exact in job.sampling.values():
        files = {role: weights[recipe] for role, recipe in exact.recipes.items()}
        yield exact.sampling, lambda own=exact.sampling, files=files: sampling.sample(own, files, Path("none"), CPU)
    for own in job.exploring.values():
        yield own, lambda own=own: worlds.explore(own)
    judge = smoke / gate.judge()
    measured, controls = plan.measuring(experiment, "digits"), plan.measuring_controls(experiment, "digits")
    yield measured, lambda: measuring.measure(measured, [chains], [inputs.read_real(data, judge, measured.judges[0])])
    reals = [inputs.read_real(data, judge, controls.judges[0])]
    yield controls, lambda: control_stage.measure_controls(controls, reals)


def test_no_stage_looks_up_what_is_no_root_of_its_job(smoke: Path, looked_up: set[Name]) -> None:
    machine.device("cpu")
    job = gate.exact_numbers(gate.gate())
    committed = gate.committed(gate.gate())
    weights = {name: smoke / file.replace("results/reference/smoke", "results") for name, file in committed.items()}
    stages = set()
    for own, run in runs(job, smoke, weights):
        looked_up.clear()
        run()
        assert looked_up or not set(names(own)), f"{type(own).__name__} names what it does not look up"
        assert looked_up <= set(names(own)), f"{type(own).__name__} looks up what it does not name"
        stages.add(type(own).__name__)
    assert stages == {"Preparation", "Training", "Sampling", "Exploring", "Measuring", "MeasuringControls"}


@pytest.mark.parametrize("text", ["joint", "priors.joint", "sampling.priors:", ":joint", "os:system()", "../x:y"])
def test_only_module_and_function_are_a_name(text: str) -> None:
    with pytest.raises(ValueError, match='must be "module:name"'):
        Name(text)
