"""What of an experiment's folder the report opens; a file that is not there is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pandas import DataFrame, concat

from ppgn_bench.columns import CURVES, TARGETS
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import Network

Key = tuple[str, str, str]  # data set, sweep, variant


def table(path: Path, columns: Sequence[str]) -> DataFrame:
    """A table; an empty one where there is none."""
    return files.load_table(path, columns) if path.is_file() else DataFrame(columns=list(columns))


def _measured(metrics: DataFrame) -> list[Key]:
    places = metrics.loc[metrics.sweep != "controls", ["dataset", "sweep", "variant"]].drop_duplicates()
    return list(places.astype(str).itertuples(index=False, name=None))


def curves(folder: Path, metrics: DataFrame) -> DataFrame:
    """The curves of everything that was measured."""
    columns = list(CURVES)
    paths = [folder / data / sweep / f"{variant}.curves.csv" for data, sweep, variant in _measured(metrics)]
    frames = [files.load_table(path, columns) for path in paths if path.is_file()]
    return concat(frames, ignore_index=True) if frames else DataFrame(columns=columns)


def targets(folder: Path, metrics: DataFrame) -> DataFrame:
    """What samplers reach that are steered to something else than classes, target by target."""
    columns = list(TARGETS)
    paths = [folder / data / sweep / f"{variant}.targets.csv" for data, sweep, variant in _measured(metrics)]
    frames = [frame for path in paths if path.is_file() and len(frame := files.load_table(path, columns))]
    return concat(frames, ignore_index=True) if frames else DataFrame(columns=columns)


def pictures(folder: Path, metrics: DataFrame) -> tuple[dict[Key, Any], dict[str, Any], dict[Key, Any]]:
    """Pictures of everything that was measured, and of the controls of each data set; and of what was measured
    seed -> role -> hash of the network's file.
    """
    kept = {
        (data, sweep, variant): files.load_arrays(path, "pictures")
        for data, sweep, variant in _measured(metrics)
        if (path := folder / data / sweep / f"{variant}.pictures.safetensors").is_file()
    }
    controls = {
        data: files.load_arrays(path, "pictures")[0]
        for data in metrics.dataset.unique()
        if (path := folder / data / "controls.pictures.safetensors").is_file()
    }
    of_samplers = {key: arrays for key, (arrays, _) in kept.items()}
    return of_samplers, controls, {key: header.get("networks", {}) for key, (_, header) in kept.items()}


def losses(networks: Sequence[Network]) -> dict[tuple[str, str, int], DataFrame]:
    """Loss logs by data set, recipe and seed."""
    return {
        (row.dataset, row.recipe, row.seed): files.load_table(row.losses, ["step", "term", "value"])
        for row in networks
        if Path(row.losses).is_file()
    }
