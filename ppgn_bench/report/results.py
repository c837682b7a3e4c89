"""What the report reads: every table and picture of one experiment, or a note that it is not there.

Only metrics.csv must exist. Whatever else is missing becomes an empty table and, on the page, a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame, concat

from ppgn_bench import store
from ppgn_bench.metrics import CONTROLS, METRICS

SETTING = ["epsilon_prior", "epsilon_condition", "epsilon_noise"]
KEYS = ["dataset", "sweep", "variant", "seed", *SETTING]
CHECK = ["dataset", "metric", "better", "worse", "value_better", "value_worse", "ordered"]
COSTS = ["kind", "dataset", "sweep", "name", "seed", "device"]
COSTS += ["seconds", "chain_steps_per_second", "peak_memory_mib"]

CLAIMS = ["claim", "dataset", "statement", "section", "basis", "measured", "verdict", "reason", "part", "scale"]
CLAIMS += ["estimate", "low", "high", "seeds", "checks", "flips"]
PARTS = [
    "claim",
    "dataset",
    "check",
    "part",
    "metric",
    "scale",
    "estimate",
    "low",
    "high",
    "seeds",
    "p_for",
    "p_against",
]

MOST_SETTINGS = 24  # of a sweep that are drawn and tabled one by one

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Results:
    """One experiment's results.

    metrics, curves, check, costs, claims, claim_parts: the tables; sized: the rows of metrics.csv with controls of a
    sweep's own size; pictures: (dataset, sweep, variant) -> arrays of its pictures file; real: dataset -> real images
    [class, column, channel, height, width]; losses: (dataset, recipe, seed) -> table; titles: variant or
    control -> the name that a reader sees, in report order; context: see `Context`.
    """

    metrics: DataFrame
    sized: DataFrame
    curves: DataFrame
    check: DataFrame
    costs: DataFrame
    claims: DataFrame
    claim_parts: DataFrame
    pictures: Mapping[Key, Mapping[str, NDArray[Any]]]
    real: Mapping[str, NDArray[np.uint8]]
    losses: Mapping[tuple[str, str, int], DataFrame]
    titles: Mapping[str, str]
    context: Mapping[str, Any]

    @property
    def variants(self) -> list[str]:
        """Keys of the variants that were measured, in report order."""
        measured = set(self.metrics.loc[self.metrics.sweep != "controls", "variant"])
        return [key for key in self.titles if key in measured and key not in CONTROLS]

    @property
    def datasets(self) -> list[str]:
        """Data sets in the experiment's order."""
        return [row["name"] for row in self.context["datasets"]]

    def too_many(self, dataset: str, sweep: str) -> int:
        """How many settings a sweep has, if they are more than a page can show one by one; else 0."""
        here = self.metrics[(self.metrics.dataset == dataset) & (self.metrics.sweep == sweep)]
        settings = len(here[["variant", *SETTING]].drop_duplicates())
        return settings if settings > MOST_SETTINGS else 0

    def sweeps(self, dataset: str, run: str) -> list[str]:
        """Sweeps of a data set that have values of this run's metrics, "quality" or "mixing", in the config's order."""
        wanted = [name for name, metric in METRICS.items() if metric.run == run]
        here = self.metrics[(self.metrics.dataset == dataset) & (self.metrics.sweep != "controls")]
        order = {row["name"]: place for place, row in enumerate(self.context["sweeps"])}
        found = here.loc[here.metric.isin(wanted), "sweep"].unique()
        return sorted(found, key=lambda name: (order.get(name, len(order)), name))


def read(folder: Path, context: Mapping[str, Any]) -> Results:
    """All results of the experiment in this folder. Raises UserError for a file that cannot be read."""
    metrics = store.load_table(folder / "metrics.csv", [*KEYS, "metric", "value"])
    # Networks and worlds are drawn from tables of their own; what a sweep's name has after a + is for the claims alone.
    metrics = metrics[metrics.metric.isin(list(METRICS)) & ~metrics.sweep.astype(str).str.contains("+", regex=False)]
    of_a_sweep = metrics.variant.isin(list(CONTROLS)) & (metrics.sweep != "controls")
    metrics, sized = metrics[~of_a_sweep], metrics[of_a_sweep]
    titles = {row["key"]: row["title"] for row in context["variants"]}
    unknown = [key for key in metrics.variant.unique() if key not in titles and key not in CONTROLS]
    titles |= {key: key for key in sorted(unknown)} | dict(CONTROLS)
    pictures, real = _pictures(folder / "metrics", metrics)
    return Results(
        metrics=metrics,
        sized=sized,
        curves=_curves(folder / "metrics", metrics),
        check=_table(folder / "controls_check.csv", CHECK),
        costs=_table(folder / "costs.csv", COSTS),
        claims=_table(folder / "claims.csv", CLAIMS),
        claim_parts=_table(folder / "claims.parts.csv", PARTS),
        pictures=pictures,
        real=real,
        losses=_losses(context["networks"]),
        titles=titles,
        context=context,
    )


class Row(NamedTuple):
    """A variant at one setting, or a control: its name for readers, key, epsilons and part of a table."""

    label: str
    key: str
    epsilons: str
    part: DataFrame


def rows(results: Results, frame: DataFrame) -> list[Row]:
    """A table's rows in report order, split by epsilons; these are named only where a variant has several."""
    parts: dict[str, list[DataFrame]] = {}
    for _, part in frame.groupby(["variant", *SETTING], dropna=False, sort=True):
        parts.setdefault(part.variant.iloc[0], []).append(part)
    found = []
    for key, title in results.titles.items():
        for part in parts.get(key, []):
            epsilons = "" if key in CONTROLS else "/".join(f"{value:g}" for value in part[SETTING].iloc[0])
            label = title if len(parts[key]) == 1 else f"{title} ({epsilons})"
            found.append(Row(label, key, epsilons, part))
    return found


def _table(path: Path, columns: Sequence[str]) -> DataFrame:
    return store.load_table(path, columns) if path.is_file() else DataFrame(columns=list(columns))


def _measured(metrics: DataFrame) -> list[Key]:
    rows = metrics.loc[metrics.sweep != "controls", ["dataset", "sweep", "variant"]].drop_duplicates()
    return [(str(a), str(b), str(c)) for a, b, c in rows.itertuples(index=False)]


def _curves(folder: Path, metrics: DataFrame) -> DataFrame:
    columns = [*KEYS, "run", "curve", "step", "low", "middle", "high"]
    paths = [folder / data / sweep / f"{variant}.curves.csv" for data, sweep, variant in _measured(metrics)]
    frames = [store.load_table(path, columns) for path in paths if path.is_file()]
    return concat(frames, ignore_index=True) if frames else DataFrame(columns=columns)


def _pictures(folder: Path, metrics: DataFrame) -> tuple[dict[Key, Any], dict[str, NDArray[np.uint8]]]:
    pictures = {}
    for data, sweep, variant in _measured(metrics):
        path = folder / data / sweep / f"{variant}.pictures.safetensors"
        if path.is_file():
            pictures[data, sweep, variant] = store.load_arrays(path, "pictures")[0]
    paths = {data: folder / data / "controls.pictures.safetensors" for data in metrics.dataset.unique()}
    real = {data: store.load_arrays(path, "pictures")[0]["grid"] for data, path in paths.items() if path.is_file()}
    return pictures, real


def _losses(networks: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, int], DataFrame]:
    present = [row for row in networks if Path(row["losses"]).is_file()]
    return {
        (row["dataset"], row["recipe"], int(row["seed"])): store.load_table(row["losses"], ["step", "term", "value"])
        for row in present
    }
