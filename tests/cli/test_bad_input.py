"""Bad settings and files: what a stage of the command line says of them, and what it leaves behind.

A problem is one message that names the key or the file, on the error stream, with exit status 1, no traceback, and
nothing is written.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ppgn_bench.config.load import load_experiment
from ppgn_bench.storage import files
from ppgn_bench.workflow import gate, plan
from ppgn_bench.workflow.collecting import of_tables
from tests.configs import save_network
from tests.conftest import ROOT, Command, listing

EXPERIMENT = {
    "name": "tried",
    "device": "cpu",
    "datasets": {"digits": {"seeds": 1}, "shapes": {"seeds": 1}},
    "variants": ["joint_ppgn_h"],
    "sweeps": {"own": {"quality": {"chains_per_target": 1, "steps": 2, "keep_every": 1}}},
}
Jobs = dict[str, dict[str, Any]]
FILES = {  # stage -> what follows its job
    "prepare": "",
    "train": "--data data.safetensors --network encoder=classifier.safetensors",
    "sample": "--data data.safetensors --network condition=classifier.safetensors "
    "--network encoder=classifier.safetensors --network generator=joint.safetensors",
    "measure": "chains.safetensors --data data.safetensors --judge judge.safetensors",
    "controls": "--data data.safetensors --judge judge.safetensors",
    "exact-numbers": "--data data.safetensors",
}


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Stage -> a job as JSON has it; the working directory has untrained networks of both data sets, and some data."""
    experiment = load_experiment(EXPERIMENT, ROOT / "config" / "config.yaml")
    monkeypatch.chdir(ROOT)
    stages = {
        "prepare": plan.preparation(experiment, "digits"),
        "train": plan.training(experiment, "digits", "joint", 0),
        "sample": plan.sampling(experiment, "digits", "own", "joint_ppgn_h", 0),
        "measure": plan.measuring(experiment, "digits"),
        "controls": plan.measuring_controls(experiment, "digits"),
        "exact-numbers": gate.exact_numbers(gate.gate()),
    }
    monkeypatch.chdir(tmp_path)
    for recipe in ("classifier", "joint", "judge"):
        for dataset, prefix in (("digits", ""), ("shapes", "shapes_")):
            save_network(Path(f"{prefix}{recipe}.safetensors"), plan.training(experiment, dataset, recipe, 0))
    images = {"train.images": np.zeros((2, 1, 16, 16), np.uint8), "train.labels": np.array([0, 1])}
    files.save_arrays(Path("data.safetensors"), images, {"kind": "data", "dataset": "digits", "num_modes": 0})
    made = {stage: json.loads(job.as_json()) for stage, job in stages.items()}
    header = {"kind": "chains", "dataset": "digits", "job": made["sample"]}
    files.save_arrays(Path("chains.safetensors"), {}, header)
    return made


def command(stage: str, job: object, good: str = "", other: str = "") -> list[str]:
    """What types a stage of this job, with one file in place of a good one."""
    assert good in FILES[stage]
    text = job if isinstance(job, str) else json.dumps(job)
    return [stage, "--job", text, "--output", "made/a.safetensors", *FILES[stage].replace(good, other).split()]


def refused(ppgn: Command, words: list[str]) -> str:
    """The message of a command that is refused and writes nothing."""
    before = listing(Path())
    ended = ppgn(*words)
    assert ended.status == 1
    assert ended.out == ""
    assert listing(Path()) == before
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    return ended.err.removeprefix("error: ").strip()


def test_good_networks_are_sampled(jobs: Jobs, ppgn: Command) -> None:
    assert ppgn(*command("sample", jobs["sample"])).status == 0
    assert {path.name for path in Path("made").iterdir()} == {"a.safetensors", "a.cost.csv"}


