"""Every pair of samplers: estimates, intervals and p-values against scipy, and who is better."""

import math
from pathlib import Path

import numpy as np
import pytest
from pandas import DataFrame
from scipy import stats

from ppgn_bench.report.build import build
from ppgn_bench.report.page.blocks import Folded
from ppgn_bench.report.page.differences import differences
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables.differences import DIFFERENCES, difference_table, turned
from ppgn_bench.storage import files
from tests.example_results import KEYS, a_manifest, save_results

SEEDS = (0, 1, 2, 3)


@pytest.fixture
def results(root: Path) -> Results:
    save_results(root, seeds=SEEDS)
    return read(root, a_manifest(root, seeds=SEEDS))


def line(table: DataFrame, metric: str, first: str = "DGN-AM", second: str = "Joint PPGN-h") -> dict[str, object]:
    chosen = (table.metric == metric) & table["first"].str.startswith(first) & table.second.str.startswith(second)
    (found,) = table[chosen].to_dict("records")
    return found


def test_every_pair_has_a_line_for_each_metric_that_was_measured(results: Results) -> None:
    table = difference_table(results, "shapes", "own")
    measured = results.here("shapes", "own").metric.nunique()
    assert len(table) == measured * math.comb(len(KEYS), 2)


@pytest.mark.parametrize(
    ("metric", "scale"), [("frechet_distance", np.log), ("high_frequency_distance", np.asarray), ("coverage", None)]
)
def test_an_estimate_is_scipys_paired_test_on_the_metrics_scale(results: Results, metric: str, scale) -> None:
    rows = results.here("digits", "own").set_index(["variant", "metric"]).sort_values("seed")
    sides = [rows.loc[(key, metric), "value"].to_numpy() for key in ("dgn_am", "joint_ppgn_h")]
    scaled = [(scale or (lambda share: np.log(share / (1 - share))))(side) for side in sides]
    test = stats.ttest_rel(*scaled)
    ends = (scaled[0] - scaled[1]).mean(), *test.confidence_interval(0.95)
    found = line(difference_table(results, "digits", "own"), metric)
    back = np.asarray if found["scale"] == "none" else np.exp
    assert [found["estimate"], found["low"], found["high"]] == pytest.approx([float(back(end)) for end in ends])
    assert found["p_value"] == pytest.approx(test.pvalue)
    assert found["seeds"] == len(SEEDS)


def test_the_better_one_is_named_by_direction_and_by_the_distance_to_real_images(results: Results) -> None:
    """The example gives Joint the better value of every metric; of FD less is better, of coverage more."""
    table = difference_table(results, "digits", "own")
    for metric in ("frechet_distance", "coverage"):
        assert str(line(table, metric)["better"]).startswith("Joint PPGN-h")


def test_where_real_images_are_the_best_the_nearer_to_them_is_better(root: Path) -> None:
    """Real images have a Vendi score of 10, DGN-AM about 15, Joint about 8: on the logarithm 8 is nearer."""
    save_results(root, seeds=SEEDS)
    metrics = files.load_table(root / "metrics.csv", ["variant", "metric", "seed", "value"])
    known = {"real": 10.0, "dgn_am": 15.0, "joint_ppgn_h": 8.0}
    chosen = (metrics.metric == "vendi_score") & metrics.variant.isin(known)
    metrics.loc[chosen, "value"] = metrics.variant[chosen].map(known) + 0.01 * metrics.seed[chosen]
    files.save_table(root / "metrics.csv", metrics)
    found = line(difference_table(read(root, a_manifest(root, seeds=SEEDS)), "digits", "own"), "vendi_score")
    assert str(found["better"]).startswith("Joint PPGN-h")
    assert float(found["low"]) > 1  # type: ignore[arg-type]


def test_where_the_interval_holds_nothing_neither_is_better(root: Path) -> None:
    save_results(root, seeds=SEEDS)
    metrics = files.load_table(root / "metrics.csv", ["variant", "metric", "seed", "value"])
    same = (metrics.metric == "coverage") & (metrics.sweep == "own")
    signs = np.where(metrics.variant == "dgn_am", 1, -1) * (-1.0) ** metrics.seed
    metrics.loc[same, "value"] = 0.5 + 0.1 * signs[same]
    files.save_table(root / "metrics.csv", metrics)
    found = line(difference_table(read(root, a_manifest(root, seeds=SEEDS)), "digits", "own"), "coverage")
    assert found["better"] == ""
    assert float(found["p_value"]) > 0.9


def test_a_line_turned_twice_is_itself_and_once_says_the_inverse(results: Results) -> None:
    for metric, inverse in (("frechet_distance", lambda x: 1 / x), ("high_frequency_distance", lambda x: -x)):
        found = line(difference_table(results, "digits", "own"), metric)
        other = turned(found)
        assert (other["first"], other["second"]) == (found["second"], found["first"])
        assert other["estimate"] == pytest.approx(inverse(found["estimate"]))
        assert other["low"] < other["estimate"] < other["high"]
        assert turned(other) == pytest.approx(found)


def test_one_seed_has_an_estimate_without_interval_and_nothing_is_better(root: Path) -> None:
    save_results(root, seeds=(0,))
    table = difference_table(read(root, a_manifest(root, seeds=(0,))), "digits", "own")
    assert table.estimate.notna().any()
    assert table.low.isna().all()
    assert (table.p_value == 1).all()
    assert (table.better == "").all()


def test_the_page_has_a_matrix_that_opens_for_each_headline_metric_and_the_files_hold_all(root: Path) -> None:
    manifest = save_results(root, seeds=SEEDS)
    build(root, manifest)
    section = differences(read(root, manifest), root)
    (fd, *_) = (block for block in section.blocks if isinstance(block, Folded) and block.summary.startswith("FD"))
    (matrix,) = fd.blocks
    names = [cell.text for cell in matrix.header[1:]]
    assert [row[0].text for row in matrix.rows] == names
    joint, dgn = (next(i for i, name in enumerate(names) if name.startswith(key)) for key in ("Joint", "DGN"))
    assert "best" in matrix.rows[joint][dgn + 1].marks
    assert "best" not in matrix.rows[dgn][joint + 1].marks
    saved = files.load_table(root / "tables" / "differences_shapes_own.csv", DIFFERENCES)
    assert set(saved.metric) >= {"frechet_distance", "modes_covered", "lagged_distance_500"}
    for kind in ("tex", "md"):
        assert "Joint PPGN-h" in (root / "tables" / f"differences_shapes_own.{kind}").read_text()
