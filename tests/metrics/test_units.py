"""Hidden units: how much samples make them fire and how many kinds they are, against counts that are known."""

import numpy as np
import pytest

from ppgn_bench.metrics import units
from ppgn_bench.metrics.facets import Shown

LIMIT = 5.0  # clouds are 20 apart, two of one about 4


def shown(kinds: int, activation: float, count: int = 24, pictures: float = 1.0, seed: int = 0) -> Shown:
    """Images of so many kinds in turn, as active."""
    of = np.arange(count) % kinds
    features = 20 * np.eye(8)[of] + np.random.default_rng(seed).standard_normal((count, 8)) / 2
    return Shown(features, np.full(count, activation), np.arange(count) < pictures * count)


def test_activation_is_the_mean_over_units_of_the_samples_over_that_of_the_top_images() -> None:
    pairs = [(shown(1, 6.0), shown(1, 4.0)), (shown(1, 1.0), shown(1, 2.0))]
    assert units.relative_activation(shown=pairs) == pytest.approx((1.5 + 0.5) / 2)


def test_a_unit_without_samples_or_that_no_image_makes_fire_is_left_out_and_without_another_there_is_none() -> None:
    empty = Shown(np.empty((0, 8)), np.empty(0), np.empty(0, dtype=bool))
    left_out = [(empty, empty), (shown(1, 3.0), shown(1, 0.0))]
    assert units.relative_activation(shown=[(shown(1, 6.0), shown(1, 4.0)), *left_out]) == pytest.approx(1.5)
    assert np.isnan(units.relative_activation(shown=left_out))
    assert np.isnan(units.relative_activation(shown=[]))


def test_facets_are_those_of_the_samples_and_of_the_top_images_each_mean_over_units() -> None:
    pairs = [(shown(2, 3.0), shown(4, 3.0)), (shown(3, 2.0), shown(6, 2.0))]
    assert units.sample_facets(shown=pairs, limit=LIMIT) == pytest.approx((2 + 3) / 2)
    assert units.real_facets(shown=pairs, limit=LIMIT) == pytest.approx((4 + 6) / 2)


def test_facets_are_counted_where_both_are_as_active() -> None:
    """Of the top images the most active half is of one kind, as active as all samples."""
    quiet, loud = shown(4, 1.0, count=12), shown(1, 3.0, count=12)
    both = Shown(*(np.concatenate(parts) for parts in zip(loud, quiet, strict=True)))
    pairs = [(shown(2, 3.0, count=24), both)]
    assert (
        units.real_facets(shown=pairs, limit=LIMIT)
        < 2
        < units.real_facets(shown=[(shown(2, 1.0, count=24), both)], limit=LIMIT)
    )


def test_a_unit_without_pictures_has_no_facets_and_the_mean_is_over_the_same_units_on_both_sides() -> None:
    whole, garbage = (shown(2, 3.0), shown(4, 3.0)), (shown(8, 3.0, pictures=0.4), shown(1, 3.0))
    for of, count in ((units.sample_facets, 2), (units.real_facets, 4)):
        assert of(shown=[whole, garbage], limit=LIMIT) == pytest.approx(count)
        assert np.isnan(of(shown=[garbage], limit=LIMIT))
        assert np.isnan(of(shown=[], limit=LIMIT))
