"""Which controls a metric must put in order to be admitted: what it is for says what it must see. Nothing is imported.

An order is (control, sign, control). ">" and "<": apart by more than chance explains, over resplits of the real halves.
">=" and "<=": not the other way round by more than real images are from themselves; it is asked where a metric is not
for that flaw, but must not take it for a merit. `controls.check` has the rule.
"""

from collections.abc import Iterable
from itertools import pairwise

Orders = tuple[tuple[str, str, str], ...]

NOISY = ("noisy_1", "noisy_2", "noisy_3")
FLAWED = ("joined_halves", "blurred", *NOISY)  # each still shows its class
GARBAGE = ("shuffled_blocks", "noise")  # shows none
POOR = ("repeated", "surest")  # real, and less varied
TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def from_real(sign: str, controls: Iterable[str]) -> Orders:
    """Real images against each of these."""
    return tuple(("real", sign, control) for control in controls)


def levels(sign: str) -> Orders:
    """Each level of noise against the next."""
    return tuple((first, sign, second) for first, second in pairwise(NOISY))


def turned(orders: Orders) -> Orders:
    """The same for a metric of which less is better."""
    return tuple((first, TURNED[sign], second) for first, sign, second in orders)


# Realism: every flaw is seen, and more noise is worse.
REALISM = from_real(">", (*FLAWED, *GARBAGE)) + levels(">")
# Realism of a set, which lacks what a single image repeated lacks.
REALISM_OF_A_SET = from_real(">", ("repeated",)) + REALISM
# Detail: its amount, so that blur and noise are seen; where it stands in the image is not asked.
DETAIL = (
    from_real(">", ("blurred", *NOISY, "noise")) + levels(">") + from_real(">=", ("joined_halves", "shuffled_blocks"))
)
# Diversity: what is less varied and what is garbage are seen, garbage never counts as variety, nor does any flaw.
DIVERSITY = (
    *from_real(">", (*POOR, *GARBAGE)),
    ("surest", ">", "shuffled_blocks"),
    *from_real(">=", FLAWED),
    *levels(">="),
)
# Steering: the wrong class and no class are seen; a flaw is never taken for more of the class.
CLASSES = from_real(">", ("wrong_class", *GARBAGE))
STEERING = CLASSES + from_real(">=", FLAWED) + levels(">=")
# What was asked for: another value and noise are seen; a flaw is never taken for more of it. Hue and size survive a
# shuffling of blocks, so that is not asked.
ASKED = from_real(">", ("wrong_class", "noise")) + from_real(">=", FLAWED)
# Memorisation: training images lie nearer to training images than new ones.
MEMORISATION = (("training", "<", "real"),)
