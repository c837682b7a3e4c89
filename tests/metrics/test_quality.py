"""Quality metrics against theory, the library's own pipeline, slow loops and their conventions."""

import numpy as np
import pytest
import torch
from torch.utils.data import Subset
from torch_fidelity import FeatureExtractorBase, calculate_metrics, register_feature_extractor

from ppgn_bench.metrics import memorisation, quality

RNG = np.random.default_rng
LINE = np.arange(7.0)[:, None]  # seven real images on a line: their 5-neighbour radii are 5 4 3 3 3 4 5


def gaussian(n: int, mean: float = 0.0, scale: float = 1.0, features: int = 4, seed: int = 0) -> np.ndarray:
    return mean + scale * RNG(seed).standard_normal((n, features))


# -------------------------------------------------------------------------------- judge


def test_judge_accuracy_is_the_share_of_samples_on_target() -> None:
    logits = np.array([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0], [0.0, 1.0]])
    assert quality.judge_accuracy(logits=logits, labels=np.array([0, 1, 1, 1])) == 0.75


def test_inception_score_counts_confident_classes_and_is_one_for_a_single_class() -> None:
    confident = 1000 * np.eye(5)[np.arange(50) % 5]
    assert quality.inception_score(logits=confident) == pytest.approx(5)
    assert quality.inception_score(logits=np.repeat(confident[:1], 50, 0)) == pytest.approx(1)
    assert quality.inception_score(logits=np.zeros((50, 5))) == pytest.approx(1)


# -------------------------------------------------------------------------------- distances


def test_frechet_distance_of_shifted_and_scaled_gaussians_is_that_of_theory() -> None:
    real, generated = gaussian(40000), gaussian(40000, mean=0.5, scale=2.0, seed=1)
    theory = 4 * 0.5**2 + 4 * (2.0 - 1.0) ** 2  # |shift|^2 + sum of (s_r - s_g)^2 over 4 features
    assert quality.frechet_distance(real=real, generated=generated) == pytest.approx(theory, rel=0.03)


def test_kernel_distance_is_near_zero_for_equal_and_clear_for_shifted_distributions() -> None:
    real = gaussian(300, mean=1.0)
    same = quality.kernel_distance(real=real, generated=gaussian(300, mean=1.0, seed=1))
    shifted = quality.kernel_distance(real=real, generated=gaussian(300, mean=2.0, seed=1))
    assert abs(same) < 0.05 < 0.5 < shifted


def test_kernel_distance_does_not_depend_on_the_scale_of_the_features() -> None:
    real, generated = gaussian(150, mean=1.0), gaussian(150, mean=1.5, seed=1)
    small, large = (quality.kernel_distance(real=c * real, generated=c * generated) for c in (0.1, 30.0))
    assert small == pytest.approx(large)


def test_kernel_distance_uses_all_images_where_there_are_fewer_than_a_subset() -> None:
    assert np.isfinite(quality.kernel_distance(real=gaussian(20), generated=gaussian(20, seed=1)))


# ---------------------------------------------------------------------- reference: the whole pipeline


class TinyExtractor(FeatureExtractorBase):
    """Five pooled features, and logits that are a fixed linear map of them."""

    def __init__(self, name: str, features_list: list[str], **kwargs: object) -> None:
        super().__init__(name, features_list)
        rng = torch.Generator().manual_seed(0)
        self.weights = torch.nn.Parameter(torch.randn(108, 5, generator=rng) / 10, requires_grad=False)

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        return "features", "logits"

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        return "logits" if metric == "isc" else "features"

    @staticmethod
    def can_be_compiled() -> bool:
        return False

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = images.float().flatten(1).div(255) @ self.weights
        made = {"features": features, "logits": 4 * features}
        return tuple(made[name] for name in self.features_list)


@pytest.fixture(scope="module")
def library() -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """What torch-fidelity says of two sets of images, and the features that it measured."""
    register_feature_extractor("tiny", TinyExtractor)
    extractor = TinyExtractor("tiny", ["features", "logits"])
    sets, arrays = {}, {}
    for name, high in (("real", 256), ("generated", 216)):
        images = torch.from_numpy(RNG(high).integers(0, high, (120, 3, 6, 6), dtype=np.uint8))
        sets[name] = Subset(images, range(len(images)))
        features, logits = extractor(images)
        arrays |= {name: features.numpy(), f"{name}_logits": logits.numpy()}
    mean_square = float((arrays["real"].astype(float) ** 2).sum(1).mean())
    values = calculate_metrics(
        input1=sets["generated"],
        input2=sets["real"],
        feature_extractor="tiny",
        **dict.fromkeys(("isc", "fid", "kid", "prc", "save_cpu_ram"), True),
        **dict.fromkeys(("cuda", "cache", "verbose"), False),
        isc_splits=1,
        kid_subset_size=100,
        kid_kernel_poly_gamma=1 / mean_square,
    )
    return values, arrays


