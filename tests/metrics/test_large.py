"""Metrics of many images: the same values in bounded memory, and pairs drawn where too many would be listed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from ppgn_bench.metrics import diversity, facets, memorisation, mixing, moments, pairs, quality
from tests.conftest import ROOT

RNG = np.random.default_rng


def sets(n: int = 300, features: int = 6) -> dict[str, np.ndarray]:
    return {
        "real": RNG(0).standard_normal((n, features)),
        "generated": 0.3 + 1.2 * RNG(1).standard_normal((n, features)),
    }


# ------------------------------------------------------------------------------------------- theory and reference


@pytest.mark.parametrize("rows", [1, 7, 100, 1000])
def test_moments_of_blocks_are_those_of_all_rows(rows: int) -> None:
    features = 1e4 + RNG(0).standard_normal((301, 5)) @ RNG(1).standard_normal((5, 5))
    mean, covariance = moments.of_blocks(features[first : first + rows] for first in range(0, 301, rows))
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(features, rowvar=False), rtol=1e-8)


def test_blocks_without_rows_change_nothing_and_one_row_has_no_covariance() -> None:
    rows = RNG(0).standard_normal((10, 3))
    parts = [rows[:0], rows[:4], rows[:0], rows[4:]]
    np.testing.assert_allclose(moments.of_blocks(parts)[1], np.cov(rows, rowvar=False), rtol=1e-12)
    with pytest.raises(ValueError, match="two rows, got 1"):
        moments.of_blocks([rows[:1]])


def test_the_frechet_distance_of_large_sets_is_that_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = quality.frechet_distance(**sets())
    monkeypatch.setattr(moments, "WHOLE", 100)
    monkeypatch.setattr(moments, "BLOCK", 50)
    assert quality.frechet_distance(**sets()) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("metric", [quality.precision, diversity.recall], ids=["precision", "recall"])
def test_precision_and_recall_of_large_sets_are_those_of_the_library(metric, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = metric(**sets())
    monkeypatch.setattr(quality, "MOST_BY_LIBRARY", 10)
    monkeypatch.setattr(quality, "AT_ONCE", 1000)
    assert 0.1 < metric(**sets()) < 1
    assert metric(**sets()) == pytest.approx(whole, rel=1e-6)  # the library rounds to single precision


@pytest.mark.parametrize("metric", [quality.density, diversity.coverage], ids=["density", "coverage"])
def test_density_and_coverage_in_parts_are_the_same_to_the_bit(metric, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = metric(**sets())
    monkeypatch.setattr(quality, "AT_ONCE", 1000)
    assert metric(**sets()) == whole


def test_reaches_of_manifolds_in_parts_are_the_same_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sets()["real"]
    whole = quality.manifold(real)
    monkeypatch.setattr(quality, "AT_ONCE", 1000)
    np.testing.assert_array_equal(quality.manifold(real), whole)


def test_training_images_are_gone_through_again_for_more_images_than_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = RNG(0)
    both, blocks = rng.random((2, 9, 1, 4, 4)), [rng.random((5, 1, 4, 4)) for _ in range(3)]
    whole = memorisation.nearest_distances([*both], blocks)
    monkeypatch.setattr(quality, "AT_ONCE", 16)  # one image a part
    monkeypatch.setattr(memorisation, "HELD", 2)
    for one, other in zip(whole, memorisation.nearest_distances([*both], blocks), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    expected = np.sqrt(((both[0][:, None] - np.concatenate(blocks)) ** 2).mean((2, 3, 4))).min(1)
    np.testing.assert_allclose(whole[0], expected, rtol=1e-12)


@pytest.mark.parametrize("size", [16, 17, 32])
def test_energy_in_a_band_is_the_same_to_the_bit_however_many_images_are_transformed_at_once(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = RNG(0).random((101, 3, size, size), dtype=np.float32)
    given = {"real": images[:50], "generated": images[50:] ** 2, "band": np.array([0.125, 0.25])}
    parted = quality.high_frequency_distance(**given)
    monkeypatch.setattr(quality, "COPIES", 2**16)
    assert quality.high_frequency_distance(**given) == parted


# ------------------------------------------------------------------------------------------------------- drawn pairs


def test_drawn_pairs_are_different_pairs_of_different_things_and_always_the_same() -> None:
    drawn = pairs.drawn_pairs(3000, 5000)
    assert drawn.shape == (5000, 2)
    assert (drawn[:, 0] < drawn[:, 1]).all()
    assert drawn.min() >= 0
    assert drawn.max() < 3000
    assert len(np.unique(drawn, axis=0)) == 5000
    np.testing.assert_array_equal(drawn, pairs.drawn_pairs(3000, 5000))
    assert (drawn != pairs.drawn_pairs(3000, 5000, seed=1)).any()


def test_every_pair_can_be_drawn_about_as_often_as_any_other() -> None:
    counts = np.zeros((5, 5))
    for seed in range(2000):
        first, second = pairs.drawn_pairs(5, 1, seed).T
        counts[first, second] += 1
    of_pairs = counts[np.triu_indices(5, 1)]
    assert of_pairs.sum() == 2000
    assert abs(of_pairs - 200).max() < 60  # 4 standard deviations of a binomial


def test_more_pairs_than_half_of_all_are_no_sample() -> None:
    with pytest.raises(ValueError, match="8 pairs are too many to draw of 15"):
        pairs.drawn_pairs(6, 8)


def test_numbers_of_pairs_beyond_what_a_root_tells_exactly_are_right() -> None:
    drawn = pairs.drawn_pairs(100_000_000, 1000)
    assert (drawn[:, 0] < drawn[:, 1]).all()
    assert drawn.max() < 100_000_000


def test_a_mean_distance_of_drawn_pairs_is_near_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = RNG(0).standard_normal((1000, 8))
    assert pairs.mean_distance(rows) == pdist(rows).mean()
    monkeypatch.setattr(pairs, "LISTED", 1000)
    monkeypatch.setattr(pairs, "DRAWN", 50_000)
    assert pairs.mean_distance(rows) == pytest.approx(pdist(rows).mean(), rel=0.005)
    assert pairs.mean_distance(rows) != pdist(rows).mean()
    assert np.isnan(pairs.mean_distance(rows[:1]))


def test_dissimilarity_of_a_large_class_is_of_drawn_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    images = RNG(0).random((60, 1, 16, 16), dtype=np.float32)
    given = {"images": images, "targets": np.zeros(60, dtype=np.int64)}
    whole = diversity.within_class_dissimilarity(**given)
    monkeypatch.setattr(diversity, "LISTED", 100)
    assert diversity.within_class_dissimilarity(**given) == pytest.approx(whole, abs=0.02)
    assert diversity.within_class_dissimilarity(**given) != whole


def test_a_lagged_distance_is_against_drawn_real_pairs_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "features": RNG(0).standard_normal((4, 30, 3)),
        "targets": np.zeros(4, dtype=np.int64),
        "steps": np.arange(0, 300, 10),
        "real": RNG(1).standard_normal((200, 3)),
        "compared": np.ones((1, 200), dtype=bool),
    }
    whole = mixing.lagged_distance_100(**given)
    monkeypatch.setattr(pairs, "LISTED", 100)
    monkeypatch.setattr(pairs, "DRAWN", 5000)
    assert mixing.lagged_distance_100(**given) == pytest.approx(whole, rel=0.05)


def test_the_limit_of_facets_is_taken_from_some_of_many_images(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = np.arange(400) % 4
    features = 10 * np.eye(4)[kinds] + RNG(0).standard_normal((400, 4))
    whole = facets.facet_limit(features=features, kinds=kinds)
    monkeypatch.setattr(facets, "MOST", 100)
    assert facets.facet_limit(features=features, kinds=kinds) == pytest.approx(whole, rel=0.3)


def test_some_are_all_where_there_are_no_more() -> None:
    assert pairs.some(5, 10).tolist() == [0, 1, 2, 3, 4]
    few = pairs.some(1000, 10)
    assert len(np.unique(few)) == 10
    assert few.tolist() == sorted(few.tolist())


# ------------------------------------------------------------------------------------------------------------ memory

REACHES = """
import resource, sys
import numpy as np
from ppgn_bench.metrics import quality
real = np.random.default_rng(0).standard_normal((7000, 4))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
quality.radii(real, 5)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * (1 if sys.platform == "darwin" else 1024))
"""


def test_the_reach_of_a_large_manifold_holds_a_part_of_its_distances() -> None:
    """All of them are 374 MiB."""
    said = subprocess.run([sys.executable, "-c", REACHES], capture_output=True, text=True, check=True).stdout
    assert int(said) < 150 * 2**20


MEMORY = """
import resource, sys
import numpy as np
from ppgn_bench.metrics import quality
rng = np.random.default_rng(0)
real, generated = (rng.standard_normal((50_000, 256), dtype=np.float32) for _ in range(2))
import torch_fidelity.metric_fid
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(quality.frechet_distance(real=real, generated=generated))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * (1 if sys.platform == "darwin" else 1024))
"""


def test_a_distance_of_two_large_sets_holds_no_copy_of_them() -> None:
    """25.6 million numbers; in double precision, two copies, numpy's own covariance takes 400 MiB and more."""
    said = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True).stdout.split()
    assert float(said[0]) == pytest.approx(0.65, abs=0.1)  # of two equal laws: bias alone
    assert int(said[1]) < 150 * 2**20


@pytest.mark.parametrize(("side", "chains"), [(32, 6_000), (227, 120)])
def test_the_stage_measures_many_chains_and_real_images_in_300_mib(tmp_path: Path, side: int, chains: int) -> None:
    """Beside the judge, of which there is next to nothing here. As floats the final images alone are 70 MiB, the real
    ones as much, and the draws of all chains, as bytes, 53.
    """
    program, folder = [sys.executable, "-m", "tests.metrics.measuring_many"], str(tmp_path)
    subprocess.run([*program, folder, str(side), str(chains)], cwd=ROOT, check=True)
    said = subprocess.run([*program, folder], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    before, peak = map(int, said.stdout.split())
    assert before < peak < before + 300
