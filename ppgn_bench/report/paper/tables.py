"""Tables of the paper as plain values: samplers, main tables, costs, what was run, what the release does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.report.page.main_tables import violated
from ppgn_bench.report.page.samples import dataset_title, place_title
from ppgn_bench.report.paper.sentences import RELEASED
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import JOBS, cost_table, interval, main_table, number
from ppgn_bench.report.words.phrases import brackets, own_controls, update_words
from ppgn_bench.statistics.intervals import Estimate
from ppgn_bench.training.recipes import RECIPES, named, title_of

COLUMNS = {  # metric -> its head, where the title is too long for a column
    "frechet_distance": "FD (judge) ↓",
    "judge_accuracy": "accuracy ↑",
    "precision": "precision ↑",
    "recall": "recall ↑",
    "within_class_dissimilarity": "1 - SSIM → real",
    "modes_covered": "modes covered ↑",
    "steps_to_picture": "steps to picture ↓",
    "lagged_distance_500": "lag-500 distance → 1",
}
PRIORS = {  # of the table of samplers: prior -> term
    "absent": "none",
    "denoised": "R(s) - s",
    "joint": "E(G(h)) - h",
}
WIDTHS = {  # of the table of samplers: head -> share of the line, 0 as wide as the content
    "sampler": 1.5, "state": 0, "prior term": 0.9, "noise in training": 1, "losses": 1, "ε1": 0.5, "ε2": 0.5,
    "ε3": 0.5, "update": 2.4, "source": 1.6,
}  # fmt: skip
STATES = {"image": "x", "code": "h"}
SIZES = {"column": 7.3, "wide": 7.6, "page": 7.6}  # points
Doc = dict[str, Any]


def cell(text: str, small: str = "", mark: str = "", span: int = 1) -> Doc:
    """A cell: its text, a smaller line below, a mark ("best", "control" or a verdict), and how many rows it spans."""
    return {"text": text, "small": small, "mark": mark, "span": span}


def table(
    name: str, caption: str, header: Sequence[str], rows: Sequence[Sequence[Doc | str]], widths: Sequence[float] = (),
    where: str = "column", text_columns: int = 99,
) -> Doc:  # fmt: skip
    """A table for the template. widths: shares of the line, 0 as wide as the content; the first so many are text."""
    cells = [[one if isinstance(one, dict) else cell(one) for one in row] for row in rows]
    return {
        "name": f"table-{name}",
        "caption": [caption],
        "header": [cell(text) for text in header],
        "rows": cells,
        "widths": list(widths) or [0] * len(header),
        "where": where,
        "text-columns": text_columns,
        "size": SIZES[where],
    }


def measured(results: Results, ablated: bool) -> list[Mapping[str, Any]]:
    """The samplers that were measured: those that an ablation made, or all others."""
    made = {key for ablation in results.context.get("ablations", []) for key in ablation["samplers"]}
    rows = [{**row, "title": results.names[row["key"]]} for row in results.context["variants"]
            if row["key"] in results.names]  # fmt: skip
    return [row for row in rows if (row["key"] in made) == ablated]


def samplers(results: Results) -> list[Doc]:
    """The paper's table of variants, completed, and one of ablated samplers; none where there is no such sampler."""
    own, others = measured(results, ablated=False), measured(results, ablated=True)
    caption = (
        "The samplers: state, prior term, training noise of the network that makes it (of the mean activation; in "
        "pixels of the range), and where the sampler stands in the paper, with how that is known. Epsilons and "
        "hand-designed priors are this suite's."
    )
    told = [_samplers("samplers", caption, own, "wide")] if own else []
    caption = "The ablated samplers: the one of the last column with something changed. Losses: those of the generator."
    return told + ([_samplers("ablated", caption, others, "page")] if others else [])


def _samplers(name: str, caption: str, variants: Sequence[Mapping[str, Any]], where: str) -> Doc:
    told = [_sampler(row) for row in variants]
    changed = any("+" in recipe for row in variants for recipe in row["networks"].values())
    idle = {"update": all(row["update"] == "plain" for row in told), "losses": not changed}  # nothing to tell apart
    columns = [head for head in WIDTHS if not idle.get(head)]
    rows = [[row[head] for head in columns] for row in told]
    return table(name, caption, columns, rows, [WIDTHS[head] for head in columns], where)


