"""An architecture is added, with an option that must be set; a config names it for the generator."""

import math
from pathlib import Path

import pytest

from tests.conftest import workflow_copy
from tests.walkthroughs import tree

NETWORK = '''

class DenseGenerator(nn.Sequential):
    """G of dense layers alone: code -> image."""

    options_class = DenseGeneratorOptions

    def __init__(self, sizes: Sizes, options: DenseGeneratorOptions) -> None:
        shape = (sizes.channels, sizes.image_size, sizes.image_size)
        layers = (nn.Linear(sizes.code_size, options.units), nn.LeakyReLU(options.slope))
        pixels = sizes.channels * sizes.image_size**2
        super().__init__(*layers, nn.Linear(options.units, pixels), nn.Sigmoid(), nn.Unflatten(1, shape))
'''
OPTIONS = '''

@dataclass(frozen=True)
class DenseGeneratorOptions(Options):
    """units: of the layer between code and image; slope: of its leaky ReLU."""

    units: int
    slope: float = 0.3

    def activations(self, sizes: Sizes) -> int:
        """Of the hidden layer, and the image before and after the sigmoid."""
        return self.units + 2 * sizes.channels * sizes.image_size**2

    def misfit(self, sizes: Sizes) -> str:
        """A layer of nothing."""
        return "" if self.units > 0 else f"units: must be above 0, got {self.units}"
'''
ENTRY = """        "dense_generator": Architecture(
            title="dense layers alone",
            network=Name("networks.generator:DenseGenerator"),
            options=DenseGeneratorOptions,
            gives="image",
        ),
"""


def of_generator(options: dict[str, object]) -> dict[str, object]:
    """What a config says of the generator's network."""
    return {"digits": {"networks": {"generator": options}}}


def add_architecture(place: Path) -> None:
    tree.append(place, "networks/generator.py", NETWORK)
    tree.change(
        place, "networks/generator.py", "import GeneratorOptions", "import DenseGeneratorOptions, GeneratorOptions"
    )
    tree.append(place, "networks/options.py", OPTIONS)
    tree.before(place, "networks/table.py", "    DiscriminatorOptions,\n", "    DenseGeneratorOptions,\n")
    tree.enter(place, "networks/table.py", "ARCHITECTURES", ENTRY)


def test_a_config_gives_a_recipe_another_architecture_with_its_options(smoke: Path, tmp_path: Path) -> None:
    place = tree.copied_tree(smoke, tmp_path / "tree")
    add_architecture(place)
    assert tree.unnamed(place, "network architecture") == []
    options = {"units": 24, "architecture": "dense_generator", "iterations": 400}
    rows = tree.run(place, variants=["dgn_am"], datasets=of_generator(options))
    assert math.isfinite(tree.value(rows, "dgn_am", "frechet_distance"))
    assert tree.value(rows, "dgn_am", "diverged_share") == 0
    losses = rows[(rows["sweep"] == "training") & rows["variant"].str.startswith("generator")]
    assert len(losses) > 0
    assert losses["value"].notna().all()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"architecture": "dense_generator"}, ["units"]),
        ({"architecture": "dense_generator", "units": 24, "unit": 3}, ["unit", "units"]),
        ({"architecture": "dense_generator", "units": 0}, ["units", "must be above 0, got 0"]),
        ({"architecture": "dense_generator", "units": "many"}, ["units", "many"]),
        ({"architecture": "dens_generator", "units": 24}, ["dens_generator", "did you mean 'dense_generator'?"]),
        ({"slope": 0.1}, ["slope"]),  # of the architecture that the recipe names
    ],
)
def test_wrong_options_are_refused_with_their_key_before_anything_runs(
    options: dict[str, object], parts: list[str], tmp_path: Path
) -> None:
    place = workflow_copy(tmp_path / "tree")
    add_architecture(place)
    message = tree.refusal(place, variants=["dgn_am"], datasets=of_generator(options))
    for part in ("datasets.digits", "generator", *parts):
        assert part in message
    assert not (place / "results").exists()