def rebuilt(prefix: str = "", part: str = "sizes", **changes: Any) -> None:
    """Write the classifier's weights under other names, or under a header that says other sizes or options."""
    arrays, header = files.load_arrays("classifier.safetensors", "Classifier")
    arrays = {prefix + name: array for name, array in arrays.items()}
    files.save_arrays("odd.safetensors", arrays, {**header, part: {**header[part], **changes}})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: None, "is missing"),
        (lambda: Path("odd.safetensors").write_bytes(Path("classifier.safetensors").read_bytes()[:5000]), "truncated "),
        (lambda: Path("joint.safetensors").rename("odd.safetensors"), "holds 'Generator'"),
        (lambda: Path("shapes_classifier.safetensors").rename("odd.safetensors"), "belongs to data set 'shapes'"),
        (lambda: rebuilt(num_classes=7), "weights of another architecture than Classifier: size mismatch for classes."),
        (
            lambda: rebuilt(part="options", code_size=7),
            "weights of another architecture than Classifier: size mismatch",
        ),
        (lambda: rebuilt(depth=7), "weights of another architecture"),
        (lambda: rebuilt(part="options", depth=7), "weights of another architecture"),
        (lambda: rebuilt("old."), "weights of another architecture"),
    ],
    ids=["missing", "truncated", "kind", "dataset", "sizes", "options", "unknown_size", "unknown_option", "names"],
)
def test_wrong_weights_are_named(jobs: Jobs, ppgn: Command, make: Callable[[], object], words: str) -> None:
    make()
    message = refused(ppgn, command("sample", jobs["sample"], "classifier.safetensors", "odd.safetensors"))
    assert message.startswith("odd.safetensors: ")
    assert words in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "--job: not JSON"),
        ("", "--job: not JSON"),
        ("[1, 2]", "--job: must be a JSON object, got [1, 2]"),
        ("3", "--job: must be a JSON object, got 3"),
        ('{"dataset": "digits"}', "--job: lacks "),
    ],
)
@pytest.mark.parametrize("stage", ["prepare", "train", "sample", "exact-numbers"])
def test_what_is_no_job_is_refused(jobs: Jobs, ppgn: Command, stage: str, text: str, message: str) -> None:
    assert refused(ppgn, command(stage, text)).startswith(message)


@pytest.mark.parametrize("stage", ["sample", "train"])
def test_a_missing_field_of_a_job_is_named_whichever_it_is(jobs: Jobs, ppgn: Command, stage: str) -> None:
    for name in jobs[stage].keys() - {"accumulate", "precision"}:  # which judges that ship do not say
        rest = {key: value for key, value in jobs[stage].items() if key != name}
        assert refused(ppgn, command(stage, rest)) == f"--job: lacks {name}"


INTEGER = "Input should be a valid integer, unable to parse string as an integer"


@pytest.mark.parametrize(
    ("stage", "change", "message"),
    [
        ("sample", {"steps": 3}, "--job: has an unknown field 'steps'; did you mean 'sweep'?"),
        ("sample", {"seed": "one"}, f"--job: seed: {INTEGER}, got 'one'"),
        (
            "sample",
            {"prior": "joint"},
            '--job: prior: must be "module:name" or, of a network, "file.py:Class", got \'joint\'',
        ),
        ("sample", {"prior": "sampling.priors:jont"}, "sampling.priors:jont: no such function; did you mean 'joint'?"),
        (
            "sample",
            {"prior": "sampling.prior:joint"},
            "sampling.prior:joint: there is no module ppgn_bench.sampling.pr",
        ),
        (
            "sample",
            {"runs": {"quality": {"steps": 3}}},
            "--job: runs.quality lacks chains_per_target; --job: runs.qual",
        ),
        ("measure", {"metrics": {"recal": "a:b"}}, "--job: metrics: unknown metric 'recal'; did you mean 'recall'? kn"),
        ("controls", {"metrics": {"frechet": "a:b"}}, "--job: metrics: unknown metric 'frechet'; "),
        ("controls", {"sizes": {"grid": "five"}}, "--job: sizes.grid: Input should be a valid integer"),
        ("controls", {"sizes": {"grid": 0}}, "--job: sizes.grid: Input should be greater than 0, got 0"),
        ("controls", {"sizes": 5}, "--job: sizes: Input should be an object, got 5"),
        ("controls", {"real": "test"}, "--job: real: Input should be 'reference' or 'train', got 'test'"),
        ("exact-numbers", {"training": 3}, "--job: training: Input should be an object, got 3"),
        (
            "exact-numbers",
            {"training": {"joint": {}}},
            "--job: training.joint lacks training; --job: training.joint la",
        ),
        ("exact-numbers", {"dataset": "shapes"}, "data.safetensors: belongs to data set 'digits'"),
    ],
)
def test_a_wrong_field_of_a_job_is_named(jobs: Jobs, ppgn: Command, stage: str, change: Any, message: str) -> None:
    assert refused(ppgn, command(stage, jobs[stage] | change)).startswith(message)


