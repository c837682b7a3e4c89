"""Hostile JSON and tables: what commands are told, what headers and manifests say, what reports and claims read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pandas import DataFrame

from ppgn_bench import columns
from ppgn_bench.claims.verdicts import verdicts
from ppgn_bench.config.load import load_experiment, parse
from ppgn_bench.jobs import Exploring, Job, Measuring, MeasuringControls, Preparation, Sampling, Training, read
from ppgn_bench.metrics.stage import sampling_of
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage import files, manifest
from ppgn_bench.storage.collected import together
from ppgn_bench.workflow import plan
from ppgn_bench.workflow.manifest import facts
from tests.conftest import ROOT
from tests.hostility import Tape, changed, inputs, said, try_all

INPUTS = inputs(3000)
EXPERIMENT = {
    "name": "tried",
    "device": "cpu",
    "datasets": {"digits": {"seeds": 1}},
    "variants": ["joint_ppgn_h"],
    "sweeps": {"own": {"quality": {"chains_per_target": 1, "steps": 2, "keep_every": 1}}},
    "worlds": {"plane": {"seeds": 1}},
}
BROKEN = [
    "",
    "{",
    "[" * 9000,
    "null",
    "3",
    '"x"',
    "[]",
    "9" * 5000,
    "\x00",
    '{"a": NaN}',
    "{}",
    '{"a": 1e999}',
    "\ud800",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_hostile_json_is_a_job_or_a_manifest_or_is_refused_in_lines_that_can_be_read(folder: Path) -> None:
    experiment = load_experiment(EXPERIMENT, ROOT / "config" / "config.yaml")
    jobs: list[Job] = [
        plan.preparation(experiment, "digits"),
        plan.training(experiment, "digits", "joint", 0),
        plan.sampling(experiment, "digits", "own", "joint_ppgn_h", 0),
        plan.measuring(experiment, "digits"),
        plan.measuring_controls(experiment, "digits"),
        plan.exploring(experiment, "plane", 0),
    ]
    assert {type(job) for job in jobs} == {Preparation, Training, Sampling, Measuring, MeasuringControls, Exploring}
    told = {**facts(experiment), "hardware": {"processor": "x"}, "versions": {"python": "3"}}
    path = folder / "manifest.json"

    def of_a_header(text: str) -> None:
        files.save_arrays(folder / "chains", {}, {"kind": "chains", "job": json.loads(text)})
        sampling_of(folder / "chains")

    def of_a_file(text: str) -> None:
        path.write_text(text, errors="surrogatepass")
        manifest.load(path)

    readers: list[tuple[object, Callable[[str], object]]] = [
        *((job.model_dump(mode="json"), lambda text, job=job: read(type(job), text)) for job in jobs),
        (jobs[2].model_dump(mode="json"), of_a_header),
        (json.loads(json.dumps(told)), of_a_file),
        (json.loads(experiment.model_dump_json(exclude_none=True)), parse),
    ]

    def attempt(tape: Tape) -> str | None:
        value, reader = tape.one_of(readers)
        text = json.dumps(changed(value, tape))
        if tape.number(8) == 0 and reader is not of_a_header:
            at = tape.number(len(text))
            text = tape.one_of([text[:at], text[:at] + tape.one_of(BROKEN) + text[at + 1 :], tape.one_of(BROKEN)])
        return said(lambda: reader(text))

    for value, reader in readers:
        assert said(lambda reader=reader, value=value: reader(json.dumps(value))) is None
    assert try_all(folder, INPUTS, attempt)


def test_hostile_tables_are_measurements_or_refused_in_lines_that_can_be_read(folder: Path) -> None:
    own = {"dataset": "digits", "sweep": "own", "run": "quality", "judge": "12e456789012"}
    rows = [
        {
            **own,
            "variant": variant,
            "metric": metric,
            "seed": seed,
            "value": 0.5 + seed,
            **dict.fromkeys(columns.EPSILONS, 1e-3),
        }
        for variant in ("joint_ppgn_h", "ppgn_h")
        for metric in list(METRICS)[:4]
        for seed in (0, 1)
    ]
    files.save_table(folder / "true.csv", DataFrame(rows)[list(columns.METRICS_TABLE)])
    content = (folder / "true.csv").read_bytes()
    odd = [
        b"",
        b",",
        b"\n",
        b'"',
        b"\x00",
        b"\xff",
        b"x",
        b"-1",
        b"1e999",
        b"nan",
        b"0.5.5",
        b"9" * 400,
        b"../../x",
        b"\r",
        b"True",
        b"\xef\xbb\xbf",
        b"," * 300,
        b"=cmd()",
        b"2.5",
        b"1_000",
        b"digits+x",
        b"\xe2\x80\xa8",
        b"inf",
        b"1e-400",
    ]

    def attempt(tape: Tape) -> str | None:
        made = content
        for _ in range(1 + tape.number(2)):
            ends = [0, *(place for place, byte in enumerate(made) if byte in b",\n")]
            at, new = tape.one_of(ends), tape.one_of(odd)
            to = next((end for end in ends if end > at), len(made))
            made = tape.one_of(
                [made[: at + 1] + new + made[to:], made[:at], made[:at] + new + made[at:], made[:at] + made[to:]]
            )
        (folder / "metrics.csv").write_bytes(made)
        return said(lambda: verdicts(together([folder / "metrics.csv"]), None))

    assert said(lambda: verdicts(together([folder / "true.csv"]), None)) is None
    assert try_all(folder, max(INPUTS // 10, 100), attempt)
