"""The workflow: what one run makes, and which jobs an edit, a setting, a variant or a seed runs again.

Which jobs would run is asked of Snakemake (`--summary`, a table with a row per file) on two finished runs: the smoke
run, and a rehearsal, whose jobs only make their files: it has two data sets, two seeds and costs seconds.
"""

from __future__ import annotations

import csv
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch

from ppgn_bench import plan, store
from ppgn_bench.metrics import CONTROLS, METRICS
from ppgn_bench.variants import VARIANTS
from tests.conftest import snakemake, workflow_copy

SMOKE = ("--configfile", "config/smoke.yaml")
REHEARSAL = ("--configfile", "rehearsal.yaml")
CONFIG = """
name: rehearsal
datasets: {digits: {seeds: 2}, shapes: {seeds: 2}}
variants: [am, ppgn_h, joint_ppgn_h, noiseless_joint_ppgn_h]
"""
# Stands in for `python -m ppgn_bench`: makes the files that a job promises, and nothing else.
STAND_IN = """
import sys
from pathlib import Path


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


stage, *rest = sys.argv[1:]
if stage == "report":
    for name in ("report/index.html", "tables/table.csv", "figures/figure.png"):
        make(Path(rest[0], name))
elif "--output" in rest:
    output = Path(rest[rest.index("--output") + 1])
    for ending in ("losses.csv", "cost.csv", "curves.csv", "pictures.safetensors"):
        make(output.with_name(f"{output.stem}.{ending}"))
    make(output)
"""
ENDING = {"collect", "collect_costs", "report", "controls_hold"}  # what follows new measurements
Jobs = dict[str, set[str]]  # rule -> the first files of its jobs that would run


def waiting(place: Path, config: Iterable[str] = REHEARSAL) -> Jobs:
    """What the workflow would run, from Snakemake's own table of its files."""
    done = snakemake(place, *config, "--summary")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
    assert rows, done.stdout
    assert {row["plan"] for row in rows} <= {"no update", "update pending"}
    jobs: Jobs = defaultdict(set)
    for row in rows:
        file = row["output_file"]
        if row["plan"] == "update pending" and not file.endswith((".cost.csv", ".losses.csv", ".pictures.safetensors")):
            jobs[row["rule"]].add(file.removeprefix("results/"))
    return dict(jobs)


def edit(place: Path, file: str, old: str, new: str) -> None:
    text = (place / file).read_text()
    assert text.count(old) == 1, f"{file} has {text.count(old)} of {old!r}"
    (place / file).write_text(text.replace(old, new))


def copied(place: Path, to: Path) -> Path:
    """A finished run to change: files keep their times, Snakemake its memory of them."""
    return shutil.copytree(place, to)