@pytest.mark.parametrize(
    ("stage", "good", "other", "message"),
    [
        (
            "sample",
            FILES["sample"].removeprefix("--data data.safetensors "),
            "",
            "--network: lacks condition=FILE, encoder=FILE, generator=FILE",
        ),
        ("sample", "--network generator=joint.safetensors", "", "--network: lacks generator=FILE"),
        ("sample", "=classifier.safetensors", "", "--network: must be role=file, got 'condition'"),
        ("sample", "condition=c", "=c", "--network: must be role=file, got '=classifier.safetensors'"),
        ("sample", "condition=", "condiiton=", "--network: unknown role 'condiiton'; did you mean 'condition'?"),
        ("train", "data.safetensors", "nowhere", "nowhere: is missing"),
        ("train", "data.safetensors", "classifier.safetensors", "classifier.safetensors: holds 'Classifier'"),
        ("train", "=classifier.safetensors", "=nowhere", "nowhere: is missing"),
        ("train", "=", "=shapes_", "shapes_classifier.safetensors: belongs to data set 'shapes'"),
        ("measure", "chains.safetensors", "nowhere", "nowhere: is missing"),
        ("measure", "chains", "judge", "judge.safetensors: holds 'Judge', expected 'chains'"),
        ("measure", "judge.safetensors", "nowhere", "nowhere: is missing"),
        ("measure", "judge.s", "classifier.s", "classifier.safetensors: holds 'Classifier'"),
        ("measure", "judge.s", "shapes_judge.s", "shapes_judge.safetensors: belongs to"),
        ("exact-numbers", "", "", "--network: lacks "),
    ],
)
def test_a_wrong_file_is_named(jobs: Jobs, ppgn: Command, stage: str, good: str, other: str, message: str) -> None:
    assert refused(ppgn, command(stage, jobs[stage], good, other)).startswith(message)


def test_cuda_is_asked_for_in_vain_where_there_is_none(
    jobs: Jobs, ppgn: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    message = refused(ppgn, command("sample", jobs["sample"] | {"device": "cuda"}))
    assert message.startswith("device: cuda was asked for, and torch finds no CUDA device")


def test_an_output_that_cannot_be_written_is_named(jobs: Jobs, ppgn: Command) -> None:
    Path("made").write_text("a file where a folder should be")
    words = command("prepare", jobs["prepare"])
    assert refused(ppgn, words).startswith("made/a.safetensors: cannot be written")


@pytest.mark.parametrize(
    ("stage", "content", "message"),
    [
        ("collect", None, "table.csv: is missing"),
        ("collect", "", "table.csv: not a table"),
        ("collect", "sweep,value\nown,1\n", "table.csv: lacks the column(s) dataset, variant, seed"),
        ("check-controls", "dataset,sweep,variant\n", "table.csv: lacks the column(s) seed, metric, value"),
        ("controls-hold", "dataset,metric\n", "table.csv: lacks the column(s) first, order, second"),
    ],
)
def test_a_wrong_table_is_named(jobs: Jobs, ppgn: Command, stage: str, content: str | None, message: str) -> None:
    if content is not None:
        Path("table.csv").write_text(content)
    output = (
        ["--parts", "table.csv", "--networks", "table.csv"] if stage == "controls-hold" else ["--output", "made/a.csv"]
    )
    table = ["--job", of_tables(["table.csv"]).as_json()] if stage == "collect" else ["table.csv"]
    assert refused(ppgn, [stage, *table, *output]).startswith(message)
