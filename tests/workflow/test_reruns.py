"""Which jobs an edit, a setting, a variant or a seed runs again, and which it leaves alone.

Asked of a finished rehearsal, a run whose jobs only make their files: two data sets, two seeds, a few seconds.
"""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import snakemake
from tests.workflow.rehearsal import ENDING, LAST, REHEARSAL, Jobs, edit, measured, sampled, trained, waiting

UPDATE = "ppgn_bench/sampling/update.py"
ALL = ("am", "ppgn_h", "joint_ppgn_h", "noiseless_joint_ppgn_h")

# ------------------------------------------------------------------------------------------------ what an edit reruns


def test_a_finished_rehearsal_has_nothing_to_do(rehearsed: Path) -> None:
    assert waiting(rehearsed) == {}


def test_comments_and_docstrings_rerun_nothing(tree: Path) -> None:
    stages = [f"{folder}/stage" for folder in ("training", "sampling", "metrics", "worlds")]
    for module in (*stages, "networks/generator", "data/digits", "report/figures/plots"):
        path = tree / "ppgn_bench" / f"{module}.py"
        path.write_text(f"# A comment.\n{path.read_text()}\n# Another.\n")
    edit(tree, UPDATE, '"""One step of the chain', '"""A step of the chain')
    edit(tree, UPDATE, "for name, term in terms.items():", "for name, term in terms.items():  # each")
    assert waiting(tree) == {}


JOINT = ("joint_ppgn_h", "noiseless_joint_ppgn_h")
RECIPES = ("classifier", "code_denoiser", "generator", "joint")
CHAINS = {"sample", "measure"}
NETWORKS = CHAINS | {"train", "check_networks"}
METRICS = {"measure", "controls", "check_controls"}
EDITS = {
    "a step of the sampler": (
        (UPDATE, "return state if noise is None", "return 2 * state if noise is None"),
        (CHAINS, {"sample": sampled(*ALL), "measure": measured(*ALL)}),
    ),
    "a prior": (
        (
            "ppgn_bench/sampling/priors.py",
            "code_of(encoder(view.image)) - view.state",
            "view.state - code_of(encoder(view.image))",
        ),
        (CHAINS, {"sample": sampled(*JOINT), "measure": measured(*JOINT)}),
    ),
    "the widths that a generator has by default": (
        ("ppgn_bench/networks/options.py", "doubling(32, number)", "doubling(16, number)"),
        (NETWORKS, {"train": trained("generator", "joint"), "sample": sampled("ppgn_h", *JOINT)}),
    ),
    "how often several architectures halve an image": (
        ("ppgn_bench/networks/options.py", "while side >= SMALLEST_SIDE", "while side > SMALLEST_SIDE"),
        (NETWORKS, {"train": trained(*RECIPES), "sample": sampled(*ALL)}),
    ),
    "a recipe": (
        ("ppgn_bench/training/recipes.py", '{**_NOISELESS_LOSSES, "code": 1.0}', '{**_NOISELESS_LOSSES, "code": 2.0}'),
        (NETWORKS, {"train": trained("joint"), "sample": sampled("joint_ppgn_h")}),
    ),
    "the training loop": (
        ("ppgn_bench/training/loop.py", "EMA_DECAY = 0.995", "EMA_DECAY = 0.99"),
        (NETWORKS, {"train": trained(*RECIPES)}),
    ),
    "a metric": (
        ("ppgn_bench/metrics/diversity.py", "COVERAGE_NEIGHBOURS = 5", "COVERAGE_NEIGHBOURS = 6"),
        (METRICS, {"measure": measured(*ALL)}),
    ),
}


@pytest.mark.parametrize(("change", "expected"), EDITS.values(), ids=EDITS)
def test_an_edit_runs_again_what_depends_on_it_and_nothing_else(tree: Path, change, expected) -> None:
    edit(tree, *change)
    assert_runs(waiting(tree), *expected)


def assert_runs(jobs: Jobs, rules: set[str], files: Jobs) -> None:
    """Check which rules would run, before those that end a run, and of some rules which files."""
    assert jobs.keys() == rules | ENDING
    assert {rule: jobs[rule] for rule in files} == files


def test_an_edit_of_the_fingerprint_itself_that_gives_the_same_ones_trains_nothing_again(tree: Path) -> None:
    edit(tree, "ppgn_bench/workflow/fingerprint.py", ": no such module; {hint", ": no module; {hint")
    assert waiting(tree).keys().isdisjoint({"prepare", "train", "sample", "measure"})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("report/figures/plots.py", "\nCHANGED = 1\n"),
        ("report/page/charts.py", "\nCHANGED = 1\n"),
        ("report/page/templates/index.html.j2", "<p>changed</p>"),
    ],
)
def test_an_edit_of_the_report_draws_the_report_again(tree: Path, file: str, text: str) -> None:
    path = tree / "ppgn_bench" / file
    path.write_text(path.read_text() + text)
    assert waiting(tree).keys() == LAST