def state(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the results, when it was written and what it holds."""
    files = [path for path in (place / "results").rglob("*") if path.is_file()]
    return {str(path.relative_to(place)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished rehearsal."""
    place = workflow_copy(tmp_path_factory.mktemp("rehearsal"))
    (place / "ppgn_bench" / "__main__.py").write_text(STAND_IN)
    (place / "rehearsal.yaml").write_text(CONFIG)
    done = snakemake(place, *REHEARSAL)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture
def tree(rehearsed: Path, tmp_path: Path) -> Path:
    """A finished rehearsal of one's own."""
    return copied(rehearsed, tmp_path / "tree")


def sampled(*variants: str, seeds: Iterable[int] = (0, 1), dataset: str = "*", name: str = "rehearsal") -> set[str]:
    folders = ("digits", "shapes") if dataset == "*" else (dataset,)
    return {
        f"{name}/chains/{folder}/own/{variant}/seed_{seed}.safetensors"
        for folder in folders
        for variant in variants
        for seed in seeds
    }


def measured(*variants: str, dataset: str = "*", name: str = "rehearsal") -> set[str]:
    folders = ("digits", "shapes") if dataset == "*" else (dataset,)
    tables = [f"{name}/metrics/{folder}/own/{variant}" for folder in folders for variant in variants]
    return {f"{table}.{ending}" for table in tables for ending in ("csv", "curves.csv")}


def trained(*recipes: str, seeds: Iterable[int] = (0, 1), dataset: str = "*") -> set[str]:
    folders = ("digits", "shapes") if dataset == "*" else (dataset,)
    return {
        f"networks/{folder}/{recipe}/seed_{seed}.safetensors"
        for folder in folders
        for recipe in recipes
        for seed in seeds
    }


ALL = ("am", "ppgn_h", "joint_ppgn_h", "noiseless_joint_ppgn_h")

# ----------------------------------------------------------------------------------------------- what one run makes


def test_a_finished_run_has_the_report_and_every_table(smoke: Path) -> None:
    results = smoke / "results" / "smoke"
    assert (results / "report" / "index.html").stat().st_size > 50_000
    assert store.load_json(results / "manifest.json")["settings"]["name"] == "smoke"
    assert len(list((results / "figures").glob("*.pdf"))) == len(list((results / "figures").glob("*.png"))) > 0
    check = store.load_table(results / "controls_check.csv", ["ordered"])
    assert len(check) == sum(len(metric.orders) for metric in METRICS.values() if not metric.known_modes)
    assert check["ordered"].all()


def test_the_measurements_hold_every_variant_metric_and_seed_once(smoke: Path) -> None:
    rows = store.load_table(smoke / "results/smoke/metrics.csv", ["dataset", "sweep", "variant", "seed", "metric"])
    found = [tuple(row) for row in rows[["dataset", "sweep", "variant", "seed", "metric"]].itertuples(index=False)]
    applicable = [name for name, metric in METRICS.items() if not metric.known_modes]
    expected = {("digits", "own", variant, 0, name) for variant in VARIANTS for name in applicable}
    own = [row for row in found if row[1] == "own"]
    assert len(own) == len(set(own))
    assert set(own) == expected
    ordering = {name for name in applicable if METRICS[name].orders}
    for control in CONTROLS:
        assert ordering <= {row[4] for row in found if row[1:3] == ("controls", control)}
    assert rows.loc[rows["metric"].isin(ordering), "value"].notna().all()


def test_the_costs_hold_every_training_sampling_and_measuring(smoke: Path) -> None:
    costs = store.load_table(smoke / "results/smoke/costs.csv", ["kind", "name", "seconds", "peak_memory_mib"])
    by_kind = {kind: sorted(group["name"]) for kind, group in costs.groupby("kind")}
    assert by_kind["sampling"] == by_kind["measuring"] == sorted(VARIANTS)
    recipes = {recipe for variant in VARIANTS.values() for recipe in variant.networks.values()}
    assert by_kind["training"] == sorted({"judge"} | recipes)
    assert (costs["seconds"] > 0).all()
    assert (costs.loc[costs["kind"] == "sampling", "chain_steps_per_second"] > 0).all()


def test_a_run_writes_its_own_results_and_leaves_nothing_half_made(smoke: Path) -> None:
    written = {path.relative_to(smoke / "results").as_posix(): path for path in (smoke / "results").rglob("*")}
    files = {name for name, path in written.items() if path.is_file()}
    assert {name.split("/")[0] for name in files} == {"data", "networks", "logs", "smoke", "main"}
    assert [name for name in files if name.endswith(".tmp")] == []
    assert [name for name in files if name.startswith("main/")] == ["main/metrics.csv"]
    assert written["main/metrics.csv"].read_text() == "made before\n"


def test_a_second_run_does_nothing(smoke: Path) -> None:
    before = state(smoke)
    done = snakemake(smoke, *SMOKE)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
    assert state(smoke) == before
    assert waiting(smoke, SMOKE) == {}


# ------------------------------------------------------------------------------------------------ what an edit reruns


def test_a_finished_rehearsal_has_nothing_to_do(rehearsed: Path) -> None:
    assert waiting(rehearsed) == {}


def test_an_edited_sampler_samples_the_smoke_run_again_and_trains_nothing(smoke: Path, tmp_path: Path) -> None:
    place = copied(smoke, tmp_path / "smoke")
    edit(place, "ppgn_bench/sampler.py", "return state if noise is None", "return 2 * state if noise is None")
    jobs = waiting(place, SMOKE)
    assert jobs.keys() == {"sample", "measure"} | ENDING
    assert jobs["sample"] == sampled(*VARIANTS, seeds=[0], dataset="digits", name="smoke")
    assert jobs["measure"] == measured(*VARIANTS, dataset="digits", name="smoke")


def test_an_edited_sampler_samples_all_again_and_trains_prepares_and_controls_nothing(tree: Path) -> None:
    edit(tree, "ppgn_bench/sampler.py", "return state if noise is None", "return 2 * state if noise is None")
    jobs = waiting(tree)
    assert jobs.keys() == {"sample", "measure"} | ENDING
    assert jobs["sample"] == sampled(*ALL)
    assert jobs["measure"] == measured(*ALL)


def test_comments_and_docstrings_rerun_nothing(tree: Path) -> None:
    for module in ("sampler", "chains", "training", "networks", "data", "measurements", "report/figures"):
        path = tree / "ppgn_bench" / f"{module}.py"
        path.write_text(f"# A comment.\n{path.read_text()}\n# Another.\n")
    edit(tree, "ppgn_bench/sampler.py", '"""One step of the chain', '"""A step of the chain')
    edit(tree, "ppgn_bench/sampler.py", "for name, term in terms.items():", "for name, term in terms.items():  # each")
    assert waiting(tree) == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("report/figures.py", "\nCHANGED = 1\n"),
        ("report/charts.py", "\nCHANGED = 1\n"),
        ("report/templates/index.html.j2", "<p>changed</p>"),
    ],
)
def test_an_edit_of_the_report_draws_the_report_again(tree: Path, file: str, text: str) -> None:
    path = tree / "ppgn_bench" / file
    path.write_text(path.read_text() + text)
    assert waiting(tree).keys() == {"report", "controls_hold"}


