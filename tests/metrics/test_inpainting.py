"""Measures of fills against closed forms and slow loops, and their conventions on one fill and on real images."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from ppgn_bench.metrics import quality
from ppgn_bench.metrics.inpainting import composed, context_error, fill_diversity, hole_error, mean_fill, nearest

RNG = np.random.default_rng
SHAPE = (3, 6, 6)


def images(count: int, seed: int = 0) -> np.ndarray:
    return RNG(seed).random((count, *SHAPE), dtype=np.float32)


def left_known(count: int) -> np.ndarray:
    """The right third is the hole."""
    known = np.ones((count, 1, *SHAPE[1:]), dtype=bool)
    known[..., 4:] = False
    return known


# -------------------------------------------------------------------------------- errors


def test_context_error_is_the_rms_over_known_pixels_and_hole_error_that_over_the_hole() -> None:
    originals, known = images(2), left_known(2)
    shifts = np.array([0.1, 0.3])[:, None, None, None]
    seen = originals + np.where(known, shifts, -2 * shifts)
    assert context_error(images=seen, originals=originals, known=known) == pytest.approx(0.2)
    assert hole_error(images=seen, originals=originals, known=known) == pytest.approx(0.4)


def test_errors_are_taken_image_by_image_over_the_pixels_that_each_has() -> None:
    originals, seen, known = images(3), images(3, seed=1), RNG(2).random((3, 1, *SHAPE[1:])) < 0.4
    slow = [
        np.sqrt(np.mean([(seen[n, :, y, x] - originals[n, :, y, x]) ** 2 for y, x in np.argwhere(known[n, 0])]))
        for n in range(3)
    ]
    assert context_error(images=seen, originals=originals, known=known) == pytest.approx(np.mean(slow))


def test_images_without_a_pixel_of_the_kind_are_left_out_and_without_any_there_is_none() -> None:
    originals, known = images(2), left_known(2)
    known[1] = False
    given = {"images": originals + 0.5, "originals": originals, "known": known}
    assert context_error(**given) == pytest.approx(0.5)
    assert np.isnan(hole_error(**given | {"known": np.ones_like(known)}))
    assert np.isnan(context_error(**{name: values[:0] for name, values in given.items()}))


def test_arrays_that_do_not_fit_are_refused_with_their_shapes() -> None:
    given = {"images": images(2), "originals": images(2, seed=1), "known": left_known(2)}
    for name, wrong in {"images": images(3), "originals": images(1), "known": left_known(2)[:, 0]}.items():
        with pytest.raises(ValueError, match=rf"{name} \({len(wrong)}, .* do not fit"):
            context_error(**given | {name: wrong})


# -------------------------------------------------------------------------------- diversity


def test_one_fill_has_no_diversity_and_real_images_have_that_of_real_images() -> None:
    real, labels = images(12), np.repeat([0, 1], 6)
    given = {"known": left_known(12), "labels": labels, "real": real, "real_labels": labels, "targets": labels}
    assert fill_diversity(images=real, **given) == pytest.approx(1)
    assert fill_diversity(images=np.repeat(real[:1], 12, axis=0), **given) == 0


def test_diversity_is_that_of_a_slow_loop_within_contexts_and_classes() -> None:
    fills, targets, labels = images(7), np.array([4, 4, 4, 2, 2, 2, 2]), np.array([1, 1, 1, 0, 0, 0, 0])
    real, real_labels = images(9, seed=1), np.array([0, 1, 0, 1, 2, 1, 0, 2, 1])
    known = left_known(7)
    known[targets == 2] = ~known[targets == 2]  # each context has a hole of its own

    def slow(rows: np.ndarray, hole: np.ndarray) -> float:
        return float(np.mean([np.sqrt(np.mean((a - b)[:, hole] ** 2)) for a, b in combinations(rows, 2)]))

    holes = {4: ~known[0, 0], 2: ~known[3, 0]}
    above = [slow(fills[targets == target], hole) for target, hole in holes.items()]
    below = [slow(real[real_labels == label], holes[target]) for target, label in ((4, 1), (2, 0))]
    value = fill_diversity(
        images=fills, targets=targets, known=known, labels=labels, real=real, real_labels=real_labels
    )
    assert value == pytest.approx(np.mean(above) / np.mean(below))


def test_what_differs_around_the_hole_and_between_contexts_adds_no_diversity() -> None:
    contexts = np.repeat(images(3), 4, axis=0)
    around = contexts + np.where(left_known(12), images(12, seed=1), 0)
    targets = np.repeat(np.arange(3), 4)
    real, labels = images(8, seed=2), np.zeros(12, dtype=int)
    given = {"known": left_known(12), "labels": labels, "real": real, "real_labels": labels[:8]}
    assert fill_diversity(images=around, targets=targets, **given) == pytest.approx(0, abs=1e-6)


def test_diversity_has_no_number_where_nothing_can_differ() -> None:
    labels = np.zeros(4, dtype=int)
    given = {"images": images(4), "targets": labels, "known": left_known(4), "labels": labels}
    given |= {"real": images(4, seed=1), "real_labels": labels}
    assert fill_diversity(**given) > 0
    without = [
        {"targets": np.arange(4)},  # one fill each
        {"known": np.ones_like(given["known"])},  # no hole
        {"real_labels": np.array([1, 1, 1, 0])},  # one real image
        {"real": np.repeat(images(1), 4, axis=0)},  # real images that do not differ
        {name: given[name][:0] for name in ("images", "targets", "known", "labels")},
    ]
    for other in without:
        assert np.isnan(fill_diversity(**given | other)), other.keys()


def test_contexts_in_which_nothing_can_differ_are_left_out_beside_others() -> None:
    labels, whole = np.zeros(4, dtype=int), left_known(4)
    given = {"images": images(4), "targets": labels, "known": whole, "labels": labels}
    real = {"real": images(5, seed=1), "real_labels": np.array([0, 0, 0, 0, 1])}
    alone = fill_diversity(**given, **real)
    others = {
        "a single fill": {"targets": np.array([1])},
        "no hole": {"targets": np.array([1, 1]), "known": np.ones_like(whole)},
        "one real image": {"targets": np.array([1, 1]), "labels": np.array([1, 1])},
    }
    for why, other in others.items():
        number = len(other["targets"])
        added = {name: np.concatenate([given[name], other.get(name, given[name])[:number]]) for name in given}
        assert fill_diversity(**added, **real) == pytest.approx(alone), why


# -------------------------------------------------------------------------------- baselines


def test_composed_is_the_original_around_and_the_image_in_the_hole() -> None:
    originals, fills, known = images(2), images(2, seed=1), left_known(2)
    whole = composed(images=fills, originals=originals, known=known)
    np.testing.assert_array_equal(whole[..., :4], originals[..., :4])
    np.testing.assert_array_equal(whole[..., 4:], fills[..., 4:])
    assert context_error(images=whole, originals=originals, known=known) == 0


def test_mean_fill_puts_the_mean_image_into_every_hole() -> None:
    originals, mean = images(3), images(1, seed=1)[0]
    filled = mean_fill(originals=originals, known=left_known(3), training_mean=mean)
    np.testing.assert_array_equal(filled[..., :4], originals[..., :4])
    np.testing.assert_array_equal(filled[..., 4:], np.repeat(mean[None], 3, axis=0)[..., 4:])


def nearest_fill(**given: Any) -> np.ndarray:
    """The baseline: the hole of the nearest training image, in its context."""
    known, originals = given["known"], given["originals"]
    return composed(images=nearest(**given), originals=originals, known=known)


def test_nearest_fill_is_the_hole_of_the_training_image_nearest_on_the_known_pixels() -> None:
    originals, training, known = images(5), images(20, seed=1), RNG(2).random((5, 1, *SHAPE[1:])) < 0.5
    filled = nearest_fill(originals=originals, known=known, training=training)
    for original, where, result in zip(originals, known, filled, strict=True):
        distances = [np.sum(np.where(where, image - original, 0) ** 2) for image in training]
        np.testing.assert_array_equal(result, np.where(where, original, training[np.argmin(distances)]))


def test_nearest_fill_looks_at_known_pixels_alone() -> None:
    originals, known = images(1), left_known(1)
    far_in_the_hole = np.where(known, originals, 1 - originals)
    near_in_the_hole = np.where(known, originals + 0.01, originals)
    training = np.concatenate([near_in_the_hole, far_in_the_hole])
    filled = nearest_fill(originals=originals, known=known, training=training)
    np.testing.assert_array_equal(filled, far_in_the_hole)


def test_nearest_fill_is_the_same_in_blocks_and_parts_and_takes_the_first_of_equals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    originals, known = images(7), left_known(7)
    training = images(20, seed=1)
    training[15:] = np.where(left_known(5), training[:5], 0.5)  # on known pixels the same
    whole = nearest_fill(originals=originals, known=known, training=training)
    assert (whole[..., 4:] != 0.5).any((1, 2, 3)).all()
    monkeypatch.setattr(quality, "AT_ONCE", 300)
    blocks = (block for block in (training[:0], training[:4], training[4:]))
    np.testing.assert_array_equal(nearest_fill(originals=originals, known=known, training=blocks), whole)


def test_without_training_images_the_hole_stays_empty_and_without_originals_there_is_nothing() -> None:
    originals, known = images(2), left_known(2)
    filled = nearest_fill(originals=originals, known=known, training=[])
    assert np.isnan(filled[..., 4:]).all()
    np.testing.assert_array_equal(filled[..., :4], originals[..., :4])
    assert nearest_fill(originals=originals[:0], known=known[:0], training=images(3)).shape == (0, *SHAPE)
