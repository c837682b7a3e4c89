"""What training says of itself: the terms of every iteration, as arrays for a checkpoint and as the loss log."""

from collections.abc import Iterable, Mapping

import numpy as np

from ppgn_bench.columns import HELD_OUT

LOG_POINTS = 200  # rows of a loss log for each term

History = list[dict[str, float]]  # iteration -> term -> value; a rival's terms stand only where it played
Losses = list[tuple[int, str, float]]  # iterations done, term, mean


def log(history: History, points: int = LOG_POINTS) -> Losses:
    """Loss log: step (iterations done), term, and its mean over the window that ends there; `points` windows."""
    if not history:
        return []
    windows = np.array_split(np.arange(len(history)), min(points, len(history)))
    rows = []
    for window in windows:
        for term in {name: None for index in window for name in history[index]}:
            values = [history[index][term] for index in window if term in history[index]]
            rows.append((int(window[-1]) + 1, term, float(np.mean(values))))
    return rows


def held_out(losses: Iterable[tuple[int, str, float]]) -> dict[str, float]:
    """What was measured after training, on held-out images: name -> value."""
    return {term.removeprefix(HELD_OUT): float(value) for _, term, value in losses if term.startswith(HELD_OUT)}


def as_csv(losses: Losses) -> str:
    """The text of a loss log's file."""
    return "\n".join(["step,term,value", *(f"{step},{term},{value!r}" for step, term, value in losses), ""])


def terms(history: History) -> list[str]:
    """All terms, in the order in which they came up."""
    return list({name: None for row in history for name in row})


def arrays(history: History) -> dict[str, np.ndarray]:
    """Values [iteration, term], and which of them there are; the terms in the order of `terms`."""
    named = terms(history)
    shape = len(history), len(named)
    known = np.array([[name in row for name in named] for row in history], dtype=bool).reshape(shape)
    values = np.array([[row.get(name, 0.0) for name in named] for row in history]).reshape(shape)
    return {"known": known, "values": values}


def from_arrays(named: list[str], stored: Mapping[str, np.ndarray]) -> History:
    """The history that `terms` and `arrays` were taken from."""
    rows = zip(stored["values"].tolist(), stored["known"].tolist(), strict=True)
    return [
        {name: value for name, value, there in zip(named, values, known, strict=True) if there}
        for values, known in rows
    ]
