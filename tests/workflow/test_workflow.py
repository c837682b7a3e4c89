"""The workflow, really run at smoke size: what it makes, what it does again, and how it fails."""

import re
import shutil
import signal
import subprocess
import sys
import time
from json import JSONDecoder
from pathlib import Path
from zipfile import ZipFile

import pytest
import torch

from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.conftest import ROOT, snakemake, workflow_copy
from tests.workflow.rehearsal import ENDING, copied, edit, measured, sampled, waiting

SMOKE = ("--configfile", "config/smoke.yaml")
# Of digits, whose modes are not known, and of samplers that are steered to classes.
ASIDE = (
    "known_modes",
    "of_conditions",
    "on_request",
    "asks_inception",
)  # what is not measured of a smoke run's samplers
APPLICABLE = [name for name, metric in METRICS.items() if not any(getattr(metric, of) for of in ASIDE)]


def state(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the results, when it was written and what it holds."""
    files = [path for path in (place / "results").rglob("*") if path.is_file()]
    return {str(path.relative_to(place)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


# ----------------------------------------------------------------------------------------------- what one run makes


def test_a_finished_run_has_the_report_and_every_table(smoke: Path) -> None:
    results = smoke / "results" / "smoke"
    assert (results / "report" / "index.html").stat().st_size > 50_000
    assert (results / "report" / "report.pdf").stat().st_size > 50_000
    assert files.load_json(results / "manifest.json")["settings"]["name"] == "smoke"
    assert len(list((results / "figures").glob("*.pdf"))) == len(list((results / "figures").glob("*.png"))) > 0
    check = files.load_table(results / "controls_check.csv", ["ordered"])
    assert len(check) == sum(len(METRICS[name].orders) for name in APPLICABLE)
    refused = set(check[~check["ordered"]].metric)
    resting = set(files.load_table(results / "claims.parts.csv", ["metric"]).metric)
    assert not refused & resting  # what claims rest on; what only stands in tables may be refused


def test_the_measurements_hold_every_variant_metric_and_seed_once(smoke: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    rows = files.load_table(smoke / "results/smoke/metrics.csv", ["dataset", "sweep", "variant", "seed", "metric"])
    measured = [tuple(row) for row in rows[["dataset", "sweep", "variant", "seed", "metric"]].itertuples(index=False)]
    experiment = load_experiment(read(Path("config/smoke.yaml")))
    expected = {
        ("digits", sweep, variant, 0, name)
        for sweep in experiment.sweeps
        for variant in experiment.sweep_variants(sweep)
        for name in APPLICABLE
        if METRICS[name].run in experiment.runs("digits", sweep, variant)
    }
    own = [row for row in measured if row[1] in experiment.sweeps and row[2] not in CONTROLS]
    assert len(own) == len(set(own))
    assert set(own) == expected
    assert {row[2] for row in own} == set(VARIANTS)
    ordering = {name for name in APPLICABLE if METRICS[name].orders}
    for control in CONTROLS:
        assert ordering <= {row[4] for row in measured if row[1:3] == ("controls", control)}
    assert rows.loc[rows["metric"].isin(ordering), "value"].notna().all()


def test_the_costs_hold_every_training_sampling_and_measuring(smoke: Path) -> None:
    costs = files.load_table(smoke / "results/smoke/costs.csv", ["kind", "name", "seconds", "peak_memory_mib"])
    by_kind = {kind: sorted(group["name"]) for kind, group in costs.groupby("kind")}
    assert by_kind["sampling"] == by_kind["measuring"] == sorted(VARIANTS)
    recipes = {recipe for variant in VARIANTS.values() for recipe in variant.networks.values()}
    assert by_kind["training"] == sorted(recipes)  # the judges ship with the package
    assert (costs["seconds"] > 0).all()
    assert (costs.loc[costs["kind"] == "sampling", "chain_steps_per_second"] > 0).all()


def test_a_run_writes_its_own_results_and_leaves_nothing_half_made(smoke: Path) -> None:
    written = {path.relative_to(smoke / "results").as_posix(): path for path in (smoke / "results").rglob("*")}
    files = {name for name, path in written.items() if path.is_file()}
    assert {name.split("/")[0] for name in files} == {"data", "networks", "logs", "smoke", "main"}
    assert [name for name in files if name.endswith(".tmp")] == []
    assert [name for name in files if name.startswith("main/")] == ["main/metrics.csv"]
    assert written["main/metrics.csv"].read_text() == "made before\n"


def test_snakemakes_own_report_holds_page_tables_and_figures_with_labels_and_captions(
    smoke: Path, tmp_path: Path
) -> None:
    done = snakemake(smoke, *SMOKE, "--report", str(tmp_path / "report.zip"))
    assert done.returncode == 0, done.stderr
    with ZipFile(tmp_path / "report.zip") as archive:
        page = archive.read("report/report.html").decode()
        names = {Path(name).name for name in archive.namelist()}
    starts = {name: "{" + page.split(f"var {name} = {{", 1)[1] for name in ("categories", "results")}
    held = {name: JSONDecoder().raw_decode(text)[0] for name, text in starts.items()}
    results = smoke / "results" / "smoke"
    figures, tables = ({path.name for path in results.glob(some)} for some in ("figures/*.png", "tables/[!.]*"))
    shown = {name: {Path(path).name for path in part["Other"]} for name, part in held["categories"].items()}
    assert shown == {"Report": {"index.html", "report.pdf"}, "Tables": tables, "Figures": figures}
    assert figures | tables | {"index.html"} <= names
    entries = {Path(path).name: entry for path, entry in held["results"].items()}
    assert all(entry["labels"] and entry["caption"] for entry in entries.values())
    assert entries["claims.tex"]["labels"] == {"table": "claims", "format": "tex"}
    assert "share of chains that still wait" in entries["waiting_digits_own.png"]["caption"]
    assert "How a sampler mixes" in entries["lagged_distance_500_digits_own.png"]["caption"]


def test_a_second_run_does_nothing(smoke: Path) -> None:
    before = state(smoke)
    done = snakemake(smoke, *SMOKE)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
    assert state(smoke) == before
    assert waiting(smoke, SMOKE) == {}


def test_an_edited_sampler_samples_the_smoke_run_again_and_trains_nothing(smoke: Path, tmp_path: Path) -> None:
    place = copied(smoke, tmp_path / "smoke")
    edit(place, "ppgn_bench/sampling/update.py", "return state if noise is None", "return 2 * state if noise is None")
    jobs = waiting(place, SMOKE)
    assert jobs.keys() == {"sample", "measure", "worlds"} | ENDING  # the same step walks in the worlds
    assert jobs["sample"] == sampled(*VARIANTS, seeds=[0], dataset="digits", name="smoke")
    assert jobs["measure"] == measured(*VARIANTS, dataset="digits", name="smoke")


# ------------------------------------------------------------------------------------------------------ when it fails


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def test_truncated_weights_stop_their_variant_with_one_message_and_leave_the_rest(smoke: Path, tmp_path: Path) -> None:
    place = copied(smoke, tmp_path / "smoke")
    weights = "results/networks/digits/joint+budget=0.4/seed_0.safetensors"
    truncate(place / weights)
    before = state(place)
    done = snakemake(place, *SMOKE)
    shown = done.stdout + done.stderr
    assert done.returncode == 1
    assert f"\nerror: {weights}: truncated" in shown
    assert "Traceback" not in shown
    assert "sample --job '{...}'" in shown, "the command is there, without a screen of JSON"
    assert '"chunk_size"' not in shown
    after = state(place)
    gone = {name for name in before if name not in after}
    samplers = ("own/joint_ppgn_h", "released/joint_released")
    places = [f"results/smoke/chains/digits/{sampler}/seed_0" for sampler in samplers]
    assert gone <= {f"{place}.{ending}" for place in places for ending in ("safetensors", "cost.csv")}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {f"results/smoke/logs/sample/digits/{sampler}/seed_0.log" for sampler in samplers}


def test_a_killed_job_leaves_nothing_of_what_it_was_making_but_its_losses(smoke: Path, tmp_path: Path) -> None:
    data = smoke / "results/data/digits.safetensors"
    experiment = load_experiment(read(smoke / "config" / "smoke.yaml"), smoke / "config" / "config.yaml")
    training = plan.training(experiment, "digits", "judge", 0).model_copy(update={"iterations": 10**6})
    output = tmp_path / "made" / "seed_0.safetensors"
    command = [sys.executable, "-m", "ppgn_bench", "train", "--job", training.as_json(), "--data", str(data)]
    progress = tmp_path / "log"
    with progress.open("w") as log:
        job = subprocess.Popen([*command, "--output", str(output)], cwd=smoke, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while job.poll() is None and not re.search(r"\dit/s", progress.read_text()) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        job.kill()
        job.wait()
    assert job.returncode == -signal.SIGKILL, progress.read_text()
    assert re.search(r"\dit/s", progress.read_text()), "it was killed before it trained"
    left = {path.name for path in output.parent.glob("[!.]*")}  # a killed writer's own file may stay
    assert left <= {"seed_0.unfinished.losses.csv"}  # there after a few seconds


# ------------------------------------------------------- however many cores there are, whichever seeds share a job

TINY = """
name: tiny
datasets: {mnist: null, shapes: null, digits: {seeds: 2, budget: 0.02}}
variants: [am, joint_ppgn_h]
metrics: [judge_accuracy, frechet_distance, lagged_distance_100]
sweeps:
  own:
    quality: {chains_per_target: 5, steps: 20}
    mixing: {chains_per_target: 1, steps: 130}
  matched: null
worlds: null
"""


def test_the_numbers_do_not_depend_on_cores_nor_on_the_seeds_that_share_a_job(smoke: Path, tmp_path: Path) -> None:
    made = []
    for cores, seeds in (("1", "auto"), ("2", "1")):
        place = workflow_copy(tmp_path / cores)
        for name in ("results/data", ".snakemake/metadata"):
            shutil.copytree(smoke / name, place / name)
        # Only the CPU promises equal bytes.
        device = "cpu" if torch.cuda.is_available() else "auto"
        (place / "tiny.yaml").write_text(f"{TINY}device: {device}\nbatch_seeds: {seeds}\n")
        done = snakemake(place, "--configfile", "tiny.yaml", "--cores", cores, "results/tiny/metrics.csv")
        assert done.returncode == 0, done.stdout + done.stderr
        kept = ("*.safetensors", "*.losses.csv", "metrics.csv", "metrics/**/*.csv")
        paths = {path for pattern in kept for path in (place / "results").rglob(pattern)}
        results = {str(path.relative_to(place)): path.read_bytes() for path in paths}
        made.append({name: content for name, content in results.items() if not name.endswith(".cost.csv")})
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
    assert any("joint+budget=0.02" in name for name in made[0])
    rows = files.load_table(tmp_path / "2/results/tiny/metrics.csv", ["sweep", "variant", "metric"])
    trained = rows["sweep"] == "training"
    assert {"joint", "classifier"} <= set(rows.loc[trained, "variant"])
    rows = rows[~trained]
    assert set(rows["metric"]) == {"judge_accuracy", "frechet_distance", "lagged_distance_100"}
    assert set(rows["variant"]) == {"am", "joint_ppgn_h", *CONTROLS}
