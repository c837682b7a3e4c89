"""The gate's exact numbers: all there, the same every time, and moved by what no statistics of a few samples see."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pandas import DataFrame

from ppgn_bench.columns import EXACT_NUMBERS
from ppgn_bench.gate import exact_numbers, synthetic
from ppgn_bench.gate.jobs import ExactNumbers
from ppgn_bench.jobs import read
from ppgn_bench.metrics import convergence, diversity, mixing, quality
from ppgn_bench.metrics.of_inception import OF_INCEPTION
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks import generator
from ppgn_bench.sampling import first_states as sampling
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import files, machine
from ppgn_bench.training import stage as training
from ppgn_bench.training.recipes import RECIPES
from ppgn_bench.workflow import gate
from ppgn_bench.worlds.table import WALKERS
from tests.conftest import Command

TOLERANCE = 1e-4  # relative, that the gate allows
EMPTY: dict[str, Any] = {"training": {}, "sampling": {}, "exploring": {}}


@pytest.fixture(scope="module")
def job() -> ExactNumbers:
    return read(ExactNumbers, gate.exact_numbers(gate.gate()).as_json())


@pytest.fixture(scope="module")
def weights(smoke: Path) -> dict[str, Path]:
    """Recipe -> file, as in the reference run."""
    own = gate.committed(gate.gate())
    return {recipe: smoke / file.replace("results/reference/smoke", "results") for recipe, file in own.items()}


@pytest.fixture(scope="module")
def data(smoke: Path) -> Path:
    return smoke / "results" / "data" / "digits.safetensors"


@pytest.fixture(scope="module")
def table(job: ExactNumbers, weights: dict[str, Path], data: Path) -> DataFrame:
    """All exact numbers of the smoke run's networks."""
    machine.device("cpu")  # one thread, as the command takes
    return exact_numbers.exact_numbers(job, weights, data)


@pytest.fixture
def moved(job: ExactNumbers, weights: dict[str, Path], data: Path, table: DataFrame) -> Callable[..., float]:
    """How far the numbers of some jobs of a part are from the table: the largest relative difference."""

    def largest(part: str, jobs: dict[str, Any]) -> float:
        some = ExactNumbers(**{**dict(job), **EMPTY, part: jobs})
        again = exact_numbers.exact_numbers(some, weights, data).set_index(["part", "name", "number"])["value"]
        before = table.set_index(["part", "name", "number"])["value"].loc[again.index]
        chosen = again.index.get_level_values("part") == part
        made = ~again.index.get_level_values("number").str.contains("weights|epsilon")  # what is told moves by itself
        return float(np.abs(again / before - 1)[chosen & made].max())

    return largest


def only(job: ExactNumbers, part: str, name: str) -> dict[str, Any]:
    """One job of one part, as JSON has it."""
    return {name: json.loads(getattr(job, part)[name].as_json())}


# ------------------------------------------------------------------------------------------------------ what is there


def test_every_recipe_variant_metric_and_walker_has_finite_numbers(table: DataFrame) -> None:
    named = {part: set(rows["name"]) for part, rows in table.groupby("part")}
    walkers = {f"plane {name}" for name in (*WALKERS, "denoiser", "perfect", "exact_draws")}
    assert named == {
        "training": {*gate.trained(gate.gate())},
        "sampling": {*VARIANTS},
        "metrics": {*METRICS} - {*OF_INCEPTION},  # whose arrays only a file of weights gives
        "world": walkers,
    }
    assert np.isfinite(table["value"]).all()
    assert not table.duplicated(["part", "name", "number"]).any()


def test_every_recipe_has_its_losses_on_images_that_did_not_train_it(table: DataFrame) -> None:
    held_out = table[table["number"].str.contains("held-out")]
    assert set(held_out["name"]) == RECIPES.keys() - {"captioner"}  # which is of shapes alone


def test_no_metric_of_the_synthetic_inputs_is_trivial(table: DataFrame) -> None:
    values = table[table["part"] == "metrics"].set_index("name")["value"]
    # Of ten classes the likeliest five have the right one of every synthetic sample.
    assert list(values[values.isin([0.0, 1.0])].index) == ["top_5_accuracy"]


def test_synthetic_inputs_are_what_every_metric_reads() -> None:
    known = {name: metric for name, metric in METRICS.items() if name not in OF_INCEPTION}
    read = {array for metric in known.values() for array in metric.reads.values()}
    assert read <= synthetic.inputs().keys()


