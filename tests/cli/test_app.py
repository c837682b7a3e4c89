"""The command line and the config as someone types them: what is answered, and how it ends when it is refused."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ppgn_bench.data.table import DATASETS
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks.table import ARCHITECTURES
from ppgn_bench.sampling.variants import VARIANTS
from tests.conftest import Command, listing, snakemake, workflow_copy
from tests.data.formats import write_imagenette

HEAVY = ("torch", "pandas", "scipy", "sklearn", "torchmetrics", "torch_fidelity", "torchvision", "matplotlib")

# ------------------------------------------------------------------------------------------------ what people ask for


ASKED = ["--help", "datasets", "datasets --help", "draw --help", "variants", "metrics"]


@pytest.mark.parametrize("words", ASKED)
def test_what_people_ask_is_answered_without_heavy_libraries(words: str) -> None:
    program = (
        "import atexit, sys; from ppgn_bench.cli.app import main; "
        f"atexit.register(lambda: print('loaded', *sorted({{*{HEAVY}}} & set(sys.modules)), file=sys.stderr)); main()"
    )
    done = subprocess.run([sys.executable, "-c", program, *words.split()], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["loaded"]
    assert len(done.stdout.splitlines()) > 10


def test_the_installed_command_lists_its_stages() -> None:
    command = Path(sys.executable).with_name("ppgn-bench")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    stages = ("prepare", "train", "sample", "measure", "controls", "collect", "report", "variants", "metrics")
    assert [stage for stage in stages if stage not in done.stdout] == []


EPSILONS = ", ".join(f"{value:g}" for value in VARIANTS["joint_ppgn_h"].epsilon.values())


@pytest.mark.parametrize(
    ("words", "names", "one", "parts"),
    [
        (
            "variants",
            VARIANTS,
            "joint_ppgn_h",
            ("Joint PPGN-h", "code", "joint", EPSILONS, "encoder: classifier, condition: classifier, generator: joint"),
        ),
        ("metrics", METRICS, "frechet_distance", ("FD (judge)", "lower", "1.25", "squared judge features")),
    ],
    ids=["variants", "metrics"],
)
def test_variants_and_metrics_are_listed_with_what_they_are(ppgn: Command, words, names, one, parts) -> None:
    ended = ppgn(words)
    assert ended.status == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()[1:] if not line.startswith(" ")}
    assert list(lines) == list(names)
    assert [part for part in parts if part not in lines[one]] == []


def test_architectures_are_listed_with_their_options_and_who_uses_them(ppgn: Command) -> None:
    lines = ppgn("architectures").out.splitlines()
    heads = {line.partition(":")[0]: line for line in lines if not line.startswith(" ")}
    assert list(heads) == list(ARCHITECTURES)
    assert ARCHITECTURES["discriminator"].title in heads["discriminator"]
    assert "rival of generator, rival of joint" in heads["discriminator"]
    assert "generator, joint" in heads["generator"]
    (widths,) = {line for line in lines if line.startswith("    widths     by the image's size      digits [16, 32], ")}
    assert "shapes [24, 48, 64]" in widths
    assert "    bias       0.0" in lines


def test_data_sets_are_listed_with_licence_splits_and_where_their_files_are(
    ppgn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_imagenette(tmp_path / "datasets" / "imagenette2-160")
    parts = re.split(r"^(\w+): ", ppgn("datasets").out, flags=re.MULTILINE)[1:]
    shown = dict(zip(parts[::2], parts[1::2], strict=True))
    assert list(shown) == list(DATASETS)
    assert shown["digits"].startswith("Handwritten digits: 1,797 images of 10 classes, 16x16 grey\n")
    assert "10 classes, 16 modes a class, 32x32 colour\n" in shown["shapes"]
    assert "splits   train 900, held_out 100, judge 397, reference 200, control 200\n" in shown["digits"]
    assert "files    here" in shown["digits"]
    assert "files    in datasets\n" in shown["imagenette"]
    assert "files    missing: put data_batch_1, data_batch_2," in shown["cifar10"]
    assert "in datasets/cifar-10-batches-py; they are in cifar-10-python" in shown["cifar10"]
    for name, entry in DATASETS.items():
        assert f"licence  {entry.licence}\n" in shown[name]


# ------------------------------------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["sample", "--job", "{}", "--data", "a"], "--output"),
        (["train", "--output", "a"], "--job"),
        (["collect", "--output", "a"], "--job"),
        (["smple"], "smple"),
        (["variants", "--all"], "--all"),
        (["controls-hold", "a", "b"], "b"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_ends_with_status_2_and_names_what_is_wrong(
    ppgn: Command, words: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = ppgn(*words)
    assert ended.status == 2
    assert named in ended.err
    assert listing(tmp_path) == {}


def test_a_refused_command_prints_one_line_and_ends_with_status_1() -> None:
    """From a process of its own: what `main` prints, and the status that the shell sees."""
    command = [sys.executable, "-m", "ppgn_bench", "report", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: nowhere/manifest.json: is missing\n"
    assert done.stdout == ""


# ------------------------------------------------------------------------------------------- the config, by Snakemake


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workflow, with a result of another experiment."""
    place = workflow_copy(tmp_path_factory.mktemp("config"))
    (place / "results" / "main").mkdir(parents=True)
    (place / "results" / "main" / "metrics.csv").write_text("made before\n")
    return place


