"""Kinds of value in a config, each with what it refuses and in which words. Nothing imports torch."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ppgn_bench.columns import TERMS
from ppgn_bench.data.decoding import MODES
from ppgn_bench.errors import brief, hint
from ppgn_bench.lookup import OF_FILE
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks.own_options import WORD
from ppgn_bench.networks.weights import ENDINGS
from ppgn_bench.sampling.steering import CONDITIONS
from ppgn_bench.sampling.variants import STARTS, VARIANTS
from ppgn_bench.training.recipes import RECIPES
from ppgn_bench.worlds.table import WORLDS

LARGEST_SEED = 2**31 - 1
LARGEST = 2**63 - 1  # whole number: of no more than these is a float made without an overflow, whatever they count
FILE_NAME = re.compile(r"/|\w\.[a-z]{2}")  # in a text that looks like a file's name
# Folders of the layout, and what stands for a sweep where none was sampled.
RESERVED_NAMES = ("data", "networks", "logs", "reference", "controls", "training", "world")
LONGEST_NAME = 64
LARGEST_SET = 1_000_000  # states of a world that a denoiser is trained on


def _number(value: object) -> float:
    """YAML reads 1e-5 as a string, and Python takes True for 1: the first must work, the second must not."""
    if not isinstance(value, bool) and isinstance(value, int | float | str):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"must be a number, got {brief(value)}")


def _whole(value: object) -> object:
    """Snakemake reads nested values of --config as text: "3" is a whole number there."""
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def _seeds(value: object) -> object:
    """A count n stands for the seeds 0 to n - 1."""
    value = _whole(value)
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise ValueError(f"must be a list of seeds or their number, 1 to 1000, got {brief(value)}")
    return tuple(range(value))


def _count_or_auto(value: object) -> object:
    value = _whole(value)
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST):
        return value
    raise ValueError(f"must be a whole number of at least 1, or auto, got {brief(value)}")


def _values(value: object) -> object:
    """One value stands for a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


def _setting(value: object) -> float | str | tuple[float, ...]:
    """What a recipe's key may be: a number, a list of numbers, a word, a class in a file of the user's own, or a file
    of weights.

    It becomes part of a folder's name, so one file has one name: "./nets.py:E" is "nets.py:E".
    """
    if isinstance(value, list | tuple):
        return tuple(_finite(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and re.fullmatch(WORD, value):
        return value
    if isinstance(value, str) and OF_FILE.fullmatch(value):
        path, _, name = value.partition(":")
        return f"{PurePath(os.path.normpath(path)).as_posix()}:{name}"
    if isinstance(value, str) and value.endswith(ENDINGS) and value.isprintable():
        return PurePath(os.path.normpath(value)).as_posix()
    if isinstance(value, str) and ".py" in value:
        raise ValueError(f'must be "file.py:Class" for a network of your own, got {brief(value)}')
    if isinstance(value, str) and FILE_NAME.search(value):
        how = "; ppgn-bench import-caffe makes one of it" if value.endswith(".caffemodel") else ""
        raise ValueError(f"a file of weights ends with {' or '.join(ENDINGS)}, got {brief(value)}{how}")
    return _finite(value)


def _finite(value: object) -> float:
    if not math.isfinite(number := _number(value)):
        raise ValueError(f"must be finite, got {brief(value)}")
    return number


def _truth(value: object) -> object:
    """Snakemake reads nested values of --config as text: "true" is true there."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _weights(value: object) -> object:
    """One condition alone, or several with their weights."""
    if isinstance(value, str) and value not in CONDITIONS:
        raise ValueError(f"unknown condition {brief(value)}; {hint(value, CONDITIONS)}")
    return {value: 1.0} if isinstance(value, str) else value


def _wanted(value: object) -> object:
    """Targets: a text each, or of a sum a list of texts. What YAML reads as a number is a text here: the class 7."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of targets, got {brief(value)}")
    return [tuple(map(str, one)) if isinstance(one, list | tuple) else (str(one),) for one in value]


def _classes(value: object) -> object:
    """So many classes, their names, or "all"; what YAML reads as a number within a list is a name: the class 7."""
    value = _whole(value)
    if isinstance(value, list | tuple):
        return _distinct(tuple(str(name) for name in value))
    if value == "all" or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    raise ValueError(f"must be a number of classes, a list of their names or all, got {brief(value)}")


def _pair(value: object) -> object:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"must be two numbers, [low, high], got {brief(value)}")
    return tuple(value)


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] >= ends[1]:
        raise ValueError(f"must rise, [low, high], got [{ends[0]:g}, {ends[1]:g}]")
    return ends


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:  # asked here: pydantic's min_length also complains about a list whose only item is wrong
        raise ValueError("must not be empty")
    twice = [value for value in values if values.count(value) > 1]
    if twice:
        named = " + ".join(twice[0]) if isinstance(twice[0], tuple) else twice[0]
        raise ValueError(f"names {brief(named)} twice")
    return values


