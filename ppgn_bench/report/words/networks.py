"""Whether the networks do their job, in words."""

from __future__ import annotations

from pandas import DataFrame

from ppgn_bench.report.results import Results
from ppgn_bench.report.words.missing import TABLES
from ppgn_bench.report.words.numbers import number
from ppgn_bench.report.words.places import dataset_title
from ppgn_bench.training.changes import title_of
from ppgn_bench.training.checks import CHECKS


def of_run(results: Results) -> DataFrame:
    """The rows of the check, of the experiment's data sets, with what holds and what must as truths."""
    rows = results.networks_check[results.networks_check.dataset.isin(results.datasets)]
    return rows.assign(**{name: rows[name].astype(str) == "True" for name in ("holds", "required")})


def pair(check: str, value: float, bound: float) -> str:
    """A value, and what it must lie below or above: "0.0023 < 0.0033"; the other sign where it does not."""
    sign = CHECKS[check].sign
    holds = value < bound if sign == "<" else value > bound
    return f"{number(value)} {sign} {number(bound)}" if holds else f"{number(value)}, not {sign} {number(bound)}"


def failures(results: Results) -> list[str]:
    """A sentence for each network that does not do what it must."""
    rows = of_run(results)
    return [
        f"{dataset_title(results, row['dataset'])}: {title_of(row['recipe'])}, seed {row['seed']}: "
        f"{CHECKS[row['check']].title}: {pair(row['check'], row['value'], row['bound'])}."
        for row in rows[rows.required & ~rows.holds].to_dict("records")
    ]


def outcome(results: Results) -> str:
    """How many checks hold, or failed; and what does not hold and need not."""
    rows = of_run(results)
    if not len(rows):
        return TABLES["networks_check"]
    required, others = rows[rows.required], rows[~rows.required]
    failed, wrong = int((~required.holds).sum()), int((~others.holds).sum())
    what = f"{len(required)} checks of networks"
    said = f"{failed} of {what} failed." if failed else f"All {what} hold."
    more = f" Beside them {wrong} of {len(others)} that no run has to pass failed." if len(others) else ""
    return said + more