def test_an_edited_prior_reruns_the_variants_that_have_it(tree: Path) -> None:
    edit(tree, "ppgn_bench/priors.py", "return view.code - view.state", "return view.state - view.code")
    jobs = waiting(tree)
    assert jobs.keys() == {"sample", "measure"} | ENDING
    assert jobs["sample"] == sampled("joint_ppgn_h", "noiseless_joint_ppgn_h")
    assert jobs["measure"] == measured("joint_ppgn_h", "noiseless_joint_ppgn_h")


def test_a_changed_recipe_trains_its_network_and_samples_the_variants_that_have_it(tree: Path) -> None:
    edit(tree, "ppgn_bench/recipes.py", '{**_NOISELESS_LOSSES, "code": 1.0}', '{**_NOISELESS_LOSSES, "code": 2.0}')
    jobs = waiting(tree)
    assert jobs["train"] == trained("joint")
    assert jobs["sample"] == sampled("joint_ppgn_h")
    assert jobs.keys() == {"train", "sample", "measure"} | ENDING


def test_an_edited_training_loop_trains_all_again_and_prepares_no_data(tree: Path) -> None:
    edit(tree, "ppgn_bench/training.py", "EMA_DECAY = 0.995", "EMA_DECAY = 0.99")
    jobs = waiting(tree)
    assert jobs["train"] == trained("classifier", "code_denoiser", "generator", "joint") | trained("judge", seeds=[0])
    assert "prepare" not in jobs


def test_an_edited_metric_measures_again_and_samples_nothing(tree: Path) -> None:
    edit(tree, "ppgn_bench/metrics/diversity.py", "COVERAGE_NEIGHBOURS = 5", "COVERAGE_NEIGHBOURS = 6")
    jobs = waiting(tree)
    assert jobs.keys() == {"controls", "measure", "check_controls"} | ENDING
    assert jobs["measure"] == measured(*ALL)