def _power_of_two(number: int) -> int:
    """A Sobol sequence fills its box evenly after 2, 4, 8, ... points."""
    if number & (number - 1):
        raise ValueError(f"must be a power of two, got {number}")
    return number


def _channels(number: int) -> int:
    if number not in MODES:
        raise ValueError(f"must be 1 (grey), 3 (colour) or 4 (colour and transparency), got {number}")
    return number


def _safe(text: str) -> str:
    """The text itself if it may name a folder of results; none of RESERVED_NAMES, in capitals or not, since some file
    systems don't tell them apart.
    """
    if len(text) > LONGEST_NAME:
        raise ValueError(f"{text[:20]!r}... is longer than {LONGEST_NAME} characters")
    if not re.fullmatch(r"[A-Za-z0-9_+=][A-Za-z0-9_.+=-]*", text):
        raise ValueError(f"{text!r} is unsafe; use letters, digits and _ . + = - (no . or - first)")
    if text.lower() in RESERVED_NAMES:
        raise ValueError(f"{text!r} is reserved, like {', '.join(RESERVED_NAMES)}; choose another name")
    return text


def _known(what: str, table: Iterable[str]) -> AfterValidator:
    def check(name: str) -> str:
        """Return the name if the table has it; else say what is near it."""
        if name not in table:
            raise ValueError(f"unknown {what} {brief(name)}; {hint(name, table)}")
        return name

    return AfterValidator(check)


WholeNumber = Annotated[int, Field(strict=True, le=LARGEST), BeforeValidator(_whole)]
Positive = Annotated[WholeNumber, Field(ge=1)]
CountOrAuto = Annotated[int | str, BeforeValidator(_count_or_auto)]
Channels = Annotated[WholeNumber, AfterValidator(_channels)]
PowerOfTwo = Annotated[WholeNumber, Field(ge=2, le=1024), AfterValidator(_power_of_two)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
NotNegative = Annotated[Number, Field(ge=0)]
AboveZero = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, lt=1)]
Truth = Annotated[bool, Field(strict=True), BeforeValidator(_truth)]
Bounds = Annotated[tuple[Number, Number], BeforeValidator(_pair), AfterValidator(_rising)]
Range = Annotated[tuple[AboveZero, AboveZero], BeforeValidator(_pair), AfterValidator(_rising)]
EpsilonRange = Annotated[tuple[NotNegative, NotNegative], BeforeValidator(_pair), AfterValidator(_rising)]
Seed = Annotated[WholeNumber, Field(ge=0, le=LARGEST_SEED)]
Seeds = Annotated[tuple[Seed, ...], BeforeValidator(_seeds), AfterValidator(_distinct)]
Classes = Annotated[int | str | tuple[str, ...], BeforeValidator(_classes)]
Epsilons = Annotated[tuple[NotNegative, ...], AfterValidator(_distinct)]
Values = Annotated[Epsilons, BeforeValidator(_values)]
Setting = Annotated[float | str | tuple[float, ...], BeforeValidator(_setting)]
Settings = Annotated[tuple[Setting, ...], BeforeValidator(_values), AfterValidator(_distinct)]
Scale = Annotated[Number, Field(gt=0)]
Scales = Annotated[tuple[Scale, ...], AfterValidator(_distinct)]
SetSizes = Annotated[tuple[Annotated[Positive, Field(le=LARGEST_SET)], ...], AfterValidator(_distinct)]
VariantName = Annotated[str, _known("variant", VARIANTS)]
MetricName = Annotated[str, _known("metric", METRICS)]
VariantNames = Annotated[tuple[VariantName, ...], AfterValidator(_distinct)]
MetricNames = Annotated[tuple[MetricName, ...], AfterValidator(_distinct)]
ConditionName = Annotated[str, _known("condition", CONDITIONS)]
Weights = Annotated[dict[ConditionName, NotNegative], BeforeValidator(_weights), Field(min_length=1)]
Wanted = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_wanted), AfterValidator(_distinct)]
RecipeName = Annotated[str, _known("recipe", RECIPES)]
StartName = Annotated[str, _known("start", STARTS)]
WorldName = Annotated[str, _known("world", WORLDS)]
Term = Annotated[str, _known("term", TERMS)]
SafeName = Annotated[str, AfterValidator(_safe)]
SafeNames = Annotated[tuple[SafeName, ...], AfterValidator(_distinct)]
