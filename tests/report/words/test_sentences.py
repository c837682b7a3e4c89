"""What the report says of numbers: who is ranked by what, of which sweep, and nothing of what was not measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import EPSILONS, TERMS
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import charts, main_tables
from ppgn_bench.report.page.blocks import Figures, Folded, Heading, Points, Sheet, Text
from ppgn_bench.report.paper import figures
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables import experiment
from ppgn_bench.report.tables.estimates import cost_table, main_table, real_value
from ppgn_bench.report.words import sentences
from ppgn_bench.report.words.numbers import listed
from ppgn_bench.report.words.samplers import at_epsilons, epsilon_words, own_controls, shared_generators
from ppgn_bench.statistics.intervals import mean_interval
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import Sampler
from ppgn_bench.training.changes import named, title_of
from ppgn_bench.training.recipes import RECIPES
from tests.example_results import COLUMNS, a_manifest, a_sampler, save_map, save_results

REAL = 0.4
SPREAD, NEAR = "am", "dgn_am"  # the first's mean is exactly that of real images, its seeds are far from it


def results_of(root: Path, rows: list[tuple[Any, ...]], keys: list[str]) -> Results:
    """Results of these rows alone: (variant, metric, seed, value), one sweep; "of 7": a control of seven samples."""
    places = {"real": ("controls", "real", np.nan), "of 7": ("own+7_samples", "real", np.nan)}
    lines = []
    for name, metric, seed, value in rows:
        sweep, variant, epsilon = places.get(name, ("own", name, 0.1))
        lines.append(("digits", sweep, variant, seed, *[epsilon] * len(EPSILONS), metric, value))
    files.save_table(root / "metrics.csv", pd.DataFrame(lines, columns=COLUMNS[:-1]).assign(judge=""))
    return read(root, a_manifest(root, keys=keys, datasets=("digits",), runs=("quality",)))


def test_nearest_to_real_images_is_told_by_the_distance_that_ranks_it(tmp_path: Path) -> None:
    name = "within_class_dissimilarity"
    rows: list[tuple[Any, ...]] = [("real", name, 0, REAL)]
    rows += [(SPREAD, name, seed, REAL + 0.1 * (-1) ** seed) for seed in range(4)]
    rows += [(NEAR, name, seed, REAL + 0.02 + 0.001 * seed) for seed in range(4)]
    (said,) = main_tables.headlines(results_of(tmp_path / "example", rows, [SPREAD, NEAR]), "digits", "own")
    assert "best mean" not in said
    assert "DGN-AM is nearest to real images, by the mean distance of each seed's value to theirs: 0.022; " in said
    assert f"its own mean is {mean_interval([r[3] for r in rows if r[0] == NEAR]).mean:.3f}" in said


def test_many_names_are_cut_and_names_with_commas_are_told_apart() -> None:
    names = [f"Joint, noise {place}" for place in range(10)]
    assert listed(names, 6).endswith("Joint, noise 5 and 4 more")
    assert listed(names[:3], 6) == "Joint, noise 0; Joint, noise 1 and Joint, noise 2"
    assert [listed(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_every_sweep_has_its_own_heading_and_a_grid_of_settings_none(root: Path) -> None:
    save_results(root, datasets=("digits",))
    save_map(root)
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    other = metrics[metrics.sweep == "own"].assign(sweep="other")
    files.save_table(root / "metrics.csv", pd.concat([metrics, other], ignore_index=True))
    blocks = main_tables.main_tables(read(root, a_manifest(root, datasets=("digits",))), root).blocks
    headings = [block.text for block in blocks if isinstance(block, Heading) and "intervals allow" in block.text]
    assert sorted(headings) == [
        f"digits, sweep “{name}”: what the intervals allow to be said" for name in ("other", "own")
    ]
    for points in (block for block in blocks if isinstance(block, Points)):
        firsts = [said.partition(",")[0] for said in points.items]
        assert len(firsts) == len(set(firsts))


def test_a_sweep_says_where_the_controls_of_samplers_with_another_number_of_samples_are(tmp_path: Path) -> None:
    """They are not shown beside those of another number, and are no value of the sweep's own."""
    rows = [(NEAR, "recall", 0, 0.5), ("real", "recall", 0, REAL), ("of 7", "recall", 0, 0.9)]
    made = results_of(tmp_path / "example", rows, [NEAR])
    said = "Samplers with 7 samples in all have controls of that number, in the rows “own+7_samples” of metrics.csv."
    assert own_controls(made, "digits", "own") == said
    assert real_value(made, "digits", "own", "recall") == REAL
    assert set(main_table(made, "digits", "own")["mean"]) == {0.5, REAL}
    texts = [block.text for block in main_tables.main_tables(made, tmp_path).blocks if isinstance(block, Text)]
    assert sum(said[1:] in text for text in texts) == 1
    assert own_controls(results_of(tmp_path / "example", rows[:2], [NEAR]), "digits", "own") == ""


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ({"condition": "classifier"}, "condition: classifier C = encoder E"),
        ({"encoder": "classifier", "generator": "joint", "condition": "classifier"},
         "encoder and condition: classifier C = encoder E; generator G (Joint)"),
        ({"encoder": "classifier", "condition": "classifier+bias=0.2"},
         "classifier C = encoder E; condition: classifier C = encoder E, bias: 0.2"),
        ({"condition": "classifier", "denoiser": "code_denoiser", "critic": "mine"},
         "condition: classifier C = encoder E; code denoiser R_h; critic: mine"),
    ],
)  # fmt: skip
def test_the_table_of_samplers_names_a_role_where_the_networks_title_does_not(networks, said) -> None:
    table = experiment.samplers([a_sampler("joint_ppgn_h", networks=networks)])
    assert said in [cell.text for cell in table.rows[0]]


