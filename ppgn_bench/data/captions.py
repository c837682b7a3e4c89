"""Captions of shapes: their words, what an image's caption is, and what one of known words asks for.

The grammar is "a(n) [small|large] <hue> <shape> on a <dark|light> ground"; of a middle size nothing is said.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ppgn_bench.data.shapes import HUES, SHAPE_NAMES
from ppgn_bench.errors import UserError, brief, hint

END = "<end>"
FORM = "a(n) [small|large] <hue> <shape> on a <dark|light> ground"
FRAME = ("a", "an", "on", "ground")  # words that name nothing
SIZE_WORDS: Mapping[int, str] = MappingProxyType({0: "small", 2: "large"})  # by the factor's value
HUE_WORDS = ("red", "orange", "yellow", "green", "cyan", "blue", "violet", "pink")
BACKGROUND_WORDS = ("dark", "light")
# "half" alone is no shape; after it "disc" is another one.
_SHAPE_WORDS = tuple(dict.fromkeys(word for name in SHAPE_NAMES for word in name.split()))
# What a chain is steered to is a list of numbers, each a place in this tuple; the first fills a short caption up.
WORDS = (END, *FRAME, *SIZE_WORDS.values(), *HUE_WORDS, *_SHAPE_WORDS, *BACKGROUND_WORDS)
LONGEST = 9  # words: "a small violet half disc on a light ground"

# Shapes and hues that no captioner sees together while it learns, though each with all others. The rule was stated
# before anything was trained: every eighth combination, one of each shape, every hue at least once; 10 of 80.
HELD_OUT = frozenset(
    (shape, hue) for shape in range(len(SHAPE_NAMES)) for hue in range(len(HUES)) if (shape + hue) % 8 == 0
)

_NAMED: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        **{word: ("size", value) for value, word in SIZE_WORDS.items()},
        **{word: ("hue", value) for value, word in enumerate(HUE_WORDS)},
        **{name: ("label", value) for value, name in enumerate(SHAPE_NAMES)},
        **{word: ("background", value) for value, word in enumerate(BACKGROUND_WORDS)},
    }
)
_SAID = MappingProxyType({"label": "shapes", "hue": "hues", "background": "grounds", "size": "sizes"})


def caption(label: int, values: Mapping[str, int]) -> str:
    """The caption of an image of shapes: its class, and its factors' values by name ("hue", "background", "size").

    A size that is middle, or -1 since nobody can tell, is left out. Raises IndexError for a value that there is not.
    """
    if label < 0 or min(values["hue"], values["background"]) < 0:
        raise IndexError(f"no shape, hue or ground has a number below 0, got {label} and {dict(values)}")
    size = SIZE_WORDS.get(values["size"], "")
    ground = f"on a {BACKGROUND_WORDS[values['background']]} ground"
    said = " ".join(f"{size} {HUE_WORDS[values['hue']]} {SHAPE_NAMES[label]} {ground}".split())
    return f"{'an' if said[0] == 'o' else 'a'} {said}"


def numbers(text: str) -> list[int]:
    """A caption as the numbers of its words, filled up with <end> to LONGEST + 1: so its end is one of them.

    Any known words in any order are a caption; capitals count as small letters. Raises UserError for an unknown word,
    with the nearest known one; for more words than LONGEST; for no word.
    """
    words = _words(text)
    return [WORDS.index(word) for word in words] + [0] * (LONGEST + 1 - len(words))


def asked(text: str) -> dict[str, int]:
    """What independent judges should see of a caption: "label", "hue", "background", "size", of those that it names.

    Raises UserError as `numbers`, and where it names two of a kind, or half of a shape.
    """
    found: dict[str, tuple[int, str]] = {}
    for name in _names(text):
        kind, value = _NAMED[name]
        known, other = found.setdefault(kind, (value, name))
        if known != value:
            raise UserError(f"caption {brief(text)}: names two {_SAID[kind]}, {other!r} and {name!r}")
    return {kind: value for kind, (value, _) in found.items()}


def _words(text: str) -> list[str]:
    words = text.lower().split()
    if not words:
        raise UserError(f"caption {brief(text)}: has no words; its form is {FORM!r}")
    for word in words:
        if word not in WORDS[1:]:
            raise UserError(f"caption {brief(text)}: unknown word {brief(word)}; {hint(word, WORDS[1:])}")
    if len(words) > LONGEST:
        raise UserError(f"caption {brief(text)}: must have at most {LONGEST} words, got {len(words)}")
    return words


def _names(text: str) -> Iterator[str]:
    """The words that name something, "half disc" as one."""
    words = iter(_words(text))
    for word in words:
        if word in _NAMED:
            yield word
        elif word not in FRAME:
            name = f"{word} {next(words, '')}".strip()
            if name not in _NAMED:
                shapes = [shape for shape in SHAPE_NAMES if shape.startswith(word)]
                raise UserError(f"caption {brief(text)}: {name!r} is no shape; {hint(name, shapes)}")
            yield name
