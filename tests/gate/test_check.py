"""What `ppgn-bench check` says and how it ends, on copies of a reference with five seeds and of the smoke run's."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ppgn_bench.workflow import gate
from tests.conftest import ROOT, Command, Ended, snakemake, workflow_copy
from tests.gate.conftest import FIVE_SEEDS, REFERENCE

Check = Callable[..., Ended]


@pytest.fixture
def check(ppgn: Command, run: Path) -> Check:
    """Compare the run with the reference."""
    return lambda *words: ppgn("check", "--baseline", FIVE_SEEDS, "--results", run, *words)


def change(file: Path, where: str, column: str, factor: float) -> None:
    """Multiply a column of a table in the rows of a query."""
    table = pd.read_csv(file)
    rows = table.query(where).index
    assert len(rows)
    table.loc[rows, column] *= factor
    table.to_csv(file, index=False)


WORSE = "dataset == 'digits' and sweep == 'own' and variant == 'joint_ppgn_h' and metric == 'frechet_distance'"


@pytest.mark.parametrize("folder", [REFERENCE / "smoke", FIVE_SEEDS], ids=lambda folder: folder.name)
def test_a_run_as_the_reference_passes_all_tiers(ppgn: Command, folder: Path) -> None:
    ended = ppgn("check", "--baseline", folder, "--results", folder)
    assert ended.status == 0
    *tiers, last = ended.out.splitlines()[-4:]  # before them: metrics that fail their controls
    assert last == f"PASSED: {folder} against {folder}"
    assert [tier[:24].rstrip() for tier in tiers] == [
        f"{name:16} passed" for name in ("fixed networks", "training seeds", "exact numbers")
    ]


def test_a_check_reads_tables_alone() -> None:
    words = ["check", "--baseline", FIVE_SEEDS, "--results", FIVE_SEEDS]
    program = f"import sys; from ppgn_bench.cli.app import main; sys.argv[1:] = {list(map(str, words))}\n"
    program += "try: main()\nexcept SystemExit: print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_worse_cell_fails_and_is_named_in_every_format(check: Check, run: Path) -> None:
    change(run / "metrics.csv", WORSE, "value", 3.0)
    text, markdown, full = (check("--format", form) for form in ("text", "markdown", "json"))
    assert [ended.status for ended in (text, markdown, full)] == [1, 1, 1]
    assert text.out.splitlines()[-1].startswith("REGRESSED: ")
    assert markdown.out.splitlines()[-1].startswith("❌ Gate: regressed: ")
    line = "digits own joint_ppgn_h frechet_distance: 12.13, now 36.38, ratio 3 [3, 3], margin 1.25"
    assert f"  {line}" in text.out
    assert "## ❌ Gate: regressed" in markdown.out
    assert f"- {line}" in markdown.out
    cells = json.loads(full.out)["cells"]
    (worse,) = [cell for cell in cells if cell["gated"] and cell["status"] == "regressed"]
    assert (worse["dataset"], worse["variant"], worse["metric"]) == ("digits", "joint_ppgn_h", "frechet_distance")


def test_what_cannot_be_decided_ends_with_3_and_strictly_with_1(check: Check, run: Path) -> None:
    change(run / "metrics.csv", f"{WORSE} and seed < 2", "value", 3.0)
    ended, markdown = check(), check("--format", "markdown", "--strict")
    assert (ended.status, markdown.status) == (3, 1)
    assert ended.out.partition("Undecided (1):")[2].splitlines()[1].endswith(" training seeds")
    assert ended.out.splitlines()[-1].startswith("UNDECIDED: ")
    assert markdown.out.splitlines()[-1].startswith("❔ Gate: undecided: ")


OTHER = WORSE.replace("joint_ppgn_h", "ppgn_x")
LISTED = "Other cells that moved, not corrected for their number and never gated (1):"
IMAGE, IMAGE_MOVED = (
    "name == 'joint' and number == '1 image'",
    "1 of 339 numbers moved by more than 0.0001: 1 of training",
)
PRECISION = "variant == 'am' and metric == 'precision'"


@pytest.mark.parametrize(
    ("file", "where", "factor", "status", "said"),
    [
        ("metrics.csv", OTHER, 3.0, 0, [LISTED]),
        ("gate/starts.csv", PRECISION, 0.3, 1, ["fixed networks   regressed"]),
        ("gate/pinned.csv", IMAGE, 1.001, 1, [IMAGE_MOVED, "training joint, 1 image:"]),
    ],
    ids=["a cell that is not gated", "chains from fixed networks", "an exact number"],
)
def test_what_moved_is_listed_and_fails_where_it_is_gated(check: Check, run: Path, file, where, factor, status, said):
    change(run / file, where, "value", factor)
    ended = check()
    assert ended.status == status
    assert [words for words in said if words not in ended.out] == []


def test_a_tier_without_tables_is_not_run_and_the_others_decide(check: Check, run: Path) -> None:
    shutil.rmtree(run / "gate")
    ended = check()
    assert ended.status == 0
    missing = f"{run}/gate/starts.csv is missing; `snakemake check`, with the config of the run, makes it"
    assert f"fixed networks   not run    {missing}" in ended.out


def test_one_training_seed_is_no_reason_to_be_undecided(ppgn: Command, tmp_path: Path) -> None:
    run = shutil.copytree(REFERENCE / "smoke", tmp_path / "smoke")
    change(run / "metrics.csv", WORSE, "value", 3.0)
    ended = ppgn("check", "--baseline", REFERENCE / "smoke", "--results", run)
    assert ended.status == 0
    assert "training seeds   not run    the reference has one training seed" in ended.out
    assert "Undecided" not in ended.out


def test_what_is_no_tier_is_listed_and_fails_nothing(check: Check, run: Path) -> None:
    names = ("claims.csv", "controls_check.csv", "networks_check.csv", "metrics.csv")
    claims, controls, networks, rows = (pd.read_csv(run / name) for name in names)
    claims.loc[claims.claim == "C1", "verdict"] = "contradicted"
    controls.loc[0, "ordered"] = False
    networks.loc[0, ["value", "holds"]] = [0.5, False]
    new = rows[rows.variant == "am"].assign(variant="mine")
    rows = pd.concat([rows[rows.variant != "am_blur"], new])
    for name, table in zip(names, (claims, controls, networks, rows), strict=True):
        table.to_csv(run / name, index=False)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["settings"]["chunk_size"] = 7
    manifest["versions"]["torch"] = "9.9"
    (run / "manifest.json").write_text(json.dumps(manifest))
    ended = check()
    assert ended.status == 0
    for said in (
        "C1 on digits: reproduced, now contradicted",
        "does not separate",
        "Networks that do not do their job (1):",
        ": 0.5, must be > 0.6",
        "digits/own/am_blur: 40 rows",
        "digits/own/mine: 40 rows",
        "chunk_size: 200, now 7",
        "now 9.9",
    ):
        assert said in ended.out


# -------------------------------------------------------------------------------------------------- unusable input


def test_another_folder_than_a_references_names_those_there_are(ppgn: Command, run: Path) -> None:
    ended = ppgn("check", "--baseline", REFERENCE / "smok", "--results", run)
    assert ended.status == 2
    assert "smok: is missing" in ended.err
    assert f"{REFERENCE} has main, smoke" in ended.err


DAMAGED = b"\xff\x00{"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        *[(f"{name}.csv", None, "is missing\n") for name in ("metrics", "claims", "controls_check", "networks_check")],
        *[(f"{name}.csv", DAMAGED, "not a table (") for name in ("metrics", "gate/starts", "gate/pinned")],
        ("manifest.json", None, "is missing\n"),
        ("manifest.json", DAMAGED, "truncated or not a JSON file ("),
        ("manifest.json", b"[1]", "must hold an object, got [1]\n"),
    ],
)
def test_a_missing_or_damaged_file_is_named(check: Check, run: Path, name: str, content, said: str) -> None:
    (run / name).unlink()
    if content:
        (run / name).write_bytes(content)
    ended = check()
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"error: {run / name}: {said}")


@pytest.mark.parametrize(
    ("name", "column", "value", "said"),
    [
        ("metrics.csv", "value", "much", "column value holds 'much', which is no number"),
        ("metrics.csv", "seed", "first", "column seed holds 'first', which is no number"),
        ("metrics.csv", "seed", None, "column seed has a blank in line 2"),
        ("metrics.csv", "sweep", None, "column sweep has a blank in line 2"),
        ("gate/pinned.csv", "value", "much", "column value holds 'much', which is no number"),
        ("gate/starts.csv", "sweep", "own+without_x", "'own+without_x', which names no start"),
        ("gate/starts.csv", "sweep", "own+without_1", "is there without starts alone, not as it is"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_file(
    check: Check, run: Path, name: str, column: str, value: str | None, said: str
) -> None:
    pd.read_csv(run / name).assign(**{column: value}).to_csv(run / name, index=False)
    ended = check()
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {run / name}: ")
    assert said in ended.err


@pytest.mark.parametrize("name", ["metrics.csv", "gate/starts.csv", "gate/pinned.csv"])
def test_a_table_without_rows_or_a_column_is_named(check: Check, run: Path, name: str) -> None:
    table = pd.read_csv(run / name)
    for damaged, said in ((table[:0], "has no rows"), (table.drop(columns="value"), "lacks the column(s) value")):
        damaged.to_csv(run / name, index=False)
        ended = check()
        assert (ended.status, said in ended.err) == (2, True), ended.err


def test_nothing_to_compare_says_why_of_each_tier(check: Check, run: Path, ppgn: Command, tmp_path: Path) -> None:
    other = shutil.copytree(run, tmp_path / "other")
    shutil.rmtree(other / "gate")
    table = pd.read_csv(other / "metrics.csv")
    table[table.variant == "am"].to_csv(other / "metrics.csv", index=False)
    ended = ppgn("check", "--baseline", other, "--results", other)
    assert ended.status == 2
    assert "nothing to compare" in ended.err
    assert "the reference has none of the gated cells" in ended.err


# ------------------------------------------------------------------------------------------------------- the workflow


def test_all_networks_that_the_gate_samples_with_are_committed() -> None:
    experiment = gate.gate()
    files = {file for variant in experiment.samplers for file in gate.networks(experiment, variant).values()}
    files |= {*gate.committed(experiment).values(), gate.judge()}
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_any_config_can_be_checked_and_the_gate_brings_its_own_data(tmp_path: Path) -> None:
    place = workflow_copy(tmp_path / "place")
    weights = shutil.copytree(REFERENCE / "smoke" / "networks", place / "results/reference/smoke/networks")
    (place / "shapes.yaml").write_text("{name: mine, datasets: {digits: null}, variants: [joint_ppgn_h], worlds: null}")
    done = snakemake(place, "check", "--dry-run", "--configfile", "shapes.yaml", "--config", "sweeps={matched: null}")
    assert done.returncode == 0, done.stderr
    assert "prepare digits" in done.stdout
    assert "compare the run with its reference" in done.stdout
    assert list(weights.glob("digits/joint*/seed_0.safetensors"))
