"""What the report reads: all tables and pictures of one experiment. What is missing, but metrics.csv, is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from ppgn_bench.columns import CLAIM_PARTS, CLAIMS, CONTROLS_CHECK, COSTS, METRICS_TABLE, NETWORKS_CHECK
from ppgn_bench.metrics.table import CONTROLS, METRICS, OF_SAMPLES
from ppgn_bench.report import kept, same_samplers
from ppgn_bench.report.figures import style
from ppgn_bench.report.words.terms import SETTING, slashed
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import Dataset, Manifest

MOST_SETTINGS = 24  # of a sweep that are drawn and tabled one by one

Key = tuple[str, str, str]
Setting = tuple[float | None, ...]  # epsilons of prior, condition and noise, None for those of a control
OfRow = TypeVar("OfRow")


class Label(NamedTuple):
    """A row: what the reader sees, the key of the variant or control, its epsilons."""

    row: str
    variant: str
    epsilons: str


ByRow = dict[Label, dict[int, float]]  # row -> seed -> value


@dataclass(frozen=True)
class Results:
    """One experiment's results.

    sized: the rows of metrics.csv with controls of a sweep's own size; pictures: (dataset, sweep, variant) -> arrays of
    its pictures file; controls: dataset -> arrays of its controls' pictures file; networks: (dataset, sweep, variant)
    -> seed -> role -> hash of the network's file; of_targets: rows of TARGETS; losses: (dataset, recipe, seed) ->
    table; titles: variant or control -> the name that a reader sees, in report order.
    """

    metrics: DataFrame
    sized: DataFrame
    curves: DataFrame
    of_targets: DataFrame
    check: DataFrame
    networks_check: DataFrame
    costs: DataFrame
    claims: DataFrame
    claim_parts: DataFrame
    pictures: Mapping[Key, Mapping[str, NDArray[Any]]]
    controls: Mapping[str, Mapping[str, NDArray[np.uint8]]]
    networks: Mapping[Key, Mapping[str, Mapping[str, str]]]
    losses: Mapping[tuple[str, str, int], DataFrame]
    titles: Mapping[str, str]
    manifest: Manifest

    @cached_property
    def variants(self) -> list[str]:
        """Keys of the variants that were measured, in report order."""
        measured = set(self.metrics.loc[self.metrics.sweep != "controls", "variant"])
        return [key for key in self.titles if key in measured and key not in CONTROLS]

    @cached_property
    def first(self) -> Mapping[str, str]:
        """Variant -> the first variant that is the same sampler: it has its colour, and its rows where both stand."""
        return {key: key for key in self.titles} | same_samplers.firsts(self.manifest.variants)

    @cached_property
    def looks(self) -> Mapping[str, style.Look]:
        """How every sampler and control is drawn; few that stand together in a sweep have colours far apart."""
        of_sweeps = self.metrics.groupby(["dataset", "sweep"], sort=False).variant.unique()
        together = sorted((set(keys) for keys in of_sweeps), key=len)
        near = [key for keys in together for key in self.titles if key in keys]
        return style.looks(dict.fromkeys([*near, *self.titles]), CONTROLS, self.first)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Measured samplers, each once: key -> all names that it has in this experiment."""
        known = same_samplers.names(self.manifest.variants)
        once = {self.first[key]: key for key in reversed(self.variants)}
        return {key: known.get(first, self.titles[key]) for key in self.variants
                if once[first := self.first[key]] == key}  # fmt: skip

    def rows(self, frame: DataFrame) -> dict[Label, DataFrame]:
        """A table's rows, split by epsilons, in report order."""
        groups = frame.groupby(["variant", *SETTING], dropna=False, sort=False)
        return _labelled(self.titles, {(str(key[0]), _setting(key[1:])): part for key, part in groups})

    @cached_property
    def real(self) -> Mapping[str, NDArray[np.uint8]]:
        """Data set -> real images [class, column, channel, height, width]."""
        return {data: arrays["grid"] for data, arrays in self.controls.items()}

    @property
    def datasets(self) -> list[str]:
        """Data sets in the experiment's order."""
        return [row.name for row in self.manifest.datasets]

    def dataset(self, name: str) -> Dataset:
        """What the manifest says of a data set."""
        return next(row for row in self.manifest.datasets if row.name == name)

    def targets(self, dataset: str, variant: str) -> tuple[str, ...]:
        """Names of what a sampler's chains are steered to, on a data set."""
        own = {row.key: row.targets[dataset] for row in self.manifest.variants if dataset in row.targets}
        return own.get(variant, self.dataset(dataset).classes)

    def here(self, dataset: str, sweep: str | None = None) -> DataFrame:
        """The measurements of samplers on a data set, of one sweep or of all."""
        here = self.metrics[(self.metrics.dataset == dataset) & (self.metrics.sweep != "controls")]
        return here if sweep is None else here[here.sweep == sweep]

    def num_seeds(self, dataset: str, sweep: str | None = None) -> int:
        """How many seeds a data set, or a sweep of it, was measured on."""
        return int(self.here(dataset, sweep).seed.nunique())

    def logs(self, dataset: str, recipe: str | None) -> list[DataFrame]:
        """The loss logs of a network, one a seed."""
        return [log for (place, name, _), log in self.losses.items() if (place, name) == (dataset, recipe)]

    @cached_property
    def values(self) -> Mapping[Key, ByRow]:
        """(data set, sweep, metric) -> row -> seed -> value, rows in report order."""
        return _values(self.titles, self.metrics)

    @cached_property
    def sized_values(self) -> Mapping[Key, ByRow]:
        """The same of the controls of a sweep's own size."""
        return _values(self.titles, self.sized)

    def too_many(self, dataset: str, sweep: str) -> int:
        """How many settings a sweep has, if they are more than a page can show one by one; else 0."""
        count = len(self._settings(dataset, sweep))
        return count if count > MOST_SETTINGS else 0

    def is_grid(self, dataset: str, sweep: str) -> bool:
        """Whether a sampler of this sweep was run at several settings."""
        return bool(self._settings(dataset, sweep).variant.duplicated().any())

    def compared(self, dataset: str, run: str | None = None) -> list[str]:
        """Of `sweeps` those with several rows, which alone have something to compare; all where none has."""
        sweeps = self.sweeps(dataset, run)
        return [sweep for sweep in sweeps if len(self._settings(dataset, sweep)) > 1] or sweeps

    def _settings(self, dataset: str, sweep: str) -> DataFrame:
        return self.here(dataset, sweep)[["variant", *SETTING]].drop_duplicates()

    def sweeps(self, dataset: str, run: str | None = None) -> list[str]:
        """Sweeps of a data set that have values of metrics, in the config's order; run: "quality" or "mixing" alone."""
        wanted = [name for name, metric in METRICS.items() if run in (None, metric.run)]
        here = self.here(dataset)
        measured = here.loc[here.metric.isin(wanted), "sweep"].unique()
        order = dict.fromkeys([*(row.name for row in self.manifest.sweeps), *sorted(measured)])
        return [name for name in order if name in measured]


