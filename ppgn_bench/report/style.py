"""One look for every figure: a variant has its colour and marker everywhere, and files bear no date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from ppgn_bench import store

DPI = 200  # PNG; the page shows two pixels of it as one
COLUMN = 3.7  # inches: 370 pixels of a page, the width of a phone
POINT = 8  # smallest text

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine draws the same letters
    "font.size": POINT,
    "axes.titlesize": POINT,
    "axes.labelsize": POINT,
    "xtick.labelsize": POINT,
    "ytick.labelsize": POINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.4,
    "figure.facecolor": "white",
    "pdf.fonttype": 42,  # real letters, not shapes
}


class Look(NamedTuple):
    """How a variant or a control is drawn."""

    colour: str
    marker: str


# Okabe and Ito's colours, which the colour-blind can tell apart, for the samplers with learned parts (without
# their yellow, too light for a line on white); black, greys and browns for activation maximization. Markers
# differ as well.
LOOKS: Mapping[str, Look] = {
    "am": Look("#000000", "o"),
    "am_l2": Look("#6e6e6e", "s"),
    "am_blur": Look("#a3a3a3", "^"),
    "am_tv": Look("#7a4b22", "v"),
    "am_jitter": Look("#b3935a", "D"),
    "ppgn_x": Look("#cc79a7", "P"),
    "dgn_am": Look("#d55e00", "X"),
    "dgn_am_noise": Look("#e69f00", "p"),
    "ppgn_h": Look("#56b4e9", "h"),
    "joint_ppgn_h": Look("#0072b2", "o"),
    "noiseless_joint_ppgn_h": Look("#009e73", "s"),
}
SPARE = (Look("#882255", "<"), Look("#332288", ">"), Look("#999933", "d"), Look("#44aa99", "*"))
CONTROL = Look("#555555", "x")
TERMS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7a4b22")


def looks(keys: list[str], controls: Mapping[str, str]) -> dict[str, Look]:
    """The look of each variant; what has none of its own takes a spare one, in the order of the keys."""
    new = [key for key in keys if key not in LOOKS and key not in controls]
    spare = {key: SPARE[place % len(SPARE)] for place, key in enumerate(new)}
    return {key: LOOKS.get(key) or spare.get(key, CONTROL) for key in keys}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and save figures in this style, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


def save(figure: Figure, folder: Path, name: str) -> bytes:
    """Write <name>.pdf and <name>.png and return the PNG; equal figures give equal bytes."""
    drawn = {}
    for kind, metadata in {"pdf": {"CreationDate": None}, "png": {}}.items():
        buffer = BytesIO()
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
        drawn[kind] = buffer.getvalue()
        store.save_bytes(folder / f"{name}.{kind}", drawn[kind])
    return drawn["png"]


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels, as near to the wanted ones as a gap between neighbours and the ends allow."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    places = [0.0] * len(wanted)
    below = low - gap
    for rank, place in enumerate(order):
        room = high - gap * (len(order) - 1 - rank)  # what those above need
        below = places[place] = min(max(wanted[place], below + gap), room)
    return places


def plain_ticks(axis: Axis, most: int = 20) -> None:
    """On a logarithmic axis: plain numbers, as many as the decades leave room for, and about `most` at most."""
    if axis.get_scale() != "log":
        return
    low, high = axis.get_view_interval()
    decades = np.log10(high / low)
    steps = (1, 2, 5) if 3 * decades < min(most, 6.6) else (1,)
    few = MaxNLocator(nbins=min(most, 4)) if decades < 0.9 else LogLocator(subs=steps, numticks=most)
    axis.set_major_locator(few)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axis.set_minor_formatter(NullFormatter())
