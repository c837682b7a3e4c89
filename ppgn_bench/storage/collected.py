"""All measurements of an experiment as rows of one table, whatever wrote them: samples, loss logs, analytic worlds.

So that a claim, or a reader, needs one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from pandas import DataFrame, Series, concat
from pandas.api.types import is_numeric_dtype

from ppgn_bench import columns
from ppgn_bench.errors import UserError
from ppgn_bench.metrics.table import METRICS, OTHER_JUDGES
from ppgn_bench.storage import files
from ppgn_bench.training import history

COLUMNS = list(columns.METRICS_TABLE)
WHOLE = ("seed", "threads")  # numbers that stay whole in a column with blanks
EXACT = 2**53  # of whole numbers below it a float is one
UNSAMPLED = dict.fromkeys((*columns.EPSILONS, "judge"), np.nan)  # of what is no sampler


def together(paths: Sequence[Path]) -> DataFrame:
    """The `rows` of all files, sorted; what two of them share counts once. Raises UserError for different judges."""
    tables = [(path, rows(path)) for path in paths]
    require_same_judges(tables)
    table = concat([table for _, table in tables]).drop_duplicates()
    order = [name for name in table.columns if name not in ("value", "seconds", "judge")]
    return table.sort_values(order, kind="stable", ignore_index=True)


def _is_whole(column: Series) -> bool:
    """Whether all are whole numbers, but for blanks. What is none stays as it is, for others to refuse."""
    if not (isinstance(column, Series) and is_numeric_dtype(column)):
        return False
    numbers = column.dropna()
    return bool(((numbers % 1 == 0) & (numbers.abs() < EXACT)).all())


def require_same_judges(tables: Iterable[tuple[Path, DataFrame]]) -> None:
    """Refuse measurements of one data set by different judges: what one ruler reads says nothing beside another's.

    tables: with their files; the second and the third judge are asked for on their own. Raises UserError that names
    every judge that differs, with both files.
    """
    known: dict[tuple[str, str], tuple[str, Path]] = {}
    differ = []
    for path, table in tables:
        key = ["dataset", "sweep", "metric", "judge"]
        judged = table.dropna(subset="judge") if "judge" in table else DataFrame(columns=key)
        for dataset, sweep, metric, judge in judged[key].drop_duplicates().itertuples(index=False):
            ending = next((ending for ending in OTHER_JUDGES if sweep.endswith(ending)), "+judge")
            if metric in METRICS and METRICS[metric].asks_factor_judge:
                ending = "+judge_of_factors"
            first, place = known.setdefault((dataset, ending), (judge, path))
            if judge != first:
                role = ending.removeprefix("+").replace("_", " ")
                differ.append(f"  {dataset}, {role}: {first} in {place}, {judge} in {path}")
    if differ:
        remedy = "measure both anew with the same judges; a reference, by `make reference`"
        lines = ["numbers of different judges must not be compared:", *dict.fromkeys(differ), f"  {remedy}"]
        raise UserError("\n".join(lines))


def rows(path: Path) -> DataFrame:
    """The rows of a table that `measure` or `controls` wrote; of a loss log its held-out errors, sweep "training" and
    the recipe as variant; of a world the errors of its denoisers against the score of p_sigma, sweep "world".

    Columns METRICS_TABLE. A cost stays as it is. Raises UserError for a file that is none of them.
    """
    if path.name.endswith(".cost.csv"):
        costs = files.load_table(path, ["kind", "dataset", "sweep", "seconds"])
        return costs.astype({name: "Int64" for name in WHOLE if name in costs and _is_whole(costs[name])})
    if path.name.endswith(".losses.csv"):
        return _held_out(path)
    if path.parts[-3:-2] == ("worlds",):
        return _scores(path)
    return files.load_table(path, COLUMNS)


def _held_out(path: Path) -> DataFrame:
    """results/networks/<data set>/<recipe>/seed_<k>.losses.csv: its name says whose they are."""
    (dataset, recipe, seed), values = held_out(path)
    named = {"dataset": dataset, "sweep": "training", "variant": recipe, "seed": seed, **UNSAMPLED}
    return DataFrame([{**named, "metric": f"held_out_{name}", "value": value} for name, value in values.items()],
                     columns=COLUMNS)  # fmt: skip


def held_out(path: Path) -> tuple[tuple[str, str, int], dict[str, float]]:
    """Whose a loss log is, data set, recipe and seed, and what was measured of it after training, by name."""
    log = files.load_table(path, columns.LOSSES)[list(columns.LOSSES)]
    dataset, recipe, file = path.parts[-3:]
    seed = int(file.removeprefix("seed_").partition(".")[0])
    values = history.held_out(log.itertuples(index=False, name=None))
    return (dataset, recipe.partition("+budget=")[0], seed), values


def _scores(path: Path) -> DataFrame:
    table = files.load_table(path, ["world", "seed", "method", "target", "sigma", "training_size", "metric", "value"])
    errors = table[(table.metric == "relative_error") & (table.method == "denoiser") & (table.target == "p_sigma")]
    names = [f"denoiser+sigma={r.sigma:g}+size={r.training_size:.0f}" for r in errors.itertuples()]
    return errors.assign(dataset=errors.world, sweep="world", variant=names, **UNSAMPLED)[COLUMNS]
