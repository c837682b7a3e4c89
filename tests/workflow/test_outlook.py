"""What a run takes: seconds of parts summed by stage, what cannot fit, and how it is told."""

import json
import math
from dataclasses import replace

import pytest

from ppgn_bench.config.memory import GIB, PROCESS
from ppgn_bench.jobs import Exploring
from ppgn_bench.workflow import outlook
from ppgn_bench.workflow.outlook import Machine, Speed
from ppgn_bench.workflow.parts import Part

MACHINE = Machine(cores=2, memory=8 * GIB, disk=10 * GIB)
JOB = Exploring(
    world="plane", seed=0, components=(), walkers={}, sigmas=(), training_sizes=(), iterations=1, drift_sigma=1,
    step_sizes=(), chains=1, steps=1,
)  # fmt: skip
TRAINED = Part("train", "joint on digits", ("a", "b", "c"), {"pass": 1.0, "iteration": 100.0}, job=JOB, size=0,
               key="datasets.digits.networks.joint.batch_size", size_key="datasets.digits.seeds")  # fmt: skip
MEASURED = Part("measure", "am of own", ("m",), {"draw": 10.0}, job=JOB, memory=2 * GIB, size=2**20, key="sweeps.own.q")
REPORT = Part("report", "report", ("x", "y"), {"drawing": 2.0})
SPEEDS = {
    TRAINED.trial: Speed({"pass": 1.0, "iteration": 0.1}, weights=2**20),
    MEASURED.trial: Speed({"draw": 0.5}),
    "": Speed({"start": 2.0}),
}


def found(exists=lambda file: False) -> list[outlook.Cost]:
    return outlook.costs([TRAINED, MEASURED, REPORT], SPEEDS, exists)


def test_a_job_takes_its_start_and_its_units_times_their_seconds() -> None:
    trained, measured, report = found()
    assert trained.seconds == pytest.approx(2 + 1 + 100 * 0.1)
    assert measured.seconds == pytest.approx(2 * outlook.START["measure"] + 10 * 0.5)
    assert report.seconds * report.jobs == pytest.approx(2 * outlook.START["report"] + 2 * outlook.UNTRIED["drawing"])


def test_seeds_that_share_a_job_start_once() -> None:
    two, three = (
        outlook.costs([replace(TRAINED, at_once=most)], SPEEDS, lambda file: file in "ab")[0] for most in (2, 3)
    )
    assert (two.jobs, three.jobs) == (2, 1)
    assert three.seconds == pytest.approx(2 + 3 * 11)
    assert two.seconds * two.jobs == pytest.approx(2 * 2 + 3 * 11)
    assert (two.there, three.there) == (1, 0)
    assert three.size == two.size * 2 == 3 * 2**20


def test_the_weights_of_a_network_are_part_of_its_result() -> None:
    assert found()[0].size == 2**20


def test_rows_sum_their_jobs_and_the_last_row_sums_the_rows() -> None:
    rows = {row.stage: row for row in outlook.lines(found(), MACHINE)}
    assert list(rows) == ["train", "measure", "report", "all"]
    assert rows["train"].seconds == pytest.approx(39)
    assert rows["train"].wall == pytest.approx(39 / 2)
    assert rows["all"].seconds == pytest.approx(sum(rows[stage].seconds for stage in ("train", "measure", "report")))
    assert rows["all"].jobs == 6
    assert rows["all"].size == 3 * 2**20 + 2**20
    assert rows["all"].memory == 2 * GIB
    of_all = (rows["train"].seconds + rows["measure"].seconds) / 2 + rows["report"].seconds
    assert rows["all"].wall == pytest.approx(of_all)


def test_more_cores_than_jobs_shorten_nothing_below_the_longest_job() -> None:
    rows = {row.stage: row for row in outlook.lines(found(), MACHINE._replace(cores=64))}
    assert rows["train"].wall == pytest.approx(13)


