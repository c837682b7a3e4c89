"""ppgn_bench: Plug & Play Generative Networks taken apart, trained, sampled and measured.

`from ppgn_bench import sample, conditions, priors` walks chains of one's own networks (docs/own-network.md). They are
looked up when they are asked for: the workflow, which imports this package all the time, needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppgn_bench.sampling import conditions, priors
    from ppgn_bench.sampling.chains import Chains, sample

__version__ = "0.1.0"
__all__ = ["Chains", "conditions", "priors", "sample"]


def __getattr__(name: str) -> Any:
    """What the package offers to others, imported when it is first asked for."""
    if name in ("conditions", "priors"):
        return import_module(f"ppgn_bench.sampling.{name}")
    if name in ("Chains", "sample"):
        return getattr(import_module("ppgn_bench.sampling.chains"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