def test_controls_alone_are_no_figure_of_quality_against_diversity(tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [("real", name, 0, 0.5) for name in ("frechet_distance", "coverage")]
    rows += [("am", "judge_accuracy", seed, 0.5) for seed in range(3)]
    results = results_of(tmp_path / "example", rows, ["am"])
    with style.drawing():
        blocks = charts.tradeoff(results, tmp_path / "figures").blocks
    assert not [block for block in blocks if isinstance(block, Figures)]
    assert [block.text for block in blocks if isinstance(block, Text)][-1] == "The results hold nothing to draw here."


def a_joint(title: str, prior: str, epsilons: tuple[float, float, float], **other: Any) -> Sampler:
    epsilon = dict(zip(TERMS, (*epsilons, 0), strict=True))
    parts = {"title": title, "prior": prior, "epsilon": {"digits": epsilon}, "networks": {"generator": "joint"}}
    return a_sampler("joint_ppgn_h", **parts | other)


def test_samplers_of_one_generator_are_said_to_differ_in_what_does() -> None:
    one, other = a_joint("A", "absent", (0, 1, 0.1)), a_joint("B", "joint", (0.2, 1, 0.1))
    same, noisy = a_joint("C", "joint", (0.2, 1, 0.1)), a_joint("D", "joint", (0.2, 3, 0.1))
    (said, joint) = shared_generators([one, other])
    each = "(A: prior term: none, ε1 = 0; B: prior term: E(G(h)) - h, ε1 = 0.2)."
    assert said.endswith(f"differ in the prior term and ε1 alone {each}")
    assert "with the prior term" in joint
    assert shared_generators([other, same])[0].endswith("serves B and C: they are the same sampler.")
    assert "differ in ε2 alone (B: ε2 = 1; D: ε2 = 3)" in shared_generators([other, noisy])[0]
    assert not [said for said in shared_generators([other, same, noisy]) if "in the prior alone" in said]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"networks": {"generator": "joint", "denoiser": "code_denoiser+noise=0.5"}},
         "the denoiser alone (A: denoiser: code denoiser R_h; B: denoiser: code denoiser R_h, training noise: 0.5)"),
        ({"space": "image"}, "the space alone (A: space: code; B: space: image)"),
        ({"prior": "jittered"}, "the prior term alone (A: prior term: R(s) - s; B: prior term: jittered)"),
        ({"update": {"bounds": [0.0, 30.0]}}, "the update alone (A: update: plain; B: update: codes cut to 0..30)"),
    ],
)  # fmt: skip
def test_samplers_that_differ_in_one_part_alone_are_never_called_the_same(other: dict[str, Any], said: str) -> None:
    own = {"networks": {"generator": "joint", "denoiser": "code_denoiser"}}
    pair = [a_joint("A", "denoised", (0.2, 1, 0.1), **own),
            a_joint("B", **{"prior": "denoised", "epsilons": (0.2, 1, 0.1)} | own | other)]  # fmt: skip
    assert f"they differ in {said}." in shared_generators(pair)[0]


def test_epsilons_that_differ_between_data_sets_are_all_said() -> None:
    both = {
        name: {"prior": prior, "condition": 1.0, "noise": 0.1, "context": 0.0}
        for name, prior in {"mnist": 0.1, "shapes": 0.2}.items()
    }
    row = a_joint("A", "joint", (0, 0, 0)).model_copy(update={"epsilon": both})
    assert [epsilon_words(row, term) for term in TERMS] == ["0.1 / 0.2", "1", "0.1", "0"]


