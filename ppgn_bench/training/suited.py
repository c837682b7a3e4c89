"""What of a recipe suits an architecture, where that is not what suits the suite's own: a recipe that takes it has it.

So that a config, and a network's name, say what differs from the paper alone. Nothing here imports torch.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Key of a recipe -> value, as in a config. docs/paper.md says how facts are known: the generator's batch, iterations
# and rate are those of the released solver [P]; D plays in every iteration, by the paper's balance [T]; batch and
# iterations of CaffeNet are those of its own solver [M], the rate is this suite's, for Adam.
SUITED: Mapping[str, Mapping[str, float | str]] = MappingProxyType(
    {
        "released_generator": MappingProxyType(
            {
                "batch_size": 64,
                "iterations": 1_300_000,
                "learning_rate": 5e-5,
                "rival.architecture": "paper_discriminator",
                "rival.every": 1,
                "rival.rate": 1,
                "rival.beta1": 0.9,
            }
        ),
        "caffenet": MappingProxyType({"batch_size": 256, "iterations": 450_000, "learning_rate": 1e-4}),
    }
)
