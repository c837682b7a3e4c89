"""Data sets that a config places: where their files lie, what a folder of one's own holds, and what is refused."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.data import places
from ppgn_bench.data.table import DATASETS
from ppgn_bench.jobs import Preparation
from ppgn_bench.workflow import paths, plan
from tests.configs import load, problem
from tests.conftest import ROOT, Command, snakemake, workflow_copy
from tests.data.formats import write_idx, write_imagenette

pytestmark = pytest.mark.usefixtures("config_folder")

FILES = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte"


def placed(name: str, **settings: object) -> str:
    """A config with one data set."""
    return yaml.safe_dump({"datasets": {"digits": None, "shapes": None, name: settings}})


def draw(folder: Path, **classes: int) -> Path:
    """So many images of each class, no two alike."""
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def flowers(config_folder: Path) -> Path:
    return draw(config_folder / "flowers", tulip=150, daisy=165)


def preparation(text: str, folder: str) -> Preparation:
    return plan.preparation(load(text), folder)


# ---------------------------------------------------------------------------------------------------- a folder of one's


def test_a_folder_needs_its_root_alone_and_is_counted(flowers: Path) -> None:
    experiment = load(placed("flowers", kind="folder", root="flowers"))
    dataset = experiment.dataset("flowers")
    assert dataset.class_names == ("daisy", "tulip")
    assert dataset.split_sizes == {"train": 159, "held_out": 31, "judge": 63, "reference": 31, "control": 31}
    assert (dataset.channels, experiment.image_size("flowers"), dataset.num_modes) == (3, 64, 0)
    assert paths.folders(experiment) == {"flowers": "flowers"}
    assert [target.name for target in experiment.targets("flowers", "am")] == ["daisy", "tulip"]
    assert plan.training(experiment, "flowers", "joint", 0).sizes.num_classes == 2
    assert plan.measuring_controls(experiment, "flowers").sizes == {"own": 6}  # 2 classes x 3 chains
    job = plan.preparation(experiment, "flowers")
    assert job.arguments == {"root": "flowers", "channels": 3}
    assert not job.may_share


def test_what_a_config_says_of_a_folder_counts(flowers: Path) -> None:
    experiment = load(placed("flowers", kind="folder", root=str(flowers), channels=1, image_size=32))
    assert experiment.state_shape("flowers", "am") == (1, 32, 32)
    assert list(paths.folders(experiment)) == ["flowers+image_size=32"]
    assert plan.preparation(experiment, "flowers+image_size=32").arguments == {"root": str(flowers), "channels": 1}


def test_a_folder_may_lie_in_the_users_own(flowers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(flowers.parent))
    assert load(placed("flowers", kind="folder", root="~/flowers")).dataset("flowers").num_classes == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "folder"}, ".root: is missing: the folder of your images, with one folder a class"),
        ({"kind": "foldr", "root": "flowers"}, ".kind: must be 'folder', got 'foldr'"),
        ({"root": "flowers"}, ": unknown data set 'flowers' (a folder of yours is kind: folder); known: digits, "),
        ({"kind": "folder", "root": "nowhere"}, ".root: nowhere: is missing"),
        ({"kind": "folder", "root": "config/config.yaml"}, ".root: config/config.yaml: is not a folder"),
        ({"kind": "folder", "root": "flowers/daisy"}, ".root: flowers/daisy: has no folders in it; there must be"),
        ({"kind": "folder", "root": "one"}, ".root: one: has one folder, rose; there must be at least two classes"),
        ({"kind": "folder", "root": "few"}, ".root: few/rose: has 149 images, and each class needs at least 150"),
        ({"kind": "folder", "root": "~nouser/x"}, ".root: ~nouser/x: there is no user of this name"),
        ({"kind": "folder", "root": "flowers", "download": True}, ".download: a folder of yours is not downloaded"),
        ({"kind": "folder", "root": "flowers", "channels": 2}, ".channels: must be 1 (grey), 3 (colour) or 4"),
        ({"kind": "folder", "root": "flowers", "image_size": 4}, ".image_size: must be at least 8, got 4"),
        ({"kind": "folder", "root": "flowers", "image_size": 1024}, ".image_size: must be at most 512, got 1024"),
        ({"kind": "folder", "root": 5}, ".root: must be text, got 5"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_the_key(flowers: Path, settings, message) -> None:
    draw(Path("one"), rose=12)
    draw(Path("few"), aster=150, rose=149)
    said = problem(placed("flowers", **settings))
    assert message in said
    assert said.startswith("datasets.flowers")
    assert "\n" not in said


def test_a_folder_that_cannot_be_read_is_named(flowers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    with monkeypatch.context() as patched:
        patched.setattr("ppgn_bench.data.folder.os.scandir", locked)
        said = problem(placed("flowers", kind="folder", root="flowers"))
    assert said == "datasets.flowers.root: flowers: cannot be read (Permission denied)"
    (flowers / "daisy" / "gone.png").symlink_to("nowhere.png")
    said = problem(placed("flowers", kind="folder", root="flowers"))
    assert said.startswith("datasets.flowers.root: flowers/daisy/gone.png: cannot be read (No such file")


def test_a_name_of_the_table_or_with_a_plus_is_no_name_for_a_folder(flowers: Path) -> None:
    assert problem(placed("fashion", kind="folder", root="flowers")).startswith("datasets.fashion.kind: fashion is a")
    assert problem(placed("a+b", kind="folder", root="flowers")).startswith("datasets.a+b: has a +, which")
    assert problem(placed("../x", kind="folder", root="flowers")).startswith("datasets.../x: '../x' is unsafe")


# ------------------------------------------------------------------------------------------------ files that are placed


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a package of the system have Fashion-MNIST's files in some folder, whatever this machine has."""
    entry = DATASETS["fashion"]

    def say(folder: str) -> None:
        other = replace(entry, place=replace(places.FASHION, packaged=folder))
        monkeypatch.setattr("ppgn_bench.config.datasets.DATASETS", {**DATASETS, "fashion": other})

    return say


