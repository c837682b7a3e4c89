"""Priors are added: one that needs no network, and one that is fitted to the training images' codes."""

import math
from pathlib import Path

from tests.walkthroughs import tree

PRIOR = '''

def unit_gaussian(view: View) -> Tensor:
    """Decay of a code towards 1, the mean activation: the score of a Gaussian around it, up to its variance."""
    return 1 - view.state
'''
VARIANT = """        "gaussian_h": Variant(
            title="Gaussian-h",
            space="code",
            prior=Name("sampling.priors:unit_gaussian"),
            networks=_NOISELESS,
            epsilon=epsilons(prior=0.01, condition=1.0, noise=0.05),
            bounds=None,
            source="a walk-through",
        ),
"""

NETWORK = '''

class LinearDenoiser(nn.Module):
    """R(h) = m + U V (h - m): with Gaussian noise the best one of its rank, for codes that are Gaussian."""

    options_class = LinearDenoiserOptions

    def __init__(self, sizes: Sizes, options: LinearDenoiserOptions) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.ones(sizes.code_size))
        self.down = nn.Linear(sizes.code_size, options.rank, bias=False)
        self.up = nn.Linear(options.rank, sizes.code_size, bias=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Codes [n, code] -> codes."""
        centred: Tensor = self.up(self.down(codes - self.mean))
        return self.mean + centred
'''
OPTIONS = '''

@dataclass(frozen=True)
class LinearDenoiserOptions(Options):
    """rank: of the matrix."""

    rank: int = 16

    def activations(self, sizes: Sizes) -> int:
        """Of the two layers."""
        return 2 * sizes.code_size + self.rank
'''
ARCHITECTURE = """        "linear_denoiser": Architecture(
            title="a matrix of low rank",
            network=Name("networks.denoisers:LinearDenoiser"),
            options=LinearDenoiserOptions,
            gives="code state",
        ),
"""
RECIPE = """        "linear_denoiser": Recipe(
            title="linear denoiser of codes",
            architecture="linear_denoiser",
            objective=Name("training.objectives:code_denoiser"),
            iterations=3000,
            weights=MappingProxyType({"code": 1.0}),
            options=MappingProxyType({"rank": 32}),
            needs=MappingProxyType({"encoder": "classifier"}),
            noise=_at(0.1, "code"),
        ),
"""
FITTED = """        "linear_h": Variant(
            title="Linear PPGN-h",
            space="code",
            prior=Name("sampling.priors:denoised"),
            networks=MappingProxyType({**_NOISELESS, "denoiser": "linear_denoiser"}),
            epsilon=epsilons(prior=0.1, condition=1.0, noise=0.05),
            bounds=None,
            source="a walk-through",
        ),
"""


def add_prior(place: Path) -> None:
    tree.append(place, "sampling/priors.py", PRIOR)
    tree.enter(place, "sampling/variants.py", "VARIANTS", VARIANT)


def add_fitted_prior(place: Path) -> None:
    tree.append(place, "networks/denoisers.py", NETWORK)
    tree.before(place, "networks/denoisers.py", "from torch import Tensor", "import torch\n")
    tree.change(
        place, "networks/denoisers.py", ", ImageDenoiserOptions\n", ", ImageDenoiserOptions, LinearDenoiserOptions\n"
    )
    tree.append(place, "networks/options.py", OPTIONS)
    tree.before(place, "networks/table.py", "    ImageDenoiserOptions,\n    Options,\n", "    LinearDenoiserOptions,\n")
    tree.enter(place, "networks/table.py", "ARCHITECTURES", ARCHITECTURE)
    tree.enter(place, "training/recipes.py", "RECIPES", RECIPE)
    tree.enter(place, "sampling/variants.py", "VARIANTS", FITTED)


def test_a_prior_without_a_network_and_one_that_is_fitted_are_sampled_and_measured(smoke: Path, tmp_path: Path) -> None:
    place = tree.copied_tree(smoke, tmp_path / "tree")
    add_prior(place)
    assert tree.unnamed(place, "prior without a network") == []
    add_fitted_prior(place)
    assert tree.unnamed(place, "prior without a network", "fitted prior") == []
    rows = tree.run(place, variants=["gaussian_h", "linear_h"])
    for variant in ("gaussian_h", "linear_h"):
        assert math.isfinite(tree.value(rows, variant, "frechet_distance"))
        assert tree.value(rows, variant, "diverged_share") == 0
    fitted = rows[(rows["sweep"] == "training") & (rows["variant"] == "linear_denoiser")]
    assert len(fitted) > 0
    assert fitted["value"].notna().all()
