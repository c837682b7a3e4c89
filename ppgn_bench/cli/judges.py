"""Command: the judges that the package ships. Imports stand inside: torch takes seconds."""

from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.storage import files, machine
from ppgn_bench.storage.judges import require_data


def ship(
    weights: Annotated[
        list[Path], typer.Argument(help="Trained judges, .../<data set>/<recipe>/seed_<k>.safetensors.")
    ],
    data: Annotated[list[Path], typer.Option("--data", help="Splits of their data sets, .../<data set>.safetensors.")],
    output: Annotated[Path, typer.Option("--output", help="Folder of the package's judges, ppgn_bench/judges.")],
) -> None:
    """Put trained judges into the package: rounded to half precision, and measured as they are then."""
    from ppgn_bench.training.shipping import rounded
    from ppgn_bench.workflow.plan import network_class

    machine.device("cpu")
    splits = {path.stem: path for path in data}
    made = {}
    for path in weights:
        dataset, recipe = path.parts[-3:-1]
        architecture = network_class(recipe)
        require_data(splits[dataset], {path: architecture})
        made[output / dataset / f"{recipe}.safetensors"] = rounded(path, architecture, splits[dataset])
    # Only now, so that no failure leaves a package with judges of two makes.
    for place, (arrays, header) in made.items():
        files.save_arrays(place, arrays, {**header, "processor": machine.processor()})
        said = ", ".join(f"{name} {value:.4f}" for name, value in header["measured"].items())
        print(f"{place}: {files.digest(place)}, {place.stat().st_size / 1024:.0f} KiB; held out: {said}")
