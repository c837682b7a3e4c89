"""Which classes of a data set chains are steered to: all, some by name, or so many, drawn by a fixed seed.

Where networks are pretrained, training seeds are no replicates: every seed then has classes of its own, dealt out in
the order in which they were drawn, and starts of its own (docs/imagenet.md). Nothing imports torch.
"""

from collections.abc import Sequence

import numpy as np

from ppgn_bench.config.sections import DatasetSettings
from ppgn_bench.data.splits import raw_integers
from ppgn_bench.data.table import Dataset
from ppgn_bench.errors import brief, hint
from ppgn_bench.sampling.targets import Target

DRAW = 2016  # seeds the order in which classes are drawn: the year of the paper
ALL = "all"


def of_seed(found: Sequence[Target], dataset: Dataset, settings: DatasetSettings, seed: int | None) -> Sequence[Target]:
    """Those of a sampler's targets that a config chooses, of pretrained networks those of a seed; None: the first.

    found: all of them; what is no class, or a class and more, stays as it is.
    """
    if (settings.classes is None and not dataset.pretrained) or any(
        target.asks.keys() != {"label"} for target in found
    ):
        return found
    by_label = {target.label: target for target in found}
    labels = chosen(dataset, settings.classes)
    if dataset.pretrained:
        labels = labels[settings.seeds.index(seed) if seed is not None else 0 :: len(settings.seeds)]
    return tuple(by_label[label] for label in labels)


def chosen(dataset: Dataset, wanted: int | str | tuple[str, ...] | None) -> list[int]:
    """Numbers of the classes that a config chooses: so many are drawn, names are as they stand."""
    if isinstance(wanted, tuple):
        return [dataset.class_names.index(name) for name in wanted]
    order = np.argsort(raw_integers(DRAW, (dataset.num_classes,)), kind="stable")
    labels = order[: wanted if isinstance(wanted, int) else None].tolist()
    return labels if dataset.pretrained else sorted(labels)


def problem(dataset: Dataset, settings: DatasetSettings) -> str:
    """What is wrong with the classes that a config chooses; nothing where they are right."""
    wanted = settings.classes
    if isinstance(wanted, tuple):
        for index, name in enumerate(wanted):
            if name not in dataset.class_names:
                return f"classes[{index}]: unknown class {brief(name)}; {hint(name, dataset.class_names)}"
    number = dataset.num_classes if wanted in (None, ALL) else wanted if isinstance(wanted, int) else len(wanted or ())
    if number > dataset.num_classes:
        return f"classes: must be at most {dataset.num_classes}, got {number}"
    if dataset.pretrained and number < len(settings.seeds):
        return f"classes: each of the {len(settings.seeds)} seeds needs one of its own, and there are {number}"
    return ""