def test_every_problem_of_a_config_has_a_line_with_its_key_and_nothing_is_written(tree: Path) -> None:
    (tree / "bad.yaml").write_text("{name: networks, device: gpu, sweeps: {own: {epsilon: {noise: [-1, .nan, soon]}}}}")
    before = listing(tree / "results")
    done = snakemake(tree, "--configfile", "bad.yaml")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line.strip() for line in done.stderr.splitlines()]
    for start in (
        "name: 'networks' is reserved",
        "device: must be 'auto', 'cpu' or 'cuda', got 'gpu'",
        "sweeps.own.epsilon.noise[0]: must be at least 0, got -1",
        "sweeps.own.epsilon.noise[1]: must be finite, got nan",
        "sweeps.own.epsilon.noise[2]: must be a number, got 'soon'",
    ):
        assert [line for line in lines if line.startswith(start)], f"no line says {start!r}:\n{done.stderr}"
    assert listing(tree / "results") == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", "variants=[amm]"], "variants[0]: unknown variant 'amm'; did you mean 'am'?"),
        (["--config", "name=../main"], "name: '../main' is unsafe"),
        (["--config", "extends=nowhere.yaml"], "extends: nowhere.yaml: no such file"),
        (["--config", "device=cpu", "steps=3"], "steps: unknown key; "),
    ],
)
def test_a_wrong_change_on_the_command_line_is_one_message(tree: Path, words: list[str], message: str) -> None:
    done = snakemake(tree, "-n", *words)
    assert done.returncode == 1
    shown = done.stdout + done.stderr  # a dry run says all on the output stream
    assert "Traceback" not in shown
    assert [line for line in shown.splitlines() if line.startswith(message)], shown


def test_a_small_number_reaches_the_job_as_a_number(tree: Path) -> None:
    (tree / "small.yaml").write_text("name: small\nsweeps: {own: {epsilon: {noise: [0, 1e-5]}}}\nvariants: [ppgn_h]")
    done = snakemake(tree, "-n", "--printshellcmds", "--configfile", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert '"noise": 1e-05' in done.stdout + done.stderr
    assert '"1e-5"' not in done.stdout + done.stderr


def test_ctrl_c_says_how_to_resume(ppgn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ppgn_bench.gate.check.keep", interrupted)
    ended = ppgn("reference", "results/x", "--output", "y")
    assert (ended.status, ended.err) == (130, "interrupted; run again to resume\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere.yaml"], "nowhere.yaml: this config file is missing"),
        (["damaged.yaml"], "damaged.yaml: not YAML: "),
        (["empty.yaml"], "empty.yaml: has no key; leave it out for the default run"),
        (
            ["config/smoke.yaml", "results/smoke/metrics.csv"],
            "results/smoke/metrics.csv: this config file is missing; what is to be made stands before --configfile",
        ),
    ],
)
def test_a_config_file_that_is_none_is_told_in_one_line(tree: Path, words: list[str], told: str) -> None:
    (tree / "damaged.yaml").write_text("name: x\n  device: [")
    (tree / "empty.yaml").write_text("# nothing yet\n")
    done = snakemake(tree, "-n", "--configfile", *words)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"error: --configfile: {told}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "threads"), [([], "1"), (["--threads", "3"], "3")])
def test_a_command_takes_one_thread_unless_it_is_told(
    ppgn: Command, monkeypatch: pytest.MonkeyPatch, words: list[str], threads: str
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert ppgn(*words, "variants").status == 0
    assert os.environ["OMP_NUM_THREADS"] == threads
