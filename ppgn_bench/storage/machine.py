"""The machine: which device runs, with which versions and hardware, and what a job cost. torch comes late."""

import csv
import ctypes
import io
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ppgn_bench.errors import UserError
from ppgn_bench.storage import cards, files
from ppgn_bench.storage.processor import LIMITS, TORCH, described

if TYPE_CHECKING:
    import torch

CPUINFO = Path("/proc/cpuinfo")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
PACKAGES = (
    "ppgn-bench",
    "torch",
    "torchvision",
    "torch-fidelity",
    "torchmetrics",
    "numpy",
    "scipy",
    "snakemake",
    "scikit-learn",
    "pillow",
)


def device(wanted: str) -> "torch.device":
    """The device to run on. A CPU job takes one thread unless `--threads` says more; a CUDA job one card. Single
    precision is that of IEEE 754 on both.
    """
    if wanted != "cpu":
        cards.choose_card()  # before CUDA starts
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device: cuda was asked for, and torch finds no CUDA device; say auto or cpu")
    # A card's convolutions round to 10 bits (TF32) unless they are told not to, and chains leave those of the CPU.
    torch.backends.cudnn.allow_tf32 = False
    device = torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
        _keep_freed_memory()
    return device


def _keep_freed_memory() -> None:
    """Let glibc keep what tensors free: the next step wants the same, and fresh pages take a seventh of its time."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if library is not None and hasattr(library, "mallopt"):  # musl has none
        library.mallopt(M_MMAP_THRESHOLD, 2**25)  # its upper limit
        library.mallopt(M_TRIM_THRESHOLD, 2**30)


def made_by(device: "torch.device", code: str, seed: int | None = None) -> dict[str, Any]:
    """What makes a file, for its header: a result is only comparable to one made by the same.

    The same job on the same machine says the same, so that its bytes are the same: what it took stands in `cost`.
    code: fingerprint of what the job can reach. No user, no machine and no folder is named.
    """
    import torch

    card = {"graphics_processor": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}
    made = {"device": device.type, "processor": processor(), **card, "threads": torch.get_num_threads(), "code": code}
    return {**made, "versions": versions(), **({} if seed is None else {"seed": seed})}


def versions() -> dict[str, str]:
    """Of what numbers hang on."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("ppgn-bench", "torch", "numpy")}


class Spent(NamedTuple):
    """What a job took: seconds, and the most memory that it had at once, in MiB."""

    seconds: float = 0.0
    peak_memory_mib: float = 0.0


@dataclass
class Meter:
    """What a job takes from now on.

    before: what it had taken when it was stopped, where it goes on; chain_steps: how many it makes, if it samples.
    """

    before: Spent = field(default_factory=Spent)
    chain_steps: int | None = None
    started: float = field(default_factory=time.perf_counter)

    def spent(self) -> Spent:
        """All so far, with what was before."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)
        seconds = time.perf_counter() - self.started
        return Spent(self.before.seconds + seconds, max(self.before.peak_memory_mib, peak))


@contextmanager
def cost(path: Path, made: Mapping[str, Any], **named: Any) -> Iterator[Meter]:
    """Write what the block took: seconds, chain-steps a second, peak memory in MiB; and what made it (`made_by`).

    named: kind, dataset, sweep and name of the job, as far as it has them.
    """
    meter = Meter()
    yield meter
    seconds, peak = meter.spent()
    row = {**dict.fromkeys(("kind", "dataset", "sweep", "name"), ""), **named}
    row |= {"seed": made.get("seed", ""), "device": made["device"], "seconds": round(seconds, 3)}
    row["chain_steps_per_second"] = round(meter.chain_steps / seconds) if meter.chain_steps else ""
    row["peak_memory_mib"] = round(peak)
    row |= {"processor": made["processor"]["processor"], "instruction_set": made["processor"][TORCH]}
    row |= {name: made.get(name, "") for name in ("graphics_processor", "threads", "code")} | made["versions"]
    text = io.StringIO()  # pandas takes longer to import than most chains to write
    csv.writer(text, lineterminator="\n").writerows([row.keys(), row.values()])
    files.save_text(path, text.getvalue())


def surroundings() -> dict[str, Any]:
    """With what: versions and hardware."""
    hardware = {**processor(), "cores": str(os.cpu_count()), "system": platform.system()}
    if graphics := _graphics_processors():
        hardware["graphics processor"] = ", ".join(graphics)
    versions = {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    return {"hardware": hardware, "versions": versions}


def processor() -> dict[str, str]:
    """What there is to say of the processor, and which of its instructions torch uses."""
    import torch

    known = described(CPUINFO.read_text(errors="replace") if CPUINFO.is_file() else "")
    known.setdefault("processor", platform.processor() or platform.machine() or "unknown")
    limits = {name: os.environ[name] for name in LIMITS if name in os.environ}
    return {**known, TORCH: torch.backends.cpu.get_cpu_capability(), **limits}


def _graphics_processors() -> list[str]:
    """Names of the CUDA devices, as the driver lists them: importing torch for a name would take seconds."""
    found = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    return [
        line.partition(":")[2].strip()
        for path in found
        for line in path.read_text().splitlines()
        if line.startswith("Model")
    ]
