"""The calibration: every kind of job of a run, tried for a moment, as many side by side as the run will have."""

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from ppgn_bench.calibration import stand_ins, trials
from ppgn_bench.calibration.timing import Trial
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.jobs import Training
from ppgn_bench.workflow import paths, plan
from ppgn_bench.workflow.outlook import Speed
from ppgn_bench.workflow.parts import Part
from ppgn_bench.workflow.planning import stay_files

MOST = 8  # processes: more would not tell more
LONG_ENOUGH = 13.0  # seconds of the processor, of each process, after which no trial begins
ORDER = ("train", "explore", "sample", "measure", "controls")  # what is least like others of its stage first


def calibrated(
    experiment: Experiment, parts: Sequence[Part], beside: int, done: Callable[[int, int], None]
) -> dict[str, Speed]:
    """The speed of every trial of the parts, by its name, and of "" the start of a process with torch.

    beside: how many jobs the run will have side by side; done: told how many of how many are tried.

    Trials run in processes of their own, as many as jobs will, up to MOST, since these slow each other as they do. When
    they took LONG_ENOUGH, what is not tried yet is taken for its like: the mean of the same stage and data set, of
    each of which one is tried. What stands in for data and networks lies in a folder that goes when all
    is done.
    """
    firsts = {part.trial: part for part in reversed(parts) if part.trial}
    with tempfile.TemporaryDirectory(prefix="ppgn-bench-plan-") as folder:
        wanted = _trials(experiment, parts, firsts.values(), Path(folder))
        workers, spent, kinds = min(beside, MOST, len(wanted)), 0.0, {*map(_kind, firsts.values())}
        speeds: dict[str, Speed] = {}
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _alone) as pool:
            try:
                speeds[""] = Speed({"start": pool.submit(_loaded).result()})
                running = {pool.submit(trials.tried, trial): trial.part.trial for trial in wanted}
                for one in as_completed(running):
                    speeds[running[one]], seconds = one.result()
                    spent += seconds
                    done(len(speeds) - 1, len(wanted))
                    if spent > LONG_ENOUGH * workers and not kinds - {
                        _kind(firsts[trial]) for trial in speeds if trial
                    }:
                        break
            finally:
                pool.shutdown(cancel_futures=True)
        return {**speeds, **{part.trial: _like(part, firsts, speeds) for part in _left(firsts, speeds)}}


def _kind(part: Part) -> tuple[str, str]:
    """What parts must share to be taken for each other."""
    return part.stage, part.folder


def _left(firsts: Mapping[str, Part], speeds: Mapping[str, Speed]) -> list[Part]:
    return [part for trial, part in firsts.items() if trial not in speeds]


def _like(part: Part, firsts: Mapping[str, Part], speeds: Mapping[str, Speed]) -> Speed:
    """The mean of those that were tried of its stage and data set."""
    own = [speeds[trial] for trial, other in firsts.items() if trial in speeds and _kind(other) == _kind(part)]
    units = {unit for speed in own for unit in speed.seconds}
    seconds = {unit: sum(speed.seconds.get(unit, 0.0) for speed in own) / len(own) for unit in units}
    return Speed(seconds, sum(speed.weights for speed in own) // len(own))


def _trials(experiment: Experiment, parts: Iterable[Part], firsts: Iterable[Part], folder: Path) -> list[Trial]:
    """What is tried, one of each stage and data set first, each with what stands in for the files that it reads."""
    data, networks = {}, {file: Path(file) for file in paths.all_judges(experiment)}
    for place, (name, dataset) in enumerate(paths.folders(experiment).items()):
        job = plan.preparation(experiment, name)
        as_files = stay_files(experiment.dataset(dataset), job.image_size)
        data[name] = stand_ins.data(job, as_files, folder / f"data_{place}")
    made: dict[str, Path] = {}
    for part in parts:
        if isinstance(part.job, Training):
            made.setdefault(part.trial, folder / f"network_{len(made)}.safetensors")
            networks |= dict.fromkeys(part.files, made[part.trial])
            if not made[part.trial].exists():
                stand_ins.network(part.job, made[part.trial])
    ordered = sorted(firsts, key=lambda part: ORDER.index(part.stage))
    one_each = {_kind(part): part for part in reversed(ordered)}
    alike = [part for part in ordered if part is not one_each[_kind(part)]]
    wanted = []
    for number, part in enumerate([*reversed(one_each.values()), *alike]):
        own = folder / f"trial_{number}"
        own.mkdir()
        wanted.append(Trial(part, networks, data.get(part.folder), own))
    return wanted


def _alone() -> None:
    """A worker takes one thread, as a job does, and leaves Ctrl-C to the process that waits for it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _loaded() -> float:
    """Load what a job's process loads before its work; the seconds of the processor until then."""
    import torch  # noqa: F401

    return time.process_time()
