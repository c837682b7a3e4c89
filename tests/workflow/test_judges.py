"""Judges in the workflow: those of the package are read and never trained, others are trained once."""

from pathlib import Path

import pytest
import yaml
from PIL import Image

from ppgn_bench.training.recipes import JUDGES
from ppgn_bench.workflow import paths, plan
from tests.configs import load
from tests.conftest import ROOT, snakemake, workflow_copy

pytestmark = pytest.mark.usefixtures("config_folder")


def trained(experiment) -> list[tuple[str, str, int]]:
    """Data set, recipe and seed of every judge that a run trains."""
    networks = paths.trained_networks(experiment)
    return [
        (own["dataset"], own["recipe"], own["seed"]) for own in networks if own["recipe"].partition("+")[0] in JUDGES
    ]


@pytest.mark.parametrize("dataset", ["digits", "mnist", "shapes"])
def test_the_judges_of_a_data_set_that_ships_are_files_of_the_package_and_nothing_trains_them(
    dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load(f"datasets: {{digits: null, shapes: null, {dataset}: {{seeds: 3}}}}")
    assert list(paths.judges(experiment, dataset)) == ["judge", "second_judge", "third_judge"]
    files = list(paths.judges(experiment, dataset).values())
    assert files == [f"ppgn_bench/judges/{dataset}/{judge}.safetensors" for judge in JUDGES]
    assert all(Path(file).is_file() for file in files)
    assert trained(experiment) == []


def test_at_another_size_three_judges_are_trained_once_whatever_the_seeds() -> None:
    experiment = load("datasets: {digits: null, shapes: {seeds: [3, 5], image_size: 16}}")
    folder = "shapes+image_size=16"
    assert trained(experiment) == [(folder, judge, 0) for judge in JUDGES]
    files = [f"results/networks/{folder}/{judge}/seed_0.safetensors" for judge in JUDGES]
    assert list(paths.judges(experiment, folder).values()) == files


def test_a_judge_with_settings_of_its_own_is_trained_and_the_others_ship() -> None:
    experiment = load("datasets: {shapes: null, digits: {networks: {judge: {features: 16}}}}")
    assert trained(experiment) == [("digits", "judge+features=16", 0)]
    own, *others = paths.judges(experiment, "digits").values()
    assert own == "results/networks/digits/judge+features=16/seed_0.safetensors"
    assert all("judges/digits/" in file for file in others)


def test_a_budget_shortens_no_judges_training() -> None:
    experiment = load("datasets: {digits: null, shapes: {image_size: 16, budget: 0.1}}")
    assert all("budget" not in file for file in paths.judges(experiment, "shapes+image_size=16").values())


def test_judges_that_a_run_trains_are_not_among_the_networks_that_it_checks() -> None:
    experiment = load("datasets: {digits: null, shapes: {image_size: 16}}")
    assert len(trained(experiment)) == len(JUDGES)
    logs = paths.checked_logs(experiment)
    assert logs["networks"]
    assert [file for files in logs.values() for file in files if "judge" in file] == []


def test_the_job_that_measures_names_the_class_of_every_judge_in_the_order_of_the_files() -> None:
    job = plan.measuring(load("datasets: {shapes: null}"), "digits")
    assert [judge.short for judge in job.judges] == ["Judge", "ResidualJudge", "MixingJudge"]


def test_the_judge_of_factors_ships_where_there_are_factors_and_is_made_with_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    experiment = load("datasets: {digits: null, shapes: {seeds: 1}, mnist: {seeds: 1, image_size: 16}}")
    file = "ppgn_bench/judges/shapes/factor_judge.safetensors"
    assert paths.factor_judge(experiment, "shapes") == {"factor_judge": file}
    assert Path(file).is_file()
    own = "results/networks/mnist+image_size=16/factor_judge/seed_0.safetensors"
    assert paths.factor_judge(experiment, "mnist+image_size=16") == {"factor_judge": own}
    made = paths.trained_judges(experiment)
    assert len(made) == 2 * (len(JUDGES) + 1)
    assert own in made


def test_a_data_set_without_factors_has_no_judge_of_them(tmp_path: Path) -> None:
    for place in ("cats", "dogs"):
        (tmp_path / "pets" / place).mkdir(parents=True)
        for number in range(150):
            Image.new("RGB", (8, 8), (number, 0, len(place))).save(tmp_path / "pets" / place / f"{number}.png")
    experiment = load(f"datasets: {{digits: null, shapes: null, pets: {{kind: folder, root: {tmp_path / 'pets'}}}}}")
    assert paths.factor_judge(experiment, "pets") == {}
    assert len(paths.trained_judges(experiment)) == len(JUDGES)


CONFIG = {
    "name": "mine",
    "datasets": {"mnist": None, "shapes": None, "digits": {"seeds": 1}},
    "variants": ["am"],
    "sweeps": {"own": {"quality": {"chains_per_target": 1, "steps": 10}, "mixing": None}, "matched": None},
    "worlds": None,
}


def test_a_run_has_no_job_that_trains_a_shipped_judge_and_one_for_each_other(tmp_path: Path) -> None:
    place = workflow_copy(tmp_path / "place")
    sizes = {"digits": {"seeds": 1}, "shapes": {"seeds": 2, "image_size": 16}}
    (place / "mine.yaml").write_text(yaml.safe_dump(CONFIG | {"datasets": CONFIG["datasets"] | sizes}))
    done = snakemake(place, "--dry-run", "--configfile", "mine.yaml")
    assert done.returncode == 0, done.stderr
    jobs = [line.partition("train ")[2] for line in done.stdout.splitlines() if "train " in line and "judge" in line]
    assert sorted(jobs) == sorted(f"shapes+image_size=16 {judge} seed 0" for judge in JUDGES)


def test_other_images_than_those_of_a_shipped_judge_stop_the_run_where_they_are_prepared(tmp_path: Path) -> None:
    place = workflow_copy(tmp_path / "place")
    (place / "mine.yaml").write_text(yaml.safe_dump(CONFIG))
    module = place / "ppgn_bench/data/digits.py"
    text = module.read_text()
    assert text.count("255 * enlarged") == 1
    module.write_text(text.replace("255 * enlarged", "254 * enlarged"))
    done = snakemake(place, "results/mine/metrics/digits/controls.csv", "--configfile", "mine.yaml")
    shown = done.stdout + done.stderr
    assert done.returncode == 1
    assert "\nerror: digits: its images have the digest " in shown
    assert "make judges" in shown
    assert not (place / "results/data/digits.safetensors").exists()
    assert "Traceback" not in shown
