"""Diversity metrics against slow independent computations, and their conventions on collapsed samples."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from ppgn_bench.metrics import diversity

RNG = np.random.default_rng


def gaussian(n: int, mean: float = 0.0, seed: int = 0) -> np.ndarray:
    return mean + RNG(seed).standard_normal((n, 4))


def test_a_collapsed_sample_has_hardly_any_recall_or_coverage() -> None:
    real = gaussian(100)
    collapsed = np.repeat(real[:1], 100, 0)
    assert diversity.recall(real=real, generated=collapsed) <= 0.01
    assert diversity.coverage(real=real, generated=collapsed) < 0.15


def test_real_images_have_high_recall_and_coverage() -> None:
    real, others = gaussian(200), gaussian(200, seed=1)
    assert diversity.recall(real=real, generated=others) > 0.8
    assert diversity.coverage(real=real, generated=others) > 0.9


def test_recall_is_that_of_a_slow_loop() -> None:
    real, generated = gaussian(40), gaussian(30, mean=0.7, seed=1)
    radii = [sorted(np.linalg.norm(g - other) for other in generated)[3] for g in generated]
    result = [any(np.linalg.norm(r - g) <= d for g, d in zip(generated, radii, strict=True)) for r in real]
    assert diversity.recall(real=real, generated=generated) == pytest.approx(np.mean(result))
    assert 0 < np.mean(result) < 1


def test_coverage_of_one_image_on_a_line_is_counted_by_hand() -> None:
    # of 0 ... 6, with radii 5 4 3 3 3 4 5, only 4, 5 and 6 have 6.5 in their neighbourhood
    covered = diversity.coverage(real=np.arange(7.0)[:, None], generated=np.array([[6.5]]))
    assert covered == pytest.approx(3 / 7)


def test_far_outliers_leave_coverage_alone() -> None:
    real, generated = gaussian(60), gaussian(60, mean=1.0, seed=1)
    outliers = np.vstack([generated, np.full((5, 4), 50.0)])
    values = [diversity.coverage(real=real, generated=side) for side in (generated, outliers)]
    assert values[0] == values[1] < 1


def test_vendi_score_is_one_for_copies_and_the_number_for_orthogonal_images() -> None:
    targets = np.zeros(4, dtype=int)
    assert diversity.vendi_score(features=np.ones((4, 6)), targets=targets) == pytest.approx(1)
    assert diversity.vendi_score(features=3 * np.eye(4, 6), targets=targets) == pytest.approx(4)


def test_vendi_score_is_the_entropy_of_the_kernels_eigenvalues_averaged_over_targets() -> None:
    features, targets = gaussian(30), np.arange(30) % 3
    scores = []
    for target in range(3):
        own = [f / np.sqrt(f @ f) for f in features[targets == target]]
        kernel = np.array([[a @ b for b in own] for a in own]) / len(own)
        eigenvalues = np.linalg.eigvalsh(kernel).clip(1e-30)
        scores.append(np.exp(-(eigenvalues * np.log(eigenvalues)).sum()))
    assert diversity.vendi_score(features=features, targets=targets) == pytest.approx(np.mean(scores))


def test_variety_between_classes_gains_no_vendi_score() -> None:
    features, targets = np.repeat(np.eye(3), 5, axis=0), np.repeat(np.arange(3), 5)
    assert diversity.vendi_score(features=features, targets=targets) == pytest.approx(1)


def test_features_of_length_zero_are_one_image_to_the_vendi_score() -> None:
    features = np.vstack([np.zeros((2, 3)), np.tile([0.0, 1.0, 0.0], (2, 1))])
    assert diversity.vendi_score(features=features, targets=np.zeros(4, dtype=int)) == pytest.approx(2)


def slow_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2004 by another route: 11 x 11 Gaussian windows by SciPy, mirrored at the border."""

    def blurred(image: np.ndarray) -> np.ndarray:
        return gaussian_filter(image, sigma=1.5, truncate=3.5, mode="mirror")

    c1, c2 = 0.01**2, 0.03**2
    mean_a, mean_b = blurred(a), blurred(b)
    var_a, var_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    cov = blurred(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + c1) * (2 * cov + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def test_dissimilarity_of_a_pair_is_one_minus_ssim_with_the_stated_kernel() -> None:
    a, b = RNG(0).random((2, 16, 16))
    images = np.stack([a, b, 1 - a, 1 - b])[:, None].astype(np.float32)
    value = diversity.within_class_dissimilarity(images=images, targets=np.array([0, 0, 1, 1]))
    expected = 1 - (slow_ssim(a, b) + slow_ssim(1 - a, 1 - b)) / 2
    assert value == pytest.approx(expected, abs=1e-4)


def test_copies_within_each_class_have_no_dissimilarity_however_the_classes_differ() -> None:
    images = np.repeat(RNG(0).random((2, 1, 16, 16), dtype=np.float32), 6, axis=0)
    targets = np.repeat([0, 1], 6)
    assert diversity.within_class_dissimilarity(images=images, targets=targets) == pytest.approx(0, abs=1e-5)


def test_dissimilarity_is_the_same_at_every_call_and_blind_to_the_names_of_classes() -> None:
    images, targets = RNG(0).random((60, 1, 12, 12), dtype=np.float32), np.arange(60) % 2
    value = diversity.within_class_dissimilarity(images=images, targets=targets)
    assert diversity.within_class_dissimilarity(images=images, targets=targets) == value
    assert diversity.within_class_dissimilarity(images=images, targets=1 - targets) == pytest.approx(value)


def test_several_scales_are_used_only_where_the_size_allows_all_five() -> None:
    rng = RNG(0)
    shared = rng.random((1, 1, 11, 11)).repeat(16, -1).repeat(16, -2)  # 176 px, alike on the coarse scales
    images = (0.6 * shared + 0.4 * rng.random((2, 1, 176, 176))).astype(np.float32)
    targets = np.zeros(2, dtype=int)
    one_scale = 1 - slow_ssim(images[0, 0, :175].astype(float), images[1, 0, :175].astype(float))
    smaller = diversity.within_class_dissimilarity(images=images[:, :, :175], targets=targets)
    assert smaller == pytest.approx(one_scale, abs=1e-3)
    assert diversity.within_class_dissimilarity(images=images, targets=targets) < one_scale - 0.05


def test_only_accepted_samples_cover_modes_and_only_those_of_their_own_class() -> None:
    modes = np.array([0, 1, 1, 2, 0, 0, 5])
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    accepted = np.array([True, True, True, False, True, True, False])
    value = diversity.modes_covered(modes=modes, accepted=accepted, labels=labels)
    assert value == (2 + 1) / 2


def test_a_class_without_accepted_samples_counts_as_no_modes() -> None:
    accepted = np.array([True, False])
    assert diversity.modes_covered(modes=np.array([3, 3]), accepted=accepted, labels=np.array([0, 1])) == 0.5
