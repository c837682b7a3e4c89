"""Command: chains. Imports stand inside: torch takes seconds."""

from ppgn_bench import exhausted
from ppgn_bench.cli.options import Code, Data, JobText, Networks, Output, beside, network_files
from ppgn_bench.jobs import Sampling, read
from ppgn_bench.storage import files, machine


def sample(job: JobText, data: Data, output: Output, network: Networks = None, code: Code = "") -> None:
    """Sample one variant with one seed's networks: all its chains and settings."""
    from ppgn_bench.sampling.stage import sample as sampled

    sampling = read(Sampling, job)
    device = machine.device(sampling.device)
    files.require_dataset(sampling.dataset, {data: "data"})
    networks = network_files(network, sampling.networks, sampling.dataset)
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
