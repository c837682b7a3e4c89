"""One sampler under two names, and which of several settings a picture shows. Values are made up."""

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures import sweeps as sweep_figures
from ppgn_bench.report.page import player, samples, sweeps
from ppgn_bench.report.results import read
from ppgn_bench.report.tables import experiment
from ppgn_bench.report.tables.estimates import main_table
from ppgn_bench.storage import files
from tests.example_results import a_manifest, a_sampler, an_ablation, changed, save_map, save_results
from tests.report.page.test_sweeps import figures_of, results_of, rows_of

FEW = {"keys": ["dgn_am", "joint_ppgn_h"], "datasets": ("digits",), "runs": ("quality",)}


@pytest.fixture
def results(tmp_path):
    """Two values of an ablation, the first of them the default; and a third sampler under two names in a grid."""
    titles = ("noisy+noise=0.2", "noisy+noise=0.3")
    levels = {"joint_copy": 0.1, titles[1]: 0.3}
    ablation = an_ablation("noisy", {key: {"noise": level} for key, level in levels.items()}, {"noise": (0.1, 0.3)})
    value = {"joint_ppgn_h": 0.9, "joint_copy": 0.9, titles[1]: 0.4}
    rows = [row for key in value for row in rows_of(key, "own", lambda _n, seed, *_, key=key: value[key] + seed / 100)]
    made, root = results_of(tmp_path, rows, [ablation], titles)
    copy = a_sampler("joint_ppgn_h", key="joint_copy", title="Noisy, noise 0.1")
    return read(root, changed(made.manifest, variants=(*made.manifest.variants, copy))), root


def test_what_is_the_same_sampler_has_one_row_one_look_and_all_its_names(results):
    made, _ = results
    assert made.first["joint_copy"] == "joint_ppgn_h"
    assert made.variants == ["joint_ppgn_h", "noisy+noise=0.3"]
    assert made.names["joint_ppgn_h"] == "Joint PPGN-h = Noisy, noise 0.1"
    looks = made.looks
    assert looks["joint_copy"] == looks["joint_ppgn_h"] != looks["noisy+noise=0.3"]
    table = main_table(made, "digits", "own")
    best = table[table.best & (table.metric == "judge_accuracy")]
    assert best.row.tolist() == ["Joint PPGN-h"]  # separated from all others: its copy is none of them


def test_an_ablation_has_the_default_among_its_values_though_its_rows_stand_once(results, monkeypatch):
    made, root = results
    drawn = []
    draw = sweep_figures.responses
    monkeypatch.setattr(sweep_figures, "responses", lambda *given: drawn.append(given) or draw(*given))
    with style.drawing():
        assert len(figures_of(sweeps.ablations(made, root / "figures"))) == 1
    panels, ticks, _ = drawn[0]
    assert ticks == ["0.1", "0.3"]
    accuracy = next(panel for panel in panels if "accuracy" in panel.label)
    np.testing.assert_allclose([estimate.mean for estimate in accuracy.estimates], [0.91, 0.41], atol=0.01)


def test_the_table_of_ablated_samplers_says_which_losses_are_left():
    table = experiment.samplers(
        [a_sampler("joint_ppgn_h", networks={"generator": "joint+weights.h1=0+weights.gan=0.02"})]
    )
    cells = dict(zip((cell.text for cell in table.header), (cell.text for cell in table.rows[0]), strict=True))
    assert cells["losses"] == "img, h, GAN × 0.02"


def test_a_picture_of_a_grid_shows_the_setting_nearest_to_the_samplers_own_and_names_it(root):
    save_results(root, **FEW)
    save_map(root)
    made = read(root, a_manifest(root, **FEW))
    place, said = samples.shown_setting(made, "digits", "map", "joint_ppgn_h", own=True)
    assert made.pictures["digits", "map", "joint_ppgn_h"]["quality.cells_settings"][place].tolist() == [
        0.1,
        2.0,
        0.1,
        0.0,
    ]
    assert said == " (0.1/2/0.1)"
    assert samples.shown_setting(made, "digits", "map", "joint_ppgn_h", own=False) == (0, " (0/2/0)")
    assert samples.shown_setting(made, "digits", "own", "joint_ppgn_h", own=True) == (0, "")


def test_the_player_opens_on_the_first_sweep_of_the_config(root):
    save_results(root, **FEW)
    path = root / "metrics" / "digits" / "own" / "dgn_am.pictures.safetensors"
    other = root / "metrics" / "digits" / "early" / path.name
    arrays = dict(files.load_arrays(path, "pictures")[0])
    arrays["quality.strip_steps"] = 7 * arrays["quality.strip_steps"]
    files.save_arrays(other, arrays, {"kind": "pictures"})
    table = files.load_table(root / "metrics.csv", ["sweep", "variant"])
    again = table[(table.sweep == "own") & (table.variant == "dgn_am")].assign(sweep="early")
    files.save_table(root / "metrics.csv", pd.concat([table, again]))
    manifest = a_manifest(root, **FEW)
    early = manifest.sweeps[0].model_copy(update={"name": "early"})
    shown = player.player(read(root, changed(manifest, sweeps=(*manifest.sweeps, early))))
    block = next(block for block in shown.blocks if block.block == "widget")
    assert [place["title"].split(", ")[1] for place in block.data["places"]] == ["sweep own", "sweep early"]


def test_a_heat_map_has_a_row_an_epsilon_2_and_two_digits_in_a_cell():
    texts = {-0.0072: "-.007", 0.95: ".95", 1.0: "1", 0.0: "0", 71.3: "71", 2.31: "2.3", -0.0001: "0", np.nan: "–"}
    assert {value: sweep_figures.in_a_cell(value) for value in texts} == texts
    values = np.array([[0.1, 0.2], [0.3, np.nan]])
    maps = [sweep_figures.Heat(name, values, values) for name in ("a", "b", "c")]
    lost = np.zeros((2, 2), dtype=bool)
    rows = [sweep_figures.HeatRow(f"ε2 = {condition}", maps, lost, []) for condition in (0.2, 2)]
    with style.drawing():
        figure = sweep_figures.heats(rows, (0.0, 0.1), (0.0, 0.1))
    assert len(figure.axes) == 6
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ["ε2 = 0.2", "ε2 = 2"]
