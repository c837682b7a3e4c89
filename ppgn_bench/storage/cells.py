"""What the cells of every table must be, whoever wrote it: names that name no other folder, and numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from ppgn_bench.columns import EPSILONS, SAMPLER
from ppgn_bench.errors import UserError, brief

if TYPE_CHECKING:
    from pandas import DataFrame

NAMES = (*SAMPLER, "metric", "recipe", "world")
NUMBERS = (*EPSILONS, "seed", "value", "step", "low", "middle", "high", "seconds", "estimate", "sigma", "training_size")


def require_cells(path: Path | str, frame: DataFrame) -> None:
    """Raise UserError that names column and value for a name with a slash or with what nobody can see, for what is no
    number where one must be, and for a row without its sampler or its seed.
    """
    from pandas import to_numeric
    from pandas.api.types import is_numeric_dtype

    of_sampler = (*SAMPLER, "seed")
    for column in of_sampler if {*of_sampler} <= {*frame} else ():
        if frame[column].isna().any():
            raise UserError(f"{path}: column {column} has a blank in line {frame[column].isna().argmax() + 2}")
    for column in (name for name in NAMES if name in frame):
        for value in frame[column].dropna().unique():
            if "/" in str(value) or not str(value).isprintable():
                raise UserError(f"{path}: column {column} holds {brief(value)}, which names nothing that is measured")
    for column in (name for name in NUMBERS if name in frame):
        if len(frame) and not is_numeric_dtype(frame[column]):
            texts = frame[column].astype(str)  # a whole number may be too large for any other type
            wrong = frame[column][to_numeric(texts, errors="coerce").isna() & frame[column].notna()]
            found = wrong.iloc[0] if len(wrong) else max(frame[column], key=lambda value: len(str(value)))
            raise UserError(f"{path}: column {column} holds {brief(found)}, which is no number")
    if "seed" in frame and len(endless := frame["seed"][frame["seed"].abs() == math.inf]):
        raise UserError(f"{path}: column seed holds {endless.iloc[0]}, which is no number")
