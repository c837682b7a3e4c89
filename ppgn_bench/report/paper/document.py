"""The paper: report.pdf, two columns, by typst. Prose that no result can change stands in templates/paper.typ.

The rest is data: `document` chooses each sentence by what was found. Typst shows the texts as they are, in its own
fonts, reads nothing outside the experiment's folder, and is told no date: equal results give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import typst

from ppgn_bench.report.page.about import DIFFERS, SEARCHED, UNREAD, shared_generators
from ppgn_bench.report.page.controls_and_costs import controls
from ppgn_bench.report.page.main_tables import headlines
from ppgn_bench.report.page.samples import dataset_title
from ppgn_bench.report.paper import claims as paper_claims
from ppgn_bench.report.paper import figures as paper_figures
from ppgn_bench.report.paper import tables as paper_tables
from ppgn_bench.report.paper.claims import DECIDED, listed
from ppgn_bench.report.paper.sentences import LIMITS, THEMES
from ppgn_bench.report.paper.tables import Doc
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import JOBS, number
from ppgn_bench.report.words.phrases import inline
from ppgn_bench.storage import files

TEMPLATES = Path(__file__).parent / "templates"
TITLE = "Plug & Play Generative Networks, Taken Apart and Measured"
IN_ABSTRACT = "T"  # the claims that were read in the paper's own text


def write(results: Results, folder: Path) -> Path:
    """Write report/report.pdf of the experiment in this folder, whose figures are drawn, and return its path."""
    pdf = source(results, folder).compile(format="pdf", timestamp=0)
    place = folder / "report" / "report.pdf"
    files.save_bytes(place, cast("bytes", pdf))  # a list of pages is what pictures would be
    return place


def source(results: Results, folder: Path) -> typst.Compiler:
    """The paper before it is set: template, what it is told, and the folder that its images lie in."""
    told = json.dumps(document(results, folder / "figures"), ensure_ascii=False)
    return typst.Compiler(
        (TEMPLATES / "paper.typ").read_bytes(),
        root=str(folder),
        ignore_system_fonts=True,
        sys_inputs={"data": told, "references": (TEMPLATES / "references.bib").read_text("utf-8")},
    )


def document(results: Results, figures: Path) -> Doc:
    """All that the template is told: texts are lists of parts, strings as they are and {"to": label} a reference."""
    context = results.context
    version = context["versions"].get("ppgn-bench", "")
    return {
        "title": TITLE,
        "subtitle": f"A reproduction on {listed(_titles(results)) or 'no data'}: experiment “{context['name']}”",
        "author": f"ppgn_bench {version}".strip(),
        "abstract": _texts(_abstract(results)),
        "samplers": {"text": _texts(_samplers(results)), "tables": paper_tables.samplers(results)[:1]},
        "released": paper_tables.released(),
        "controls": _texts(_controls(results)),
        "run": {"text": _texts(_run(results)), "tables": paper_tables.run(results)},
        "claims": {"text": _texts(_claims(results)), "tables": paper_claims.ledger(results)},
        "findings": _themes(results, figures),
        "differs": _texts(DIFFERS),
        "limits": _texts([*LIMITS, *_gaps(results)]),
        "unread": "; ".join(UNREAD),
        "appendix": _appendix(results, figures),
        "settings": [{"key": key, "value": value} for key, value in _settings(context["settings"])],
    }


def _abstract(results: Results) -> Iterator[str]:
    keys = results.variants
    yield (
        "Plug & Play Generative Networks draw images by a Markov chain that is pulled towards likely images and "
        "towards a class, with noise; the paper compares its samplers mostly by eye. We train, walk and measure "
        f"{len(keys)} sampler{'s' if len(keys) != 1 else ''} with equal networks, starts and budgets on "
        f"{listed(_titles(results)) or 'no data'}, and hold what the paper claims against contrasts that are "
        "paired over training seeds."
    )
    counts = paper_claims.counts(results)
    yield (
        " ".join(counts) if counts else "No ledger of claims was made of this run, so none is said to hold or to fail."
    )
    of_text = list(results.claims.claim[results.claims.basis == IN_ABSTRACT].unique())
    said = [*paper_claims.findings(results, of_text, DECIDED), paper_claims.undecided(results, of_text)]
    if any(said):
        yield f"Of the claims that were read in the paper's own text: {' '.join(filter(None, said))}"


def _samplers(results: Results) -> list[str]:
    plain = [row for row in paper_tables.measured(results, ablated=False) if not row["update"]]
    return [*shared_generators(plain), SEARCHED]


def _controls(results: Results) -> list[str]:
    _, failures = controls(results)
    if not len(results.check):
        return ["There is no check of controls in these results: nothing says that the metrics work."]
    holds = f"All {len(results.check)} checks of controls hold."
    return [*failures, f"{len(failures)} of {len(results.check)} checks of controls failed."] if failures else [holds]


def _run(results: Results) -> Iterator[str]:
    keys, titles = results.variants, results.titles
    between = f", from {titles[keys[0]]} to {titles[keys[-1]]}," if len(keys) > 1 else ""
    yield (
        f"Experiment “{results.context['name']}” has {len(keys)} sampler{'s' if len(keys) != 1 else ''}{between} on "
        f"{listed(_titles(results)) or 'no data'}. Every network was trained anew for each training seed."
    )
    if len(results.costs):
        minutes = results.costs.groupby("kind", sort=False).seconds.sum() / 60
        spent = ", ".join(f"{number(value)} in {JOBS.get(str(kind), kind)}" for kind, value in minutes.items())
        yield f"Minutes of all jobs added up: {spent}."


def _claims(results: Results) -> list[str]:
    return paper_claims.counts(results) or ["No ledger of claims was made of this run."]


def _themes(results: Results, figures: Path) -> list[Doc]:
    """The findings: an overview, then theme by theme what its claims' verdicts say; what has nothing to say goes."""
    drawn = {
        "C5": paper_figures.tradeoffs(results, figures),
        "C9": [
            *paper_figures.convergence(results, figures),
            *paper_figures.mixing(results, figures),
            *paper_figures.costs(results, figures),
        ],
        "C12": paper_figures.ablations(results, figures),
        "C2": paper_figures.worlds(results, figures, ("scores", "trajectories")),
    }
    firsts = {dataset: paper_figures.first_sweep(results, dataset, "quality") for dataset in results.datasets}
    tables = [
        t for dataset, sweep in firsts.items() if sweep for t in paper_tables.main(results, dataset, sweep, "wide")
    ]
    best = [
        f"{dataset_title(results, dataset)}: {said}"
        for dataset, sweep in firsts.items()
        if sweep
        for said in headlines(results, dataset, sweep)
    ]
    overview = _part("What the intervals allow to be said", best, tables, paper_figures.samples(results, figures))
    themes = [
        _part(
            theme.title,
            paper_claims.findings(results, theme.claims, [*DECIDED, "undecided"]),
            [],
            drawn.get(theme.claims[0], []),
        )
        for theme in THEMES
    ]
    not_run = _part("Claims that were not run", paper_claims.not_run(results))
    parts = [overview, *themes, not_run]
    return [part for part in parts if part["points"] or part["tables"] or part["figures"]]


