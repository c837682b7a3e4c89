"""The jobs of a plan: as many as Snakemake has, and the work in each."""

import re
from pathlib import Path

import pytest

from ppgn_bench.config import memory
from ppgn_bench.config.load import load_experiment
from ppgn_bench.workflow import parts, planning
from tests.configs import load
from tests.conftest import ROOT, snakemake, workflow_copy

pytestmark = pytest.mark.usefixtures("config_folder")

CONFIG = """
datasets: {digits: {seeds: [4, 7]}, shapes: null}
variants: [am, dgn_am, joint_ppgn_h]
sweeps:
  own: {quality: {chains_per_target: 30, steps: 20, keep_every: 10}, mixing: {chains_per_target: 2, steps: 40}}
  codes: null
worlds: {plane: {seeds: 3, iterations: 50, steps: 60}}
"""


def of(stage: str, text: str = CONFIG) -> dict[str, parts.Part]:
    return {part.name: part for part in planning.parts(load(text)) if part.stage == stage}


def test_a_plan_has_the_jobs_of_the_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    place = workflow_copy(tmp_path / "clone")
    said = snakemake(place, "--configfile", "config/smoke.yaml", "--dry-run", "--quiet", "host")
    jobs = {rule: int(number) for rule, number in re.findall(r"^(\w+) +(\d+)$", said.stdout, re.M)}
    plan = planning.parts(load_experiment({"extends": "config/smoke.yaml"}))
    planned = {stage: sum(len(part.jobs) for part in plan if part.stage == stage) for stage in parts.STAGES}
    rules = {"explore": "worlds"}
    for stage in parts.STAGES[:-1]:
        assert planned[stage] == jobs[rules.get(stage, stage)], stage
    assert sum(planned.values()) == jobs["total"] - 1  # `all` runs nothing


def test_a_training_has_a_job_a_seed_and_its_iterations() -> None:
    trained = of("train")
    assert set(trained) == {"classifier on digits", "generator on digits", "joint on digits"}
    assert trained["joint on digits"].units == {"pass": 1.0, "iteration": 1500.0}
    assert [file.rpartition("/")[2] for file in trained["joint on digits"].files] == [
        "seed_4.safetensors",
        "seed_7.safetensors",
    ]
    assert set(trained["joint on digits"].reads) == {"encoder"}


def test_a_budget_multiplies_the_iterations() -> None:
    usual, fifth = (of("train", CONFIG.replace("[4, 7]", f"[4, 7], budget: {budget}")) for budget in (1, 0.2))
    assert fifth["joint on digits"].units["iteration"] == usual["joint on digits"].units["iteration"] / 5


def test_a_training_alone_has_the_processes_of_the_config() -> None:
    text = CONFIG + "processes: 2"
    assert {part.processes for part in of("train", text).values()} == {2}
    assert {part.processes for stage in ("sample", "measure") for part in of(stage, text).values()} == {1}


def test_a_sampling_counts_the_steps_of_its_batches_and_the_chain_steps() -> None:
    job = of("sample")["joint_ppgn_h of own on digits"]
    # 300 chains are two batches of 200; 20 chains of the mixing run are one
    assert job.units == {"pass": 1.0, "step": 2 * 20 + 40.0, "chain-step": 300 * 20 + 20 * 40.0}


def test_kept_chains_are_counted_to_the_byte() -> None:
    job = of("sample")["joint_ppgn_h of own on digits"]
    draw = 16 * 16 + 4 * 64
    assert job.size == 300 * (3 * draw + 4 * 21) + 20 * (5 * draw + 4 * 41)


def test_one_job_measures_all_draws_of_all_seeds() -> None:
    job = of("measure")["joint_ppgn_h of own on digits"]
    assert len(job.files) == 1
    assert job.units["draw"] == 2 * (300 * 3 + 20 * 5)


def test_parts_that_differ_by_numbers_alone_are_tried_once() -> None:
    text = CONFIG + "ablations: {a: {of: dgn_am, epsilon: {condition: [0.1, 2]}}, b: {of: dgn_am, epsilon: {noise: 1}}}"
    sampled = of("sample", text)
    one, other = sampled["a+epsilon_condition=0.1 of own on digits"], sampled["a+epsilon_condition=2 of own on digits"]
    assert one.trial == other.trial == sampled["dgn_am of own on digits"].trial
    assert sampled["b of own on digits"].trial != one.trial  # it draws noise
    assert sampled["joint_ppgn_h of own on digits"].trial != one.trial


def test_another_width_is_another_trial_and_another_learning_rate_is_none() -> None:
    usual = of("train")["joint on digits"].trial
    changed = "datasets: {{digits: {{networks: {{joint: {{{}}}}}}}, shapes: null}}"
    for text, same in (("learning_rate: 0.1", True), ("widths: [8, 8]", False), ("batch_size: 4", False)):
        plan = planning.parts(load(changed.format(text)))
        (part,) = [part for part in plan if part.stage == "train" and part.name.startswith("joint")]
        assert (part.trial == usual) == same, text


@pytest.mark.parametrize(("key", "larger"), [("batch_size: 4096", "batch_size"), ("hidden: 60000", "hidden")])
def test_a_training_needs_more_memory_with_a_larger_batch_or_network(key: str, larger: str) -> None:
    usual = of("train")["joint on digits"]
    text = f"datasets: {{digits: {{networks: {{joint: {{{key}}}}}}}, shapes: null}}"
    (part,) = [part for part in planning.parts(load(text)) if part.name.startswith("joint+") and part.stage == "train"]
    assert part.memory > usual.memory + 100 * 2**20
    assert part.key == "datasets.digits.networks.joint.batch_size"


def test_a_batch_in_parts_needs_the_memory_of_a_part() -> None:
    def needs(**keys: int) -> int:
        text = f"datasets: {{digits: {{networks: {{joint: {keys}}}}}, shapes: null}}".replace("'", "")
        return next(part.memory for name, part in of("train", text).items() if name.startswith("joint"))

    assert needs(batch_size=4096, accumulate=64) < needs(batch_size=64) + 2**20 < needs(batch_size=4096)


def test_a_process_that_trains_digits_is_estimated_within_a_quarter_of_what_it_was() -> None:
    """results/reference/smoke/costs.csv: 588 to 632 MiB."""
    for part in of("train").values():
        assert 0.75 < part.memory / (610 * 2**20) < 1.25
        assert part.memory > memory.PROCESS
