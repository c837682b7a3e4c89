"""A metric is added: a function of arrays, and an entry that says which controls it must separate."""

import math
from pathlib import Path

from ppgn_bench.metrics.table import CONTROLS
from tests.walkthroughs import tree

FUNCTION = '''

def brightness_distance(*, real: Array, generated: Array) -> float:
    """Distance between the mean brightnesses of the images, a share of their range.

    real, generated [n, channel, height, width] in [0, 1].
    """
    return abs(float(np.mean(real)) - float(np.mean(generated))) if min(len(real), len(generated)) else np.nan
'''
ENTRY = """    "brightness_distance": Metric(
        "distance in mean brightness", Name("metrics.quality:brightness_distance"),
        reads(real="matched.images", generated="sample.images"),
        "of the range", "lower", 0.05, orders=(("real", "<", "noise"),)),
"""


def test_a_metric_measures_every_sampler_and_control(smoke: Path, tmp_path: Path) -> None:
    place = tree.copied_tree(smoke, tmp_path / "tree")
    tree.append(place, "metrics/quality.py", FUNCTION)
    tree.enter(place, "metrics/table.py", "METRICS", ENTRY)
    assert tree.unnamed(place, "metric") == []
    rows = tree.run(place, variants=["am"], metrics=["brightness_distance", "frechet_distance"])
    assert math.isfinite(tree.value(rows, "am", "brightness_distance"))
    measured = {name: tree.control(rows, name, "brightness_distance") for name in CONTROLS}
    assert measured["real"] < measured["noise"]
