"""The claims on the page: an entry a claim, a verdict a data set, and the evidence that it opens to."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.claims.verdicts import verdicts
from ppgn_bench.columns import EPSILONS, METRICS_TABLE
from ppgn_bench.metrics.table import SECOND_JUDGE
from ppgn_bench.report.page import claims
from ppgn_bench.report.page.bars import bars
from ppgn_bench.report.page.blocks import Points, Section
from ppgn_bench.report.page.claims import Judged
from ppgn_bench.report.results import read
from ppgn_bench.report.words.claims import in_words, reason
from ppgn_bench.report.words.numbers import p_value
from ppgn_bench.report.words.samplers import axis_words, update_words
from ppgn_bench.storage import files
from tests.example_results import a_manifest, save_light

DISTANCES = {"ppgn_h": 0.4, "ppgn_x": 0.8, "dgn_am": 0.1, "joint_ppgn_h": 0.8}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the default's samplers at these distances of draws 500 steps apart, judged with a second judge too."""
    root = tmp_path_factory.mktemp("results") / "example"
    save_light(root)
    rows = [
        ("digits", sweep, variant, seed, *[np.nan] * len(EPSILONS), "lagged_distance_500",
         middle + 0.01 * (seed * k % 3), "")
        for sweep in ("own", f"own{SECOND_JUDGE}")
        for k, (variant, middle) in enumerate(DISTANCES.items(), 1) for seed in range(6)
    ]  # fmt: skip
    metrics = pd.DataFrame(rows, columns=list(METRICS_TABLE))
    files.save_table(root / "metrics.csv", metrics)
    table, parts = verdicts(metrics)
    files.save_table(root / "claims.csv", table)
    files.save_table(root / "claims.parts.csv", parts)
    return root


@pytest.fixture(scope="module")
def section(root: Path) -> Section:
    return claims.claims(read(root, a_manifest(root, datasets=("digits",))), root)


def entries_of(section: Section) -> dict[str, claims.Entry]:
    images, _ = [block for block in section.blocks if isinstance(block, Judged)]
    return {entry.claim: entry for entry in images.entries}


def test_every_claim_on_images_has_an_entry_with_its_source(section: Section, root: Path) -> None:
    entries = entries_of(section)
    assert list(entries) == [name for name, claim in CLAIMS.items() if not claim.worlds]
    assert entries["C4"].source == "Sec. 3.2-3.3; read in other people's summaries of the paper [S]"
    assert (root / "tables" / "claims.csv").is_file()


def test_a_verdict_has_its_numbers_and_what_could_change_it(section: Section) -> None:
    entries = entries_of(section)
    (finding,) = entries["C4"].findings
    assert finding.verdict == "contradicted"
    assert "difference −0.4" in finding.said[0]
    assert finding.said[0].endswith("6 seeds.")
    assert entries["C4"].turn == CLAIMS["C4"].turn
    assert entries["C6"].findings[0].verdict == "reproduced"
    assert entries["C6"].turn == ""


def test_a_claim_that_was_not_run_says_which_config_measures_it(section: Section) -> None:
    entry = entries_of(section)["C17"]
    lacks = "Samples with the thickness that was asked for of swapped: not measured; config/conditions.yaml does."
    assert [finding.said for finding in entry.findings] == [[lacks]]
    assert entry.turn == CLAIMS["C17"].turn


def test_the_corrected_p_stands_below_the_estimate_and_keys_are_titles(section: Section) -> None:
    entries = entries_of(section)
    assert entries["C4"].findings[0].said[1].startswith("Corrected by Holm over all claims: p 1.00 for the claim, ")
    assert entries["C1"].findings[0].said == [
        "Final draws with p_C > 0.98 of AM, no prior: not measured; config/config.yaml does."
    ]