@pytest.mark.parametrize("name", ["kernel_distance", "precision", "density", "recall", "coverage"])
def test_swapping_real_and_generated_moves_what_is_not_symmetric(
    name: str, table: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = synthetic.inputs()
    swapped = arrays | {"matched.features": arrays["sample.features"], "sample.features": arrays["matched.features"]}
    monkeypatch.setattr(exact_numbers.synthetic, "inputs", lambda: swapped)
    assert abs(metric_values()[name] / metric_values(table)[name] - 1) > TOLERANCE


def metric_values(table: DataFrame | None = None) -> dict[str, float]:
    """Metric -> value, of a table or made anew."""
    rows = table
    if rows is None:
        metrics = {name: metric.function for name, metric in METRICS.items() if name not in OF_INCEPTION}
        rows = DataFrame(list(exact_numbers._metrics(metrics)), columns=list(EXACT_NUMBERS))
    return rows[rows["part"] == "metrics"].set_index("name")["value"].to_dict()


# ------------------------------------------------------------------------------------------------- the same every time


def test_two_computations_are_equal_byte_for_byte(
    ppgn: Command, job: ExactNumbers, weights: dict[str, Path], data: Path, table: DataFrame, tmp_path: Path
) -> None:
    files.save_table(tmp_path / "before.csv", table)
    roles = [word for role, file in weights.items() for word in ("--network", f"{role}={file}")]
    words = ["--job", job.as_json(), "--data", data, *roles, "--output", tmp_path / "pinned.csv"]
    assert ppgn("exact-numbers", *words).status == 0
    assert (tmp_path / "pinned.csv").read_bytes() == (tmp_path / "before.csv").read_bytes()


def test_dropout_is_drawn_without_asking_the_processors_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch draws it where MKL does not; on Intel's processors torch itself drops other units."""
    values = torch.ones(64, 100)
    torch.manual_seed(0)
    with exact_numbers._SameDropout():
        dropped = torch.nn.functional.dropout(values, 0.3, training=True)
        assert torch.equal(torch.nn.functional.dropout(values, 0.3, training=False), values)
    torch.manual_seed(0)
    kept = torch.rand(values.shape, dtype=torch.float64) < 0.7
    assert kept.double().mean().item() == pytest.approx(0.7, abs=0.02)
    torch.testing.assert_close(dropped, kept / 0.7, check_dtype=False)


# ------------------------------------------------------------------------------------------ what moves, and how little


@pytest.mark.parametrize(
    ("variant", "epsilon"),
    [
        ("am", "condition"),
        ("am_tv", "prior"),
        ("dgn_am_noise", "noise"),
        ("ppgn_h", "prior"),
        ("ppgn_x", "condition"),
        ("joint_ppgn_h", "prior"),
        ("joint_ppgn_h", "condition"),
        ("joint_ppgn_h", "noise"),
    ],
)
def test_an_epsilon_that_is_three_percent_off_moves_its_chains(
    job: ExactNumbers, moved: Callable[..., float], variant: str, epsilon: str
) -> None:
    jobs = only(job, "sampling", variant)
    assert moved("sampling", jobs) == 0
    jobs[variant]["sampling"]["settings"][0][epsilon] *= 1.03
    assert moved("sampling", jobs) > TOLERANCE


@pytest.mark.parametrize(
    ("recipe", "term"), [("classifier", "class"), ("generator", "h1"), ("joint", "image"), ("joint", "code")]
)
def test_a_loss_weight_that_is_five_percent_off_moves_its_losses(
    job: ExactNumbers, moved: Callable[..., float], recipe: str, term: str
) -> None:
    jobs = only(job, "training", recipe)
    jobs[recipe]["training"]["weights"][term] *= 1.05
    assert moved("training", jobs) > TOLERANCE


def test_what_moves_little_is_written_down_itself(table: DataFrame) -> None:
    values = table.set_index(["name", "number"])["value"]
    assert values["joint", "weights.gan"] == RECIPES["joint"].weights["gan"]
    assert values["code_denoiser", "noise.code"] == RECIPES["code_denoiser"].noise["code"]
    assert values["am_l2", "0 epsilon_prior"] == VARIANTS["am_l2"].epsilon["prior"]


@pytest.mark.parametrize(
    ("module", "constant", "value"),
    [(generator, "SLOPE", 0.303), (sampling, "START_STREAM", 2**31), (training, "HELD_OUT", "control")],
)
def test_another_constant_of_a_stage_moves_its_numbers(
    job: ExactNumbers,
    moved: Callable[..., float],
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    constant: str,
    value: object,
) -> None:
    part, name = ("training", "generator") if module is not sampling else ("sampling", "ppgn_h")
    monkeypatch.setattr(module, constant, value)
    assert moved(part, only(job, part, name)) > TOLERANCE


@pytest.mark.parametrize(
    ("module", "constant", "factor", "name"),
    [
        (quality, "KID_SUBSET", 0.9, "kernel_distance"),
        (quality, "DENSITY_NEIGHBOURS", 1.2, "density"),
        (quality, "MANIFOLD_NEIGHBOURS", 4 / 3, "precision"),
        (diversity, "MANIFOLD_NEIGHBOURS", 4 / 3, "recall"),
        (diversity, "COVERAGE_NEIGHBOURS", 1.2, "coverage"),
        (diversity, "PAIRS_PER_TARGET", 0.99, "within_class_dissimilarity"),
        (convergence, "CONFIDENT", 1.01, "steps_to_confidence"),
        (convergence, "SELECTED", 1.01, "confident_share"),
        (mixing, "WARMUP", 1.1, "autocorrelation_steps"),
    ],
)
def test_another_constant_of_a_metric_moves_its_number(
    table: DataFrame, monkeypatch: pytest.MonkeyPatch, module: Any, constant: str, factor: float, name: str
) -> None:
    value = getattr(module, constant)
    monkeypatch.setattr(module, constant, round(value * factor) if isinstance(value, int) else value * factor)
    assert abs(metric_values()[name] / metric_values(table)[name] - 1) > TOLERANCE


# --------------------------------------------------------------------------------------------------- what the job is


def test_the_job_is_one_json_value_that_needs_no_other_networks(job: ExactNumbers) -> None:
    experiment = gate.gate()
    assert read(ExactNumbers, job.as_json()) == job
    needed = {recipe for own in job.sampling.values() for recipe in own.recipes.values()}
    needed |= {recipe for own in job.training.values() for recipe in own.recipes.values()}
    assert needed == gate.committed(experiment).keys() == job.networks.keys()


def test_committed_networks_lie_in_the_reference_run() -> None:
    files = gate.committed(gate.gate())
    assert files["joint"] == "results/reference/smoke/networks/digits/joint+budget=0.4/seed_0.safetensors"
