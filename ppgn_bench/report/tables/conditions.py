"""Tables of other conditions: another classifier's values, hidden units, captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pandas import DataFrame

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.page.blocks import Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.readable import wide
from ppgn_bench.report.tables.steered import (
    CLASS_MET,
    Tabled,
    caption,
    heads,
    lines,
    measured,
    of_real,
    of_targets,
    together,
    whole,
)
from ppgn_bench.report.words.conditions import CAPTIONS, UNITS, VALUES, WHICH_UNIT, Steered, of_kind, seen_together
from ppgn_bench.report.words.controls import marked
from ppgn_bench.report.words.numbers import listed

PARTS = tuple(name for name in METRICS if name.startswith("met_"))  # what is met, factor by factor
BEST = "best_target_met"
OF_UNITS = ("unit_activation", "unit_facets", "real_unit_facets")
ALL = "all captions"
EQUAL = "Facets are counted at equal activation of samples and of the real images that a unit fires most for."
TUNED = (  # docs/conditions.md: how the captioner's noise and length of training were found
    "How the captioner is trained, the noise on its images and for how long, was chosen by looking at how it steers "
    "one generator, with the judges that measure here: these numbers are of a choice that was made with their help."
)


def values(results: Results, dataset: str, every: Sequence[Steered]) -> Tabled | None:
    """Whether another classifier's values are met: by it, by the old classifier, by random codes, in real images.

    Folded: value by value. None without such a sampler.
    """
    of = of_kind(every, VALUES)
    steered = [one for one in of if one.steers]
    old = [one for one in of if one.pulled and not one.steers]
    random = [one for one in of if not one.pulled]
    metrics = measured(results, dataset, of, [*PARTS, BEST])
    if not metrics:
        return None
    real = of_real(results, dataset, of[0].sweep, [name for name in metrics if name != BEST])
    long = together([*(whole(results, dataset, one, metrics) for one in [*steered, *old, *random]), real])
    note = (
        "Share of samples in which a judge of factors, which steers nothing, sees the value that was asked for. Last "
        "column: of each value what the target reaches that shows it most often, mean over values; of a sampler that "
        "knows nothing of values that is its best class, the largest of several shares, which favours it."
    )
    said = caption(results, dataset, "values of another classifier, whose labels no generator saw.", long)
    controls = [*(one.row for one in random), *real.row.unique()]
    rows = {row: row for row in long.row}
    table = wide(long, ("row", rows), ("metric", heads(results, dataset, metrics)), "sampler", said, controls)
    each = _each_value(results, dataset, [*steered, *old, *random])
    folded = [_value_by_value(results, dataset, each)] if len(each) else []
    return Tabled(f"conditions_{dataset}_values", together([long, each]), [(table, note)], folded)


def _each_value(results: Results, dataset: str, of: Sequence[Steered]) -> DataFrame:
    """How often each value is met by each sampler; by the old classifier in all its classes, and in the best of them.

    target: the value.
    """
    frames = []
    for one in of:
        met: dict[tuple[str, str], dict[int, list[float]]] = {}  # value and metric -> seed -> a share a target
        place = [*one.weights].index("own_values")
        for (target, metric), part in one.targets.groupby(["target", "metric"], sort=False):
            if metric in PARTS and part.value.notna().any():
                of_seed = met.setdefault((one.parts(str(target))[place] or str(target), str(metric)), {})
                for seed, value in zip(part.seed, part.value, strict=True):
                    of_seed.setdefault(seed, []).append(value)
        ways: dict[str, Callable[[Sequence[float]], float]] = {"": _mean}
        if one.pulled and not one.steers:
            ways[", its best class"] = max
        for name, way in ways.items():
            found = {of: {seed: way(shares) for seed, shares in of_seed.items()} for of, of_seed in met.items()}
            frames.append(lines(results, dataset, one, found, f"{one.row}{name}"))
    return together(frames)


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / len(shares)


def _value_by_value(results: Results, dataset: str, each: DataFrame) -> Table:
    said = caption(results, dataset, "how often each value is met, by each sampler.", each)
    rows = {
        value: marked(results, dataset, metric, value) for value, metric in zip(each.target, each.metric, strict=True)
    }
    return wide(each, ("target", rows), ("row", {name: name for name in each.row}), "value", said)


def units(results: Results, dataset: str, every: Sequence[Steered]) -> Tabled | None:
    """How active hidden units are, and how many facets are seen of them. Folded: unit by unit."""
    of = of_kind(every, UNITS)
    metrics = measured(results, dataset, of, OF_UNITS)
    if not metrics:
        return None
    long = together(whole(results, dataset, one, metrics) for one in of)
    each = together(of_targets(results, dataset, one, metrics) for one in of)
    columns = heads(results, dataset, metrics)
    what = f"hidden units, mean over {len(of[0].names)} units."
    said = caption(results, dataset, what, long)
    table = wide(long, ("row", {row: row for row in long.row}), ("metric", columns), "sampler", said)
    kinds = dict.fromkeys(WHICH_UNIT[name] for one in of for name in one.weights if name in WHICH_UNIT)
    which = f"each unit, {' or '.join(kinds)}; a dash: too few pictures to count."
    named = each.assign(row=each.target + ": " + each.row)
    order = {row: row for name in dict.fromkeys(each.target) for row in named.row[named.target == name]}
    by_unit = wide(named, ("row", order), ("metric", columns), "unit", caption(results, dataset, which, named))
    return Tabled(f"conditions_{dataset}_units", together([long, each]), [(table, EQUAL)], [by_unit])


def captions(results: Results, dataset: str, every: Sequence[Steered]) -> Tabled | None:
    """How often captions are met, caption by caption and part by part, above random codes."""
    of = of_kind(every, CAPTIONS)
    steered, others = [one for one in of if one.steers], [one for one in of if not one.steers]
    metrics = measured(results, dataset, of, ["target_met", CLASS_MET, *PARTS])
    metrics = [name for name in ("target_met", CLASS_MET, *PARTS) if name in {*metrics, CLASS_MET}]
    if not of or not steered:
        return None
    tables, frames = [], []
    for one in steered:
        each = of_targets(results, dataset, one, metrics)
        long = together([each.assign(row=each.target), whole(results, dataset, one, metrics, ALL),
                         *(whole(results, dataset, other, metrics) for other in others)])  # fmt: skip
        said = caption(results, dataset, f"captions, by {one.row}.", long)
        note = f"{_held_out(one.names)} {TUNED} A cell is empty where a caption says nothing of it."
        columns, rows = heads(results, dataset, metrics), {row: row for row in long.row}
        table = wide(long, ("row", rows), ("metric", columns), "caption", said, [o.row for o in others])
        tables.append((table, note))
        frames += [each, whole(results, dataset, one, metrics)]
    frames += [part(results, dataset, o, metrics) for o in others for part in (of_targets, whole)]
    return Tabled(f"conditions_{dataset}_captions", together(frames), tables, [])


def _held_out(names: Sequence[str]) -> str:
    """Which of these captions the captioner learnt with."""
    together_ = seen_together(names)
    if not together_:
        return "The captioner never saw any of these shapes in that hue while it learnt: they are held out."
    rest = "the others are held out" if len(together_) < len(names) else "none of them is held out"
    shown = listed([f"“{name}”" for name in together_], 3)
    return f"The captioner may have seen {shown} while it learnt; {rest}."
