"""A network seen at a layer: the rest of what it gives stays, and so does the network."""

import pytest
import torch
from torch import nn

from ppgn_bench.errors import UserError
from ppgn_bench.networks.layers import at_layer, layers
from ppgn_bench.sampling.conditions import hidden_unit
from tests.configs import network_of

IMAGES = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def test_convolutions_are_numbered_from_the_image_on() -> None:
    network = network_of("classifier", "shapes")
    assert {name: layer.out_channels for name, layer in layers(network).items()} == {
        "conv1": 24,
        "conv2": 48,
        "conv3": 64,
    }


def test_a_layer_is_seen_before_its_nonlinearity_and_all_else_stays() -> None:
    network = network_of("classifier", "digits").eval()
    plain, seen = network(IMAGES), at_layer(network, "conv1")(IMAGES)
    torch.testing.assert_close(seen.h1, network.e1[0](IMAGES), rtol=0, atol=0)
    assert bool((seen.h1 < 0).any())  # the ReLU after it works in place
    for name in ("code", "logits", "pooled"):
        torch.testing.assert_close(getattr(seen, name), getattr(plain, name), rtol=0, atol=0)


def test_the_network_itself_is_as_before() -> None:
    network = network_of("classifier", "digits").eval()
    before = network(IMAGES)
    at_layer(network, "conv2")(IMAGES)
    assert [module for module in network.modules() if module._forward_hooks] == []
    torch.testing.assert_close(network(IMAGES).h1, before.h1, rtol=0, atol=0)


def test_h1_is_what_the_network_calls_so() -> None:
    network = network_of("classifier", "digits").eval()
    torch.testing.assert_close(at_layer(network, "h1")(IMAGES).h1, network(IMAGES).h1, rtol=0, atol=0)


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_the_gradient_of_a_unit_of_any_layer_is_that_of_finite_differences(layer: str) -> None:
    seen = at_layer(network_of("classifier", "digits").double().eval(), layer)
    place = {name: torch.tensor([number]) for name, number in (("channel", 5), ("row", 2), ("column", 3))}
    image = IMAGES[:1].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: hidden_unit(x, place, seen), image, eps=1e-6, atol=1e-6)


def test_what_gives_a_tensor_alone_still_has_logits_and_a_code() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.LazyLinear(5))
    seen = at_layer(network, "conv1")(IMAGES)
    assert seen.h1.shape == (3, 4, 14, 14)
    torch.testing.assert_close(seen.logits, network(IMAGES))
    assert seen.code is seen.logits


def test_an_unknown_layer_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"unknown layer 'conv3'; did you mean 'conv2'\? known: conv1, conv2, h1"):
        at_layer(network_of("classifier", "digits"), "conv3")


def test_a_layer_that_the_network_does_not_give_is_refused() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten())
    with pytest.raises(UserError, match="layer 'h1': Sequential does not give it; known: conv1"):
        at_layer(network, "h1")(IMAGES)
