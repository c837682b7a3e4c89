"""Command: analytic worlds."""

from ppgn_bench.cli.options import Code, JobText, Output, beside
from ppgn_bench.jobs import Exploring, read
from ppgn_bench.storage import files, machine


def worlds(job: JobText, output: Output, code: Code = "") -> None:
    """Compare denoisers and samplers with the exact truth of an analytic world; trajectories beside the errors."""
    from ppgn_bench.worlds.stage import PICTURE_CLASS, explore

    exploring = read(Exploring, job)
    made = machine.made_by(machine.device("cpu"), code, exploring.seed)
    with machine.cost(beside(output, "cost.csv"), made, kind="exploring", name=exploring.world):
        rows, picture = explore(exploring)
    header = {"kind": "trajectories", "world": exploring.world, "label": PICTURE_CLASS}
    files.save_arrays(beside(output, "safetensors"), picture, header | made)
    files.save_table(output, rows)
