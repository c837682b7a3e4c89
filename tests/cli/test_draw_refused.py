"""`ppgn-bench draw` where it cannot: what is wrong is named with what is right, and nothing is written."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Draw
from tests.cli.drawing import assert_refused, picture, untrained
from tests.conftest import listing, snakemake, workflow_copy


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "--dataset mnits",
            "--dataset: unknown data set 'mnits'; did you mean 'mnist'? known: digits, mnist, shapes, ",
        ),
        ("--sampler joint", "--sampler: unknown sampler 'joint'; did you mean 'joint_"),
        ("--class seven", "--class: unknown class 'seven'; known: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ("--class 7 --class 77", "--class: unknown class '77'; did you mean '7'? known: 0, 1"),
        ("--value thn", "--value: unknown value 'thn'; did you mean 'thin'? known: "),
        ("--value thin --value thick", "--value: thin + thick: asks for two different values of 'thickness'"),
        ("--caption ring", "--caption: digits has no captions; those that have are shapes"),
        ("--unit conv9", '--unit: must be as "3", the third most selective one'),
        ("--unit=", '--unit: must be as "3", the third most selective one'),
        ("--unit 0", '--unit: must be as "3", the third most selective one'),
        ("--unit conv9:1", "unit conv9:1: unknown layer 'conv9'; did you mean 'conv2'? known: conv1, conv2, h1"),
        ("--unit conv1:16", "unit conv1:16: conv1 has 16 channels, 0 to 15"),
        ("--unit conv1:1@8,0", "unit conv1:1@8,0: conv1 has 8 rows, 0 to 7"),
        ("--unit h1:1@0,9", "unit h1:1@0,9: h1 has "),
        ("--inpaint nine.png", "--inpaint: lacks --mask, a file or a name; known: centre, left"),
        ("--mask left", "--mask: lacks --inpaint FILE"),
        ("--inpaint eight.png --mask left", "--inpaint: eight.png: not an image that can be read"),
        ("--inpaint wide.png --mask left", "--inpaint: wide.png: has 20 x 16 pixels; must have 16 x 16"),
        ("--inpaint nine.png --mask lft", "--mask: 'lft' is no file and no known mask; did you mean 'left'? known: "),
        ("--inpaint nine.png --mask wide.png", "--mask: wide.png: has 20 x 16 pixels"),
        ("--epsilon prior", "--epsilon: must be term=value, as prior=0.01, got 'prior'"),
        ("--epsilon priro=1", "--epsilon: unknown term 'priro'; did you mean 'prior'? known: prior, condition, noise"),
        ("--epsilon prior=-1", "--epsilon: prior: must be a number of at least 0, got '-1'"),
        ("--epsilon prior=nan", "--epsilon: prior: must be a number of at least 0, got 'nan'"),
        ("--epsilon prior=big", "--epsilon: prior: must be a number of at least 0, got 'big'"),
        ("--epsilon context=1", "--epsilon: context=1: there is no context; --inpaint gives one"),
        ("--output made.jpg", "--output: must end with .png or .gif, got 'made.jpg'"),
        ("--output folder.png", "--output: folder.png: is a folder"),
        ("--config nowhere.yaml", "--config: nowhere.yaml: no such file"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_right_and_nothing_is_written(
    draw: Draw, here: Path, words: str, message: str
) -> None:
    picture("nine.png")
    Path("eight.png").write_bytes(Path("nine.png").read_bytes()[:60])
    Image.new("L", (20, 16)).save("wide.png")
    Path("folder.png").mkdir()
    before = listing(here)
    assert_refused(draw(*words.split()), message)
    assert listing(here) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--caption", "a rad ring"),
            "--caption: caption 'a rad ring': unknown word 'rad'; did you mean 'red'? known: ",
        ),
        (("--caption", ""), "--caption: caption '': has no words"),
        (("--caption", "a red red red red red red red red ring"), "--caption: caption 'a red red red"),
        (("--class", "disc", "--caption", "a ring"), "--class with --caption: disc + a ring: asks for two different "),
    ],
)
def test_a_wrong_caption_is_refused(draw: Draw, words: tuple[str, ...], message: str) -> None:
    assert_refused(draw("--dataset", "shapes", *words), message)


def test_values_of_a_data_set_without_any_are_refused(draw: Draw, here: Path) -> None:
    for label in ("cat", "dog"):
        (here / "pets" / label).mkdir(parents=True)
        for number in range(150):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(here / "pets" / label / f"{number}.png")
    Path("own.yaml").write_text("datasets: {pets: {kind: folder, root: pets, image_size: 16}}")
    assert_refused(
        draw("--dataset", "pets", "--config", "own.yaml", "--value", "red"),
        "--value: pets has no factors; those that have are digits, mnist, ",
    )


def test_a_wrong_argument_is_refused_before_torch_is_loaded(here: Path) -> None:
    program = (
        "import atexit, sys; from ppgn_bench.cli.app import main; "
        "atexit.register(lambda: print('torch' in sys.modules)); main()"
    )
    words = ["draw", "--dataset", "digits", "--class", "77", "--output", "made.png"]
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == "False\n"


def test_a_network_of_another_data_set_is_refused(draw: Draw) -> None:
    untrained("shapes", "joint")
    place = Path("results/networks/digits/joint+budget=0.4/seed_0.safetensors")
    shutil.copy("results/networks/shapes/joint/seed_0.safetensors", place)
    assert_refused(draw("--class", "7"), f"{place}: belongs to data set 'shapes', expected 'digits'")


def test_another_folder_of_results_is_looked_into(draw: Draw, here: Path) -> None:
    (here / "results").rename(here / "kept")
    assert draw("--class", "7", "--results", "kept").status == 0
    ended = draw("--class", "7", "--results", "kept", "--network-seed", 3)
    assert "kept/networks/digits/joint+budget=0.4/seed_3.safetensors" in ended.err
    assert "this makes them in results, where they are found without --results: snakemake results/" in ended.err


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("--network-seed 3", {"classifier+budget=0.4/seed_3", "joint+budget=0.4/seed_3"}),
        ("--value thin", {"factors+budget=0.4/seed_0"}),
        ("--config config/fashion_off.yaml --class 7", {"classifier/seed_0", "joint/seed_0"}),
    ],
)
def test_networks_that_are_missing_are_named_with_the_command_that_makes_them(
    draw: Draw, tmp_path_factory: pytest.TempPathFactory, words: str, missing: set[str]
) -> None:
    Path("config/fashion_off.yaml").write_text("name: own")  # as the default, which has no digits
    ended = draw(*words.split())
    files = {f"results/networks/digits/{name}.safetensors" for name in missing}
    named, command = re.fullmatch(r"error: not made yet: (.*)\nthis makes them: (.*)\n", ended.err).groups()
    assert set(named.split(", ")) == files
    first, *rest = shlex.split(command)
    assert first == "snakemake"
    place = workflow_copy(tmp_path_factory.mktemp("workflow"))
    shutil.copy("config/fashion_off.yaml", place / "config")
    done = snakemake(place, *rest, "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in missing:
        recipe, seed = name.split("/seed_")
        assert f"train digits {recipe} seed {seed}" in done.stdout
