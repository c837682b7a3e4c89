"""The counter counts what can be counted by hand."""

import pytest
import torch
from torch import nn

from tests.benchmarks.counting import counted

FLOAT = 4  # bytes


def test_a_matrix_product_is_counted_forward_and_backward():
    left, right = torch.randn(5, 7).requires_grad_(), torch.randn(7, 3).requires_grad_()
    product = 2 * 5 * 7 * 3
    assert counted(lambda: left @ right).flops == product
    assert counted(lambda: (left @ right).sum().backward()).flops == 3 * product  # one for each gradient


@pytest.mark.parametrize("learns", [True, False])
def test_a_convolution_is_counted_forward_and_backward(learns):
    layer = nn.Conv2d(3, 4, 3, padding=1).requires_grad_(learns)
    images = torch.randn(2, 3, 8, 8, requires_grad=True)
    pixel = 2 * 3 * 4 * 9
    assert counted(lambda: layer(images)).flops == 2 * 64 * pixel
    passes = 3 if learns else 2  # forward, and a gradient of the images, and one of the weights where they learn
    assert counted(lambda: layer(images).sum().backward()).flops == passes * 2 * 64 * pixel


def test_the_gradient_of_a_state_alone_is_counted():
    """As the sampler asks for it, with weights that are frozen."""
    layer = nn.Linear(7, 3, bias=False).requires_grad_(False)
    state = torch.randn(5, 7, requires_grad=True)
    assert counted(lambda: torch.autograd.grad(layer(state).sum(), state)).flops == 2 * 2 * 5 * 7 * 3


def test_a_transposed_convolution_counts_what_each_input_pixel_spreads():
    layer, images = nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1), torch.randn(2, 3, 8, 8)
    assert counted(lambda: layer(images)).flops == 2 * (2 * 64) * 3 * 4 * 16


def test_inference_mode_counts_the_same():
    layer, images = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 5)), torch.randn(2, 3, 8, 8)
    usual = counted(lambda: layer(images))

    @torch.inference_mode()
    def inferred():
        layer(images)

    assert counted(inferred).flops == usual.flops > 0


@pytest.mark.parametrize(("mode", "pair"), [("donot_use_mm_for_euclid_dist", 3 * 4), ("use_mm_for_euclid_dist", 2 * 6)])
def test_distances_are_counted_one_by_one_or_as_the_product_that_they_are_made_by(mode, pair):
    rows, others = torch.randn(30, 4), torch.randn(40, 4)
    assert counted(lambda: torch.cdist(rows, others, compute_mode=mode)).flops == 30 * 40 * pair


def test_a_copy_reads_and_writes_each_byte_once():
    there, here = torch.empty(1000), torch.ones(1000)
    assert counted(here.clone).bytes == 2 * FLOAT * 1000
    assert counted(lambda: there.copy_(here)).bytes == 2 * FLOAT * 1000


def test_a_product_moves_its_factors_and_itself():
    left, right = torch.randn(5, 7), torch.randn(7, 3)
    assert counted(lambda: left @ right).bytes == FLOAT * (5 * 7 + 7 * 3 + 5 * 3)


def test_a_view_moves_nothing():
    images = torch.randn(2, 3, 8, 8)
    assert counted(lambda: images.view(2, -1).t()[:3]).bytes == 0


def test_what_an_optimiser_changes_in_place_is_read_and_written():
    weights, gradient = [torch.ones(10)], [torch.ones(10)]
    assert counted(lambda: torch._foreach_add_(weights, gradient)).bytes == 3 * FLOAT * 10
