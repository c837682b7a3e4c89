"""Ladders in the report: rungs in the config's order, from the sampler that they change. Values are made up."""

import numpy as np
import pytest

from ppgn_bench.report.figures import style
from ppgn_bench.report.page import ladders
from ppgn_bench.report.results import read
from ppgn_bench.storage import files
from tests.example_results import an_ablation, changed
from tests.report.page.test_sweeps import figures_of, results_of, rows_of

RUNGS = {"up_step": "Joint PPGN-h, + step", "up_clip": "Joint PPGN-h, + clip", "up_select": "Joint PPGN-h, selection"}
UPDATES = {"up_select": {"select": 0.98}}
MEASURES = ("frechet_distance", "judge_accuracy", "diverged_share")


@pytest.fixture
def made(tmp_path):
    """Results of a ladder of three rungs, and a row of an ablation that is on none."""
    keys = ["joint_ppgn_h", *RUNGS]

    def measured(key):
        return rows_of(key, "ladder", lambda _, seed, *__: 0.2 + 0.1 * seed, metrics=MEASURES)

    rows = [row for key in keys for row in measured(key)]
    on_it = [an_ablation(key, {key: {}}, title=title, ladder="up") for key, title in RUNGS.items()]
    results, root = results_of(tmp_path, rows, [*on_it, an_ablation("other", {"other": {}})], RUNGS)
    rng = np.random.default_rng(0)
    for key in keys:
        grid = rng.integers(0, 256, (10, 8, 1, 16, 16), dtype=np.uint8)
        place = root / "metrics" / "digits" / "ladder" / f"{key}.pictures.safetensors"
        files.save_arrays(place, {"quality.grid": grid}, {"kind": "pictures"})
    variants = [
        row.model_copy(update={"title": RUNGS.get(row.key, row.title), "update": UPDATES.get(row.key, {})})
        for row in results.manifest.variants
    ]
    return read(root, changed(results.manifest, variants=variants)), root


def test_a_ladder_has_every_measure_and_a_row_of_samples_down_its_rungs(made, monkeypatch):
    calls = {}
    draw, tile = ladders.sweep_figures.rungs, ladders.under_real
    monkeypatch.setattr(ladders.sweep_figures, "rungs", lambda panels, names: calls.update(rungs=(panels, names)) or
                        draw(panels, names))  # fmt: skip
    monkeypatch.setattr(ladders, "under_real", lambda *given: calls.update(rows=given[-1]) or tile(*given))
    results, root = made
    with style.drawing():
        section = ladders.ladders(results, root / "figures")
    names = ["ladder_up_digits_ladder", "ladder_samples_up_digits_ladder"]
    assert [figure.name for figure in figures_of(section)] == names
    panels, labels = calls["rungs"]
    assert labels == ["the plain update", "+ step", "+ clip", "selection"]
    assert [panel.label for panel in panels] == ["FD (judge)", "judge accuracy", "diverged"]
    assert all(estimate.n == 3 for panel in panels for estimate in panel.estimates)
    assert calls["rows"] == labels[:3]  # what a selection drops is none of the chains


def test_without_rungs_or_without_their_values_there_is_no_section(made, tmp_path):
    results, root = made
    assert not ladders.ladders(results_of(tmp_path / "a", rows_of("am", "own", lambda *_: 1.0))[0], root).blocks
    foot = rows_of("joint_ppgn_h", "own", lambda *_: 1.0)
    assert not ladders.ladders(results_of(tmp_path / "b", foot, results.manifest.ablations, RUNGS)[0], root).blocks
