"""Command: weights of other programs as files of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from tqdm import tqdm

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files

if TYPE_CHECKING:
    import numpy as np

    from ppgn_bench.caffe.stage import Imported

ENDING = ".safetensors"
LARGE = 32 * 2**20  # bytes of a file from which on a bar shows how far it is
MIB = 2**20
FLOAT = 4  # bytes
LEVELS = 255  # white, in Caffe's images; in ours it is 1

Source = Annotated[
    Path, typer.Argument(metavar="FILE", help="A .caffemodel, or a mean image (.binaryproto).", show_default=False)
]
Target = Annotated[Path, typer.Option("--output", help=f"File to write, {ENDING}.", show_default=False)]


def import_caffe(file: Source, output: Target) -> None:
    """Turn weights of Caffe into a file that a config can name: weights: FILE.

    The released generator: ppgn-bench import-caffe generator.caffemodel --output generator.safetensors

    The mean image: ppgn-bench import-caffe imagenet_mean.binaryproto --output imagenet_mean.safetensors

    Reads every generation of the format, without Caffe and without protobuf; executes nothing of the file. Array
    <layer>.0 holds a layer's weights and <layer>.1 its biases, float32, in Caffe's shapes. A damaged or hostile file
    is refused with the layer and the byte, and nothing is written. Memory: twice the file's size. The same file gives
    the same bytes. docs/import-caffe.md says which files there are and what comes next.
    """
    from ppgn_bench.caffe.stage import KIND, read

    _require_output(file, output)
    with _bar(file) as bar:
        made = read(file, lambda numbers: bar.update(numbers * FLOAT))
    files.save_arrays(output, made.arrays, made.header)
    is_network = made.header["kind"] == KIND
    print("\n".join(_table(made) if is_network else _of_mean(made.arrays["mean"])))
    print(f"read: {file}, {file.stat().st_size / MIB:,.1f} MiB, sha256 {made.header['sha256']}")
    print(f"written: {output}, {output.stat().st_size / MIB:,.1f} MiB")
    if is_network:
        print(f"next, in a config, below the network of a data set whose weights these are:\n    weights: {output}")


def _require_output(file: Path, output: Path) -> None:
    """Refuse what cannot be written now, not after a large file was read."""
    if output.suffix != ENDING:
        raise UserError(f"--output: must end with {ENDING}, got {output.name!r}")
    if output.is_dir():
        raise UserError(f"--output: {output}: is a folder")
    if output.exists() and file.exists() and output.samefile(file):
        raise UserError(f"--output: {output}: is the file that is read; name another")


def _bar(file: Path) -> tqdm[NoReturn]:
    size = file.stat().st_size if file.is_file() else 0
    return tqdm(total=size, desc=file.name, unit="B", unit_scale=True, unit_divisor=1024, disable=size < LARGE)


def _table(made: Imported) -> list[str]:
    """A row for each layer with weights, and their sum."""
    blobs = _blobs(made.arrays)
    rows = [("layer", "type", "shapes", "parameters")]
    for layer, arrays in blobs.items():
        shapes = ", ".join(map(_shape, arrays))
        rows.append((layer, made.header["layers"][layer], shapes, f"{sum(array.size for array in arrays):,}"))
    total = f"{sum(array.size for array in made.arrays.values()):,}"
    rows.append((f"{len(blobs)} of {len(made.header['layers'])} layers", "", "", total))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{name:{widths[0]}}  {kind:{widths[1]}}  {shapes:{widths[2]}}  {number:>{widths[3]}}"
        for name, kind, shapes, number in rows
    ]


def _of_mean(mean: np.ndarray) -> list[str]:
    """Its shape, the mean of each channel, and these as a network's options have them."""
    if mean.ndim != 3:
        return [f"mean image: {_shape(mean)}"]
    channels = mean.mean((1, 2), dtype=float)
    lines = [f"mean image: {_shape(mean)}, of its channels {', '.join(f'{value:.4f}' for value in channels)}"]
    as_options = ", ".join(f"{value / LEVELS:.6f}" for value in reversed(channels))
    return [*lines, f"as a network's option, where they are blue, green and red: mean: [{as_options}]"]


def _blobs(arrays: Mapping[str, np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Layer -> its arrays, in their order: a name ends with the blob's number."""
    found: dict[str, list[np.ndarray]] = {}
    for name, array in arrays.items():
        found.setdefault(name.rpartition(".")[0], []).append(array)
    return found


def _shape(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape)) or "1"
