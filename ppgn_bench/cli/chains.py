"""Command: chains. Imports stand inside: torch takes seconds."""

from collections.abc import Mapping
from pathlib import Path

from ppgn_bench import exhausted
from ppgn_bench.cli.options import Code, Data, JobText, Networks, Outputs, Seeds, beside, network_files, of_seeds
from ppgn_bench.jobs import Sampling
from ppgn_bench.storage import files, machine


def sample(
    job: JobText, data: Data, output: Outputs, seed: Seeds = None, network: Networks = None, code: Code = ""
) -> None:
    """Sample one variant with the networks of each seed: all its chains and settings."""
    samplings = of_seeds(Sampling, job, seed, output)
    first = next(iter(samplings.values()))
    files.require_dataset(first.dataset, {data: "data"})
    networks = network_files(network, first.networks, first.dataset, len(samplings))
    for (path, sampling), own in zip(samplings.items(), networks, strict=True):
        _sample(sampling, data, own, path, code)


def _sample(sampling: Sampling, data: Path, networks: Mapping[str, Path], output: Path, code: str) -> None:
    """Sample with the networks of one seed."""
    from ppgn_bench.sampling.stage import sample as sampled

    device = machine.device(sampling.device)
    made = machine.made_by(device, code, sampling.seed)
    named = {"dataset": sampling.dataset, "sweep": sampling.sweep, "name": sampling.variant}
    less = f"sweeps.{sampling.sweep}: fewer chains_per_target or a larger keep_every take less"
    with (
        exhausted.memory_for(sampling.variant, less),
        machine.cost(beside(output, "cost.csv"), made, kind="sampling", **named) as cost,
    ):
        arrays = sampled(sampling, networks, data, device)
        cost.chain_steps = sum(len(arrays[f"{run}.targets"]) * arrays[f"{run}.steps"][-1] for run in sampling.runs)
    header = {"kind": "chains", "dataset": sampling.dataset, "job": sampling.model_dump(mode="json")}
    header["files"] = {role: files.digest(path) for role, path in networks.items()}
    files.save_arrays(output, arrays, header | made)
