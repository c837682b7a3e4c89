"""Command: what a run will take. Imports stand inside: torch takes seconds."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppgn_bench.errors import UserError

if TYPE_CHECKING:
    from ppgn_bench.config.experiment import Experiment
    from ppgn_bench.workflow.outlook import Cost, Machine, Speed
    from ppgn_bench.workflow.parts import Part

CONFIG = Path("config/config.yaml")


def plan(
    configfile: Annotated[Path, typer.Option(help="Config of the run, as `snakemake --configfile` takes it.")] = CONFIG,
    cores: Annotated[int | None, typer.Option(min=1, help="Cores that the run will have; all by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: rows by stage, and every part.")] = False,
) -> None:
    """Say what a run will take, before anything runs: jobs, time, memory, disk.

    What will the default run take here: ppgn-bench plan

    Another config, with four cores: ppgn-bench plan --configfile config/ablations.yaml --cores 4

    Each kind of job is tried for a moment on random images and untrained networks of the run's own sizes; after some 15
    seconds those that are left are taken for their like, once each stage was tried, which of large networks takes
    minutes. Times are of the processor, as if nothing else ran on it; docs/performance.md has how far they are from
    what runs took.

    All jobs are counted as if nothing were there, and those that have a result are told. Nothing is written. A run that
    cannot fit is refused: the key to lower is named, and the exit status is 1.
    """
    from ppgn_bench.config.load import load_experiment
    from ppgn_bench.workflow import outlook, planning

    if not configfile.is_file():
        raise UserError(f"--configfile: {configfile}: no such file (paths start at the working directory)")
    experiment = load_experiment({"extends": str(configfile)})
    machine = _machine(cores, experiment.device)
    parts = planning.parts(experiment)
    _require_fit(outlook.costs(parts, {}, os.path.exists), machine)
    started = time.perf_counter()
    speeds = _speeds(experiment, parts, outlook.beside("train", machine))
    found = outlook.costs(parts, speeds, os.path.exists)
    _require_fit(found, machine)
    if as_json:
        print(json.dumps({"experiment": experiment.name, **outlook.as_data(found, machine)}, indent=2))
        return
    where = "a graphics card" if machine.card is not None else f"{machine.cores} cores"
    took = f"tried out in {time.perf_counter() - started:.0f} s"
    print(f"{experiment.name} ({configfile}) on {where}, {took}\n\n{outlook.told(found, machine)}")


def _speeds(experiment: Experiment, parts: list[Part], beside: int) -> dict[str, Speed]:
    """How fast each kind of job is here; how many are tried is told meanwhile."""
    from ppgn_bench.calibration.stage import calibrated

    def progress(tried: int, of: int) -> None:
        print(f"\rtrying {of} kinds of job for a moment: {tried}", end="", file=sys.stderr, flush=True)

    progress(0, len({part.trial for part in parts if part.trial}))
    speeds = calibrated(experiment, parts, beside, progress)
    print(file=sys.stderr)
    return speeds


def _machine(cores: int | None, device: str) -> Machine:
    """What there is here; results lie on the disk of the working directory."""
    from ppgn_bench.config import memory
    from ppgn_bench.workflow.outlook import Machine

    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    results = Path("results")
    disk = float(shutil.disk_usage(results if results.exists() else Path()).free)
    return Machine(cores or own, memory.of_machine(), disk, _card(device))


def _card(device: str) -> float | None:
    """Bytes of the graphics card that jobs run on; None where they run on the processor. Raises UserError for none."""
    if device == "cpu" or (device == "auto" and not Path("/dev/nvidiactl").exists()):
        return None  # without torch, which takes seconds to say so
    from ppgn_bench.storage import machine

    chosen = machine.device(device)
    if chosen.type == "cpu":
        return None
    import torch

    return float(torch.cuda.get_device_properties(chosen).total_memory)


def _require_fit(found: list[Cost], machine: Machine) -> None:
    from ppgn_bench.workflow import outlook

    wrong = outlook.problems(found, machine)
    if len(wrong) > 1:
        wrong = [f"the run has {len(wrong)} parts that cannot fit:", *(f"  {line}" for line in wrong)]
    if wrong:
        raise UserError("\n".join(wrong))