def test_inception_score_is_that_of_the_whole_torch_fidelity_pipeline(library) -> None:
    values, arrays = library
    ours = quality.inception_score(logits=arrays["generated_logits"])
    assert ours == pytest.approx(values["inception_score_mean"], rel=1e-6)


@pytest.mark.parametrize(
    ("function", "key"),
    [
        (quality.frechet_distance, "frechet_inception_distance"),
        (quality.kernel_distance, "kernel_inception_distance_mean"),
        (quality.precision, "precision"),
    ],
)
def test_distances_and_precision_are_those_of_the_whole_torch_fidelity_pipeline(library, function, key) -> None:
    values, arrays = library
    assert function(real=arrays["real"], generated=arrays["generated"]) == pytest.approx(values[key], rel=1e-4)


# -------------------------------------------------------------------------------- manifolds


def test_a_collapsed_sample_has_full_precision() -> None:
    real = gaussian(100)
    assert quality.precision(real=real, generated=np.repeat(real[:1], 100, 0)) == 1.0


def test_density_of_one_image_on_a_line_is_counted_by_hand() -> None:
    # 6.5 is within the radii of 4, 5 and 6 (2.5 < 3, 1.5 < 4, 0.5 < 5) and of no other
    assert quality.density(real=LINE, generated=np.array([[6.5]])) == pytest.approx(3 / 5)


def test_density_is_that_of_a_slow_loop() -> None:
    real, generated = gaussian(40), gaussian(30, mean=0.5, seed=1)
    inside = 0
    for r in real:
        radius = sorted(np.linalg.norm(r - other) for other in real)[5]
        inside += sum(np.linalg.norm(g - r) < radius for g in generated)
    assert quality.density(real=real, generated=generated) == pytest.approx(inside / (5 * 30))


def test_density_of_real_images_is_about_one() -> None:
    assert quality.density(real=gaussian(1000), generated=gaussian(1000, seed=1)) == pytest.approx(1, abs=0.1)


def test_only_samples_of_the_target_class_near_real_images_are_accepted() -> None:
    real = gaussian(50)
    generated = np.vstack([real[:1], real[:1], np.full((1, 4), 100.0)])
    logits = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    accepted = quality.accepted(
        logits=logits, labels=np.array([0, 1, 0]), real=real, manifold=quality.manifold(real), generated=generated
    )
    assert accepted.tolist() == [True, False, False]


def test_the_accepted_share_of_samples_on_target_is_their_precision() -> None:
    real, generated = gaussian(80), gaussian(80, mean=1.0, seed=1)
    on_target = {"logits": np.eye(2)[np.zeros(80, dtype=int)], "labels": np.zeros(80, dtype=int)}
    accepted = quality.accepted(**on_target, real=real, manifold=quality.manifold(real), generated=generated)
    assert accepted.mean() == pytest.approx(quality.precision(real=real, generated=generated))
    assert 0 < accepted.mean() < 1


# -------------------------------------------------------------------------------- pixels


def stripes(amplitude: float, period: int) -> np.ndarray:
    wave = 0.5 + amplitude * np.cos(2 * np.pi * np.arange(16) / period)
    return np.broadcast_to(wave, (5, 1, 16, 16))


def test_doubling_the_amplitude_of_the_finest_stripes_is_two_octaves_of_energy() -> None:
    band = np.array([0.25, 0.5])
    value = quality.high_frequency_distance(real=stripes(0.1, 2), generated=stripes(0.2, 2), band=band)
    assert value == pytest.approx(2)


def test_energy_outside_the_band_does_not_count() -> None:
    fine = stripes(0.1, 2)
    coarse = fine + stripes(0.3, 8) - 0.5
    value = quality.high_frequency_distance(real=fine, generated=coarse, band=np.array([0.25, 0.5]))
    assert value == pytest.approx(0, abs=1e-9)


def test_a_flat_image_has_a_finite_high_frequency_distance() -> None:
    band = np.array([0.25, 0.5])
    value = quality.high_frequency_distance(real=stripes(0.1, 2), generated=stripes(0.0, 2), band=band)
    assert 5 < value < 20


def test_copies_of_training_images_have_distance_zero_and_new_images_one() -> None:
    training, real, fresh = (RNG(seed).random((60, 1, 6, 6), dtype=np.float32) for seed in range(3))

    def distance(generated: np.ndarray) -> float:
        return memorisation.nearest_training_distance(real=real, generated=generated, training=training)

    assert distance(training[:30]) == 0
    assert distance(fresh) == pytest.approx(1, abs=0.05)
    assert distance((training + fresh) / 2) < 0.9
