"""How jobs grow with chains, settings, pixels and seeds (`growth`): `make growth` measures, and draws docs/growth.png.

What is no benchmark here tests the arithmetic.
"""

import numpy as np
import pytest

from tests.benchmarks import growth, growth_shown
from tests.benchmarks.growth import AXES, Point


@pytest.mark.parametrize("name", AXES)
@pytest.mark.benchmark(group="growth")
def test_growth(benchmark, request, tmp_path, name):
    """`extra_info` has a point for each number: seconds, MiB, MiB of the file."""
    points: list[Point] = []

    def points_of_axis() -> None:
        for number in AXES[name].numbers:
            points.append(growth.measured(AXES[name], number, tmp_path / str(number)))

    benchmark.pedantic(points_of_axis, rounds=1)
    request.config.stash[growth.FOUND][name] = points
    benchmark.extra_info |= {f"{own.number}": [own.seconds, own.memory, own.size] for own in points}


def test_the_law_through_exact_points_is_the_one_that_made_them_whatever_another_network_takes():
    axis = AXES["pixels"]
    points = [Point(number, 2 + 0.5 * number**2, 1, 1) for number in (1, 10, 100)]
    of_another = [Point(number, 1e6, 1, 1) for number in axis.apart]
    assert of_another
    assert growth.fitted(points + of_another, axis) == pytest.approx((2, 0.5, 2))


def test_no_part_of_a_law_is_below_zero():
    points = [Point(number, seconds, 1, 1) for number, seconds in ((1, 1.0), (10, 20.0), (100, 400.0))]
    law = growth.fitted(points, AXES["chains"])
    assert min(law.once, law.each) >= 0
    assert points[-1].seconds / law.seconds(100) > 1.3  # what grows faster than its law is seen


@pytest.mark.parametrize("name", AXES)
def test_every_number_of_an_axis_is_a_config_that_can_be_planned(name):
    axis = AXES[name]
    for number in (axis.numbers[0], axis.numbers[-1]):
        experiment = growth.experiment_of(axis, number)
        assert [*experiment.samplers] == ["joint_ppgn_h"]
        assert not axis.stage or growth.part_of(experiment, axis.stage).memory > 0


@pytest.mark.parametrize(("name", "unit"), [("chains", 1), ("settings", 10)])
def test_the_number_is_that_of_the_chains_or_of_the_settings(name, unit):
    experiment = growth.experiment_of(AXES[name], 1000)
    job = growth.part_of(experiment, "sample").job
    assert len(job.settings) * len(job.targets) * job.runs["quality"].chains_per_target == 1000 * unit


def test_a_process_is_measured_in_seconds_of_the_processor_and_in_mib():
    command = [growth.sys.executable, "-c", "x = bytearray(300 * 2**20); [0 for _ in range(10**6)]"]
    seconds, memory = growth.spent(command)
    assert seconds > 0
    assert 300 < memory < 400


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="no such thing"):
        growth.spent([growth.sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_the_table_has_each_point_beside_law_and_plan_and_the_law_itself():
    points = [Point(1, 1.5, 600, 2, 500, 1), Point(5, 3.5, 600, 2, 500, 1), Point(10, 6, 600, np.nan, 500)]
    *rows, law = growth_shown.lines({"seeds": points})[2:]
    assert rows[0] == "| seeds that are measured | 1 | 1.5 | 1.00 | 600 | 1.20 | 2 | 2.00 |"
    assert law.startswith("| law | | 1.00 + 0.5 n |")


def test_the_figure_shows_every_axis(tmp_path):
    points = [Point(1, 1.5, 600, 2, 500, 1), Point(10, 6, 600, 2, 500, 1)]
    growth_shown.draw(tmp_path / "growth.png", dict.fromkeys(AXES, points))
    assert (tmp_path / "growth.png").stat().st_size > 10_000
