"""Units of conv5 as the release's scripts show them: what they are called, where they are, and their gradient."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ppgn_bench.data.source import InMemory
from ppgn_bench.data.table import DATASETS
from ppgn_bench.errors import UserError
from ppgn_bench.sampling import conditions, preparation, targets
from ppgn_bench.sampling.targets import Target

CHAINS, CHANNELS, SIDE = 3, 5, 7
ASKED = {"channel": torch.tensor([4, 0, 2]), "row": torch.tensor([0, 6, 3]), "column": torch.tensor([2, 3, 3])}
CPU = torch.device("cpu")


def conv5(seed: int = 0) -> torch.Tensor:
    return torch.randn(CHAINS, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def at_units(layer: torch.Tensor) -> torch.Tensor:
    """Activations at each chain's place, of all channels."""
    return torch.stack([layer[chain, :, ASKED["row"][chain], ASKED["column"][chain]] for chain in range(CHAINS)])


def test_its_gradient_is_the_part_of_the_softmax_at_the_unit_alone() -> None:
    layer = conv5().requires_grad_()
    log_p = conditions.target_unit(torch.zeros(CHAINS), ASKED, lambda images: SimpleNamespace(conv5=layer))
    expected = at_units(layer.detach()).log_softmax(1).gather(1, ASKED["channel"][:, None]).squeeze(1)
    torch.testing.assert_close(log_p.detach(), expected)
    log_p.sum().backward()
    slopes = torch.zeros_like(layer)
    for chain in range(CHAINS):
        place = tuple(int(ASKED[name][chain]) for name in ("channel", "row", "column"))
        slopes[(chain, *place)] = 1 - expected[chain].exp()
    torch.testing.assert_close(layer.grad, slopes)


def test_negative_activations_before_the_relu_are_told_as_they_are() -> None:
    layer = -conv5().abs()
    seen = conditions.conv5_activation(torch.zeros(CHAINS), ASKED, lambda images: SimpleNamespace(conv5=layer))
    assert torch.equal(seen, at_units(layer).gather(1, ASKED["channel"][:, None]).squeeze(1))
    assert (seen < 0).all()


def test_a_network_that_gives_no_conv5_is_told_so() -> None:
    with pytest.raises(TypeError, match=r"must give something with \.conv5, got SimpleNamespace"):
        conditions.target_unit(torch.zeros(1), ASKED, lambda images: SimpleNamespace(h1=conv5()))


# ------------------------------------------------------------------------------------------------ by their names


def test_a_unit_is_named_by_its_channel_and_by_its_place_where_that_is_not_the_middle() -> None:
    digits = DATASETS["digits"]
    assert targets.unit_of_conv5(digits, "conv5:196") == Target("conv5:196", {"unit": [196, -1, -1]})
    assert targets.unit_of_conv5(digits, "conv5:182@6,0") == Target("conv5:182@6,0", {"unit": [182, 6, 0]})
    assert [target.name for target in targets.units_of_conv5(digits)][:2] == ["conv5:0", "conv5:1"]


@pytest.mark.parametrize("text", ["unit 1", "conv4:3", "conv5", "conv5:-1", "conv5:1@2"])
def test_another_name_is_refused_with_the_forms_that_there_are(text: str) -> None:
    with pytest.raises(UserError, match=f'^unknown unit {text!r}; must be "conv5:196", a channel, or "conv5:196@6,6"'):
        targets.unit_of_conv5(DATASETS["digits"], text)


def prepared(*units: list[int], **output: torch.Tensor) -> dict[str, torch.Tensor]:
    images = InMemory(np.zeros((4, 1, 2, 2), np.uint8), np.zeros(4, np.int64), None)
    network = lambda images: SimpleNamespace(**(output or {"conv5": conv5()[:1]}))  # noqa: E731
    return preparation.units_of_conv5({"unit": torch.tensor(units)}, {"control": images}.__getitem__, network)


def test_a_place_that_is_not_named_is_the_middle_of_the_layer() -> None:
    found = prepared([4, -1, -1], [1, 0, 6], [0, -1, 5])
    assert {name: values.tolist() for name, values in found.items()} == {
        "channel": [4, 1, 0], "row": [3, 0, 3], "column": [3, 6, 5]
    }  # fmt: skip


@pytest.mark.parametrize("unit", [[5, -1, -1], [0, 7, 0], [0, 0, 7]])
def test_a_unit_outside_the_layer_is_refused_with_the_layers_size(unit: list[int]) -> None:
    with pytest.raises(UserError, match=r"^unit conv5:\d@\d,\d: conv5 has 5 x 7 x 7 units, channel, row and column"):
        prepared([1, 0, 0], unit)


def test_an_encoder_without_conv5_is_refused_before_the_first_step() -> None:
    with pytest.raises(UserError, match=r"^condition 'target_unit': reads conv5 of CaffeNet, which only the architec"):
        prepared([1, 0, 0], h1=conv5())
