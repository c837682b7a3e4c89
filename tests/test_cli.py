"""The command line and the config as someone types them: what bad input looks like, and what it leaves behind.

A problem is one message that names the key or the file, on the error stream, with exit status 1 (2 for usage), no
traceback, and nothing is written.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from ppgn_bench import cli, networks, plan, store
from ppgn_bench.config import load_experiment
from ppgn_bench.metrics import METRICS
from ppgn_bench.variants import VARIANTS
from tests.conftest import ROOT, snakemake, workflow_copy

HEAVY = ("torch", "pandas", "scipy", "sklearn", "torchmetrics", "torch_fidelity", "torchvision", "matplotlib")


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def ppgn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Type `ppgn-bench ...`, in this process: torch is imported once. A traceback fails the test."""

    def typed(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ppgn-bench", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return typed


def listing(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------------------ what people ask for


@pytest.mark.parametrize("words", [["--help"], ["variants"], ["metrics"]], ids=" ".join)
def test_what_people_ask_is_answered_without_heavy_libraries(words: list[str]) -> None:
    program = (
        "import atexit, sys; from ppgn_bench.cli import main; "
        f"atexit.register(lambda: print('loaded', *sorted({{*{HEAVY}}} & set(sys.modules)), file=sys.stderr)); main()"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["loaded"]
    assert len(done.stdout.splitlines()) > 10


def test_the_installed_command_lists_its_stages() -> None:
    command = Path(sys.executable).with_name("ppgn-bench")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    stages = ("prepare", "train", "sample", "measure", "controls", "collect", "report", "variants", "metrics")
    assert [stage for stage in stages if stage not in done.stdout] == []


def test_variants_are_listed_with_what_they_are_made_of(ppgn: Command) -> None:
    ended = ppgn("variants")
    assert ended.status == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()[1:]}
    assert list(lines) == list(VARIANTS)
    for part in ("Joint PPGN-h", "code", "joint", "0.1, 0.5, 0.1", "classifier, joint"):
        assert part in lines["joint_ppgn_h"]


def test_metrics_are_listed_with_unit_direction_and_margin(ppgn: Command) -> None:
    ended = ppgn("metrics")
    assert ended.status == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()[1:]}
    assert list(lines) == list(METRICS)
    for part in ("FD (judge)", "lower", "1.25", "squared judge features"):
        assert part in lines["frechet_distance"]


# ------------------------------------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["sample", "--settings", "{}"], "--output"),
        (["train", "--output", "a"], "--settings"),
        (["collect", "--output", "a"], "tables"),
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
    words = ["report", "nowhere"]
    command = [sys.executable, "-m", "ppgn_bench", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: nowhere/manifest.json: is missing\n"
    assert done.stdout == ""


# ----------------------------------------------------------------------------------------------- settings and networks

EXPERIMENT = {
    "name": "tried",
    "device": "cpu",
    "datasets": {"digits": {"seeds": 1}, "shapes": {"seeds": 1}},
    "variants": ["joint_ppgn_h"],
    "sweeps": {"own": {"quality": {"chains_per_class": 1, "steps": 2, "keep_every": 1}}},
}


class Place(NamedTuple):
    """A folder with untrained networks of a data set, and the settings that sample with them."""

    folder: Path
    sample: dict[str, Any]
    train: dict[str, Any]  # of the recipe `joint`


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Untrained networks of the digits, one of the shapes, and some data; the working directory."""
    experiment = load_experiment(EXPERIMENT, ROOT / "config" / "config.yaml")
    for name, recipe, dataset in [
        ("classifier", "classifier", "digits"),
        ("joint", "joint", "digits"),
        ("judge", "judge", "digits"),
        ("shapes", "classifier", "shapes"),
        ("shapes_judge", "judge", "shapes"),
    ]:
        told = plan.training(experiment, dataset, recipe, 0)
        network = getattr(networks, told["network"])(networks.sizes_of(told["sizes"]))
        arrays = {key: value.numpy() for key, value in network.state_dict().items()}
        store.save_arrays(tmp_path / f"{name}.safetensors", arrays, {"kind": told["network"], **told})
    images = {"train.images": np.zeros((2, 1, 16, 16), np.uint8), "train.labels": np.array([0, 1])}
    store.save_arrays(tmp_path / "data.safetensors", images, {"kind": "data", **plan.preparation(experiment, "digits")})
    chains = {"kind": "chains", "dataset": "digits", "sweep": "own", "variant": "am", "seed": 0, "runs": {}}
    store.save_arrays(tmp_path / "chains.safetensors", {}, chains)
    monkeypatch.chdir(tmp_path)
    return Place(
        tmp_path,
        plan.sampling(experiment, "digits", "own", "joint_ppgn_h", 0),
        plan.training(experiment, "digits", "joint", 0),
    )


def sampling(place: Place, classifier: str = "classifier.safetensors") -> list[str]:
    """What types the sampling of one variant, with another classifier."""
    files = ["--network", f"classifier={classifier}", "--network", "generator=joint.safetensors"]
    return ["sample", "--settings", json.dumps(place.sample), *files, "--output", "made/chains.safetensors"]


def refused(place: Place, ppgn: Command, words: list[str]) -> str:
    """The message of a command that is refused and writes nothing."""
    before = listing(place.folder)
    ended = ppgn(*words)
    assert ended.status == 1
    assert ended.out == ""
    assert listing(place.folder) == before
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    return ended.err.removeprefix("error: ").strip()


def test_good_networks_are_sampled(place: Place, ppgn: Command) -> None:
    assert ppgn(*sampling(place)).status == 0
    assert {path.name for path in (place.folder / "made").iterdir()} == {"chains.safetensors", "chains.cost.csv"}


def rebuilt(place: Place, **sizes: Any) -> None:
    """Write the classifier's weights under a header that tells other sizes."""
    arrays, header = store.load_arrays("classifier.safetensors", "Classifier")
    store.save_arrays("odd.safetensors", arrays, {**header, "sizes": {**header["sizes"], **sizes}})


def renamed(place: Place) -> None:
    arrays, header = store.load_arrays("classifier.safetensors", "Classifier")
    store.save_arrays("odd.safetensors", {f"old.{name}": array for name, array in arrays.items()}, header)


def cut(place: Place, kept: int) -> None:
    Path("odd.safetensors").write_bytes(Path("classifier.safetensors").read_bytes()[:kept])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda place: None, "is missing"),
        (lambda place: Path("odd.safetensors").mkdir(), "is not a file"),
        (lambda place: cut(place, 0), "truncated or not a safetensors file"),
        (lambda place: cut(place, 5000), "truncated or not a safetensors file"),
        (lambda place: Path("odd.safetensors").write_text("weights"), "truncated or not a safetensors file"),
        (
            lambda place: Path("joint.safetensors").rename("odd.safetensors"),
            "holds 'Generator'",
        ),
        (lambda place: Path("shapes.safetensors").rename("odd.safetensors"), "belongs to data set 'shapes'"),
        (lambda place: rebuilt(place, code_size=7), "weights of another architecture"),
        (lambda place: rebuilt(place, depth=7), "weights of another architecture"),
        (renamed, "weights of another architecture"),
    ],
    ids=["missing", "folder", "empty", "truncated", "text", "kind", "dataset", "sizes", "unknown_size", "names"],
)
def test_wrong_weights_are_named(place: Place, ppgn: Command, make: Callable[[Place], object], words: str) -> None:
    make(place)
    message = refused(place, ppgn, sampling(place, "odd.safetensors"))
    assert message.startswith("odd.safetensors: ")
    assert words in message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "--settings: not JSON"),
        ("", "--settings: not JSON"),
        ("[1, 2]", "--settings: must be a JSON object, got [1, 2]"),
        ("3", "--settings: must be a JSON object, got 3"),
        ('{"device": "cpu", "dataset": "digits"}', "--settings: lacks "),
    ],
)
@pytest.mark.parametrize("stage", ["prepare", "train", "sample"])
def test_wrong_settings_are_named(place: Place, ppgn: Command, stage: str, settings: str, message: str) -> None:
    data = ["--data", "data.safetensors"] if stage == "train" else []
    words = [stage, "--settings", settings, *data, "--output", "made/a.safetensors"]
    assert refused(place, ppgn, words).startswith(message)


