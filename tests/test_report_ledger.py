"""The ledger on the page: a row a claim, a verdict a data set, the reason and the numbers in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ppgn_bench import store
from ppgn_bench.claims import CLAIMS
from ppgn_bench.gathered import COLUMNS
from ppgn_bench.report import ledger
from ppgn_bench.report.page import Points, Table
from ppgn_bench.report.results import read
from ppgn_bench.verdicts import verdicts
from tests.made_up_results import a_context, save_light


def results_with(root: Path, distances: dict[str, float]):
    """Results of the default's samplers at these distances of draws 500 steps apart, judged."""
    save_light(root)
    rows = [
        ("digits", "own", variant, seed, np.nan, np.nan, np.nan, "lagged_distance_500", middle + 0.01 * (seed * k % 3))
        for k, (variant, middle) in enumerate(distances.items(), 1) for seed in range(6)
    ]  # fmt: skip
    metrics = pd.DataFrame(rows, columns=COLUMNS)
    store.save_table(root / "metrics.csv", metrics)
    table, parts = verdicts(metrics)
    store.save_table(root / "claims.csv", table)
    store.save_table(root / "claims.parts.csv", parts)
    return read(root, a_context(root, datasets=("digits",)))


def test_a_claim_has_a_row_with_its_source_and_a_verdict_with_its_numbers(tmp_path: Path) -> None:
    root = tmp_path / "results" / "made_up"
    section = ledger.ledger(
        results_with(root, {"ppgn_h": 0.4, "ppgn_x": 0.8, "dgn_am": 0.1, "joint_ppgn_h": 0.8}), root
    )
    images, worlds, parts = [block for block in section.blocks if isinstance(block, Table)]
    rows = {row[0].text: row for row in images.rows}
    assert list(rows) == [name for name, claim in CLAIMS.items() if not claim.worlds]
    assert rows["C4"][1].small == "Sec. 3.2-3.3; read in other people's summaries of the paper [S]"
    assert rows["C4"][3].text == "✗ contradicted"
    assert "bad" in rows["C4"][3].marks
    assert "difference −0.4" in rows["C4"][3].small
    assert "6 seeds" in rows["C4"][3].small
    assert rows["C6"][3].text == "✓ reproduced"
    assert rows["C17"][3].text == "– not run"
    assert rows["C17"][3].small == "it waits for the condition networks"
    assert [(row[0].text, row[3].text) for row in worlds.rows] == [("C2", "– not run")]
    assert len(parts.rows) == 2
    (counts,) = [block for block in section.blocks if isinstance(block, Points)]
    assert counts.items[0].endswith("1 reproduced, 1 contradicted, 22 not run.")
    assert (root / "tables" / "claims.csv").is_file()


def test_without_a_table_of_claims_there_is_no_section(tmp_path: Path) -> None:
    root = tmp_path / "results" / "made_up"
    assert not ledger.ledger(read(root, save_light(root)), root).blocks