def test_an_edit_of_one_data_set_leaves_the_other_alone(tree: Path) -> None:
    edit(tree, "ppgn_bench/data/shapes.py", "def shapes(image_size: int)", "def shapes(image_size: int = 24)")
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
_NETWORKS = {"encoder": "classifier", **_NOISELESS}
VARIANTS = MappingProxyType({
    **VARIANTS,
    "newcomer": Variant("N", "code", Name("sampling.priors:joint"), _NETWORKS, epsilons(condition=1.0), None, "test"),
})
"""


def test_a_new_variant_runs_alone(tree: Path) -> None:
    path = tree / "ppgn_bench" / "sampling" / "variants.py"
    path.write_text(path.read_text() + NEWCOMER)
    redrawn = waiting(tree).keys()  # a report names the samplers of claims that were not run by their titles
    assert redrawn == {"manifest"} | LAST, "an entry in the table that no experiment asks for"
    configure(tree, f"variants: [newcomer, {', '.join(ALL)}]")
    assert_runs(waiting(tree), CHAINS, {"sample": sampled("newcomer"), "measure": measured("newcomer")})


SETTINGS = {
    "a variant of another network": (
        f"variants: [{', '.join(ALL)}, ppgn_x]",
        (NETWORKS, {"train": trained("image_denoiser"), "sample": sampled("ppgn_x"), "measure": measured("ppgn_x")}),
    ),
    "a seed that shares a job with those that are there": (  # which are made again, the same bytes
        "datasets: {digits: {seeds: 3}}",
        (
            NETWORKS,
            {
                "train": trained(*RECIPES, seeds=[0, 1, 2], dataset="digits"),
                "sample": sampled(*ALL, seeds=[0, 1, 2], dataset="digits"),
                "measure": measured(*ALL, dataset="digits"),
            },
        ),
    ),
    "a seed that has a job of its own": (
        "datasets: {digits: {seeds: 3}}\nbatch_seeds: 2",
        (
            NETWORKS,
            {
                "train": trained(*RECIPES, seeds=[2], dataset="digits"),
                "sample": sampled(*ALL, seeds=[2], dataset="digits"),
                "measure": measured(*ALL, dataset="digits"),
            },
        ),
    ),
    "a seed less": ("datasets: {digits: {seeds: 1}}", ({"measure", "check_networks"}, {})),
    "longer chains": ("sweeps: {own: {quality: {steps: 300}}}", (CHAINS, {"sample": sampled(*ALL)})),
    "a sweep": (  # and controls of its size: it has fewer samples than the real half
        "sweeps: {other: {quality: {chains_per_target: 1, steps: 10}, variants: [am]}}",
        (CHAINS | METRICS, {"sample": {file.replace("/own/", "/other/") for file in sampled("am")}}),
    ),
    "fewer metrics": ("metrics: [judge_accuracy, recall]", (METRICS, {})),
}


@pytest.mark.parametrize(("text", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_runs_what_it_adds_or_changes_and_nothing_else(tree: Path, text: str, expected) -> None:
    configure(tree, text)
    rules, files = expected
    assert_runs(waiting(tree), rules, files)


def test_how_a_training_is_kept_and_started_runs_nothing_again_and_reaches_the_command(tree: Path) -> None:
    configure(tree, "checkpoint_minutes: 2.5\nprocesses: 2")
    assert waiting(tree) == {}
    shown = snakemake(tree, *REHEARSAL, "-n", "-p", "-F", "results/networks/digits/joint/seed_0.safetensors").stdout
    assert "--checkpoint-minutes 2.5 2>" in shown
    assert "torch.distributed.run --standalone --nproc-per-node 2 -m ppgn_bench train --job" in shown


def test_how_many_seeds_share_a_job_runs_nothing_again(tree: Path) -> None:
    configure(tree, "batch_seeds: 1")
    assert waiting(tree) == {}
    shown = snakemake(tree, *REHEARSAL, "-n", "-F", "--quiet", "host").stdout
    counted = {rule: int(number) for rule, number in re.findall(r"^(\w+) +(\d+)$", shown, re.M)}
    assert counted["train"] == counted["train_1"] == counted["sample"] == counted["sample_1"] == 8


@pytest.mark.parametrize("setting", ["seeds: [0, 1, 7]", "budget: 0.5", "image_size: 24"])
def test_a_setting_of_one_data_set_leaves_the_other_alone(tree: Path, setting: str) -> None:
    configure(tree, f"datasets: {{shapes: {{{setting}}}}}")
    jobs = waiting(tree)
    files = [
        file
        for rule, files in jobs.items()
        for file in files
        if rule not in ENDING | {"check_controls", "check_networks"}
    ]
    assert [file for file in files if "shapes" in file]
    assert [file for file in files if "digits" in file] == []


def test_another_experiment_shares_networks_and_data_and_nothing_else(tree: Path) -> None:
    (tree / "other.yaml").write_text("extends: rehearsal.yaml\nname: other\ndatasets: {digits: {seeds: 1}}")
    jobs = waiting(tree, ["--configfile", "other.yaml"])
    assert {"train", "prepare"}.isdisjoint(jobs)
    own = sampled(*ALL, name="other", dataset="digits", seeds=[0])
    assert jobs["sample"] == own | sampled(*ALL, name="other", dataset="shapes")
    assert {file.split("/")[0] for files in jobs.values() for file in files} == {"other"}
