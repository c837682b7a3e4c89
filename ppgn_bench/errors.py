"""The one exception that bad input raises, and how its messages show values and guess at names."""

import difflib
from collections.abc import Iterable, Sequence

MOST_LISTED = 100  # names in a message


class UserError(Exception):
    """Something that the user can put right: its message names the key, the file or the value.

    The command line prints it as `error: <message>` and exits with status 1; Snakemake shows it as a workflow
    error. Anything else that is raised is a defect of this package and keeps its traceback. What nobody can see in it,
    such as a terminal's control codes in a file's name, is shown as Python writes it.
    """

    def __str__(self) -> str:
        """Return the message, printable line by line."""
        said = super().__str__()
        return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in said)


def hint(name: str, known: Iterable[str]) -> str:
    """What may have been meant by an unknown name, and all names there are; of very many the nearest alone."""
    names = list(known)
    if len(names) > MOST_LISTED:
        return _nearest(name, names)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return f"{guess}known: {', '.join(names)}"


def _nearest(name: str, names: Sequence[str], most: int = 3) -> str:
    folded = {one.lower(): one for one in names}
    found = [folded[one] for one in difflib.get_close_matches(name.lower(), folded, n=most, cutoff=0.5)]
    words = f"the nearest: {', '.join(found)}" if found else f"as {', '.join(names[:most])}, ..."
    return f"{words} ({len(names):,} in all)"


def brief(value: object, longest: int = 60) -> str:
    """A value as Python writes it, cut where it would fill the screen."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."