def test_a_missing_setting_is_named_whichever_it_is(place: Place, ppgn: Command) -> None:
    for stage, settings in (("sample", place.sample), ("train", place.train)):
        for name in settings:
            told = json.dumps({key: value for key, value in settings.items() if key != name})
            data = ["--data", "data.safetensors"] if stage == "train" else []
            words = [stage, "--settings", told, *data, "--output", "made/a.safetensors"]
            assert refused(place, ppgn, words) == f"--settings: lacks {name}"


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ([], "--network: lacks classifier=FILE, generator=FILE"),
        (["classifier=classifier.safetensors"], "--network: lacks generator=FILE"),
        (["classifier"], "--network: must be role=file, got 'classifier'"),
        (["=classifier.safetensors"], "--network: must be role=file, got '=classifier.safetensors'"),
        (["clasifier=classifier.safetensors"], "--network: unknown role 'clasifier'; did you mean 'classifier'?"),
    ],
)
def test_wrong_networks_are_named(place: Place, ppgn: Command, networks: list[str], message: str) -> None:
    files = [word for network in networks for word in ("--network", network)]
    words = ["sample", "--settings", json.dumps(place.sample), *files, "--output", "made/a.safetensors"]
    assert refused(place, ppgn, words).startswith(message)


@pytest.mark.parametrize(
    ("data", "classifier", "message"),
    [
        ("nowhere.safetensors", "classifier.safetensors", "nowhere.safetensors: is missing"),
        (
            "classifier.safetensors",
            "classifier.safetensors",
            "classifier.safetensors: holds 'Classifier'",
        ),
        ("data.safetensors", "nowhere.safetensors", "nowhere.safetensors: is missing"),
        (
            "data.safetensors",
            "shapes.safetensors",
            "shapes.safetensors: belongs to data set 'shapes'",
        ),
    ],
)
def test_a_training_names_what_it_cannot_start_from(
    place: Place, ppgn: Command, data: str, classifier: str, message: str
) -> None:
    words = ["train", "--settings", json.dumps(place.train), "--data", data, "--network", f"classifier={classifier}"]
    assert refused(place, ppgn, [*words, "--output", "made/a.safetensors"]).startswith(message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere", "--judge", "judge.safetensors"], "nowhere: is missing"),
        (["judge.safetensors", "--judge", "judge.safetensors"], "judge.safetensors: holds 'Judge', expected 'chains'"),
        (["chains.safetensors", "--judge", "nowhere"], "nowhere: is missing"),
        (["chains.safetensors", "--judge", "classifier.safetensors"], "classifier.safetensors: holds 'Classifier'"),
        (["chains.safetensors", "--judge", "shapes_judge.safetensors"], "shapes_judge.safetensors: belongs to"),
        (
            ["chains.safetensors", "--judge", "judge.safetensors"],
            "metrics: unknown metric 'recal'; ",
        ),
    ],
)
def test_a_measuring_names_what_is_wrong(place: Place, ppgn: Command, words: list[str], message: str) -> None:
    rest = ["--data", "data.safetensors", "--metrics", "recal", "--output", "made/a.csv"]
    assert refused(place, ppgn, ["measure", *words, *rest]).startswith(message)


