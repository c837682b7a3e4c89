"""What a sampler reads of a network's output: the class logits, the code. A network of one's own may give a tensor."""

from typing import Any

from torch import Tensor


def logits_of(output: Any) -> Tensor:
    """Class logits [n, class]: the output's `logits`, or the output itself where it is a tensor."""
    return _part(output, "logits")


def code_of(output: Any) -> Tensor:
    """Codes [n, code]: the output's `code`, or the output itself where it is a tensor."""
    return _part(output, "code")


def conv5_of(output: Any) -> Tensor:
    """The last convolution before its ReLU [n, channel, row, column]: the output's `conv5`, as CaffeNet gives it."""
    found = getattr(output, "conv5", None)
    if not isinstance(found, Tensor):
        raise TypeError(f"a network must give something with .conv5, got {type(output).__name__}")
    return found


def _part(output: Any, name: str) -> Tensor:
    found = output if isinstance(output, Tensor) else getattr(output, name, None)
    if not isinstance(found, Tensor):
        raise TypeError(f"a network must give a tensor, or something with .{name}, got {type(output).__name__}")
    return found
