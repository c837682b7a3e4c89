"""The roofline's arithmetic, by hand."""

import pytest
import torch

from tests.benchmarks import roofline
from tests.benchmarks.counting import Work
from tests.benchmarks.roofline import Ceilings, Reached

CEILINGS = Ceilings(product=200.0, convolution=100.0, copy=10.0)


def test_a_stage_of_many_operations_a_byte_is_limited_by_the_convolution():
    own = roofline.row(Reached("many", "here", Work(1000.0, 10.0), [20.0], [CEILINGS]))
    assert (own.intensity, own.limit, own.speed) == (100.0, 100.0, 50.0)
    assert own.of_limit == own.of_convolution == 0.5


def test_a_stage_of_few_operations_a_byte_is_limited_by_the_copy():
    own = roofline.row(Reached("few", "here", Work(1000.0, 500.0), [100.0], [CEILINGS]))
    assert (own.intensity, own.limit, own.speed) == (2.0, 20.0, 10.0)
    assert (own.of_limit, own.of_convolution) == (0.5, 0.1)


def test_a_round_in_which_the_machine_was_slower_has_the_same_share():
    slower = Ceilings(*(of / 4 for of in CEILINGS))
    own = roofline.row(Reached("busy", "here", Work(1000.0, 10.0), [20.0, 80.0, 80.0], [CEILINGS, slower, slower]))
    assert own.of_limit == 0.5


def test_each_device_has_a_table_below_its_own_ceilings():
    work = Work(2e9, 2**20)
    text = roofline.lines(Reached(stage, on, work, [1.0], [CEILINGS]) for stage, on in zip("ab", "XY", strict=True))
    starts = [line.partition(" matrix")[0] for line in text if "matrix product" in line]
    assert starts == ["X:", "Y:"]
    assert [line[:13] for line in text if line.startswith(("| a", "| b"))] == ["| a | 2 | 1 |", "| b | 2 | 1 |"]


@pytest.mark.parametrize("name", Ceilings._fields)
def test_every_ceiling_is_measured_as_a_number_above_zero(name, monkeypatch):
    for small in ("SIDE", "IMAGES", "CHANNELS", "PIXELS"):
        monkeypatch.setattr(roofline, small, 8)
    monkeypatch.setattr(roofline, "COPIED", 2**22)
    assert getattr(roofline.ceilings(torch.device("cpu"))(), name) > 0
