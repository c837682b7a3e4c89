"""The one exception that bad input raises, and how its messages show values and guess at names."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something that the user can put right: its message names the key, the file or the value.

    The command line prints it as `error: <message>` and exits with status 1; Snakemake shows it as a workflow
    error. Anything else that is raised is a defect of this package and keeps its traceback.
    """


def hint(name: str, known: Iterable[str]) -> str:
    """What may have been meant by an unknown name, and all names there are."""
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f"did you mean {nearest[0]!r}? " if nearest else ""
    return f"{guess}known: {', '.join(known)}"


def brief(value: object, longest: int = 60) -> str:
    """A value as Python writes it, cut where it would fill the screen."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."


def nearest(name: str, known: Iterable[str], most: int = 3) -> str:
    """What may have been meant by an unknown name, where there are too many known ones to list."""
    names = list(known)
    folded = {one.lower(): one for one in names}
    found = [folded[one] for one in difflib.get_close_matches(name.lower(), folded, n=most, cutoff=0.5)]
    words = f"the nearest: {', '.join(found)}" if found else f"as {', '.join(names[:most])}, ..."
    return f"{words} ({len(names):,} in all)"
