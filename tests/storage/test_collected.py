"""One long table of everything that was measured, whatever wrote it."""

from pathlib import Path

import pandas as pd
import pytest

from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.columns import LOSSES, METRICS_TABLE
from ppgn_bench.storage import collected, files
from ppgn_bench.workflow.collecting import of_tables
from tests.conftest import Command


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """A table of metrics, a loss log and a world's errors, each where the workflow writes it."""
    root = tmp_path / "results"
    paths = [
        root / "main/metrics/digits/own/am.csv",
        root / "networks/digits/joint+noise=0.2+budget=0.1/seed_3.losses.csv",
        root / "main/worlds/plane/seed_1.csv",
    ]
    row = ["digits", "own", "am", 0, 0.0, 1.0, 0.0, 0.0, "recall", 0.25, "12e456789012"]
    files.save_table(paths[0], pd.DataFrame([row], columns=METRICS_TABLE))
    losses = [(0, "image", 0.5), (100, "held-out code", 0.02), (100, "held-out h1", 0.03)]
    files.save_table(paths[1], pd.DataFrame(losses, columns=LOSSES))
    known = {"world": "plane", "seed": 1, "sigma": 0.4, "training_size": 1000.0, "metric": "relative_error"}
    errors = [
        {**known, "method": "denoiser", "target": "p_sigma", "value": 0.1},
        {**known, "method": "denoiser", "target": "p", "value": 0.3},
        {**known, "method": "perfect", "target": "p", "value": 0.2},
    ]
    files.save_table(paths[2], pd.DataFrame(errors))
    return paths


def test_every_measurement_has_its_row_with_the_name_of_what_was_measured(paths: list[Path]) -> None:
    table = pd.concat([collected.rows(path) for path in paths], ignore_index=True)
    assert tuple(table.columns) == METRICS_TABLE
    assert table.judge.dropna().tolist() == ["12e456789012"]  # a hash, though it looks like a number
    assert table[["dataset", "sweep", "variant", "seed", "metric", "value"]].to_numpy().tolist() == [
        ["digits", "own", "am", 0, "recall", 0.25],
        ["digits", "training", "joint+noise=0.2", 3, "held_out_code", 0.02],
        ["digits", "training", "joint+noise=0.2", 3, "held_out_h1", 0.03],
        ["plane", "world", "denoiser+sigma=0.4+size=1000", 1, "relative_error", 0.1],
    ]


def test_the_order_of_the_files_leaves_the_table_as_it_is(paths: list[Path], ppgn: Command, tmp_path: Path) -> None:
    made = []
    for place, ordered in enumerate((paths, paths[::-1])):
        output = tmp_path / f"{place}.csv"
        assert ppgn("collect", "--job", of_tables(ordered).as_json(), "--output", output).status == 0
        made.append(output.read_bytes())
    assert made[0] == made[1]


def test_what_different_judges_measured_of_a_data_set_is_no_one_table(paths: list[Path], ppgn: Command) -> None:
    """Whatever the sweep: controls of one run would stand beside samples of another."""
    other = paths[0].with_name("grid.csv")
    rows = files.load_table(paths[0], METRICS_TABLE)
    for sweep, judge, role in (
        ("grid", "second", "judge"),
        ("grid+second_judge", "second", None),
        ("grid+half_samples", "12e456789012", None),
        ("grid+half_samples", "second", "judge"),
    ):
        files.save_table(other, rows.assign(sweep=sweep, judge=judge))
        ended = ppgn("claims", paths[0], other)
        assert ended.status == (1 if role else 0)
        assert not role or f"digits, {role}: 12e456789012 in {paths[0]}, second in {other}" in ended.err
    files.save_table(other, rows.assign(sweep="grid", judge="second", dataset="shapes"))
    assert ppgn("claims", paths[0], other).status == 0


def test_claims_are_printed_and_written_from_the_table_alone(paths: list[Path], ppgn: Command, tmp_path: Path) -> None:
    ppgn("collect", "--job", of_tables(paths).as_json(), "--output", tmp_path / "metrics.csv")
    printed = ppgn("claims", tmp_path / "metrics.csv", tmp_path / "metrics.csv")  # what two runs share counts once
    assert printed.status == 0
    assert "C17  digits           not run       One generator serves other condition networks" in printed.out
    lacks = "met_thickness of swapped: not measured; config/conditions.yaml does"
    assert lacks in printed.out
    assert ppgn("claims", tmp_path / "metrics.csv", "--output", tmp_path / "claims.csv").status == 0
    table = files.load_table(tmp_path / "claims.csv", ["claim", "dataset", "verdict"])
    assert len(table) == 24 + 1  # images, and the one claim of worlds
    assert (tmp_path / "claims.parts.csv").is_file()
    assert ppgn("claims", tmp_path / "metrics.csv", "--output", tmp_path / "claims.md").status == 0
    page = (tmp_path / "claims.md").read_text()
    assert all(f"\n| {name} | {claim.text} (" in page for name, claim in CLAIMS.items())
    assert f"- digits: not run. {lacks}." in page


@pytest.mark.parametrize("seed", [2.5, 1e300])
def test_what_is_no_seed_stays_as_it_is(tmp_path: Path, seed: float) -> None:
    cost = {"kind": "sampling", "dataset": "digits", "sweep": "own", "seconds": 1.5}
    files.save_table(tmp_path / "a.cost.csv", pd.DataFrame([{**cost, "seed": seed}, cost]))
    assert collected.together([tmp_path / "a.cost.csv"])["seed"].dropna().tolist() == [seed]


def test_a_seed_stays_a_whole_number_beside_costs_that_have_none(tmp_path: Path) -> None:
    cost = {"kind": "sampling", "dataset": "digits", "sweep": "own", "seconds": 1.5}
    files.save_table(tmp_path / "a.cost.csv", pd.DataFrame([{**cost, "seed": 3, "threads": 1}]))
    files.save_table(tmp_path / "b.cost.csv", pd.DataFrame([{**cost, "kind": "controls"}]))
    files.save_table(tmp_path / "costs.csv", collected.together([tmp_path / "a.cost.csv", tmp_path / "b.cost.csv"]))
    assert (tmp_path / "costs.csv").read_text().splitlines()[1:] == [
        "controls,digits,own,1.5,,",
        "sampling,digits,own,1.5,3,1",
    ]