def test_an_edit_of_one_data_set_leaves_the_other_alone(tree: Path) -> None:
    edit(tree, "ppgn_bench/data.py", "def shapes(image_size: int)", "def shapes(image_size: int = 24)")
    jobs = waiting(tree)
    assert jobs["prepare"] == {"data/shapes.safetensors"}
    assert jobs["sample"] == sampled(*ALL, dataset="shapes")
    assert not [file for files in jobs.values() for file in files if "/digits" in file]


# ------------------------------------------------------------------------------- what variants, seeds and settings do


def configure(tree: Path, text: str) -> None:
    """Say more than the rehearsal's config does."""
    shutil.copy(tree / "rehearsal.yaml", tree / "before.yaml")
    (tree / "rehearsal.yaml").write_text(f"extends: before.yaml\n{text}")


NEWCOMER = """
VARIANTS = MappingProxyType({
    **VARIANTS,
    "newcomer": Variant("Newcomer", "code", "joint", _NOISELESS, Epsilon(0.2, 0.5, 0.0), None, "this test"),
})
"""


def test_a_new_variant_runs_alone(tree: Path) -> None:
    path = tree / "ppgn_bench" / "variants.py"
    path.write_text(path.read_text() + NEWCOMER)
    assert waiting(tree) == {}, "an entry in the table that no experiment asks for"
    configure(tree, f"variants: [newcomer, {', '.join(ALL)}]")
    jobs = waiting(tree)
    assert jobs.keys() == {"sample", "measure", "manifest"} | ENDING
    assert jobs["sample"] == sampled("newcomer")
    assert jobs["measure"] == measured("newcomer")


def test_a_new_variant_of_new_networks_trains_them_alone(tree: Path) -> None:
    configure(tree, f"variants: [{', '.join(ALL)}, ppgn_x]")
    jobs = waiting(tree)
    assert jobs["train"] == trained("image_denoiser")
    assert jobs["sample"] == sampled("ppgn_x")


def test_a_new_seed_runs_alone(tree: Path) -> None:
    configure(tree, "datasets: {digits: {seeds: 3}}")
    jobs = waiting(tree)
    recipes = ("classifier", "code_denoiser", "generator", "joint")
    assert jobs["train"] == trained(*recipes, seeds=[2], dataset="digits")
    assert jobs["sample"] == sampled(*ALL, seeds=[2], dataset="digits")
    assert jobs["measure"] == measured(*ALL, dataset="digits")
    assert jobs.keys() == {"train", "sample", "measure", "manifest"} | ENDING


@pytest.mark.parametrize("setting", ["seeds: [0, 1, 7]", "budget: 0.5", "image_size: 32"])
def test_a_setting_of_one_data_set_leaves_the_other_alone(tree: Path, setting: str) -> None:
    configure(tree, f"datasets: {{shapes: {{{setting}}}}}")
    jobs = waiting(tree)
    files = [file for rule, files in jobs.items() for file in files if rule not in ENDING | {"check_controls"}]
    assert "rehearsal/manifest.json" in files
    assert [file for file in files if "shapes" in file]
    assert [file for file in files if "digits" in file] == []


def test_longer_chains_sample_again_and_train_nothing(tree: Path) -> None:
    configure(tree, "sweeps: {own: {quality: {steps: 300}}}")
    jobs = waiting(tree)
    assert jobs.keys() == {"sample", "measure", "manifest"} | ENDING
    assert jobs["sample"] == sampled(*ALL)


def test_a_new_sweep_samples_only_itself(tree: Path) -> None:
    configure(tree, "sweeps: {other: {quality: {chains_per_class: 1, steps: 10}, variants: [am]}}")
    files = {f"rehearsal/chains/{folder}/other/am/seed_{seed}.safetensors" for folder in ("digits", "shapes")
             for seed in (0, 1)}  # fmt: skip
    jobs = waiting(tree)
    assert jobs.keys() == {"sample", "measure", "manifest"} | ENDING
    assert jobs["sample"] == files


def test_fewer_metrics_measure_again_and_sample_nothing(tree: Path) -> None:
    configure(tree, "metrics: [judge_accuracy, recall]")
    assert waiting(tree).keys() == {"controls", "measure", "check_controls", "manifest"} | ENDING