def test_controls_of_an_unknown_metric_are_refused(place: Place, ppgn: Command) -> None:
    words = ["--data", "data.safetensors", "--judge", "judge.safetensors", "--metrics", "fid", "--output", "made/a.csv"]
    assert refused(place, ppgn, ["controls", *words]).startswith("metrics: unknown metric 'fid'; ")


def test_cuda_is_asked_for_in_vain_where_there_is_none(
    place: Place, ppgn: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    place.sample["device"] = "cuda"
    assert refused(place, ppgn, sampling(place)).startswith(
        "device: cuda was asked for, and torch finds no CUDA device"
    )


def test_an_output_that_cannot_be_written_is_named(place: Place, ppgn: Command) -> None:
    Path("made").write_text("a file where a folder should be")
    assert refused(place, ppgn, ["manifest", "--settings", "{}", "--output", "made/a.json"]).startswith("made/a.json: ")


# ------------------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("stage", "content", "message"),
    [
        ("collect", None, "table.csv: is missing"),
        ("collect", "", "table.csv: not a table"),
        ("collect", "sweep,value\nown,1\n", "table.csv: lacks the column(s) dataset; it has sweep, value"),
        ("check-controls", "dataset,variant\n", "table.csv: lacks the column(s) metric, value"),
        ("controls-hold", "dataset,metric\n", "table.csv: lacks the column(s) better, worse, ordered"),
    ],
)
def test_a_wrong_table_is_named(place: Place, ppgn: Command, stage: str, content: str | None, message: str) -> None:
    if content is not None:
        Path("table.csv").write_text(content)
    output = [] if stage == "controls-hold" else ["--output", "made/a.csv"]
    assert refused(place, ppgn, [stage, "table.csv", *output]).startswith(message)


CHECKED = """dataset,metric,better,worse,value_better,value_worse,ordered
digits,judge_accuracy,real,wrong_class,0.9,0.1,True
digits,recall,real,noise,0.2,0.3,{first}
shapes,frechet_distance,real,repeated,,0.3,{second}
"""


