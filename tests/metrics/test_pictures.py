"""Which draws of the chains are kept as pictures."""

import numpy as np

from ppgn_bench.storage import files
from tests.metrics.conftest import CLASSES, PER_CLASS, SETTINGS, SIZE, Bars


def test_pictures_are_the_first_chains_of_each_run_of_the_first_seed(bars: Bars) -> None:
    one, zero = bars.chains(seed=1), bars.chains(seed=0)
    _, _, pictures = bars.measure(["judge_accuracy"], one, zero)
    names = ("grid", "best", "worst", "strip", "strip_steps", "strip_targets")
    expected = [f"{run}.{name}" for run in PER_CLASS for name in names]
    assert sorted(pictures) == sorted([*expected, "quality.cells", "quality.cells_settings"])
    chains, _ = files.load_arrays(zero, "chains")
    for run, per_class in PER_CLASS.items():
        images = chains[f"{run}.images"]
        assert pictures[f"{run}.grid"].shape == (CLASSES, per_class, 1, SIZE, SIZE)
        np.testing.assert_array_equal(pictures[f"{run}.grid"][1, 2], images[1 + 2 * CLASSES, -1])
        np.testing.assert_array_equal(pictures[f"{run}.strip"][0], images[0])
        assert pictures[f"{run}.strip_targets"].tolist() == [0]  # of the targets 0, 3 and 8 this job has one
        assert pictures[f"{run}.strip_steps"].tolist() == list(range(0, 90, 10))


def test_the_best_and_the_worst_of_each_class_are_those_the_judge_finds_near_and_far(bars: Bars) -> None:
    """Chain 5 draws noise in the end, and chain 7 has diverged: each is the worst of its class."""
    path = bars.chains(runs=("quality",), diverged={"quality": {7: 80}})
    arrays, header = files.load_arrays(path, "chains")
    arrays["quality.images"][5, -1] = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE))
    files.save_arrays(path, arrays, header)
    _, _, pictures = bars.measure(["judge_accuracy"], path)
    images, labels = arrays["quality.images"], arrays["quality.targets"]
    for chain in (5, 7):
        np.testing.assert_array_equal(pictures["quality.worst"][labels[chain]], images[chain, -1])
        assert not np.array_equal(pictures["quality.best"][labels[chain]], images[chain, -1])


def test_a_final_draw_of_every_setting_is_kept_with_its_epsilons(bars: Bars) -> None:
    path = bars.chains()
    arrays, _ = files.load_arrays(path, "chains")
    _, _, pictures = bars.measure(["judge_accuracy"], path)
    assert pictures["quality.cells_settings"].tolist() == [list(setting.values()) for setting in SETTINGS]
    assert pictures["quality.cells"].shape == (2, CLASSES, 1, SIZE, SIZE)
    second = np.flatnonzero((arrays["quality.setting"] == 1) & (arrays["quality.targets"] == 2))[0]
    np.testing.assert_array_equal(pictures["quality.cells"][1, 2], arrays["quality.images"][second, -1])
