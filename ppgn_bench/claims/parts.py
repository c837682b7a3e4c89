"""What a claim is made of: arms that were measured, and how they should compare. `table` has the claims.

Nothing here imports more than the standard library.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

RELEASED = "config/released.yaml"
DEFAULT, ABLATIONS, CONDITIONS = "config/config.yaml", "config/ablations.yaml", "config/conditions.yaml"


@dataclass(frozen=True)
class Arm:
    """Rows of metrics.csv: a sampler or control, the sweep that it is of, and of a grid the setting."""

    variant: str
    sweep: str = "own"
    epsilon: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """The metric of the first is below ("<") or above (">") that of the second, or a number.

    known_modes: the part concerns only data sets whose modes are known (True) or are not (False); optional: only those
    on which anything has this metric, as a factor's; instead: a metric in whose place it stands where nothing has that.
    """

    metric: str
    first: Arm
    order: str
    second: Arm | float
    known_modes: bool | None = None
    optional: bool = False
    instead: str = ""


@dataclass(frozen=True)
class NotWorse:
    """The metric of the first is worse than that of the second by less than the metric's margin, or not at all."""

    metric: str
    first: Arm
    second: Arm


@dataclass(frozen=True)
class Alike:
    """The metric of both differs by less than its margin."""

    metric: str
    first: Arm
    second: Arm


@dataclass(frozen=True)
class Ordered:
    """The metric rises ("rising") or falls ("falling") over ordered arms."""

    metric: str
    levels: tuple[Arm, ...]
    direction: str


@dataclass(frozen=True)
class Identical:
    """Every metric of both is the same number: no test."""

    first: Arm
    second: Arm


Part = Difference | NotWorse | Alike | Ordered | Identical


@dataclass(frozen=True)
class Claim:
    """A statement of the paper.

    text: what it says; section: of the paper, or where else; basis: a key of BASES; measured: as what; parts: all of
    them must hold; turn: what could change the verdict; config: the first of our configs that measures them;
    worlds: whether it is of analytic worlds, not of images; at_release: the parts in their place where the release's
    own networks were measured, which RELEASED does.
    """

    text: str
    section: str
    basis: str
    measured: str
    parts: tuple[Part, ...]
    turn: str
    config: str = DEFAULT
    worlds: bool = False
    at_release: tuple[Part, ...] = ()


# The arms that most claims name.
DGN_AM, JOINT, NOISELESS = Arm("dgn_am"), Arm("joint_ppgn_h"), Arm("noiseless_joint_ppgn_h")


def arms(part: Part) -> Iterator[Arm]:
    """The arms of a part, in order; a number that an arm is compared with is none."""
    for value in vars(part).values():
        yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Arm))
