"""Authenticity on points whose neighbours are known."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ppgn_bench.metrics import quality
from ppgn_bench.metrics.memorisation import authenticity


def test_a_sample_is_authentic_where_it_is_further_from_its_training_image_than_another_one_is() -> None:
    training = np.array([[0.0], [1.0], [10.0]])
    cases = {-0.5: 0, -1.5: 1, 0.0: 0, 4.0: 1, 9.5: 0, 25.0: 1}  # of 10 the nearest other is 9 away
    for place, authentic in cases.items():
        assert authenticity(generated=np.array([[place]]), training=training) == authentic, place
    every = np.array([[place] for place in cases])
    assert authenticity(generated=every, training=training) == pytest.approx(np.mean(list(cases.values())))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5])
def test_copies_among_new_images_lower_it_by_their_share(share: float) -> None:
    rng = np.random.default_rng(0)
    training, new = rng.normal(size=(1000, 8)), rng.normal(size=(800, 8))
    whole = authenticity(generated=new, training=training)
    assert 0.4 < whole < 0.65  # new images of the same law: either distance may be the larger one
    copies = round(share * len(new))
    mixed = np.concatenate([training[:copies], new[copies:]])
    assert authenticity(generated=mixed, training=training) == pytest.approx((1 - share) * whole, abs=0.03)


def test_near_copies_are_none_the_better_for_their_noise() -> None:
    rng = np.random.default_rng(1)
    training = rng.normal(size=(500, 8))
    near = training[:200] + rng.normal(0, 0.01, (200, 8))
    assert authenticity(generated=near, training=training) == 0


def test_it_is_the_textbook_formula_also_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    training, generated = rng.normal(size=(90, 4)), rng.normal(size=(50, 4))
    apart = cdist(training, training)
    np.fill_diagonal(apart, np.inf)
    across = cdist(generated, training)
    expected = np.mean(across.min(1) > apart.min(1)[across.argmin(1)])
    assert authenticity(generated=generated, training=training) == expected
    monkeypatch.setattr(quality, "AT_ONCE", 300)
    assert authenticity(generated=generated, training=training) == expected


def test_without_samples_or_a_second_training_image_there_is_none() -> None:
    points = np.zeros((3, 2))
    assert np.isnan(authenticity(generated=points[:0], training=points))
    assert np.isnan(authenticity(generated=points, training=points[:1]))
