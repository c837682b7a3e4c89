"""What jobs ask of a cluster: every rule does, as its plan says, and it changes nothing of what a run does."""

import re
from pathlib import Path

import pytest

from ppgn_bench.workflow import paths, plan, resources
from tests.configs import load
from tests.conftest import ROOT, snakemake, workflow_copy

CONFIG = """
datasets: {{digits: {{seeds: {seeds}, budget: {budget}}}, shapes: null}}
variants: [dgn_am]
sweeps: {{own: {{quality: {{chains_per_target: {chains}, steps: 2000, keep_every: 10}}}}, codes: null}}
device: {device}
processes: {processes}
"""
USUAL = {"seeds": 2, "budget": 1, "chains": 100, "device": "cpu", "processes": 1}
TRAIN, MEASURE = "results/networks/digits/generator", "results/main/metrics/digits/own/dgn_am.csv"
SAMPLE = "results/main/chains/digits/own/dgn_am"
# A rule of a group of seeds has no name of its own, and stands in a loop.
RULE = re.compile(r"^( *)rule ?(\w*):\n(.*?)(?=^\1?\S|\Z)", re.MULTILINE | re.DOTALL)
RULES = {
    name or f"of {file.stem}": body
    for file in sorted(ROOT.glob("rules/*.smk"))
    for _, name, body in RULE.findall(file.read_text())
}
TINY = "name: tiny\ndatasets: {mnist: null, shapes: null, digits: {seeds: 1}}\nvariants: [am]\nworlds: null\n"
TARGET = "results/data/digits.safetensors"
# Stands in for `python -m ppgn_bench`: writes its output.
STAND_IN = """
import sys
from pathlib import Path

output = Path(sys.argv[sys.argv.index("--output") + 1])
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text("made")
"""
ASKED = re.compile(r'resources\.(mem_mb|runtime)\(NEEDS(?:, (f?"[^"]*"))?\)')


def needs(**changes: object) -> dict[str, resources.Needs]:
    return resources.needs(load(CONFIG.format(**{**USUAL, **changes})))


def asked(place: str, attempt: int = 1, **changes: object) -> tuple[int, int]:
    """MB and minutes of a job."""
    found = needs(**changes)
    assert place in found
    return resources.mem_mb(found, place)({}, attempt), resources.runtime(found, place)({}, attempt)


@pytest.mark.parametrize("rule", [name for name, body in RULES.items() if "    shell:\n" in body])
def test_a_rule_with_a_command_asks_for_memory_and_time(rule: str) -> None:
    found = ASKED.findall(RULES[rule])
    assert [what for what, _ in found] == ["mem_mb", "runtime"]
    assert found[0][1] == found[1][1]


@pytest.mark.usefixtures("config_folder")
def test_rules_ask_for_what_the_plan_counts() -> None:
    """Every place that a rule names is one of the plan's, and every one of the plan's is named."""
    plan = resources.needs(load("worlds: {plane: {seeds: 2}}"))
    texts = {text for body in RULES.values() for _, text in ASKED.findall(body) if text}
    places = [re.sub(r"\{+\w+\}+", "[^/]+", text.strip('f"').replace("{RESULTS}", "results/main")) for text in texts]
    assert [place for place in places if not any(re.fullmatch(place, key) for key in plan)] == []
    assert [key for key in plan if not any(re.fullmatch(place, key) for place in places)] == []


@pytest.mark.usefixtures("config_folder")
def test_all_memory_and_time_are_whole_numbers_above_zero() -> None:
    found = needs()
    for place in (*found, "results/networks/digits/judge"):  # a judge that ships is in no plan
        for attempt in (1, 3):
            values = resources.mem_mb(found, place)({}, attempt), resources.runtime(found, place)({}, attempt)
            assert all(type(value) is int and value > 0 for value in values), place


@pytest.mark.usefixtures("config_folder")
@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (TRAIN, {"budget": 1000}),
        (SAMPLE, {"chains": 1000}),
        (MEASURE, {"chains": 1000}),
        (MEASURE, {"chains": 1000, "seeds": 20}),
    ],
)
def test_more_work_asks_for_more_time(place: str, changes: dict[str, int]) -> None:
    place = place + "+budget=1000" if "budget" in changes else place
    usual = {**changes, "seeds": 2} if "seeds" in changes else {}
    before = needs(**usual)[place.partition("+")[0]].seconds
    assert needs(**changes)[place].seconds > 5 * before > 0
    assert asked(place, **changes)[1] > resources.LEAST / 60


@pytest.mark.usefixtures("config_folder")
@pytest.mark.parametrize("budget", [1e6, 1.23456789, 1e-7, 1e30])
def test_networks_of_any_budget_lie_where_their_training_is_read_from(budget: float) -> None:
    experiment = load(CONFIG.format(**USUAL | {"budget": budget}))
    weights = Path(paths.network_file(experiment, "digits", "generator", 0))
    job = plan.training(experiment, "digits", weights.parent.name, 0)
    usual = plan.training(experiment, "digits", "generator", 0)
    assert job.iterations == max(1, round(budget * usual.iterations))
    assert (job.name, job.recipe) == (usual.name, usual.recipe)


@pytest.mark.usefixtures("config_folder")
def test_each_attempt_asks_for_more_memory_and_twice_the_time() -> None:
    (first, minutes), (third, longer) = asked(TRAIN), asked(TRAIN, attempt=3)
    assert third == 3 * first
    assert longer == 4 * minutes


@pytest.mark.usefixtures("config_folder")
def test_a_training_by_four_processes_asks_for_the_memory_of_four() -> None:
    own = 2**20 * 100
    assert needs(processes=4)[TRAIN].memory > 4 * (needs()[TRAIN].memory - own)
    assert needs(processes=4)[SAMPLE].memory == needs()[SAMPLE].memory


def test_seeds_that_share_a_job_ask_for_the_time_of_all_and_the_memory_of_one() -> None:
    one, two = needs(seeds=1)[SAMPLE], needs()[SAMPLE]
    assert two == one._replace(seconds=2 * one.seconds)


@pytest.mark.usefixtures("config_folder")
def test_a_job_on_a_card_asks_for_the_memory_of_its_libraries_and_for_less_time() -> None:
    core, card = needs(budget=1000)[f"{TRAIN}+budget=1000"], needs(budget=1000, device="cuda")[f"{TRAIN}+budget=1000"]
    assert card.cuda == resources.HOST > core.cuda == 0
    assert card.seconds < core.seconds
    assert needs(device="cuda")["results/main/claims"].cuda == 0


def test_what_a_job_asks_for_neither_holds_a_run_on_one_machine_nor_runs_it_again(tmp_path: Path) -> None:
    place = workflow_copy(tmp_path / "tree")
    (place / "tiny.yaml").write_text(TINY)
    (place / "ppgn_bench" / "__main__.py").write_text(STAND_IN)
    words = [TARGET, "--configfile", "tiny.yaml", "--set-resources"]
    done = snakemake(place, *words, "prepare:mem_mb=999999999", "prepare:runtime=999999")
    assert done.returncode == 0, done.stderr
    again = snakemake(place, *words, "prepare:mem_mb=1", "prepare:runtime=1")
    assert "Nothing to be done" in again.stderr, again.stderr