@pytest.fixture
def unpackaged(packaged: Callable[[str], None]) -> None:
    packaged("nowhere")


@pytest.mark.usefixtures("unpackaged")
@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("fashion", {}, f"put {FILES} (each may be .gz) in datasets/FashionMNIST/raw; they are in the"),
        ("mnist_full", {"root": "../m"}, f"put {FILES} (each may be .gz) in ../m/MNIST/raw, or in the root itself;"),
        ("cifar10", {}, "put data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5, test_batch, batch"),
        ("imagenette", {}, "put train/, val/ in datasets/imagenette2-160; they are in imag"),
        ("fashion", {"root": "config/config.yaml"}, "config/config.yaml is not a folder"),
        ("fashion", {"root": "some"}, f"put {FILES}"),
        ("fashion", {"root": "~nouser/x"}, "~nouser/x: there is no user of this name"),
        ("fashion", {"root": "part", "download": True}, "part/FashionMNIST is there, but not whole; complete it"),
    ],
)
def test_missing_files_are_one_message_that_says_what_to_put_where(name: str, settings, words: str) -> None:
    write_idx(Path("some"))
    Path("some/t10k-labels-idx1-ubyte.gz").unlink()
    Path("part/FashionMNIST/raw").mkdir(parents=True)
    said = problem(placed(name, **settings))
    assert said.startswith(f"datasets.{name}.root: {words}")
    assert "\n" not in said


@pytest.mark.usefixtures("unpackaged")
def test_what_is_to_be_downloaded_need_not_be_there() -> None:
    job = preparation(placed("cifar10", download=True, root="later"), "cifar10")
    assert (job.arguments, job.listing) == ({"root": "later", "download": True}, "")


@pytest.mark.usefixtures("unpackaged")
def test_files_in_the_folder_datasets_need_no_key() -> None:
    write_idx(Path("datasets/FashionMNIST/raw"))
    write_imagenette(Path("datasets/imagenette2-160"))
    for name in ("fashion", "imagenette"):
        assert preparation(placed(name), name).arguments == {"root": "datasets", "download": False}


@pytest.mark.usefixtures("unpackaged")
def test_files_that_lie_in_the_folder_of_all_sets_itself_are_no_sets(ppgn: Command) -> None:
    """MNIST and Fashion-MNIST have files of the same names."""
    write_idx(Path("datasets"))
    for name in ("fashion", "mnist_full"):
        assert problem(placed(name)).startswith(f"datasets.{name}.root: put train-images-idx3-ubyte, ")
    assert "files    in datasets" not in ppgn("datasets").out
    assert preparation(placed("mnist_full", root=str(Path("datasets").resolve())), "mnist_full").listing


def test_the_folder_of_the_systems_package_needs_no_key(tmp_path: Path, packaged: Callable[[str], None]) -> None:
    write_idx(tmp_path / "packaged")
    packaged(str(tmp_path / "packaged"))
    job = preparation(placed("fashion"), "fashion")
    assert job.arguments == {"root": str(tmp_path / "packaged"), "download": False}
    assert job.split_sizes == dict(DATASETS["fashion"].split_sizes)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("digits", {"root": "x"}, "datasets.digits.root: digits needs no files, so take the key away"),
        ("digits", {"download": True}, "datasets.digits.download: digits needs no files, so take the key away"),
        ("digits", {"channels": 3}, "datasets.digits.channels: is for kind: folder; images of digits have 1"),
        ("digits", {"download": "maybe"}, "datasets.digits.download: must be true or false, got 'maybe'"),
        ("digits", {"kind": "folder", "root": "x"}, "datasets.digits.kind: digits is a data set of the table (DATAS"),
    ],
)
def test_a_key_that_a_data_set_has_no_use_for_is_refused(name: str, settings, message: str) -> None:
    assert problem(yaml.safe_dump({"datasets": {name: settings}})).startswith(message)


def test_our_config_of_fashion_is_an_experiment_on_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    if not Path(places.FASHION.packaged).is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    experiment = load_experiment(read(Path("config/fashion.yaml")))
    assert (experiment.name, list(experiment.datasets)) == ("fashion", ["fashion"])


# ------------------------------------------------------------------------------------------------------- the workflow


def test_no_listing_loads_torch(flowers: Path) -> None:
    program = (
        "import sys, yaml; from ppgn_bench.config.load import load_experiment;"
        f"load_experiment(yaml.safe_load({placed('flowers', kind='folder', root='flowers')!r}));"
        "print(*sorted({'torch', 'torchvision', 'pandas', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_folder_that_changes_is_prepared_again_and_one_that_does_not_is_not(tmp_path: Path) -> None:
    tree = workflow_copy(tmp_path / "tree")
    flowers = draw(tree / "flowers", tulip=150, daisy=150)
    (tree / "own.yaml").write_text(placed("flowers", kind="folder", root="flowers", image_size=16))
    data, ways = "results/data/flowers+image_size=16.safetensors", ("--configfile", "own.yaml")
    done = snakemake(tree, data, *ways)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to be done" in snakemake(tree, "-n", data, *ways).stdout
    Image.new("L", (9, 9)).save(flowers / "daisy" / "new.png")
    assert "triggered jobs: prepare" in snakemake(tree, "-n", data, *ways).stdout
