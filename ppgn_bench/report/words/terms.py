"""The terms of the update and their epsilons: names, symbols, and how their values are written.

The fourth, of a context, is written where it is not 0: only inpainting has one.
"""

from __future__ import annotations

from collections.abc import Sequence

from ppgn_bench.columns import EPSILONS, TERMS

SETTING = list(EPSILONS)  # the columns of a long table
SYMBOLS = {term: f"ε{number}" for number, term in enumerate(TERMS, start=1)}
AXES = tuple(f"{symbol} ({term})" for term, symbol in SYMBOLS.items())


def slashed(setting: Sequence[float]) -> str:
    """Epsilons as a row's label has them, "0.1/2/0.1": the same number may be kept with other last digits."""
    return "/".join(f"{value:g}" for value in setting[: _written(setting)])


def unslashed(epsilons: str) -> tuple[float, ...]:
    """The values of what `slashed` wrote, of all terms."""
    written = tuple(map(float, epsilons.split("/")))
    return written + (0.0,) * (len(TERMS) - len(written))


def equations(setting: Sequence[float]) -> str:
    """Epsilons as a sentence has them: "ε1 = 0.1, ε2 = 2, ε3 = 0.1"."""
    named = list(zip(SYMBOLS.values(), setting, strict=True))[: _written(setting)]
    return ", ".join(f"{symbol} = {value:g}" for symbol, value in named)


def _written(setting: Sequence[float]) -> int:
    """How many of these epsilons are written."""
    context = TERMS.index("context")
    return len(setting) if any(setting[context:]) else context