def _part(title: str, points: Sequence[str], tables: Sequence[Doc] = (), figures: Sequence[Doc] = ()) -> Doc:
    """A subsection; it names its figures and tables, which float."""
    shown = [{"to": one["name"]} for one in (*tables, *figures)]
    see: list[Any] = [part for to in shown for part in (", ", to)][1:]
    text = [["See ", *see, "."]] if see else []
    return {"title": title, "points": _texts(points), "text": text, "tables": list(tables), "figures": list(figures)}


def _gaps(results: Results) -> Iterator[str]:
    """What this run lacks."""
    frame = results.metrics[results.metrics.sweep != "controls"]
    seeds = frame.groupby("dataset").seed.nunique()
    if single := [inline(dataset_title(results, name)) for name in results.datasets if seeds.get(name, 0) == 1]:
        yield f"One training seed on {listed(single)}: there is no interval, and nothing is said to be better."
    if without := [
        inline(dataset_title(results, name)) for name in results.datasets if not results.sweeps(name, "mixing")
    ]:
        yield f"No mixing run on {listed(without)}: nothing is said about mixing there."
    if len(results.datasets) == 1:
        yield "One data set: whether a finding carries over to another is not known."
    absent = {
        "no curves of convergence": not len(results.curves),
        "no pictures of samples": not results.pictures,
        "no costs": not len(results.costs),
        "no loss logs": not results.losses,
        "no verdicts on claims": not len(results.claims),
    }
    if missing := [name for name, is_missing in absent.items() if is_missing]:
        yield f"The results hold {listed(missing)}."


