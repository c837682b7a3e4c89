"""Relative speeds: a slow machine is no slow benchmark, and only what lies beyond both spreads has moved."""

import numpy as np
import pytest

from tests.benchmarks.calibration import CALLS, beside_each_round
from tests.benchmarks.relative import APART, Speed, compared, differences, lines, moved, speed


def a_speed(relative, low, high, name="a", rounds=9, calibration=0.01):
    return Speed(name, relative, low, high, rounds, calibration)


def test_a_machine_half_as_fast_has_the_same_relative_speed():
    seconds, beside = np.array([1.0, 1.2, 1.1]), np.array([[0.01, 0.012], [0.01, 0.01], [0.011, 0.012]])
    fast, slow = speed("a", seconds, beside), speed("a", 2 * seconds, 2 * beside)
    assert slow[1:-1] == pytest.approx(fast[1:-1])
    assert (fast.calibration, slow.calibration) == pytest.approx((0.0105, 0.021))


def test_a_machine_that_slows_down_in_the_middle_gives_every_round_the_same_relative_time():
    result = speed("a", [1.0, 1.0, 3.0, 3.0], [[0.01] * 4, [0.01] * 4, [0.03] * 4, [0.03] * 4])
    assert result[1:] == pytest.approx((100, 100, 100, 4, 0.02))


def test_median_and_quartiles_are_over_rounds_of_seconds_over_the_mean_call_beside_them():
    result = speed("a", [1.0, 2.0, 3.0, 4.0, 50.0], [[0.5, 1.5]] * 5)
    assert result == Speed("a", 3.0, 2.0, 4.0, 5, 1.0)


def test_one_round_has_the_spread_of_the_calibration_alone():
    result = speed("a", [6.0], [[1.0, 2.0, 3.0]])
    assert (result.relative, result.rounds) == (3.0, 1)
    assert (result.low, result.high) == pytest.approx((2.5, 4.5))  # quartiles of 6, 3 and 2


def test_the_median_lies_within_its_spread_even_where_one_call_took_most_of_the_time():
    result = speed("a", [1.0], [[0.01, 0.01, 0.01, 1.0]])
    assert result.low == result.relative < result.high


@pytest.mark.parametrize(
    ("seconds", "beside"),
    [([], np.empty((0, 3))), ([1.0, 1.0], [[1.0]]), ([1.0], [[]]), ([0.0], [[1.0]]), ([1.0], [[np.nan]])],
    ids=["no round", "a round without calls", "no calls", "no time", "not a number"],
)
def test_what_is_no_measurement_is_refused(seconds, beside):
    with pytest.raises(ValueError, match=r"^a: "):
        speed("a", seconds, beside)


REFERENCE = a_speed(10.0, 9.0, 11.0)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (a_speed(20.0, 18.0, 22.0), "slower"),
        (a_speed(5.0, 4.5, 5.5), "faster"),
        (a_speed(10.0, 9.0, 11.0), "-"),
        (a_speed(20.0, 10.9, 30.0), "-"),  # twice the median, quartiles that overlap
        (a_speed(5.0, 2.0, 9.1), "-"),
        (a_speed(11.5, 11.1, 12.0), "-"),  # quartiles apart, medians not far enough
        (a_speed(8.5, 8.2, 8.9), "-"),
        (a_speed(10.0 * APART, 11.1, 14.0), "-"),  # not more than the factor
        (a_speed(10.0 / APART, 7.0, 8.9), "-"),
    ],
)
def test_a_benchmark_moved_where_the_quartiles_part_and_the_medians_differ_by_more_than_a_factor(now, expected):
    assert moved(now, REFERENCE) == expected


def test_benchmarks_are_matched_by_name_and_new_and_missing_ones_are_named():
    now = [a_speed(1.0, 1.0, 1.0, "new"), a_speed(20.0, 18.0, 22.0, "both")]
    rows, missing = compared(now, {"gone": REFERENCE, "both": REFERENCE})
    assert [(row.now.benchmark, row.moved) for row in rows] == [("new", "new"), ("both", "slower")]
    assert missing == ["gone"]
    text = lines(rows, missing)
    assert [line.split()[0] for line in text[1:3]] == ["new", "both"]
    assert [line.split()[-1] for line in text[1:3]] == ["new", "slower"]
    assert text[-1].endswith(": gone")


def test_a_line_says_both_speeds_their_ratio_and_its_lowest_and_highest():
    rows, missing = compared([a_speed(20.0, 18.0, 22.0)], {"a": REFERENCE})
    head, line, *_ = lines(rows, missing)
    assert line.split() == ["a", "20", "10", "2.00", "1.64", "to", "2.44", "9", "slower"]
    assert head.index("moved") == line.index("slower")


def test_what_the_calibration_took_is_said_of_both_runs():
    now = [a_speed(10.0, 9.0, 11.0, name, calibration=seconds) for name, seconds in [("a", 0.012), ("b", 0.03)]]
    text = lines(*compared(now, {"a": REFERENCE}))
    assert "21.0 ms, from 12.0 to 30.0" in text[-2]
    assert "10.0 ms, from 10.0 to 10.0" in text[-1]


@pytest.mark.parametrize("both", [(1, 9), (9, 1)])
def test_a_single_round_on_either_side_is_said_to_have_no_spread(both):
    now, before = (a_speed(10.0, 9.0, 11.0, rounds=rounds) for rounds in both)
    assert "no spread of its own" in lines(*compared([now], {"a": before}))[-1]
    assert "no spread of its own" not in lines(*compared([REFERENCE], {"a": REFERENCE}))[-1]


def test_another_machine_or_version_is_said_and_the_same_is_not():
    here = {"hardware": {"cores": "2"}, "versions": {"torch": "2.15.0"}}
    assert differences(here, here) == []
    there = {"hardware": {"cores": "16", "graphics processor": "H100"}, "versions": {"torch": "2.15.0"}}
    assert differences(here, there)[1:] == [
        "cores: 2, the reference's 16",
        "graphics processor: none, the reference's H100",
    ]


class Clockless:
    """A benchmark fixture that runs its rounds as pytest-benchmark's pedantic mode does, without a clock."""

    def pedantic(self, target, args=(), kwargs=None, setup=None, teardown=None, rounds=1, warmup_rounds=0):
        for _ in range(warmup_rounds + rounds):
            given = setup()
            args, kwargs = given if given else (args, kwargs or {})
            target(*args, **kwargs)
            teardown(*args, **kwargs)


def test_the_workload_runs_right_before_and_after_every_round_and_setup_stays_outside():
    order: list[str] = []
    benchmark = Clockless()
    rounds = beside_each_round(benchmark, lambda: order.append("c"))
    around = {"setup": lambda: order.append("s"), "teardown": lambda word: order.append("t")}
    benchmark.pedantic(order.append, ("r",), **around, rounds=2, warmup_rounds=1)
    calls = "c" * (CALLS + 1)
    assert "".join(order) == f"s{calls}r{calls}t" * 3
    assert [len(times) for times in rounds] == [2 * CALLS] * 3


def test_arguments_that_a_setup_gives_reach_the_benchmark():
    benchmark, got = Clockless(), []
    beside_each_round(benchmark, lambda: None)
    benchmark.pedantic(lambda *args, **kwargs: got.append((args, kwargs)), setup=lambda: ((1,), {"two": 2}))
    assert got == [((1,), {"two": 2})]
