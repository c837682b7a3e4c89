"""Tables of the paper as plain values: those of `report.tables` with a place and widths, and what the release does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppgn_bench.report.page.blocks import Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import conditions as of_conditions
from ppgn_bench.report.tables import contexts, experiment
from ppgn_bench.report.tables.estimates import main_table
from ppgn_bench.report.tables.networks import checks
from ppgn_bench.report.tables.readable import main_selection
from ppgn_bench.report.tables.steered import Tabling
from ppgn_bench.report.words.conditions import CAPTIONS, CONTEXTS, SUMS, UNITS, VALUES, steered
from ppgn_bench.report.words.places import place_title
from ppgn_bench.report.words.samplers import once
from ppgn_bench.report.words.sentences import RELEASED_SAMPLER
from ppgn_bench.storage.manifest import Sampler

WIDTHS = {  # of the table of samplers: head -> share of the line, 0 as wide as the content
    "sampler": 1.5, "walks in": 0, "prior term": 0.9, "noise in training": 1, "losses": 1, "ε1": 0.65, "ε2": 0.55,
    "ε3": 0.65, "ε4": 0.55, "update": 2.4, "source": 1.6,
}  # fmt: skip
SIZES = {"column": 7.3, "wide": 7.6, "page": 7.6}  # points
CONDITIONS: Mapping[str, tuple[Tabling, str]] = {  # kind of sampler -> its tables, and where they stand
    VALUES: (of_conditions.values, "column"),
    UNITS: (of_conditions.units, "column"),
    CAPTIONS: (of_conditions.captions, "wide"),
    CONTEXTS: (contexts.contexts, "column"),
    SUMS: (contexts.sums, "wide"),
}
Doc = dict[str, Any]


def cell(text: str, small: str = "", mark: str = "", span: int = 1) -> Doc:
    """A cell: its text, a smaller line below, a mark ("best", "control" or a verdict), and how many rows it spans."""
    return {"text": text, "small": small, "mark": mark, "span": span}


def table(
    name: str, caption: str, header: Sequence[str], rows: Sequence[Sequence[Doc | str]], widths: Sequence[float],
    where: str = "column",
) -> Doc:  # fmt: skip
    """A table of texts for the template. widths: shares of the line, 0 as wide as the content."""
    cells = [[one if isinstance(one, dict) else cell(one) for one in row] for row in rows]
    return {
        "name": f"table-{name}",
        "caption": [caption],
        "header": [cell(text) for text in header],
        "rows": cells,
        "widths": list(widths),
        "where": where,
        "text-columns": len(header),
        "size": SIZES[where],
    }


def of(name: str, shown: Table, widths: Sequence[float], where: str = "column") -> Doc:
    """A table of the page in the paper; the columns that it marks as text, and the first, stand at the left."""
    rows = [[cell(one.text, one.small, "".join({"best", "control"} & {*one.marks})) for one in row]
            for row in shown.rows]  # fmt: skip
    texts = 1 + sum("text" in head.marks for head in shown.header[1:])
    whole = table(name, shown.caption, [head.text for head in shown.header], rows, widths, where)
    return {**whole, "text-columns": texts}


def measured(results: Results, ablated: bool) -> list[Sampler]:
    """The samplers that were measured: those that an ablation made, or all others."""
    made = {key for ablation in results.manifest.ablations for key in ablation.samplers}
    return [row for row in once(results) if (row.key in made) == ablated]


def samplers(results: Results, ablated: bool) -> list[Doc]:
    """The paper's table of variants, completed, or one of ablated samplers; none where there is no such sampler."""
    if not (rows := measured(results, ablated)):
        return []
    shown = experiment.without(experiment.samplers(rows), "networks")
    widths = [WIDTHS[head.text] for head in shown.header]
    return [of("ablated" if ablated else "samplers", shown, widths, "page" if ablated else "wide")]


def released() -> list[Doc]:
    """What the released sampler does differently from Eq. 11."""
    caption = "Eq. 11 of the paper and the authors' released sampler [C]; D as in a port of their training files [P]."
    return [table("released", caption, ["", "equation", "released code"], RELEASED_SAMPLER, (0, 1, 1.3))]


def main(results: Results, dataset: str, sweep: str, where: str) -> list[Doc]:
    """The main table of a sweep in few measures; none where it has more settings than a page can show."""
    if results.too_many(dataset, sweep):
        return []
    title = place_title(results, dataset, sweep)
    shown = main_selection(results, (dataset, sweep), title, main_table(results, dataset, sweep))
    widths = (1.7, *(1 for _ in shown.header[1:]))
    return [of(f"main-{dataset}-{sweep}", shown, widths, where)] if shown.header[1:] else []


def conditions(results: Results) -> list[Doc]:
    """What samplers reach that are steered to something else than classes, data set by data set."""
    docs = []
    for dataset in results.datasets:
        every = steered(results, dataset)
        for kind, (tabling, where) in CONDITIONS.items():
            tabled = tabling(results, dataset, every)
            for place, shown in enumerate(tabled.alone if tabled else ()):
                docs.append(of(f"{kind}-{dataset}-{place}", shown, _widths(shown), where))
    return docs


def _widths(shown: Table) -> list[float]:
    """Columns of text, and the first, as wide as their longest text, within bounds; others 1."""
    longest = [max(len(row[place].text) for row in shown.rows) for place in range(len(shown.header))]
    texts = [place == 0 or "text" in head.marks for place, head in enumerate(shown.header)]
    return [min(max(length / 12, 0.9), 3.2) if text else 1 for length, text in zip(longest, texts, strict=True)]


def run(results: Results) -> list[Doc]:
    """Data sets, judges and runs."""
    datasets = experiment.without(experiment.datasets(results), "what it is")
    own = [of("networks", table, (0.6, 1)) for table in experiment.own_networks(results)]
    runs = of("runs", experiment.runs(results), (0, 0.9, 1, 1, 0, 0.9, 1.4))
    judges = of("judges", experiment.judges(results), (1.1, 1.6, 0, 0, 0.6, 0))
    return [of("data", datasets, (0, 1, 0, 1, 1.4, 0)), judges, *own, runs]


def networks(results: Results) -> list[Doc]:
    """Whether the networks do their job; none without a check."""
    return [of("checks", one, (1.2, 1.6, *(1 for _ in one.header[2:])), "page") for one in checks(results)]


def costs(results: Results) -> list[Doc]:
    """Seconds, speed and memory of every network and sampler, a table a kind of job; none without a cost table."""
    _, tables = experiment.costs(results)
    return [of(f"costs-{place}", one, (2, *(1 for _ in one.header[1:])), "page") for place, one in enumerate(tables)]