def _appendix(results: Results, figures: Path) -> list[Doc]:
    context, others = results.context, []
    for dataset in results.datasets:
        first = paper_figures.first_sweep(results, dataset, "quality")
        for sweep in dict.fromkeys([*results.sweeps(dataset, "quality"), *results.sweeps(dataset, "mixing")]):
            others += paper_tables.main(results, dataset, sweep, "page") if sweep != first else []
    seeds = results.metrics[results.metrics.sweep != "controls"].groupby("dataset").seed.unique()
    trained = [
        f"{dataset_title(results, name)}: {listed(sorted(map(str, seeds.get(name, []))))}" for name in results.datasets
    ]
    machine = [
        f"Training seeds. {'; '.join(trained)}. The judge has seed 0, the second one, for sensitivity, seed 1.",
        f"Machine. {'; '.join(f'{name}: {value}' for name, value in context['hardware'].items())}.",
        f"Versions. {', '.join(f'{name} {value}' for name, value in context['versions'].items())}.",
    ]
    costs = paper_tables.costs(results)
    machine += [] if costs else ["There is no cost table in the results."]
    parts = [
        {"title": "The ledger in full", "tables": paper_claims.ledger_in_full(results)},
        {"title": "Other sweeps", "tables": [*paper_tables.samplers(results)[1:], *others]},
        {"title": "Analytic worlds", "figures": paper_figures.worlds(results, figures, ("laws", "powers"), "page")},
        {"title": "Grids of epsilons", "figures": paper_figures.grids(results, figures)},
        {"title": "From the plain to the released update", "figures": paper_figures.ladders(results, figures)},
        {"title": "Seeds, machine, versions and cost", "text": _texts(machine), "tables": costs},
    ]
    return [{"text": [], "tables": [], "figures": [], **part} for part in parts if len(part) > 1 and any(
        part.get(name) for name in ("text", "tables", "figures"))]  # fmt: skip


def _settings(settings: Mapping[str, Any], above: str = "", depth: int = 2) -> Iterator[tuple[str, str]]:
    """Lines of settings: a key of at most so many levels, and what is set below it."""
    for key, value in sorted(settings.items()):
        path = f"{above}.{key}" if above else key
        if isinstance(value, Mapping) and depth > 1 and any(isinstance(inner, Mapping) for inner in value.values()):
            yield from _settings(value, path, depth - 1)
        elif isinstance(value, Mapping):
            yield path, "; ".join(f"{name} = {text}" for name, text in _leaves(value)) or "{}"
        elif value is not None:
            yield path, json.dumps(value, ensure_ascii=False, default=str)


def _leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every value below a key that is set, with its path."""
    for key, value in sorted(settings.items()):
        path = f"{above}.{key}" if above else key
        if isinstance(value, Mapping):
            yield from _leaves(value, path)
        elif value is not None:
            yield path, json.dumps(value, ensure_ascii=False, default=str)


def _titles(results: Results) -> list[str]:
    return [inline(dataset_title(results, name)) for name in results.datasets]


def _texts(sentences: Sequence[str] | Iterator[str]) -> list[list[str]]:
    return [[sentence] for sentence in sentences]