def read(folder: Path, manifest: Manifest) -> Results:
    """All results of the experiment in this folder. Raises UserError for a file that cannot be read."""
    metrics = files.load_table(folder / "metrics.csv", METRICS_TABLE)
    # Networks and worlds are drawn from tables of their own; what else a sweep's name has after a + is for the claims.
    sweeps = metrics.sweep.astype(str)
    plain = ~sweeps.str.contains("+", regex=False)
    metrics = metrics[metrics.metric.isin(list(METRICS)) & (plain | sweeps.str.fullmatch(OF_SAMPLES))]
    of_a_sweep = metrics.variant.isin(list(CONTROLS)) & (metrics.sweep != "controls")
    sized, metrics = metrics[of_a_sweep], metrics[~of_a_sweep]
    metrics = same_samplers.once(metrics, same_samplers.firsts(manifest.variants))
    titles = {row.key: row.title for row in manifest.variants}
    titles |= {key: key for key in sorted(set(metrics.variant) - {*titles, *CONTROLS})} | dict(CONTROLS)
    pictures, controls, networks = kept.pictures(folder / "metrics", metrics)
    return Results(
        metrics=metrics,
        sized=sized,
        curves=kept.curves(folder / "metrics", metrics),
        of_targets=kept.targets(folder / "metrics", metrics),
        check=kept.table(folder / "controls_check.csv", CONTROLS_CHECK),
        networks_check=kept.table(folder / "networks_check.csv", NETWORKS_CHECK),
        costs=kept.table(folder / "costs.csv", COSTS),
        claims=kept.table(folder / "claims.csv", CLAIMS),
        claim_parts=kept.table(folder / "claims.parts.csv", CLAIM_PARTS),
        pictures=pictures,
        controls=controls,
        networks=networks,
        losses=kept.losses(manifest.networks),
        titles=titles,
        manifest=manifest,
    )


def _values(titles: Mapping[str, str], metrics: DataFrame) -> dict[Key, ByRow]:
    """In one pass: a report asks for hundreds of these, and a table of measurements has thousands of rows."""
    values: dict[Key, dict[tuple[str, Setting], dict[int, float]]] = {}
    columns = metrics[["dataset", "sweep", "metric", "variant", "seed", "value", *SETTING]]
    for dataset, sweep, metric, variant, seed, value, *setting in columns.itertuples(index=False, name=None):
        of_row = values.setdefault((dataset, sweep, metric), {}).setdefault((variant, _setting(setting)), {})
        of_row[int(seed)] = float(value)
    return {key: _labelled(titles, of_key) for key, of_key in values.items()}


def _setting(values: Iterable[Any]) -> Setting:
    return tuple(None if value != value else float(value) for value in values)  # no NaN equals another


def _labelled(titles: Mapping[str, str], rows: Mapping[tuple[str, Setting], OfRow]) -> dict[Label, OfRow]:
    """Rows in report order, those of a variant by epsilons; these are named only where a variant has several."""
    settings: dict[str, list[Setting]] = {}
    for variant, setting in sorted(rows, key=lambda row: (row[0], [value or 0.0 for value in row[1]])):
        settings.setdefault(variant, []).append(setting)
    ordered: dict[Label, OfRow] = {}
    for variant, title in titles.items():
        for setting in settings.get(variant, []):
            epsilons = "" if variant in CONTROLS else slashed([value for value in setting if value is not None])
            label = title if len(settings[variant]) == 1 else f"{title} ({epsilons})"
            ordered[Label(label, variant, epsilons)] = rows[variant, setting]
    return ordered
