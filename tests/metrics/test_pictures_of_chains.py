"""When a draw of a chain is a picture, and what the samples were like after half of the steps."""

import numpy as np
import pytest

from ppgn_bench.metrics import chains, convergence, inputs, quality
from ppgn_bench.metrics.table import METRICS
from tests.metrics.conftest import CLASSES, Bars, arrays_of, chains_of

CHAINS = {name: array if name == "steps" else array[:18] for name, array in chains_of(0, 6, {}).items()}


def test_19_in_20_real_images_are_pictures_of_their_class_each_without_itself(bars: Bars) -> None:
    real = bars.real()
    limits = [*real.picture_limits.values(), real.picture_limit]
    assert list(real.picture_limits) == list(range(CLASSES))
    for limit, of in zip(limits, [*chains.compared(range(CLASSES), real), slice(None)], strict=True):
        own = real.reference["features"][of]
        nearest = np.sort(np.linalg.norm(own[:, None] - own, axis=-1), axis=1)[:, 1]
        assert limit == pytest.approx(np.quantile(nearest, 0.95))
        assert (nearest <= limit).mean() == pytest.approx(0.95, abs=1 / len(own))


def test_a_target_with_one_real_image_has_no_pictures(bars: Bars) -> None:
    real = bars.real()
    labels = real.reference["labels"]
    real.reference["labels"] = np.where((labels == 1) & (labels.cumsum() > 1), 0, labels)
    assert [label for label, limit in real.picture_limits.items() if np.isnan(limit)] == [1]
    assert not arrays_of(CHAINS, range(CLASSES), real)["chain.pictures"][CHAINS["targets"] == 1].any()


def test_a_draw_is_a_picture_where_it_is_near_enough_and_never_after_its_chain_diverged(bars: Bars) -> None:
    real = bars.real()
    diverged = np.where(np.arange(18) == 4, CHAINS["steps"][2], -1)
    arrays = arrays_of(CHAINS | {"diverged": diverged}, range(CLASSES), real)
    limits = np.array([real.picture_limits[target] for target in arrays["chain.targets"]])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(arrays["chain.pictures"], arrays["chain.distances"] <= limits[:, None])
    assert arrays["chain.pictures"].any()
    assert not arrays["chain.pictures"].all()
    assert not arrays["chain.pictures"][4, 2:].any()


def test_what_a_judge_said_of_a_diverged_chain_stays_for_the_next_who_asks(bars: Bars) -> None:
    real = bars.real()
    diverged = {"diverged": np.where(np.arange(18) == 4, 20, -1)}
    judged = chains.judged_chains(CHAINS | diverged, range(CLASSES), real, every=True)
    once, again = (chains.chain_arrays(judged, range(CLASSES), real) for _ in range(2))
    assert np.isnan(once["chain.features"]).any()
    assert np.isfinite(judged[chains.EVERY]).all()
    for name, array in once.items():
        np.testing.assert_array_equal(array, again[name], err_msg=name)


def test_halfway_samples_are_the_draws_of_half_the_steps_of_the_same_chains(bars: Bars) -> None:
    slow = CHAINS | {"images": CHAINS["images"][:, [0, 0, 0, 0, 1, 2, 3, 4, 5]]}
    arrays = arrays_of(slow, range(CLASSES), bars.real())
    half = int(np.flatnonzero(CHAINS["steps"] == CHAINS["steps"][-1] / 2)[0])
    last = np.array(
        [np.flatnonzero((f == arrays["chain.features"][:, -1]).all(1))[0] for f in arrays["sample.features"]]
    )
    np.testing.assert_array_equal(arrays["chain.halfway_features"], arrays["chain.features"][last, half])
    logits = inputs.judged(bars.real().judge, [slow["images"][last, half]], len(last))["logits"]
    np.testing.assert_allclose(arrays["chain.halfway_logits"], logits, rtol=1e-4, atol=1e-5)
    assert not np.array_equal(arrays["chain.halfway_features"], arrays["sample.features"])
    read = {name: arrays[array] for name, array in METRICS["halfway_frechet_distance"].reads.items()}
    other = quality.frechet_distance(real=arrays["matched.features"], generated=arrays["chain.features"][last, half])
    assert quality.frechet_distance(**read) == other


def test_where_no_draw_of_half_the_steps_was_kept_the_metrics_of_it_are_missing() -> None:
    for steps, lacks in (((0, 10, 20), False), ((0, 20), True), ((0, 40, 80, 120, 160, 200), True)):
        for name in ("halfway_frechet_distance", "halfway_accuracy"):
            assert chains.lacks_halfway({"steps": np.array(steps)}, METRICS[name]) == lacks
        assert not chains.lacks_halfway({"steps": np.array(steps)}, METRICS["frechet_distance"])


def test_a_judge_that_stops_at_the_first_picture_says_the_same_of_it_and_of_what_is_kept(
    bars: Bars, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    original = chains.said
    monkeypatch.setattr(
        chains, "said", lambda judge, blocks, device: seen.append(len(blocks[0])) or original(judge, blocks, device)
    )
    of = CHAINS | {"diverged": np.where(np.arange(18) == 4, 60, -1)}
    ends = []
    for to_picture in (False, True):
        judged = chains.judged_chains(of, range(CLASSES), bars.real(), to_picture=to_picture)
        ends.append(chains.chain_arrays(judged, range(CLASSES), bars.real()))
    every, first = ends
    assert sum(seen[1:]) < 0.8 * seen[0] == 0.8 * CHAINS["images"].shape[0] * CHAINS["images"].shape[1]
    times = [convergence.first_times(arrays["chain.pictures"], CHAINS["steps"]) for arrays in ends]
    np.testing.assert_array_equal(*times)
    assert np.isfinite(times[0]).any()
    kept = [name for name in every if name.startswith("sample.") or "halfway" in name]
    for name in set(kept) - {"sample.images"}:
        np.testing.assert_allclose(first[name], every[name], rtol=1e-4, atol=1e-4, err_msg=name)
