"""Bad settings and files: what a stage of the command line says of them, and what it leaves behind.

A problem is one message that names the key or the file, on the error stream, with exit status 1, no traceback, and
nothing is written.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from ppgn_bench.config.load import load_experiment
from ppgn_bench.jobs import Job
from ppgn_bench.lookup import resolve
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.conftest import ROOT, Command, listing

EXPERIMENT = {
    "name": "tried",
    "device": "cpu",
    "datasets": {"digits": {"seeds": 1}, "shapes": {"seeds": 1}},
    "variants": ["joint_ppgn_h"],
    "sweeps": {"own": {"quality": {"chains_per_class": 1, "steps": 2, "keep_every": 1}}},
}


class Place(NamedTuple):
    """A folder with untrained networks of a data set, and the jobs that use them, as JSON has them."""

    folder: Path
    sample: dict[str, Any]
    train: dict[str, Any]  # of the recipe `joint`
    controls: dict[str, Any]


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
        job = plan.training(experiment, dataset, recipe, 0)
        network = resolve(job.network)(job.sizes)
        arrays = {key: value.numpy() for key, value in network.state_dict().items()}
        files.save_arrays(
            tmp_path / f"{name}.safetensors", arrays, {"kind": job.network.short, **job.model_dump(mode="json")}
        )
    images = {"train.images": np.zeros((2, 1, 16, 16), np.uint8), "train.labels": np.array([0, 1])}
    files.save_arrays(tmp_path / "data.safetensors", images, {"kind": "data", "dataset": "digits", "num_modes": 0})
    sampling = as_dict(plan.sampling(experiment, "digits", "own", "joint_ppgn_h", 0))
    chains = {"kind": "chains", "dataset": "digits", "job": sampling}
    files.save_arrays(tmp_path / "chains.safetensors", {}, chains)
    monkeypatch.chdir(tmp_path)
    training = as_dict(plan.training(experiment, "digits", "joint", 0))
    return Place(tmp_path, sampling, training, as_dict(plan.measuring_controls(experiment)))


def as_dict(job: Job) -> dict[str, Any]:
    return json.loads(job.as_json())


def sampling(place: Place, classifier: str = "classifier.safetensors") -> list[str]:
    """What types the sampling of one variant, with another classifier."""
    files = ["--network", f"classifier={classifier}", "--network", "generator=joint.safetensors"]
    return ["sample", "--job", json.dumps(place.sample), *files, "--output", "made/chains.safetensors"]


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
    arrays, header = files.load_arrays("classifier.safetensors", "Classifier")
    files.save_arrays("odd.safetensors", arrays, {**header, "sizes": {**header["sizes"], **sizes}})


def renamed(place: Place) -> None:
    arrays, header = files.load_arrays("classifier.safetensors", "Classifier")
    files.save_arrays("odd.safetensors", {f"old.{name}": array for name, array in arrays.items()}, header)


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
        (lambda place: Path("joint.safetensors").rename("odd.safetensors"), "holds 'Generator'"),
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
        ("{", "--job: not JSON"),
        ("", "--job: not JSON"),
        ("[1, 2]", "--job: must be a JSON object, got [1, 2]"),
        ("3", "--job: must be a JSON object, got 3"),
        ('{"device": "cpu", "dataset": "digits"}', "--job: lacks "),
    ],
)
@pytest.mark.parametrize("stage", ["prepare", "train", "sample"])
def test_wrong_settings_are_named(place: Place, ppgn: Command, stage: str, settings: str, message: str) -> None:
    data = ["--data", "data.safetensors"] if stage == "train" else []
    words = [stage, "--job", settings, *data, "--output", "made/a.safetensors"]
    assert refused(place, ppgn, words).startswith(message)


def test_a_missing_field_of_a_job_is_named_whichever_it_is(place: Place, ppgn: Command) -> None:
    for stage, job in (("sample", place.sample), ("train", place.train)):
        for name in job:
            told = json.dumps({key: value for key, value in job.items() if key != name})
            data = ["--data", "data.safetensors"] if stage == "train" else []
            words = [stage, "--job", told, *data, "--output", "made/a.safetensors"]
            assert refused(place, ppgn, words) == f"--job: lacks {name}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 3}, "--job: has an unknown field 'steps'; did you mean 'sweep'?"),
        (
            {"seed": "one"},
            "--job: seed: Input should be a valid integer, unable to parse string as an integer, got 'one'",
        ),
        ({"prior": "joint"}, "--job: prior: must be \"module:name\", got 'joint'"),
        ({"prior": "sampling.priors:jont"}, "sampling.priors:jont: no such function; did you mean 'joint'?"),
        ({"prior": "sampling.prior:joint"}, "sampling.prior:joint: there is no module ppgn_bench.sampling.prior"),
        ({"runs": {"quality": {"steps": 3}}}, "--job: runs.quality lacks chains_per_class; --job: runs.quality lacks"),
    ],
)
def test_a_wrong_field_of_a_job_is_named(place: Place, ppgn: Command, change: dict[str, Any], message: str) -> None:
    place.sample.update(change)
    assert refused(place, ppgn, sampling(place)).startswith(message)


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
    words = ["sample", "--job", json.dumps(place.sample), *files, "--output", "made/a.safetensors"]
    assert refused(place, ppgn, words).startswith(message)


@pytest.mark.parametrize(
    ("data", "classifier", "message"),
    [
        ("nowhere.safetensors", "classifier.safetensors", "nowhere.safetensors: is missing"),
        ("classifier.safetensors", "classifier.safetensors", "classifier.safetensors: holds 'Classifier'"),
        ("data.safetensors", "nowhere.safetensors", "nowhere.safetensors: is missing"),
        ("data.safetensors", "shapes.safetensors", "shapes.safetensors: belongs to data set 'shapes'"),
    ],
)
def test_a_training_names_what_it_cannot_start_from(
    place: Place, ppgn: Command, data: str, classifier: str, message: str
) -> None:
    words = ["train", "--job", json.dumps(place.train), "--data", data, "--network", f"classifier={classifier}"]
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
            "--job: metrics: unknown metric 'recal'; did you mean 'recall'? known: ",
        ),
    ],
)
def test_a_measuring_names_what_is_wrong(place: Place, ppgn: Command, words: list[str], message: str) -> None:
    name = "recal" if "unknown metric" in message else "recall"
    job = {"metrics": {name: "metrics.diversity:recall"}, "judge": "networks.judge:Judge"}
    rest = ["--data", "data.safetensors", "--job", json.dumps(job), "--output", "made/a.csv"]
    assert refused(place, ppgn, ["measure", *words, *rest]).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": {"grid": "five"}}, "--job: sizes.grid: Input should be a valid integer"),
        ({"sizes": {"grid": 0}}, "--job: sizes.grid: Input should be greater than 0, got 0"),
        ({"sizes": 5}, "--job: sizes: Input should be an object, got 5"),
        ({"metrics": {"fid": "metrics.quality:precision"}}, "--job: metrics: unknown metric 'fid'; "),
        ({"real": "test"}, "--job: real: Input should be 'reference' or 'train', got 'test'"),
    ],
)
def test_a_wrong_field_of_the_controls_is_named(
    place: Place, ppgn: Command, change: dict[str, Any], message: str
) -> None:
    words = ["--data", "data.safetensors", "--judge", "judge.safetensors", "--output", "made/a.csv"]
    told = json.dumps(place.controls | change)
    assert refused(place, ppgn, ["controls", "--job", told, *words]).startswith(message)


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
    assert refused(place, ppgn, ["manifest", "--facts", "{}", "--output", "made/a.json"]).startswith("made/a.json: ")


# ------------------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("stage", "content", "message"),
    [
        ("collect", None, "table.csv: is missing"),
        ("collect", "", "table.csv: not a table"),
        ("collect", "sweep,value\nown,1\n", "table.csv: lacks the column(s) dataset, variant, seed"),
        ("check-controls", "dataset,sweep,variant\n", "table.csv: lacks the column(s) metric, value"),
        ("controls-hold", "dataset,metric\n", "table.csv: lacks the column(s) better, worse, ordered"),
    ],
)
def test_a_wrong_table_is_named(place: Place, ppgn: Command, stage: str, content: str | None, message: str) -> None:
    if content is not None:
        Path("table.csv").write_text(content)
    output = [] if stage == "controls-hold" else ["--output", "made/a.csv"]
    assert refused(place, ppgn, [stage, "table.csv", *output]).startswith(message)
