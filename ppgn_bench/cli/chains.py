"""Command: chains. Imports stand inside: torch takes seconds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ppgn_bench import exhausted
from ppgn_bench.cli.options import (
    Code,
    Data,
    JobText,
    Networks,
    Outputs,
    Seeds,
    beside,
    lacking,
    network_files,
    of_seeds,
)
from ppgn_bench.jobs import Sampling
from ppgn_bench.storage import files, machine


def sample(
    job: JobText, data: Data, output: Outputs, seed: Seeds = None, network: Networks = None, code: Code = ""
) -> None:
    """Sample one variant with the networks of each seed: all its chains and settings, a file a seed."""
    samplings = of_seeds(Sampling, job, seed, output)
    networks = {
        path: network_files(network, own.networks, own.dataset, place)
        for place, (path, own) in enumerate(samplings.items())
    }
    headers = {path: _header(own, networks[path], code) for path, own in samplings.items()}
    for path in lacking(headers, "chains"):
        _sample(samplings[path], data, networks[path], path, headers[path])


def _header(sampling: Sampling, networks: Mapping[str, Path], code: str) -> dict[str, Any]:
    """What a file of chains says of how it was made."""
    told = {"dataset": sampling.dataset, "job": sampling.model_dump(mode="json"), "code": code}
    return told | {"files": {role: files.digest(path) for role, path in networks.items()}}


def _sample(
    sampling: Sampling, data: Path, networks: Mapping[str, Path], output: Path, header: Mapping[str, Any]
) -> None:
    from ppgn_bench.sampling.stage import sample as sampled

    device = machine.device(sampling.device)
    files.require_dataset(sampling.dataset, {data: "data"})
    made = machine.made_by(device, header["code"], sampling.seed)
    named = {"dataset": sampling.dataset, "sweep": sampling.sweep, "name": sampling.variant}
    less = f"sweeps.{sampling.sweep}: fewer chains_per_target or a larger keep_every take less"
    with (
        exhausted.memory_for(sampling.variant, less),
        machine.cost(beside(output, "cost.csv"), made, kind="sampling", **named) as cost,
    ):
        arrays = sampled(sampling, networks, data, device)
        cost.chain_steps = sum(len(arrays[f"{run}.targets"]) * arrays[f"{run}.steps"][-1] for run in sampling.runs)
    files.save_arrays(output, arrays, {"kind": "chains", **header, **made})
