"""What two networks say of an image, and how much detail it has: by hand, by convention and by theory."""

import numpy as np
import pytest

from ppgn_bench.metrics import photographs


def test_p_of_the_judge_is_the_mean_softmax_of_the_own_class() -> None:
    logits = np.log([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]) + np.array([[3.0], [-700.0]])
    assert photographs.judge_probability(logits=logits, labels=np.array([1, 2])) == pytest.approx(0.65)


def test_p_of_the_network_that_steers_is_of_the_last_state_of_chains_that_did_not_diverge() -> None:
    log_prob = np.log([[0.1, 0.9], [0.1, 0.5], [0.1, 0.2]])
    found = photographs.steering_probability(log_prob=log_prob, diverged=np.array([-1, -1, 1]))
    assert found == pytest.approx(0.7)


def test_among_the_first_five_are_classes_that_fewer_than_five_others_surpass() -> None:
    logits = np.tile(np.arange(8.0), (8, 1))
    assert photographs.top_5_accuracy(logits=logits, labels=np.arange(8)) == 5 / 8
    few = np.tile(np.arange(5.0), (5, 1))
    assert photographs.top_5_accuracy(logits=few, labels=np.arange(5)) == 1


def test_total_variation_is_compared_in_octaves_either_way() -> None:
    ramp = np.tile(np.linspace(0, 1, 9, dtype=np.float32), (2, 3, 9, 1))
    assert photographs.total_variation_distance(real=ramp, generated=ramp) == 0
    assert photographs.total_variation_distance(real=ramp, generated=ramp / 2) == pytest.approx(1)
    assert photographs.total_variation_distance(real=ramp / 4, generated=ramp) == pytest.approx(2)
    turned = ramp.swapaxes(2, 3)
    assert photographs.total_variation_distance(real=ramp, generated=turned) == pytest.approx(0, abs=1e-6)


def test_the_total_variation_of_uniform_noise_is_a_third() -> None:
    noise = np.random.default_rng(0).random((4, 1, 64, 64))
    steps = np.tile(np.arange(64) % 2 / 3, (4, 1, 64, 1)).astype(np.float64)  # a third across, nothing down
    assert photographs.total_variation_distance(real=steps, generated=noise) == pytest.approx(1, abs=0.01)


def test_flat_images_have_a_finite_distance() -> None:
    flat, noise = np.full((2, 1, 8, 8), 0.5), np.random.default_rng(0).random((2, 1, 8, 8))
    assert 5 < photographs.total_variation_distance(real=noise, generated=flat) < 20


def test_nothing_to_measure_is_no_number() -> None:
    logits, labels, images = np.empty((0, 3)), np.empty(0, dtype=int), np.empty((0, 1, 4, 4))
    assert np.isnan(photographs.judge_probability(logits=logits, labels=labels))
    assert np.isnan(photographs.top_5_accuracy(logits=logits, labels=labels))
    assert np.isnan(photographs.total_variation_distance(real=images, generated=images))
    assert np.isnan(photographs.steering_probability(log_prob=np.zeros((1, 3)), diverged=np.array([0])))
