"""What a trial is, and how it is timed."""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ppgn_bench.calibration.stand_ins import Data
from ppgn_bench.jobs import Run, Sampling
from ppgn_bench.workflow.parts import Part

TARGETS = 10  # of a sampling that are tried


class Trial(NamedTuple):
    """What is tried; files: the run's network -> what stands in for it; data: of the part's data set, if it has one."""

    part: Part
    files: Mapping[str, Path]
    data: Data | None
    folder: Path


def timed(run: Callable[[], Any], device: Any) -> tuple[Any, float]:
    """What a job gives, and its seconds: of the processor, whatever else it does; on a graphics card of the clock."""
    if device.type == "cpu":
        started = time.process_time()
        return run(), time.process_time() - started
    import torch

    started = time.perf_counter()
    given = run()
    torch.cuda.synchronize()
    return given, time.perf_counter() - started


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No bars, and no warnings of images that mean nothing."""
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def shortened(job: Sampling, runs: Mapping[str, Run], chains: int | None = None) -> Sampling:
    """The job with other runs and its first setting; chains: as many targets, the same ones again if need be."""
    targets = job.targets[:TARGETS]
    if chains is not None:
        targets = tuple(job.targets[number % len(job.targets)] for number in range(chains))
    return job.model_copy(update={"runs": runs, "settings": job.settings[:1], "targets": targets})
