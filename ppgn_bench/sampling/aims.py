"""What a sampler's chains are steered to on a data set: the targets of its conditions, or those of them that it wants.

Nothing here imports torch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import resolve
from ppgn_bench.sampling.steering import CONDITIONS, Condition
from ppgn_bench.sampling.targets import Target, of_name, together
from ppgn_bench.sampling.variants import Variant

if TYPE_CHECKING:
    from ppgn_bench.data.table import Dataset


def targets(sampler: Variant, dataset: Dataset) -> tuple[Target, ...]:
    """Those that the sampler wants, else all, of a sum every combination. Raises UserError for one that is none."""
    parts = [CONDITIONS[name] for name in sampler.conditions]
    if sampler.wanted:
        chosen = [[named(part, dataset, text) for part, text in zip(parts, own, strict=True)] for own in sampler.wanted]
    else:
        chosen = [list(own) for own in itertools.product(*(every(part, dataset) for part in parts))]
    return tuple(together(own) for own in chosen)


def every(condition: Condition, dataset: Dataset) -> tuple[Target, ...]:
    """All that a condition can steer to on a data set, or those that it does of its own."""
    made: tuple[Target, ...] = resolve(condition.targets)(dataset)
    return made


def named(condition: Condition, dataset: Dataset, text: str) -> Target:
    """A condition's target of this text. Raises UserError that says what there is."""
    if condition.named is None:
        return of_name(every(condition, dataset), text)
    made: Target = resolve(condition.named)(dataset, text)
    return made


def problems(sampler: Variant, dataset: Dataset) -> Iterator[str]:
    """Why a sampler cannot be steered on a data set; nothing where it can."""
    try:
        names = [target.name for target in targets(sampler, dataset)]
    except UserError as error:
        yield str(error)
        return
    if not names:
        yield f"{' + '.join(sampler.conditions)} can steer to nothing there"
    if len(set(names)) < len(names):
        of = " + ".join(CONDITIONS[name].targets for name in sampler.conditions)
        yield f"{of} must give targets of different names, got {names}"


def to_classes(sampler: Variant, dataset: Dataset) -> bool:
    """Whether its conditions read a class on a data set. Raises UserError as `targets`."""
    return any("label" in target.values for target in targets(sampler, dataset))
