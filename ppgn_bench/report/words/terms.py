"""The terms of the update and their epsilons: names, symbols, and how values of all three are written."""

from __future__ import annotations

from collections.abc import Sequence

from ppgn_bench.columns import EPSILONS, TERMS

SETTING = list(EPSILONS)  # the columns of a long table
SYMBOLS = {term: f"ε{number}" for number, term in enumerate(TERMS, start=1)}
AXES = tuple(f"{symbol} ({term})" for term, symbol in SYMBOLS.items())


def slashed(setting: Sequence[float]) -> str:
    """Epsilons as a row's label has them, "0.1/2/0.1": the same number may be kept with other last digits."""
    return "/".join(f"{value:g}" for value in setting)


def unslashed(epsilons: str) -> tuple[float, ...]:
    """The values of what `slashed` wrote."""
    return tuple(map(float, epsilons.split("/")))


def equations(setting: Sequence[float]) -> str:
    """Epsilons as a sentence has them: "ε1 = 0.1, ε2 = 2, ε3 = 0.1"."""
    return ", ".join(f"{symbol} = {value:g}" for symbol, value in zip(SYMBOLS.values(), setting, strict=True))
