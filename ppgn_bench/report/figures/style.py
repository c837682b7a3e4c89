"""One look for every figure: a variant has its colour and marker everywhere, and files bear no date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from fontTools import subset
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from ppgn_bench.storage import files

DPI = 200  # PNG; the page shows two pixels of it as one
COLUMN = 3.7  # inches: 370 pixels of a page, the width of a phone
POINT = 8  # smallest text

SETTINGS: dict[Any, Any] = {
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


FONT = "DejaVu Sans"  # comes with matplotlib, so every machine draws the same letters
LETTERS = (*range(0x20, 0x500), *range(0x2000, 0x2300))  # to Cyrillic; punctuation, arrows, signs of mathematics

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
    "vae_gan": Look("#882255", "d"),
    "dgn_am_released": Look("#d55e00", "<"),  # the colour of the same sampler
    "ppgn_h_released": Look("#56b4e9", ">"),
    "joint_released": Look("#0072b2", "*"),
    "noiseless_released": Look("#009e73", "H"),
}
SPARE_COLOURS = ("#332288", "#999933", "#44aa99", "#cc6677", "#117733", "#aa4499", "#661100", "#6699cc")
SPARE_MARKERS = "<>d*HDvP8"  # no common divisor with the colours: 72 pairs before one comes again
CONTROL = Look("#555555", "x")
TERMS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7a4b22")


def looks(keys: Iterable[str], controls: Mapping[str, str], first: Mapping[str, str]) -> dict[str, Look]:
    """The look of each variant; what has none of its own takes a spare one, in the order of the keys.

    keys: all of an experiment, so that each looks the same in every figure, whoever stands beside it there.
    first: variant -> the one before it that is the same sampler, whose look it has.
    """
    drawn = {key: LOOKS.get(key, CONTROL) for key in keys}
    new = [key for key in drawn if key not in LOOKS and key not in controls and first.get(key, key) == key]
    for place, key in enumerate(new):
        colour, marker = (spare[place % len(spare)] for spare in (SPARE_COLOURS, SPARE_MARKERS))
        drawn[key] = Look(colour, marker)
    return {key: drawn[first.get(key, key)] for key in drawn}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and save figures in this style, whatever the user's own matplotlib settings are."""
    with mpl.rc_context(), TemporaryDirectory() as folder:
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        path = Path(folder) / "font.ttf"
        name = _small_font(path)
        font_manager.fontManager.addfont(path)
        mpl.rcParams["font.family"] = [name, FONT]
        try:
            yield
        finally:
            known = font_manager.fontManager.ttflist
            known[:] = [font for font in known if font.fname != str(path)]


def _small_font(path: Path) -> str:
    """Write the font with fewer letters and no rules of layout, and return its name.

    Every PDF holds the letters that it shows. To choose them from the whole font, with its Arabic ligatures, takes
    longer than to draw the figure.
    """
    options = subset.Options(layout_features=[], glyph_names=True, notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "FFTM", "meta"]
    font = subset.load_font(font_manager.findfont(FONT), options)
    font.recalcTimestamp = False  # the same bytes each time
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    name = f"{FONT} of the report"
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):  # family, full name, PostScript name
            record.string = name.replace(" ", "") if record.nameID == 6 else name
    font.save(path)
    return name


def save(figure: Figure, folder: Path, name: str) -> bytes:
    """Write <name>.pdf and <name>.png and return the PNG; equal figures give equal bytes."""
    drawn = {}
    for kind, metadata in {"pdf": {"CreationDate": None}, "png": {}}.items():
        buffer = BytesIO()
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
        drawn[kind] = buffer.getvalue()
        files.save_bytes(folder / f"{name}.{kind}", drawn[kind])
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
    room = min(most, 6.6)
    steps = (1, 2, 5) if 3 * decades < room else (1, 3) if 2 * decades < room + 0.5 else (1,)
    few = MaxNLocator(nbins=min(most, 4)) if decades < 0.9 else LogLocator(subs=steps, numticks=most)
    axis.set_major_locator(few)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axis.set_minor_formatter(NullFormatter())


def dashed(axes: Axes, value: float, upright: bool = False) -> None:
    """A dashed line at the value that real images, or exact draws, have; none where it has no place."""
    if np.isfinite(value):
        draw = axes.axvline if upright else axes.axhline
        draw(value, color=CONTROL.colour, linewidth=0.9, linestyle=(0, (4, 3)))


def hide_rest(grid: NDArray[Any], count: int, labels: bool = True) -> None:
    """Hide the axes of a grid after the first so many; those above them then have the labels of their steps."""
    for place in range(count, grid.size):
        row, column = divmod(place, grid.shape[1])
        grid[row, column].set_visible(False)
        if labels and row > 0:
            grid[row - 1, column].tick_params(labelbottom=True)