def test_a_reason_is_told_in_words_where_it_names_a_part() -> None:
    known = {"am": "AM", "recall": "recall", "real": "real images"}
    row = {"reason": "recall: am > real is reversed before the correction, and real is real"}
    assert reason(row, known) == "recall: AM > real images is reversed before the correction, and real is real"
    assert reason({"reason": "for an interval finer than the margin: 8 seeds"}, known).endswith("8 seeds")
    assert reason({"reason": math.nan}, known) == ""


def test_epsilons_updates_and_axes_have_words() -> None:
    known = {"a": "A", "b": "B"}
    part = "recall: a, epsilon prior 1e-05, epsilon noise 0 > b, epsilon noise 0.1"
    assert in_words(part, known) == "recall: A (ε1 = 1e-05, ε3 = 0) > B (ε3 = 0.1)"
    assert in_words("recall of noisy+noise.code=0+weights.gan=0: not", {}) == (
        "recall of noisy, training noise on h: 0, no L_GAN: not"
    )
    update = {"normalise": 1.0, "noise_inside": True, "bounds": [0.0, 30.0], "condition": "target_only"}
    assert update_words(update) == (
        "normalised to 1; noise inside the normalisation; codes cut to 0..30; "
        "condition by the target's part of the gradient alone"
    )
    assert update_words({}) == "plain"
    assert [axis_words(axis) for axis in ("noise", "noise.code", "epsilon_noise", "weights.gan")] == [
        "training noise", "training noise on h", "ε3 (noise)", "weight of L_GAN"]  # fmt: skip


def test_p_values_next_to_0_and_1_are_not_spelt_out() -> None:
    assert [p_value(p) for p in (1e-5, 0.0012, 0.234, 0.9998, 1.0)] == ["< 0.0001", "0.0012", "0.234", "1.00", "1.00"]


def test_the_parts_come_with_every_check_that_was_measured(section: Section) -> None:
    (finding,) = entries_of(section)["C4"].findings
    assert [row.check for row in finding.evidence] == ["", "the second judge"]
    bar = finding.evidence[0].bar
    assert bar is not None
    assert bar.tone == "against"
    assert bar.low < bar.middle < bar.high < 50


def test_verdicts_are_counted(section: Section) -> None:
    (counts,) = [block for block in section.blocks if isinstance(block, Points)]
    assert counts.items[0].endswith("1 reproduced, 1 contradicted, 22 not run.")
    images, worlds = [block for block in section.blocks if isinstance(block, Judged)]
    assert images.counts == {"reproduced": 1, "contradicted": 1, "undecided": 0, "not run": 22}
    assert [(entry.claim, entry.findings[0].verdict) for entry in worlds.entries] == [("C2", "not run")]


def test_without_a_table_of_claims_there_is_no_section(tmp_path: Path) -> None:
    root = tmp_path / "results" / "example"
    assert not claims.claims(read(root, save_light(root)), root).blocks


def row(low: float, estimate: float, high: float, p_for: float = 0.5) -> dict[str, float]:
    return {"low": low, "estimate": estimate, "high": high, "p_for": p_for, "p_against": 1 - p_for}


def test_bars_of_ratios_are_symmetric_in_logarithms() -> None:
    half, double = bars([row(0.25, 0.5, 1.0), row(1.0, 2.0, 4.0, 0.001)], "log")
    assert half is not None
    assert double is not None
    assert (half.low, half.middle, half.high) == (0, 25, 50)
    assert (double.low, double.middle, double.high) == (50, 75, 100)
    assert (half.tone, double.tone) == ("open", "for")


def test_a_bar_without_an_interval_is_a_dot_and_without_an_estimate_nothing() -> None:
    dot, nothing, endless = bars(
        [row(math.nan, 1.0, math.nan), row(math.nan, math.nan, math.nan), row(-math.inf, 0.0, 1.0)], "none"
    )
    assert nothing is None
    assert dot is not None
    assert dot.low == dot.middle == dot.high == 100
    assert endless is not None
    assert endless.low == 0