def test_metrics_that_order_their_controls_hold(ppgn: Command, tmp_path: Path) -> None:
    (tmp_path / "check.csv").write_text(CHECKED.format(first=True, second=True))
    assert ppgn("controls-hold", tmp_path / "check.csv") == Ended(0, "", "")


def test_metrics_that_do_not_order_their_controls_are_named_with_status_1(ppgn: Command, tmp_path: Path) -> None:
    (tmp_path / "check.csv").write_text(CHECKED.format(first=False, second=False))
    ended = ppgn("controls-hold", tmp_path / "check.csv")
    assert ended.status == 1
    assert "digits: recall does not part real from noise" in ended.err
    assert "shapes: frechet_distance does not part real from repeated" in ended.err
    assert "judge_accuracy" not in ended.err


def test_tables_are_put_together_in_an_order_that_does_not_depend_on_theirs(ppgn: Command, tmp_path: Path) -> None:
    for name, rows in {"a": "digits,own,b,2\ndigits,own,a,1\n", "b": "digits,controls,c,0\n"}.items():
        (tmp_path / f"{name}.csv").write_text(f"dataset,sweep,variant,value\n{rows}")
    for names in ("ab", "ba"):
        tables = [tmp_path / f"{name}.csv" for name in names]
        assert ppgn("collect", *tables, "--output", tmp_path / names).status == 0
    assert (tmp_path / "ab").read_bytes() == (tmp_path / "ba").read_bytes()
    assert [line.split(",")[2] for line in (tmp_path / "ab").read_text().splitlines()] == ["variant", "c", "a", "b"]


# ------------------------------------------------------------------------------------------- the config, by Snakemake


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workflow, with a result of another experiment."""
    place = workflow_copy(tmp_path_factory.mktemp("config"))
    (place / "results" / "main").mkdir(parents=True)
    (place / "results" / "main" / "metrics.csv").write_text("made before\n")
    return place


BAD = """
name: networks
epsilon: 3
device: gpu
chunk_size: many
datasets: {digit: {seeds: 1}, shapes: {seed: 2}}
variants: [am, jont_ppgn_h]
metrics: [fid]
sweeps:
  ../own: {quality: {chains_per_class: 1, steps: 20}}
  own:
    epsilon: {noise: [-1, .nan, .inf, soon]}
    quality: {chains_per_class: 0, steps: 1e9}
"""


def test_every_problem_of_a_config_is_told_by_its_key(tree: Path) -> None:
    (tree / "bad.yaml").write_text(BAD)
    before = listing(tree / "results")
    done = snakemake(tree, "--configfile", "bad.yaml")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line.strip() for line in done.stderr.splitlines()]
    for start in (
        "name: 'networks' is reserved",
        "epsilon: unknown key; ",
        "device: must be 'auto', 'cpu' or 'cuda', got 'gpu'",
        "chunk_size: must be a whole number, got 'many'",
        "datasets.digit: unknown data set 'digit'; did you mean 'digits'?",
        "datasets.shapes.seed: unknown key; did you mean 'seeds'?",
        "variants[1]: unknown variant 'jont_ppgn_h'; did you mean 'joint_ppgn_h'?",
        "metrics[0]: unknown metric 'fid'; ",
        "sweeps.../own: '../own' is unsafe",
        "sweeps.own.epsilon.noise[0]: must be at least 0, got -1",
        "sweeps.own.epsilon.noise[1]: must be finite, got nan",
        "sweeps.own.epsilon.noise[2]: must be finite, got inf",
        "sweeps.own.epsilon.noise[3]: must be a number, got 'soon'",
        "sweeps.own.quality.chains_per_class: must be at least 1, got 0",
        "sweeps.own.quality.steps: must be a whole number, got '1e9'",
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
    shown = done.stdout + done.stderr  # a dry run tells all on the output stream
    assert "Traceback" not in shown
    assert [line for line in shown.splitlines() if line.startswith(message)], shown


def test_a_small_number_reaches_the_job_as_a_number(tree: Path) -> None:
    (tree / "small.yaml").write_text("name: small\nsweeps: {own: {epsilon: {noise: [0, 1e-5]}}}\nvariants: [ppgn_h]")
    done = snakemake(tree, "-n", "--printshellcmds", "--configfile", "small.yaml")
    assert done.returncode == 0, done.stderr
    assert '"epsilon_noise": 1e-05' in done.stdout + done.stderr
    assert '"1e-5"' not in done.stdout + done.stderr
