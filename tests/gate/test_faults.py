"""Faults that the gate must catch on fixed networks: each is put in, chains are sampled anew, and `check` runs.

The networks are those of the session's smoke run; the reference is made by the same commands without the fault.
"""

import shutil
from pathlib import Path

import pytest

from ppgn_bench.metrics import quality
from ppgn_bench.sampling import priors, update
from ppgn_bench.workflow import gate, paths, plan
from tests.conftest import ROOT, Command, Ended

VARIANTS = ("am", "joint_ppgn_h")


def resampled(ppgn: Command, smoke: Path, folder: Path, *variants: str) -> None:
    """Make gate/starts.csv of a folder, as the workflow does, of some variants alone."""
    experiment = gate.gate()
    files = []
    for variant in variants:
        files.append(folder / "gate" / f"{variant}.csv")
        weights = {role: smoke / paths.network_file(experiment, "digits", recipe, 0)
                   for role, recipe in experiment.samplers[variant].networks.items()}  # fmt: skip
        words = [word for role, file in weights.items() for word in ("--network", f"{role}={file}")]
        job = gate.resampling(experiment, variant).as_json()
        words += ["--data", smoke / "results/data/digits.safetensors", "--output", files[-1]]
        words += ["--judge", smoke / "results/networks/digits/judge/seed_0.safetensors"]
        ended = ppgn("resample", "--job", job, *words)
        assert ended.status == 0, ended.err
    assert ppgn("collect", *files, "--output", folder / "gate" / "starts.csv").status == 0


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
    assert ppgn("collect", *now, *rest, "--output", folder / "gate" / "starts.csv").status == 0
    return ppgn("check", "--baseline", reference, "--results", folder)


def test_the_same_code_passes(ppgn: Command, smoke: Path, reference: Path, tmp_path: Path) -> None:
    ended = gated(ppgn, smoke, reference, tmp_path / "run", "joint_ppgn_h")
    assert (ended.status, "\nPASSED: " in ended.out) == (0, True), ended.out


def test_another_chunk_size_passes(
    ppgn: Command, smoke: Path, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampling = plan.sampling
    monkeypatch.setattr(plan, "sampling", lambda *job: sampling(*job).model_copy(update={"chunk_size": 70}))
    ended = gated(ppgn, smoke, reference, tmp_path / "run", "joint_ppgn_h")
    assert (ended.status, "\nPASSED: " in ended.out) == (0, True), ended.out


JOINT, STEP = priors.joint, update.step
FAULTS = {
    "the joint prior's sign is swapped": (priors, "joint", lambda view: -JOINT(view), "frechet_distance"),
    "epsilon 3 is dropped": (update, "step", lambda *given: STEP(*given[:3], None), "within_class_dissimilarity"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_sampler_is_caught(
    ppgn: Command, smoke: Path, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    module, name, wrong, metric = FAULTS[fault]
    monkeypatch.setattr(module, name, wrong)
    ended = gated(ppgn, smoke, reference, tmp_path / "run", "joint_ppgn_h")
    assert ended.status == 1, ended.out
    assert f"joint_ppgn_h {metric}" in ended.out.partition("Regressed")[2].partition("Undecided")[0]


def test_a_metric_that_swaps_real_and_generated_is_caught(
    ppgn: Command, smoke: Path, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    precision = quality.precision
    monkeypatch.setattr(quality, "precision", lambda *, real, generated: precision(real=generated, generated=real))
    ended = gated(ppgn, smoke, reference, tmp_path / "run", "am")
    assert ended.status == 1, ended.out
    assert "am precision" in ended.out


def test_the_gate_samples_what_the_config_says() -> None:
    experiment = gate.gate()
    assert gate.weights(experiment, "joint").startswith("results/reference/smoke/networks/digits/joint")
    assert (ROOT / "config" / "gate.yaml").is_file()
    assert list(gate.resampling(experiment, "am").sampling.runs) == ["quality"]
