"""What `growth` measured, as a table and as a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks import growth


def lines(found: Mapping[str, Sequence[growth.Point]]) -> list[str]:
    """The table as Markdown: each point beside its axis's law and the plan, measured over predicted."""
    text = [
        "| | | s of the processor | / law | MiB | / plan | files, MiB | / plan |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, points in found.items():
        axis = growth.AXES[name]
        law = growth.fitted(points, axis)
        for own in points:
            numbers = [f"{own.number:,}", f"{own.seconds:.3g}", f"{own.seconds / law.seconds(own.number):.2f}"]
            numbers += [f"{own.memory:,.0f}", _ratio(own.memory, own.planned_memory)]
            numbers += ["" if np.isnan(own.size) else f"{own.size:,.3g}", _ratio(own.size, own.planned_size)]
            text.append(f"| {axis.title} | {' | '.join(numbers)} |")
        power = f"^{axis.power}" if axis.power > 1 else ""
        text.append(f"| law | | {law.once:.2f} + {law.each:.3g} n{power} | | | | | |")
    return text


def _ratio(measured: float, planned: float) -> str:
    return "" if np.isnan(measured / planned) else f"{measured / planned:.2f}"


def draw(path: Path, found: Mapping[str, Sequence[growth.Point]]) -> None:
    """Time above and memory below, an axis a column: points, hollow where no law goes through them, and as lines the
    law and what the plan says.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    figure = Figure(figsize=(2.6 * len(found), 4.8), layout="constrained")
    above, below = figure.subplots(2, len(found), squeeze=False)
    for name, time, memory in zip(found, above, below, strict=True):
        points, axis = found[name], growth.AXES[name]
        numbers = [own.number for own in points]
        law, between = growth.fitted(points, axis), np.geomspace(numbers[0], numbers[-1], 100)
        time.plot(between, [law.seconds(number) for number in between], color="0.6", label="law")
        time.plot(numbers, [own.seconds for own in points], "o", color="C0", label="measured")
        apart = [own for own in points if own.number in axis.apart]
        memory.plot(numbers, [own.planned_memory for own in points], color="0.6", label="plan")
        memory.plot(numbers, [own.memory for own in points], "o", color="C3", label="measured")
        for own, values in ((time, [point.seconds for point in apart]), (memory, [point.memory for point in apart])):
            own.plot([point.number for point in apart], values, "o", color="white", markersize=3)  # hollow
            own.set(xscale="log", yscale="log")
            own.set_xticks(numbers[:-1] if axis.power > 1 else numbers, minor=False)  # 224 and 227 are one place
            own.xaxis.set_major_formatter(EngFormatter(sep=""))  # 100k
            own.yaxis.set_major_formatter("{x:g}")
            own.minorticks_off()
            own.grid(alpha=0.3)
        time.set_ylim(1, 100)
        memory.set_ylim(100, 4000)
        memory.set_xlabel(axis.title.replace(" that ", "\nthat ").replace(", ", ",\n"))
    above[0].set_ylabel("processor seconds")
    below[0].set_ylabel("MiB at the most")
    for own in (above[0], below[0]):
        own.legend()
    figure.savefig(path, dpi=120, metadata={"Software": None})