def test_another_experiment_shares_networks_and_data_and_nothing_else(tree: Path) -> None:
    (tree / "other.yaml").write_text("extends: rehearsal.yaml\nname: other")
    jobs = waiting(tree, ["--configfile", "other.yaml"])
    assert {"train", "prepare"}.isdisjoint(jobs)
    assert jobs["sample"] == sampled(*ALL, name="other")
    assert {file.split("/")[0] for files in jobs.values() for file in files} == {"other"}


# ------------------------------------------------------------------------------------------------------ when it fails


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def test_truncated_weights_stop_their_variant_with_one_message_and_leave_the_rest(smoke: Path, tmp_path: Path) -> None:
    place = copied(smoke, tmp_path / "smoke")
    weights = "results/networks/digits/joint+budget=0.2/seed_0.safetensors"
    truncate(place / weights)
    before = state(place)
    done = snakemake(place, *SMOKE)
    shown = done.stdout + done.stderr
    assert done.returncode == 1
    assert f"\nerror: {weights}: truncated" in shown
    assert "Traceback" not in shown
    after = state(place)
    gone = {name for name in before if name not in after}
    place_of = "results/smoke/chains/digits/own/joint_ppgn_h"
    assert gone <= {f"{place_of}/seed_0.safetensors", f"{place_of}/seed_0.cost.csv"}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {"results/smoke/logs/sample/digits/own/joint_ppgn_h/seed_0.log"}


def test_a_killed_job_leaves_nothing_of_what_it_was_making(smoke: Path, tmp_path: Path) -> None:
    data = smoke / "results/data/digits.safetensors"
    header = store.load_header(smoke / "results/networks/digits/judge/seed_0.safetensors", "Judge")
    told = plan.as_json(header | {"iterations": 10**6, "device": "cpu"})
    output = tmp_path / "made" / "seed_0.safetensors"
    command = [sys.executable, "-m", "ppgn_bench", "train", "--settings", told, "--data", str(data)]
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
    assert not output.parent.exists() or list(output.parent.iterdir()) == []


# -------------------------------------------------------------------------------------- however many cores there are

TINY = """
name: tiny
datasets: {shapes: null, digits: {seeds: 1, budget: 0.02}}
variants: [am, joint_ppgn_h]
metrics: [judge_accuracy, frechet_distance, lagged_distance_100]
sweeps:
  own:
    quality: {chains_per_class: 5, steps: 20}
    mixing: {chains_per_class: 1, steps: 130}
"""


def test_the_numbers_do_not_depend_on_the_number_of_cores(smoke: Path, tmp_path: Path) -> None:
    made = []
    for cores in ("1", "2"):
        place = workflow_copy(tmp_path / cores)
        for name in ("results/data", "results/networks/digits/judge", ".snakemake/metadata"):
            shutil.copytree(smoke / name, place / name)
        # Only the CPU promises equal bytes; where it is the device anyway, the smoke run's judge serves here too.
        (place / "tiny.yaml").write_text(f"{TINY}device: {'cpu' if torch.cuda.is_available() else 'auto'}\n")
        done = snakemake(place, "--configfile", "tiny.yaml", "--cores", cores, "results/tiny/metrics.csv")
        assert done.returncode == 0, done.stdout + done.stderr
        kept = ("*.safetensors", "*.losses.csv", "metrics.csv", "metrics/**/*.csv")
        files = {path for pattern in kept for path in (place / "results").rglob(pattern)}
        files = {path for path in files if not path.name.endswith(".cost.csv")}
        made.append({str(path.relative_to(place)): path.read_bytes() for path in files})
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
    assert any("joint+budget=0.02" in name for name in made[0])
    rows = store.load_table(tmp_path / "2/results/tiny/metrics.csv", ["variant", "metric"])
    assert set(rows["metric"]) == {"judge_accuracy", "frechet_distance", "lagged_distance_100"}
    assert set(rows["variant"]) == {"am", "joint_ppgn_h", *CONTROLS}
