"""Names of metrics over columns and panels, marked where a data set does not admit them; and by which judge."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import changes as page_changes
from ppgn_bench.report.page import charts, effects, explorer, ladders, pairs, sweeps
from ppgn_bench.report.page.blocks import Table, Widget
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables.estimates import main_table
from ppgn_bench.report.tables.readable import main_selection
from ppgn_bench.report.words.controls import marked, outcome
from ppgn_bench.report.words.places import judged_by
from tests.conftest import ROOT
from tests.example_results import JUDGE, KEYS, an_ablation, changed, save_light, save_map
from tests.report.page.test_sweeps import CROSSED, results_of, rows_of

REFUSED = ("digits", "frechet_distance", "real", "<", "noise", 10.0, 7.0, 0.3, 0.2, False)
FD = "FD (judge) †"


def refusing(results: Results) -> Results:
    """The results, where FD is not admitted on digits."""
    return replace(results, check=pd.DataFrame([REFUSED], columns=list(CONTROLS_CHECK)))


def test_a_metric_is_marked_on_the_data_set_that_does_not_admit_it_and_nowhere_else(tmp_path: Path) -> None:
    results = refusing(results_of(tmp_path, rows_of("am", "own", lambda *_: 1.0))[0])
    assert marked(results, "digits", "frechet_distance") == FD
    assert marked(results, "shapes", "frechet_distance") == "FD (judge)"
    assert marked(results, "digits", "judge_accuracy") == "judge accuracy"


def test_names_over_columns_and_panels_come_from_the_one_function_that_marks_them() -> None:
    for path in (ROOT / "ppgn_bench/report").rglob("*.py"):
        if path.parent.name != "words":
            assert not re.search(r"(?<![\w.])heading\(", path.read_text()), path


def test_the_table_of_effects_marks_what_is_not_admitted_and_says_why_and_by_which_judge(tmp_path: Path) -> None:
    rows = [row for key in CROSSED.samplers for row in rows_of(key, "f", lambda *_: 0.5, (0.0, 0.1), (0.0, 0.1))]
    results, root = results_of(tmp_path, rows, [CROSSED], CROSSED.samplers)
    (table,) = [one for one in effects.effects(refusing(results), root).blocks if isinstance(one, Table)]
    assert [cell.text for cell in table.header] == ["effect of", f"{FD}, ×", "judge accuracy, ×"]
    assert "†: not admitted on digits" in table.caption
    assert f"Judge: {JUDGE}." in table.caption
    assert "†" not in effects._table(results, "digits", main_lines(), "x").caption


def main_lines() -> pd.DataFrame:
    return pd.DataFrame([("a", "frechet_distance", "log", 1.0, 0.5, 2.0, 3)],
                        columns=["effect", "metric", "scale", "mean", "low", "high", "seeds"])  # fmt: skip


def test_figures_along_a_change_mark_what_is_not_admitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Along an axis, of one sampler against another, of one change at a time, down a ladder, and on a map."""
    axes = {"bias": (0.0, 0.2)}
    one = an_ablation("one", {f"one+bias={x:g}": {"bias": x} for x in axes["bias"]}, axes, of="dgn_am")
    two = an_ablation("two", {f"two+bias={x:g}": {"bias": x} for x in axes["bias"]}, axes, of="joint_ppgn_h")
    plain = [an_ablation(key, {key: {}}) for key in ("without_a", "without_b")]
    up = an_ablation("up", {"up": {}}, ladder="mine")
    keys = [*one.samplers, *two.samplers, "without_a", "without_b", "up"]
    rows = [row for key in ("joint_ppgn_h", *keys) for row in rows_of(key, "own", lambda _, seed, *__: 0.2 + seed / 9)]
    rows += rows_of("am", "grid", lambda *_: 0.5, (0.1, 0.2), (0.1, 0.2))
    made, root = results_of(tmp_path, rows, [one, two, *plain, up], keys)
    served = [row.model_copy(update={"networks": {**row.networks, "encoder": "classifier"}})
              for row in made.manifest.variants]  # fmt: skip
    results, drawn = replace(refusing(made), manifest=changed(made.manifest, variants=tuple(served))), []
    for kind in ("responses", "rungs", "heats"):
        real = getattr(sweeps.sweep_figures, kind)
        monkeypatch.setattr(sweeps.sweep_figures, kind, lambda *given, real=real, **named: drawn.append(given[0]) or
                            real(*given, **named))  # fmt: skip
    with style.drawing():
        for draw in (sweeps.ablations, sweeps.grids, pairs.pairs, page_changes.changes, ladders.ladders):
            drawn.clear()
            assert draw(results, root / "figures").blocks
            panels = [panel for given in drawn for row in given for panel in getattr(row, "panels", [row])]
            labels = {panel.label.partition(",")[0] for panel in panels}
            assert not labels & {"FD (judge)"}
            assert labels & {FD} or draw is sweeps.grids  # a map shows other measures


def test_checks_are_counted_on_the_data_sets_of_the_run_alone(tmp_path: Path) -> None:
    results = results_of(tmp_path, rows_of("am", "own", lambda *_: 1.0))[0]
    both = pd.DataFrame([REFUSED, ("shapes", *REFUSED[1:])], columns=list(CONTROLS_CHECK))
    assert outcome(replace(results, check=both)) == "1 of 1 checks of controls failed."
    assert outcome(replace(results, check=both[1:])).startswith("There is no check of controls")


def test_scatters_and_the_map_to_walk_on_mark_what_is_not_admitted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = save_light(root, keys=KEYS)
    save_map(root)
    results = refusing(read(root, manifest))
    (widget,) = [block for block in explorer.explorer(results).blocks if isinstance(block, Widget)]
    names = [measure["name"] for place in widget.data["places"] for measure in place["samplers"][0]["measures"]]
    assert FD in names
    labels = []
    real = charts.plots.scatter
    monkeypatch.setattr(charts.plots, "scatter", lambda *given: labels.append(given[1][0]) or real(*given))
    with style.drawing():
        charts.tradeoff(results, root / "figures")
    assert labels
    assert set(labels) == {FD}


def test_a_main_table_names_its_judge_and_says_of_controls_what_their_intervals_are(root: Path) -> None:
    results = read(root, save_light(root))
    lines = main_table(results, "digits", "own")
    fd = lines[lines.metric == "frechet_distance"].set_index("variant")
    assert fd.loc["real", "low"] < fd.loc["real", "mean"] < fd.loc["real", "high"]
    assert np.isnan(fd.loc["noise", "low"])  # measured once
    caption = main_selection(results, ("digits", "own"), "digits", lines).caption
    assert f"Judge: {JUDGE}." in caption
    assert "no interval where they were measured once" in caption
    assert judged_by(results, ["shapes"]) == ""
