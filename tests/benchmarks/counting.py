"""What a call works: floating-point operations by torch's own table, and bytes that its operations read and write.

torch's FlopCounterMode hangs hooks on the leaves of a graph, which `autograd.grad` refuses; this counter looks at the
operations alone, forward and backward, and asks the same table.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

aten = torch.ops.aten


class Work(NamedTuple):
    """Floating-point operations, a multiplication and an addition being two, and bytes read and written."""

    flops: float
    bytes: float


def counted(call: Callable[[], Any]) -> Work:
    """The work of one call.

    flops: of products of matrices and of convolutions, what torch's table knows, and of distances; nothing of the rest.
    bytes: inputs and outputs of each operation, as if nothing stayed in a cache from one to the next; nothing of a
    view. What NumPy and SciPy do is not seen.
    """
    with _Counter() as counter:
        call()
    return Work(counter.flops, counter.bytes)


def distances_flops(rows: int, others: int, features: int) -> int:
    """Of all distances between rows [n, feature] and others [m, feature]: a difference, a square and a sum each."""
    return 3 * rows * others * features


def _one_by_one(rows: Any, others: Any, *_: Any) -> int:
    return distances_flops(rows.shape[0], others.shape[0], rows.shape[1])


def _by_product(rows: Any, others: Any) -> int:
    """|a - b|^2 = |a|^2 + |b|^2 - 2 a . b as one product, whose factors have two columns more."""
    return 2 * rows.shape[0] * others.shape[0] * (rows.shape[1] + 2)


FLOPS: Mapping[Any, Callable[..., int]] = {aten._cdist_forward: _one_by_one, aten._euclidean_dist: _by_product}
ONLY_WRITTEN = (aten.copy_, aten.fill_, aten.zero_)  # whose first input is not read


class _Counter(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.flops = self.bytes = 0.0

    def __torch_dispatch__(self, op: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        known = op._overloadpacket in flop_registry
        if not known:
            with self:  # one that is made of others, as inference mode shows them, is counted as these
                if (parts := op.decompose(*args, **kwargs)) is not NotImplemented:
                    return parts
        given = op(*args, **kwargs)
        if known:
            self.flops += flop_registry[op._overloadpacket](*args, **kwargs, out_val=given)
        elif op._overloadpacket in FLOPS:
            self.flops += FLOPS[op._overloadpacket](*args, **kwargs)
        if not op.is_view:
            read = args[1:] if op._overloadpacket in ONLY_WRITTEN else args
            self.bytes += _bytes((read, kwargs)) + _bytes(_written(op, args, kwargs, given))
        return given


def _written(op: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], given: Any) -> Any:
    """What an operation wrote: what it gives, or what it changed in place and does not give."""
    if given is not None:
        return given
    named = dict(zip((argument.name for argument in op._schema.arguments), args, strict=False)) | {**kwargs}
    changed = [own.name for own in op._schema.arguments if own.alias_info and own.alias_info.is_write]
    return [named.get(name) for name in changed]


def _bytes(values: Any) -> int:
    """Of the tensors among these; an expanded one has no more than lies in memory."""
    tensors = [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]
    return sum(min(of.numel() * of.element_size(), of.untyped_storage().nbytes()) for of in tensors)