def _sampler(row: Mapping[str, Any]) -> dict[str, str]:
    """Cells of a sampler's row, under the heads of WIDTHS."""
    prior = PRIORS.get(row["prior"], row["prior"].replace("_", " "))
    epsilons = [f"{row['epsilon'][name]:g}" for name in ("prior", "condition", "noise")]
    update = update_words(row["update"])
    source = row["source"].replace(", epsilons of this suite", "")
    networks = _training_noise(row["networks"]), _losses(row["networks"])
    return dict(
        zip(WIDTHS, [row["title"], STATES[row["space"]], prior, *networks, *epsilons, update, source], strict=True)
    )


def _training_noise(networks: Mapping[str, str]) -> str:
    """Where noise was put, and how much, while the network that makes the prior was trained."""
    recipe = networks.get("denoiser") or networks.get("generator")
    if recipe is None or recipe.partition("+")[0] not in RECIPES:
        return "-" if recipe is None else "not known"
    levels = named(recipe).noise
    places = {"image": "x", "h1": "h1", "code": "h"}
    noisy = {places[place]: level for place, level in levels.items() if level}
    if len(noisy) > 1 and len(set(noisy.values())) == 1:
        return f"{100 * next(iter(noisy.values())):g} % on {', '.join(noisy)}"
    return "; ".join(f"{100 * level:g} % on {place}" for place, level in noisy.items()) or "none"


def _losses(networks: Mapping[str, str]) -> str:
    """The losses that its generator was trained with, and the weight of one that is not the Joint's."""
    recipe = networks.get("generator")
    if recipe is None or recipe.partition("+")[0] not in RECIPES:
        return "-" if recipe is None else "not known"
    own, usual = named(recipe).weights, RECIPES["joint"].weights
    symbols = {"image": "img", "h1": "h1", "code": "h", "gan": "GAN"}
    return ", ".join(
        symbol if own[term] == usual[term] else f"{symbol} × {own[term]:g}"
        for term, symbol in symbols.items()
        if own.get(term)
    )


def released() -> list[Doc]:
    """What the released sampler does differently from Eq. 11."""
    rows = [list(row) for row in RELEASED]
    caption = "Eq. 11 of the paper and the authors' released sampler [C]; D as in a port of their training files [P]."
    return [table("released", caption, ["", "equation", "released code"], rows, (0, 1, 1.3))]


def main(results: Results, dataset: str, sweep: str, where: str) -> list[Doc]:
    """The main table of a sweep in few measures; none where it has more settings than a page can show."""
    frame = main_table(results, dataset, sweep)
    names = [name for name in COLUMNS if name in set(frame.metric)]
    if results.too_many(dataset, sweep) or not names:
        return []
    bad = violated(results, dataset)
    rows = []
    for row, part in frame.groupby("row", sort=False):
        control = part.variant.iloc[0] in CONTROLS
        lines = {line["metric"]: line for line in part.to_dict("records")}
        first = cell(str(row), mark="control" if control else "")
        rows.append([first, *(_value(lines.get(name)) for name in names)])
    rows.sort(key=lambda line: line[0]["mark"] == "control")
    header = ["", *(f"{COLUMNS[name]} †" if name in bad else COLUMNS[name] for name in names)]
    told = (
        f"{_how(results, dataset, sweep)}{brackets(frame)}{own_controls(results, dataset, sweep)}{_daggers(bad, names)}"
    )
    caption = f"{place_title(results, dataset, sweep)}: {told}"
    widths = (1.7, *(1 for _ in names))
    return [table(f"main-{dataset}-{sweep}", caption, header, rows, widths, where, 1)]


def seeds_of(results: Results, dataset: str, sweep: str) -> int:
    """How many training seeds a sweep of a data set has."""
    frame = results.metrics
    return int(frame[(frame.dataset == dataset) & (frame.sweep == sweep)].seed.nunique())


