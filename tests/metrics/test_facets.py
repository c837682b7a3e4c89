"""Facets: how many kinds of image a set shows, on clouds whose number is known, and where nothing can be said."""

import numpy as np
import pytest

from ppgn_bench.metrics.facets import (
    Shown,
    at_equal_activation,
    facet_limit,
    facets,
    facets_at_equal_activation,
    pictures,
)

RNG = np.random.default_rng
APART = 20.0  # of the clouds' middles; two of one cloud are about 4 apart


def clouds(sizes: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian clouds of so many points, and of which each point is."""
    kinds = np.repeat(np.arange(len(sizes)), sizes)
    return APART * np.eye(len(sizes), 8)[kinds] + RNG(seed).standard_normal((len(kinds), 8)), kinds


def shown(features: np.ndarray, activation: np.ndarray | None = None, share: float = 1.0) -> Shown:
    count = len(features)
    pictures = np.arange(count) < share * count
    return Shown(features, np.zeros(count) if activation is None else activation, pictures)


# -------------------------------------------------------------------------------- the count


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_equal_clouds_are_as_many_facets_under_the_limit_of_other_images(number: int) -> None:
    limit = facet_limit(**dict(zip(("features", "kinds"), clouds([6] * 8, seed=1), strict=True)))
    assert facets(features=clouds([12] * number)[0], limit=limit) == pytest.approx(number)


def test_one_image_repeated_is_one_facet_and_so_is_it_with_no_distance_allowed() -> None:
    for limit in (0.0, 3.0):
        assert facets(features=np.ones((30, 8)), limit=limit) == 1


def test_each_facet_weighs_by_its_share_so_that_a_lone_image_hardly_counts() -> None:
    assert facets(features=clouds([49, 1])[0], limit=10) == pytest.approx(1 / (0.98**2 + 0.02**2))
    assert facets(features=clouds([30, 20, 10])[0], limit=10) == pytest.approx(36 / (9 + 4 + 1))


def test_two_clusters_are_one_where_the_mean_distance_between_them_is_within_the_limit() -> None:
    line = np.repeat([[0.0], [3.0]], 6, axis=0)
    line[6:] += np.array([[0.0], [0], [0], [0], [0], [2]])  # the mean is 10 / 3, the least 3, the largest 5
    assert facets(features=line, limit=3.34) == 1
    assert facets(features=line, limit=3.33) > 1.9


def test_too_few_images_and_no_limit_have_no_number() -> None:
    features = clouds([10])[0]
    assert facets(features=features, limit=10) == 1
    assert np.isnan(facets(features=features[:9], limit=10))
    assert np.isnan(facets(features=features[:0], limit=10))
    assert np.isnan(facets(features=features, limit=np.nan))


# -------------------------------------------------------------------------------- the limit


def test_the_limit_parts_the_kinds_and_nothing_else() -> None:
    limit = facet_limit(**dict(zip(("features", "kinds"), clouds([20] * 4), strict=True)))
    assert 4 < limit < APART


def test_the_limit_lies_in_the_middle_of_the_heights_that_part_best() -> None:
    line, kinds = np.array([[0.0], [1], [10], [11], [14]]), np.array([0, 0, 1, 1, 1])
    # joined at 1, 1, 3.5 and 11.67
    assert facet_limit(features=line, kinds=kinds) == pytest.approx((3.5 + (10 + 11 + 14 + 9 + 10 + 13) / 6) / 2)


def test_kinds_may_be_finer_than_what_lies_furthest_apart() -> None:
    """As in shapes: two grounds far apart, and hues on each."""
    features = np.vstack([clouds([10] * 3)[0], clouds([10] * 3, seed=1)[0] + 200])
    kinds = np.repeat(np.arange(6), 10)
    by_hue = facet_limit(features=features, kinds=kinds)
    by_ground = facet_limit(features=features, kinds=kinds // 3)
    assert facets(features=features, limit=by_hue) == pytest.approx(6)
    assert facets(features=features, limit=by_ground) == pytest.approx(2)


def test_there_is_no_limit_without_two_kinds_two_images_of_one_and_two_distances() -> None:
    features = clouds([6, 6])[0]
    assert np.isnan(facet_limit(features=features, kinds=np.zeros(12, dtype=int)))
    assert np.isnan(facet_limit(features=features, kinds=np.arange(12)))
    assert np.isnan(facet_limit(features=features[:0], kinds=np.arange(0)))
    assert np.isnan(facet_limit(features=np.ones((4, 2)), kinds=np.array([0, 0, 1, 1])))


# -------------------------------------------------------------------------------- pictures


def test_a_picture_is_within_the_limit_of_any_real_image() -> None:
    real, generated = np.array([[0.0], [10.0]]), np.array([[0.5], [5.0], [11.0], [11.1]])
    assert pictures(real=real, generated=generated, limit=1.0).tolist() == [True, False, True, False]
    assert pictures(real=real, generated=generated, limit=np.nan).tolist() == [False] * 4
    assert pictures(real=real, generated=generated[:0], limit=1.0).shape == (0,)
    assert pictures(real=real[:0], generated=generated, limit=1.0).tolist() == [False] * 4


# -------------------------------------------------------------------------------- equal activation


def test_as_many_are_picked_of_each_with_partners_of_equal_activation() -> None:
    activation = np.array([1.0, 5, 2, 4, 3])  # median 3
    other = np.array([9.0, 3.1, 5.2, 0.5, 4.1, 8, 7, 6])  # median 5.6
    own, theirs = at_equal_activation(activation, other)
    assert sorted(own.tolist()) == [1, 3, 4]
    assert dict(zip(activation[own], other[theirs], strict=True)) == {5: 5.2, 4: 4.1, 3: 3.1}
    back, forth = at_equal_activation(other, activation)
    assert set(zip(forth, back, strict=True)) == set(zip(own, theirs, strict=True))


def test_equal_sets_give_the_more_active_half_of_each() -> None:
    activation = RNG(0).permutation(11).astype(float)
    own, theirs = at_equal_activation(activation, activation)
    assert sorted(activation[own]) == [5, 6, 7, 8, 9, 10]
    assert own.tolist() == theirs.tolist()


def test_a_far_more_active_set_gives_its_least_active() -> None:
    own, theirs = at_equal_activation(np.arange(100.0, 140.0), np.arange(20.0))
    assert sorted(theirs) == [*range(10, 20)]
    assert sorted(own) == [*range(10)]


def test_an_empty_set_has_no_partners() -> None:
    for pair in [(np.ones(3), np.ones(0)), (np.ones(0), np.ones(3)), (np.ones(0), np.ones(0))]:
        own, theirs = at_equal_activation(*pair)
        assert own.dtype == theirs.dtype == np.int64
        assert len(own) == len(theirs) == 0


def test_two_sets_are_counted_at_equal_number_and_activation() -> None:
    """Of the second set only the first two clouds are active; the first shows all three, and more images."""
    first, second = clouds([40, 40, 40])[0], clouds([30, 30, 30], seed=1)[0]
    active = np.repeat([5.0, 5.0, 0.0], 30)
    assert facets_at_equal_activation(shown(first, np.full(120, 5.0)), shown(second, active), 10)[1] == pytest.approx(2)
    collapsed = shown(np.repeat(first[:1], 120, axis=0), np.full(120, 5.0))
    assert facets_at_equal_activation(collapsed, shown(second, active), 10)[0] == 1


def test_only_pictures_count_and_garbage_shows_no_facets() -> None:
    features = clouds([30, 30])[0]
    half = shown(features, share=0.5)  # the first cloud alone
    assert facets_at_equal_activation(half, half, 10) == (1, 1)
    last = Shown(clouds([30, 10, 10, 10])[0], np.zeros(60), np.arange(60) >= 30)
    assert facets_at_equal_activation(last, last, 10) == pytest.approx((3, 3))
    garbage = shown(features, share=0.48)
    for pair in [(garbage, half), (half, garbage), (shown(features[:0]), half)]:
        assert np.isnan(facets_at_equal_activation(*pair, 10)).all()


def test_two_sets_too_small_to_compare_have_no_facets() -> None:
    enough, few = shown(clouds([30])[0]), shown(clouds([9])[0])
    assert np.isnan(facets_at_equal_activation(enough, few, 10)).all()