def test_two_jobs_have_no_interval_of_their_cost() -> None:
    costs = pd.DataFrame({"kind": "training", "dataset": "digits", "sweep": "", "name": ["a"] * 2 + ["b"] * 3,
                          "seconds": [1.0, 30.0, 2.0, 3.0, 4.0], "chain_steps_per_second": np.nan,
                          "peak_memory_mib": [1.0, 3.0, 2.0, 5.0, 4.0]})  # fmt: skip
    table = cost_table(costs, ["a", "b"])
    seconds = table[table.measure == "seconds"].set_index("name")
    assert seconds.low.isna().tolist() == [True, False]
    assert seconds["mean"].notna().all()
    memory = table[table.measure == "memory"].set_index("name")
    assert memory["mean"].to_dict() == {"a": 3.0, "b": 5.0}  # of processes, that seeds may share
    assert memory.low.isna().all()


def test_a_changed_network_is_named_by_words() -> None:
    assert title_of("joint+weights.gan=0+noise.code=0.2") == "generator G (Joint), no L_GAN, training noise on h: 0.2"
    assert title_of("judge+iterations=100") == "judge (held out), iterations: 100"
    assert named("joint+weights.code=0.5").title == "generator G (Joint), weight of L_h: 0.5"
    assert title_of("unknown+x=1") == "unknown+x=1"


def test_too_many_settings_are_folded_on_the_page_and_no_reader_is_sent_to_a_file(root: Path) -> None:
    save_results(root, datasets=("digits",), keys=["joint_ppgn_h"])
    save_map(root, priors=tuple(0.1 * place for place in range(13)))
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    metrics.loc[metrics.metric == "ess", "value"] = np.nan
    files.save_table(root / "metrics.csv", metrics)
    blocks = main_tables.main_tables(read(root, a_manifest(root, datasets=("digits",))), root).blocks
    (folded,) = [block for block in blocks if isinstance(block, Folded) and "settings" in block.summary]
    assert folded.summary == "digits, sweep “map”: the table of all 26 settings"
    (sheet,) = folded.blocks
    assert isinstance(sheet, Sheet)
    assert len(sheet.tables[0].rows) >= 26
    notes = [block.text for block in blocks if isinstance(block, Text)]
    assert not [note for note in notes if ".csv" in note]
    assert [note for note in notes if "no sampler has a value of effective sample size" in note]


def test_a_caption_names_the_epsilons_that_all_share_and_else_none(tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [(key, "recall", seed, 0.5) for key in ("am", "dgn_am") for seed in range(2)]
    results = results_of(tmp_path / "example", rows, ["am", "dgn_am"])
    assert at_epsilons(results, "digits", "own", ["am", "dgn_am"]) == "; ε1 = 0.1, ε2 = 0.1, ε3 = 0.1, ε4 = 0.1"
    assert at_epsilons(results, "digits", "none", ["am"]) == ""


def test_arrows_are_explained_only_where_the_map_has_room_for_them(root: Path) -> None:
    save_results(root, datasets=("digits",), keys=["joint_ppgn_h"])
    save_map(root, priors=(0.0, 0.1))
    manifest = a_manifest(root, datasets=("digits",))
    assert figures._arrows(read(root, manifest), ("digits", "map"), "joint_ppgn_h") == ""
    save_map(root, priors=(0.0, 0.1, 1.0))
    assert "released code" in figures._arrows(read(root, manifest), ("digits", "map"), "joint_ppgn_h")


def test_what_is_said_of_training_are_the_numbers_of_the_recipe() -> None:
    joint = RECIPES["joint"]
    said = " ".join(sentences.DIFFERS)
    assert f"L_GAN {joint.weights['gan']:g}" in said
    assert "learns once in 2 iterations at 0.5 times the generator's rate" in said
    assert joint.rival is not None
    other = replace(joint, weights={"image": 7.0}, rival=replace(joint.rival, every=3, rate=2.0))
    assert "L_img 7), " in sentences._training(other)
    assert "learns once in 3 iterations at 2 times" in sentences._training(other)


def test_limits_name_the_sizes_of_this_runs_images(tmp_path: Path) -> None:
    results = results_of(tmp_path / "example", [("am", "recall", 0, 0.5)], ["am"])
    assert "Images have 16 pixels a side, the paper's 227" in sentences.limits(results)[0]
    two = replace(results, manifest=a_manifest(tmp_path / "example"))
    assert "Images have 16 and 24 pixels a side" in sentences.limits(two)[0]
