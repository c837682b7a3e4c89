"""Command: analytic worlds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ppgn_bench.cli.options import Code, JobText, Outputs, Seeds, beside, lacking, of_seeds
from ppgn_bench.jobs import Exploring
from ppgn_bench.storage import files, machine


def worlds(job: JobText, output: Outputs, seed: Seeds = None, code: Code = "") -> None:
    """Compare denoisers and samplers with the exact truth of an analytic world; trajectories beside the errors."""
    explorings = of_seeds(Exploring, job, seed, output)
    told = {path: {"job": own.model_dump(mode="json"), "code": code} for path, own in explorings.items()}
    pictures = {beside(path, "safetensors"): made for path, made in told.items()}
    wanted = lacking(pictures, "trajectories")
    for path, exploring in explorings.items():
        if beside(path, "safetensors") in wanted:
            _explore(exploring, path, told[path])


def _explore(exploring: Exploring, output: Path, told: Mapping[str, Any]) -> None:
    from ppgn_bench.worlds.stage import PICTURE_CLASS, explore

    made = machine.made_by(machine.device("cpu"), told["code"], exploring.seed)
    with machine.cost(beside(output, "cost.csv"), made, kind="exploring", name=exploring.world):
        rows, picture = explore(exploring)
    files.save_table(output, rows)
    header = {"kind": "trajectories", "world": exploring.world, "label": PICTURE_CLASS, **told, **made}
    files.save_arrays(beside(output, "safetensors"), picture, header)  # last: it says that all of the seed is there