def test_jobs_of_one_graphics_card_run_one_after_the_other() -> None:
    rows = {row.stage: row for row in outlook.lines(found(), MACHINE._replace(card=40 * GIB))}
    assert rows["train"].wall == pytest.approx(39)


def shared(processes: int) -> list[outlook.Cost]:
    """Three trainings of 2 s of start, 1 s of each process and 10 s that they share."""
    return outlook.costs([replace(TRAINED, processes=processes)], SPEEDS, lambda file: False)


def test_processes_share_a_trainings_iterations_and_take_a_core_each() -> None:
    (row, _) = outlook.lines(shared(4), MACHINE._replace(cores=8))
    assert row.seconds == pytest.approx(3 * (4 * 3 + 10))
    assert row.wall == pytest.approx(3 * (3 + 10 / 4) / 2)  # two trainings of four cores side by side
    assert row.memory == 4 * PROCESS


def test_processes_that_have_too_few_cores_share_those_that_there_are() -> None:
    (row, _) = outlook.lines(shared(4), MACHINE)
    assert row.wall == pytest.approx(row.seconds / 2)


def test_processes_have_a_graphics_card_each() -> None:
    (row, whole) = outlook.lines(shared(4), MACHINE._replace(card=40 * GIB))
    assert row.wall == whole.wall == pytest.approx(3 * (3 + 10 / 4))
    assert outlook.problems(shared(4), MACHINE._replace(card=float(outlook.CONTEXT))) == []
    assert outlook.problems(shared(4), MACHINE._replace(memory=3 * PROCESS))[0].startswith(TRAINED.key)


def test_what_fits_has_no_problem() -> None:
    assert outlook.problems(found(), MACHINE) == []


def test_a_job_larger_than_the_machine_is_refused_by_its_key() -> None:
    (line,) = outlook.problems(found(), MACHINE._replace(memory=GIB))
    assert line == "sweeps.own.q: measure am of own needs about 2 GiB, this machine has 1"


def test_a_job_larger_than_the_graphics_card_is_refused_by_its_key() -> None:
    lines = outlook.problems(found(), MACHINE._replace(card=2**28))
    assert len(lines) == 2
    assert lines[1].startswith(
        "datasets.digits.networks.joint.batch_size: train joint on digits needs about 0.5 GiB of"
    )
    assert lines[1].endswith("; or raise accumulate")
    assert outlook.problems(found(), MACHINE._replace(card=float(2 * GIB - PROCESS + outlook.CONTEXT))) == []


def test_results_larger_than_the_disk_are_refused_by_the_key_of_the_largest() -> None:
    (line,) = outlook.problems(found(), MACHINE._replace(disk=2**20))
    assert line.startswith("datasets.digits.seeds: the results need about 0.00391 GiB more, and 0.000977 are free")


def test_what_is_there_needs_no_more_disk() -> None:
    assert outlook.problems(found(lambda file: file in "abc"), MACHINE._replace(disk=2**20)) == []


def test_a_plan_says_what_is_dearest_and_what_is_there() -> None:
    text = outlook.told(found(lambda file: file == "a"), MACHINE)
    assert "train joint on digits: 3 x 13 s" in text
    assert "Of 6 jobs 1 have a result already; without them" in text
    assert [line.split()[0] for line in text.splitlines()[1:5]] == ["train", "measure", "report", "all"]


def test_a_plan_for_machines_is_json_with_every_part() -> None:
    data = json.loads(json.dumps(outlook.as_data(found(), MACHINE._replace(memory=math.inf)), allow_nan=False))
    assert data["stages"]["all"]["jobs"] == 6
    assert data["machine"] == {"cores": 2, "memory": None, "disk": 10 * GIB, "card": None}
    assert {"stage": "train", "jobs": 3, "there": 0, "seconds_a_job": 13.0}.items() <= data["parts"][0].items()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (273_600, "3 d 4 h")]
)
def test_a_time_is_spoken_in_two_units(seconds: float, text: str) -> None:
    assert outlook.spoken(seconds) == text
