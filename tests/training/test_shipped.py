"""The judges that the package ships: complete, of its own data, and as good as they say."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.data.source import opened
from ppgn_bench.data.stage import prepare
from ppgn_bench.data.table import DATASETS as TABLE
from ppgn_bench.jobs import Training
from ppgn_bench.lookup import Name
from ppgn_bench.metrics import controls
from ppgn_bench.metrics.control_stage import measure_controls
from ppgn_bench.metrics.inputs import read_real
from ppgn_bench.networks import load
from ppgn_bench.storage import files
from ppgn_bench.training import factors as of_factors
from ppgn_bench.training.batches import Passes
from ppgn_bench.training.held_out import judge as accuracies
from ppgn_bench.training.objectives import Noise
from ppgn_bench.training.recipes import FACTOR_JUDGE, JUDGES
from ppgn_bench.workflow import paths, plan
from tests.configs import measuring
from tests.conftest import ROOT, Command

CPU = torch.device("cpu")
DATASETS = ("digits", "mnist", "shapes", "fashion")
# What a judge must tell at least of held-out images, so that an untrained or half-trained one is noticed.
WITH_FACTORS = tuple(name for name in DATASETS if TABLE[name].factors)
LEAST = {"digits": 0.95, "mnist": 0.95, "shapes": 0.97, "fashion": 0.86}


def the_file(dataset: str, judge: str) -> Path:
    return paths.SHIPPED / dataset / f"{judge}.safetensors"


def test_every_data_set_of_the_config_that_makes_them_has_all_its_judges_and_there_are_no_others() -> None:
    named = read(ROOT / "config" / "judges.yaml")["datasets"]
    assert set(named) == set(DATASETS)
    found = {path.relative_to(paths.SHIPPED).as_posix() for path in paths.SHIPPED.rglob("*") if path.is_file()}
    files = {f"{dataset}/{judge}.safetensors" for dataset in DATASETS for judge in JUDGES}
    assert found == files | {f"{dataset}/{FACTOR_JUDGE}.safetensors" for dataset in WITH_FACTORS}


def test_a_wheel_has_them_and_they_stay_small() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["ppgn_bench"]
    kept = {path for pattern in patterns for path in (ROOT / "ppgn_bench").glob(pattern)}
    for path in paths.SHIPPED.rglob("*.safetensors"):
        assert path in kept
        assert path.stat().st_size < 256 * 1024


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a data set's splits, as a run prepares them; made once."""
    return cache(partial(prepared_in, tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module", params=DATASETS)
def data(request: pytest.FixtureRequest, prepared: Callable[[str], Path]) -> Path:
    return prepared(request.param)


def prepared_in(folder: Path, dataset: str) -> Path:
    if dataset == "fashion" and not Path("/usr/share/datasets/fashion-mnist").is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    job = plan.preparation(experiment_of(dataset), dataset)
    path = folder / f"{dataset}.safetensors"
    arrays, found = prepare(job)
    files.save_arrays(path, arrays, {"kind": "data", **job.model_dump(mode="json"), **found})
    return path


def experiment_of(dataset: str) -> Experiment:
    """An experiment of one data set."""
    chosen = {"mnist": None, "shapes": None} | {dataset: {"seeds": 1}}
    return load_experiment({"name": "one", "device": "cpu", "datasets": chosen}, ROOT / "config" / "config.yaml")


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_is_of_these_images_and_tells_as_many_held_out_ones_as_it_says(data: Path, judge: str) -> None:
    file, kind = the_file(data.stem, judge), Name(plan.network_class(judge))
    header = files.load_header(file, kind.short)
    assert header["digest"] == files.load_header(data, "data")["digest"]
    assert (header["dataset"], header["recipe"], header["seed"]) == (data.stem, judge, 0)
    assert header["processor"]["processor"]
    assert {"torch", "numpy"} <= header["versions"].keys()
    held_out = Passes(opened(data, "held_out"), {}, CPU)
    with torch.no_grad():
        terms = accuracies(load.load(file, kind), held_out, held_out, Noise({}, torch.Generator()))
    told = {name: float(value) for name, value in terms.items()}
    for name, value in told.items():
        assert value == pytest.approx(header["measured"][name], abs=0.01)
    assert told["accuracy"] >= LEAST[data.stem]
    assert told.get("mode_accuracy", 1) >= 0.97


@pytest.mark.parametrize("judge", [*JUDGES, FACTOR_JUDGE])
def test_a_judge_was_trained_as_its_recipe_says_now(data: Path, judge: str) -> None:
    if judge == FACTOR_JUDGE and data.stem not in WITH_FACTORS:
        pytest.skip("a data set without factors has no judge of them")
    job = plan.training(experiment_of(data.stem), data.stem, judge, 0)
    header = files.load_header(the_file(data.stem, judge), Name(plan.network_class(judge)).short)
    said = {name: header[name] for name in Training.model_fields if name in header}  # parts and precisions came later
    assert Training.model_validate(said).as_json() == job.as_json()


# What the judge of factors must tell at least of real images that trained no network, of each factor.
LEAST_OF_FACTORS = {
    "digits": {"loop": 0.95, "thickness": 0.9},
    "mnist": {"loop": 0.94, "slant": 0.97, "thickness": 0.97},
    "shapes": {"background": 0.999, "hue": 0.999, "size": 0.97},
}


@pytest.mark.parametrize("dataset", WITH_FACTORS)
def test_the_judge_of_factors_tells_those_of_real_images_and_has_no_answer_to_noise(
    dataset: str, prepared: Callable[[str], Path]
) -> None:
    data, file = prepared(dataset), the_file(dataset, FACTOR_JUDGE)
    kind = Name(plan.network_class(FACTOR_JUDGE))
    header, judge, quiet = files.load_header(file, kind.short), load.load(file, kind), Noise({}, torch.Generator())
    assert header["digest"] == files.load_header(data, "data")["digest"]
    parts = {split: Passes(opened(data, split), {}, CPU) for split in ("held_out", "train")}
    with torch.no_grad():
        told = {split: of_factors.told(judge, part, part, quiet) for split, part in parts.items()}
        noise = of_factors.told_of_noise(judge, parts["train"], parts["train"], quiet)["noise_answered"]
    for name, value in told["held_out"].items():
        assert float(value) == pytest.approx(header["measured"][name], abs=0.01)
    for name, least in LEAST_OF_FACTORS[dataset].items():
        assert float(told["train"][f"accuracy.{name}"]) >= least  # of this judge's training the split is no part
    assert float(noise) < 0.01


def test_judges_are_shipped_all_or_none(tmp_path: Path, ppgn: Command, prepared: Callable[[str], Path]) -> None:
    """The second is of other images than those of its data file: the first must not be there either."""
    swapped = shutil.copy(prepared("digits"), tmp_path / "mnist.safetensors")
    data = ["--data", prepared("digits"), "--data", swapped]
    weights = [tmp_path / dataset / "judge" / "seed_0.safetensors" for dataset in ("digits", "mnist")]
    for path in weights:
        path.parent.mkdir(parents=True)
        shutil.copy(the_file(path.parts[-3], "judge"), path)
    refused = ppgn("ship", *weights, *data, "--output", tmp_path / "judges")
    assert refused.status == 1
    assert str(weights[1]) in refused.err
    assert not (tmp_path / "judges").exists()
    assert ppgn("ship", weights[0], *data, "--output", tmp_path / "judges").status == 0
    assert [path.name for path in (tmp_path / "judges").rglob("*.safetensors")] == ["judge.safetensors"]


SLOW = pytest.mark.instruments  # a minute each; `make judges` runs them
DECIDING = ("frechet_distance", "coverage")  # what most claims rest on; docs/metrics-table.md has all metrics


@pytest.mark.parametrize("dataset", ["digits", *(pytest.param(own, marks=SLOW) for own in DATASETS[1:])])
def test_the_first_judge_lets_the_metrics_that_decide_put_all_controls_in_order(
    dataset: str, prepared: Callable[[str], Path]
) -> None:
    job, data = measuring(DECIDING), prepared(dataset)
    real = read_real(data, the_file(dataset, JUDGES[0]), job.judges[0])
    rows, _ = measure_controls(job, [real])
    checks = controls.check(rows)
    assert set(checks["metric"]) == set(DECIDING)
    assert controls.not_admitted(checks) == {}


# What a processor without AVX would compute with, as far as torch and oneDNN obey.
OLD = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}
FEATURES = """
import sys
import numpy as np, torch
from ppgn_bench.lookup import Name
from ppgn_bench.networks import load
torch.set_num_threads(1)
images = torch.rand(64, 1, 16, 16, generator=torch.Generator().manual_seed(0))
with torch.no_grad():
    judges = [load.load(file, Name(kind)) for file, kind in zip(sys.argv[2::2], sys.argv[3::2])]
    np.savez(sys.argv[1], *[judge(images).features.numpy() for judge in judges])
print(torch.backends.cpu.get_cpu_capability())
"""


def test_judges_say_the_same_to_rounding_on_a_processor_with_fewer_instructions(tmp_path: Path) -> None:
    """Of noise at the size of digits: its other data sets have other widths and the same layers."""
    words = [word for judge in JUDGES for word in (str(the_file("digits", judge)), plan.network_class(judge))]
    features, told = [], {}
    for name, limits in {"here": {}, "there": OLD}.items():
        place = tmp_path / f"{name}.npz"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **limits}
        command = [sys.executable, "-c", FEATURES, str(place), *words]
        told[name] = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()
        features.append(np.load(place).values())
    assert told["there"] == "DEFAULT", "torch did not obey"
    if told["here"] == "DEFAULT":
        pytest.skip("this processor has no more instructions than the other")
    for judge, here, there in zip(JUDGES, *features, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-5 * np.abs(here).max(), err_msg=judge)
