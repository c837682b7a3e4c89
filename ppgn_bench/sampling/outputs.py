"""What a sampler reads of a network's output: the class logits, the code, a layer. A network of one's own may give a
tensor.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def logits_of(output: Any) -> Tensor:
    """Class logits [n, class]: the output's `logits`, or the output itself where it is a tensor."""
    return _part(output, "logits")


def code_of(output: Any) -> Tensor:
    """Codes [n, code]: the output's `code`, or the output itself where it is a tensor."""
    return _part(output, "code")


def layer_of(output: Any) -> Tensor:
    """The layer h1 [n, channel, row, column] of an output. Raises TypeError with what gives one of any network."""
    found = getattr(output, "h1", None)
    if not isinstance(found, Tensor):
        raise TypeError(
            f"the network must give something with .h1, the layer of the unit, got {type(output).__name__}; "
            'ppgn_bench.networks.layers.at_layer(network, "conv2") does of any network with convolutions'
        )
    return found


def factors_of(output: Any) -> dict[str, Tensor]:
    """Logits by factor, name -> [n, value]: the output's `logits`, or the output itself where it is a mapping."""
    found = output if isinstance(output, Mapping) else getattr(output, "logits", None)
    if not isinstance(found, Mapping):
        raise TypeError(f"the network must give logits by factor, name -> [n, value], got {type(output).__name__}")
    return dict(found)


def _part(output: Any, name: str) -> Tensor:
    found = output if isinstance(output, Tensor) else getattr(output, name, None)
    if not isinstance(found, Tensor):
        raise TypeError(f"a network must give a tensor, or something with .{name}, got {type(output).__name__}")
    return found
