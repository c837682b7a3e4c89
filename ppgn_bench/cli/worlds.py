"""Command: analytic worlds."""

from ppgn_bench.cli.options import Code, JobText, Outputs, Seeds, beside, of_seeds
from ppgn_bench.jobs import Exploring
from ppgn_bench.storage import files, machine


def worlds(job: JobText, output: Outputs, seed: Seeds = None, code: Code = "") -> None:
    """Compare denoisers and samplers with the exact truth of an analytic world; trajectories beside the errors."""
    from ppgn_bench.worlds.stage import PICTURE_CLASS, explore

    for path, exploring in of_seeds(Exploring, job, seed, output).items():
        made = machine.made_by(machine.device("cpu"), code, exploring.seed)
        with machine.cost(beside(path, "cost.csv"), made, kind="exploring", name=exploring.world):
            rows, picture = explore(exploring)
        header = {"kind": "trajectories", "world": exploring.world, "label": PICTURE_CLASS}
        files.save_arrays(beside(path, "safetensors"), picture, header | made)
        files.save_table(path, rows)
