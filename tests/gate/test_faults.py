"""Faults that the gate must catch on fixed networks: each is put in, chains are sampled anew, and `check` runs.

The networks are those that the gate samples from; the reference is made by the same commands without the fault.
"""

import shutil
from pathlib import Path

import pytest

from ppgn_bench.metrics import quality
from ppgn_bench.sampling import priors, update
from ppgn_bench.workflow import gate, plan
from ppgn_bench.workflow.collecting import of_tables
from tests.conftest import ROOT, Command, Ended

VARIANTS = ("am", "joint_ppgn_h")


def resampled(ppgn: Command, smoke: Path, folder: Path, *variants: str) -> None:
    """Make gate/starts.csv of a folder, as the workflow does, of some variants alone."""
    experiment = gate.gate()
    files = []
    for variant in variants:
        files.append(folder / "gate" / f"{variant}.csv")
        weights = gate.networks(experiment, variant)
        words = [word for role, file in weights.items() for word in ("--network", f"{role}={ROOT / file}")]
        job = gate.resampling(experiment, variant).as_json()
        words += ["--data", smoke / "results/data/digits.safetensors", "--output", files[-1]]
        words += ["--judge", ROOT / gate.judge()]
        ended = ppgn("resample", "--job", job, *words)
        assert ended.status == 0, ended.err
    assert ppgn("collect", "--job", of_tables(files).as_json(), "--output", folder / "gate" / "starts.csv").status == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reference")


@pytest.fixture
def reference(made: Path, smoke: Path, ppgn: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The smoke run kept as a reference, with chains of some variants; made once."""
    monkeypatch.chdir(smoke)
    if not (made / "gate" / "starts.csv").is_file():
        resampled(ppgn, smoke, made, *VARIANTS)
        assert ppgn("reference", smoke / "results/smoke", "--output", made).status == 0
    return made


def gated(ppgn: Command, smoke: Path, reference: Path, folder: Path, *variants: str) -> Ended:
    """What `check` says of chains that are sampled now; of the other variants it has the reference's."""
    shutil.copytree(reference, folder)
    resampled(ppgn, smoke, folder, *variants)
    rest = [reference / "gate" / f"{variant}.csv" for variant in VARIANTS if variant not in variants]
    now = [folder / "gate" / f"{variant}.csv" for variant in variants]
    assert (
        ppgn("collect", "--job", of_tables(now + rest).as_json(), "--output", folder / "gate" / "starts.csv").status
        == 0
    )
    return ppgn("check", "--baseline", reference, "--results", folder)


SAMPLING, JOINT, STEP, PRECISION = plan.sampling, priors.joint, update.step, quality.precision
NO_FAULTS = {
    "the same code": (plan, "sampling", SAMPLING),
    "another chunk size": (plan, "sampling", lambda *job: SAMPLING(*job).model_copy(update={"chunk_size": 70})),
}
FAULTS = {
    "the joint prior's sign is swapped": (
        (priors, "joint", lambda view, encoder: -JOINT(view, encoder), "frechet_distance")
    ),
    "epsilon 3 is five times as large": (
        (update, "step", lambda *given: STEP(*given[:3], None if given[3] is None else 5 * given[3]), "precision")
    ),
    "real and generated are swapped": (
        (quality, "precision", lambda *, real, generated: PRECISION(real=generated, generated=real), "precision")
    ),
}


@pytest.mark.parametrize("change", NO_FAULTS.values(), ids=NO_FAULTS)
def test_what_is_no_fault_passes(ppgn, smoke, reference, tmp_path, monkeypatch, change) -> None:
    monkeypatch.setattr(*change)
    ended = gated(ppgn, smoke, reference, tmp_path / "run", "joint_ppgn_h")
    assert (ended.status, "\nPASSED: " in ended.out) == (0, True), ended.out


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_sampler_or_a_metric_is_caught(ppgn, smoke, reference, tmp_path, monkeypatch, fault) -> None:
    *change, metric = FAULTS[fault]
    monkeypatch.setattr(*change)
    ended = gated(ppgn, smoke, reference, tmp_path / "run", "joint_ppgn_h")
    assert ended.status == 1, ended.out
    assert f"joint_ppgn_h {metric}" in ended.out.partition("Regressed")[2].partition("Undecided")[0]


def test_the_gate_samples_quality_runs_alone() -> None:
    assert list(gate.resampling(gate.gate(), "am").sampling.runs) == ["quality"]
