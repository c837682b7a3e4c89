"""A network seen at one of its layers: what it gives, with `h1` being the output of that layer.

So that any unit of any convolution can be a condition: `conditions.hidden_unit` reads h1.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor, nn

from ppgn_bench.errors import UserError, brief, hint

OWN = "h1"  # the layer that a network itself gives under this name

Seen = Callable[[Tensor], Any]  # images -> what the network gives


def layers(network: nn.Module) -> dict[str, nn.Module]:
    """The convolutions of a network by name, from the image on: conv1, conv2, ..."""
    found = (module for module in network.modules() if isinstance(module, nn.Conv2d))
    return {f"conv{number}": module for number, module in enumerate(found, 1)}


def at_layer(network: nn.Module, layer: str) -> Seen:
    """The network, with the output of a layer as `h1` [n, channel, row, column] and all else as it is.

    layer: conv1, conv2, ..., the convolutions before their nonlinearity, in the order in which the network was built;
    or "h1", what the network itself gives by this name. What gives a tensor alone has it as `logits` and as `code`
    then. The network stays as it is. Raises UserError for another layer, with those that there are.
    """
    known = layers(network)
    if layer != OWN and layer not in known:
        raise UserError(f"unknown layer {brief(layer)}; {hint(layer, [*known, OWN])}")

    def seen(images: Tensor) -> Any:
        """What the network gives, and the layer in it. Raises UserError for a layer that it did not run."""
        found: list[Tensor] = []
        if layer == OWN:
            output = network(images)
            found += [output.h1] if hasattr(output, OWN) else []
        else:
            # A copy: a ReLU that works in place would write into what was found.
            note = known[layer].register_forward_hook(lambda module, given, output: found.append(output.clone()))
            try:
                output = network(images)
            finally:
                note.remove()
        if not found:
            raise UserError(f"layer {layer!r}: {type(network).__name__} does not give it; {hint(layer, known)}")
        return SimpleNamespace(**{**_parts(output), OWN: found[0]})

    return seen


def _parts(output: Any) -> dict[str, Any]:
    if isinstance(output, Tensor):
        return {"logits": output, "code": output}
    named: dict[str, Any] = output._asdict() if hasattr(output, "_asdict") else vars(output)
    return named