def over_seeds(count: int, what: str) -> str:
    """How many training seeds there are, and what their intervals are; one has none."""
    return "one training seed, so no interval" if count == 1 else f"n = {count} training seeds, {what} 95 %"


def _how(results: Results, dataset: str, sweep: str) -> str:
    count = seeds_of(results, dataset, sweep)
    shown = "the value of one training seed; one seed has no interval, so nothing is in bold"
    if count > 1:
        shown = (
            f"mean over n = {count} training seeds, below it its 95 % interval. Bold: best, and parted from every "
            "other sampler by the paired interval (pairs are not corrected for their number)"
        )
    return f"{shown}. Grey rows are controls of one measurement each. Arrows: where better is."


def _daggers(bad: set[str], names: Sequence[str]) -> str:
    return " †: the metric fails to order its own controls here." if bad & set(names) else ""


def _value(line: Mapping[Any, Any] | None) -> Doc:
    if line is None:
        return cell("")
    estimate = Estimate(line["mean"], line["low"], line["high"], line["seeds"])
    return cell(number(estimate.mean), interval(estimate), "best" if line["best"] else "")


def run(results: Results) -> list[Doc]:
    """Data sets and runs."""
    data, runs = [], []
    for row in results.context["datasets"]:
        height, width = row["image"][1:]
        image = f"{height}×{width} {'grey' if row['image'][0] == 1 else 'colour'}"
        frame = results.metrics[(results.metrics.dataset == row["name"]) & (results.metrics.sweep != "controls")]
        sizes = " / ".join(str(row["sizes"][split]) for split in ("train", "judge", "reference", "control"))
        modes = str(row["modes"] or "unknown")
        data.append([row["title"], image, str(len(row["classes"])), modes, sizes, str(frame.seed.nunique())])
    starts = {"quality": "own", "mixing": "common"}
    for row in results.context["sweeps"]:
        numbers = [str(row[name]) for name in ("chains_per_class", "steps", "keep_every")]
        runs.append([row["name"], row["run"], starts[row["run"]], *numbers])
    header = ["data set", "images", "classes", "modes", "train / judge / two real halves", "seeds"]
    told = table("data", "Data sets; modes: known ones of a class.", header, data, (0, 1, 0, 0, 1.4, 0))
    header = ["sweep", "run", "start", "chains a class", "steps", "a draw every"]
    caption = "Runs. Start: each chain its own state, or one common state for all chains of a class."
    return [told, table("runs", caption, header, runs, (0, 0.9, 1, 1, 0, 0.9))]


def costs(results: Results) -> list[Doc]:
    """Seconds, speed and memory of every network and sampler; none without a cost table."""
    frame = cost_table(results.costs, [*RECIPES, *results.titles])
    worlds = {world["name"]: world["title"] for world in results.context.get("worlds", [])}
    rows = []
    for key, part in frame.groupby(["kind", "dataset", "sweep", "name"], dropna=False, sort=False):
        kind, dataset, sweep, name = map(str, key)
        lines = {line["measure"]: line for line in part.to_dict("records")}
        title = worlds.get(name) or results.titles.get(name) or title_of(name)
        where = "" if dataset in ("", "nan") else dataset_title(results, dataset)
        of = title if sweep in ("", "nan") else f"{title}, sweep “{sweep}”"
        estimates = [Estimate(line["mean"], line["low"], line["high"], line["seeds"]) for line in
                     (lines[measure] for measure in ("seconds", "steps", "memory"))]  # fmt: skip
        rows.append([JOBS.get(kind, kind), where, of, *(cell(number(one.mean), interval(one)) for one in estimates)])
    devices = ", ".join(sorted(set(results.costs.device.dropna().astype(str))))
    caption = (
        f"What it cost on {devices}: geometric mean over seeds, with its 95 % interval where there are three seeds "
        "or more. Timings depend on the machine and on what else it does."
    )
    header = ["job", "data set", "of", "seconds", "chain-steps a second", "peak memory, MiB"]
    return [table("costs", caption, header, rows, (0, 0, 2, 1, 1, 1), "page", 3)] if rows else []
