"""Conditions in the workflow: a sampler of some data sets is sampled there alone, and who asks for the judge of factors
gets it.
"""

import re

import pytest
import yaml

from ppgn_bench.workflow import paths, plan
from tests.configs import load
from tests.conftest import snakemake, workflow_copy

OF_JOINT = {"of": "joint_ppgn_h"}
CONFIG = {
    "name": "few",
    "datasets": {"mnist": None, "digits": {"seeds": 1}, "shapes": {"seeds": 1}},
    "variants": ["joint_ppgn_h"],
    "ablations": {
        "hues": {**OF_JOINT, "datasets": ["shapes"], "update": {"condition": "own_values"}},
        "captions": {**OF_JOINT, "datasets": ["shapes"], "update": {"condition": "caption"}},
        "holes": {**OF_JOINT, "datasets": ["digits"], "update": {"condition": "inpainting"}},
        "units": {**OF_JOINT, "update": {"condition": "hidden_unit"}},
    },
    "sweeps": {"matched": None, "released": None, "own": {"mixing": None}},
    "worlds": None,
}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every command that a dry run of the config shows."""
    place = workflow_copy(tmp_path_factory.mktemp("workflow") / "tree")
    (place / "few.yaml").write_text(yaml.safe_dump(CONFIG))
    done = snakemake(place, "-n", "--printshellcmds", "--configfile", "few.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return re.findall(r"python -m ppgn_bench .*", done.stdout + done.stderr)


def of(commands: list[str], command: str, pattern: str) -> dict[str, str]:
    """What the pattern finds in each command of a kind -> the command."""
    own = [words for words in commands if words.startswith(f"python -m ppgn_bench {command} ")]
    return {found[1]: words for words in own if (found := re.search(pattern, words))}


def test_a_sampler_of_some_data_sets_is_sampled_and_measured_there_alone(commands: list[str]) -> None:
    everywhere = {f"{dataset}/own/{name}" for dataset in ("digits", "shapes") for name in ("joint_ppgn_h", "units")}
    expected = everywhere | {"shapes/own/hues", "shapes/own/captions", "digits/own/holes"}
    assert of(commands, "sample", r"--output results/few/chains/(\w+/\w+/\w+)/").keys() == expected
    assert of(commands, "measure", r"--output results/few/metrics/(\w+/\w+/\w+)\.csv").keys() == expected


def test_what_steers_is_trained_where_it_steers_and_nothing_else_is_trained_for_it(commands: list[str]) -> None:
    trained = of(commands, "train", r"--output results/networks/(\w+/\w+)/").keys()
    everywhere = {f"{dataset}/{recipe}" for dataset in ("digits", "shapes") for recipe in ("classifier", "joint")}
    assert trained == everywhere | {"shapes/factors", "shapes/captioner"}


def test_every_sampling_has_its_networks_and_the_data(commands: list[str]) -> None:
    sampled = of(commands, "sample", r"--output results/few/chains/(\w+/\w+/\w+)/")
    for name, words in sampled.items():
        assert f"--data results/data/{name.split('/')[0]}.safetensors" in words
    roles = {name: set(re.findall(r"--network (\w+)=", words)) for name, words in sampled.items()}
    assert roles["shapes/own/hues"] == {"generator", "encoder", "factors"}
    assert roles["shapes/own/captions"] == {"generator", "encoder", "captioner"}
    assert roles["digits/own/holes"] == roles["digits/own/units"] == {"generator", "encoder", "condition"}


def test_the_judge_of_factors_measures_what_is_asked_beside_classes_and_the_controls_beside_it(
    commands: list[str],
) -> None:
    measured = of(commands, "measure", r"--output results/few/metrics/(\w+/\w+/\w+)\.csv")
    measured |= of(commands, "controls", r"--output results/few/metrics/(\w+/controls)\.csv")
    told = {name for name, words in measured.items() if "--factor-judge " in words}
    assert told == {"shapes/own/hues", "shapes/own/captions", "shapes/controls"}
    for name in told:
        assert "--factor-judge ppgn_bench/judges/shapes/factor_judge.safetensors" in measured[name]
        assert '"factor_judge": null' not in measured[name]
    for name in measured.keys() - told:
        assert "factor_judge" not in measured[name].replace('"factor_judge": null', "")
    assert all(words.count("--judge ") == 3 for words in measured.values())


@pytest.mark.usefixtures("config_folder")
def test_jobs_and_files_agree_on_who_asks_the_judge_of_factors() -> None:
    text = "ablations: {x: {of: dgn_am, datasets: [shapes], update: {condition: {own_class: 1, own_values: 1}}, "
    experiment = load(text + "targets: [[ring, red], [disc, blue]]}}")
    for folder, variant, asks in (("shapes", "x", True), ("shapes", "am", False), ("digits", "am", False)):
        assert (plan.measuring(experiment, folder, "own", variant).factor_judge is not None) == asks
        assert ("factor_judge" in paths.judges_asked(experiment, folder, variant)) == asks
        assert paths.asks_factors(experiment, folder, variant) == asks
    assert "factor_judge" in paths.judges_asked(experiment, "shapes")  # the controls
    assert "factor_judge" not in paths.judges_asked(experiment, "digits")
    assert plan.measuring_controls(experiment, "shapes").factor_judge is not None
    assert plan.measuring_controls(experiment, "digits").factor_judge is None


@pytest.mark.usefixtures("config_folder")
def test_a_judge_of_factors_that_does_not_ship_is_trained_once() -> None:
    experiment = load("datasets: {digits: null, shapes: {image_size: 16}}\nablations: {x: {of: dgn_am, "
                      "update: {condition: own_values}}}")  # fmt: skip
    file = paths.judges_asked(experiment, "shapes+image_size=16", "x")["factor_judge"]
    assert file == "results/networks/shapes+image_size=16/factor_judge/seed_0.safetensors"
    rows = [row for row in paths.trained_networks(experiment) if row["recipe"] == "factor_judge"]
    assert [row["weights"] for row in rows] == [file]


@pytest.mark.usefixtures("config_folder")
def test_a_sweep_without_a_sampler_on_a_data_set_has_no_part_there() -> None:
    text = "ablations: {x: {of: dgn_am, datasets: [shapes], update: {condition: own_values}}}\n"
    experiment = load(text + "sweeps: {alone: {variants: [x], quality: {chains_per_target: 2, steps: 10}}}")
    assert experiment.sweep_variants("alone", "digits") == ()
    assert not [table for table in paths.metric_tables(experiment) if "/digits/alone/" in table]
    assert [table for table in paths.metric_tables(experiment) if "/shapes/alone/" in table]
    sizes = {folder: plan.measuring_controls(experiment, folder).sizes for folder in ("digits", "shapes")}
    assert "alone" not in sizes["digits"]
    assert sizes["shapes"]["alone"] == 2 * len(experiment.targets("shapes", "x"))
