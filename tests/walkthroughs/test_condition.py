"""A condition is added whose targets are no classes: how bright an image is. It needs no network at all."""

import math
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.storage import files
from tests.conftest import workflow_copy
from tests.walkthroughs import tree

CONDITION = '''

BRIGHTNESS_SIGMA = 0.05  # of the range


def brightness(images: Tensor, target: Target) -> Tensor:
    """Each chain wants its own mean brightness t: log p = -(mean - t)^2 / (2 sigma^2), up to a constant."""
    return -((images.mean((1, 2, 3)) - target["brightness"]) ** 2) / (2 * BRIGHTNESS_SIGMA**2)
'''
TARGETS = '''

def brightnesses(dataset: Dataset) -> tuple[Target, ...]:
    """Three mean brightnesses, of the range."""
    named = {"dark": 0.2, "middle": 0.4, "bright": 0.6}
    return tuple(Target(name, {"brightness": value}) for name, value in named.items())
'''
ENTRY = """        "brightness": Condition(
            "brightness", (_of("brightness"),), targets=Name("sampling.targets:brightnesses")
        ),
"""
VARIANT = """        "brightness_x": Variant(
            title="Brightness-x",
            space="image",
            prior=Name("sampling.priors:absent"),
            networks=MappingProxyType({}),
            epsilon=epsilons(condition=0.3),
            bounds=_IMAGE_BOUNDS,
            source="a walk-through",
            update=PLAIN["image"],
            conditions=MappingProxyType({"brightness": 1.0}),
        ),
"""


def test_chains_are_steered_to_what_is_no_class(smoke: Path, tmp_path: Path) -> None:
    place = tree.copied_tree(smoke, tmp_path / "tree")
    tree.append(place, "sampling/conditions.py", CONDITION)
    tree.append(place, "sampling/targets.py", TARGETS)
    tree.enter(place, "sampling/steering.py", "CONDITIONS", ENTRY)
    tree.enter(place, "sampling/variants.py", "VARIANTS", VARIANT)
    assert tree.unnamed(place, "condition", "target (what a condition can steer to)", "variant (a sampler)") == []
    rows = tree.run(place, variants=["brightness_x"])
    for metric in ("frechet_distance", "high_frequency_distance", "diverged_share"):
        assert math.isfinite(tree.value(rows, "brightness_x", metric))
    own = rows[(rows["variant"] == "brightness_x") & (rows["metric"] == "judge_accuracy")]
    assert own["value"].isna().all(), "no class was asked for, so none can be right"
    chains, _ = files.load_arrays(place / "results/walk/chains/digits/own/brightness_x/seed_0.safetensors", "chains")
    last, targets = chains["quality.images"][:, -1] / 255, chains["quality.targets"]
    means = [last[targets == target].mean() for target in range(3)]
    np.testing.assert_allclose(means, [0.2, 0.4, 0.6], atol=0.02)


@pytest.mark.parametrize(("lacking", "asks"), [("encoder", "joint"), ("denoiser", "denoised")])
def test_a_role_that_no_network_serves_is_named_with_who_asks_for_it(lacking: str, asks: str, tmp_path: Path) -> None:
    place = workflow_copy(tmp_path / "tree")
    variant = VARIANT.replace("priors:absent", f"priors:{asks}").replace("({})", '({"condition": "classifier"})')
    variant = variant.replace('"brightness": 1.0', '"own_class": 1.0')
    tree.enter(place, "sampling/variants.py", "VARIANTS", variant)
    message = tree.refusal(place, variants=["brightness_x"])
    for part in ("brightness_x", repr(lacking), repr(asks), "condition"):
        assert part in message
