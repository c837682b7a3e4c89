"""A table in every format: CSV for programs, booktabs LaTeX and Markdown for someone else's paper or page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pandas import DataFrame

from ppgn_bench.report.page.blocks import Cell, Table
from ppgn_bench.storage import files

WRAPPED = 26  # letters; a column of text that is longer wraps
LINE = 0.97  # of the line's width for all columns together
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$",
    "−": "$-$", "–": "--", "∞": r"$\infty$", "×": r"$\times$", "±": r"$\pm$", "·": r"$\cdot$", "²": "$^2$",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "→": r"$\rightarrow$", "≤": r"$\leq$", "≥": r"$\geq$",
    "ε": r"$\varepsilon$", "σ": r"$\sigma$", "∘": r"$\circ$", "“": "``", "”": "''", "’": "'", "…": r"\dots{}",
}  # fmt: skip


def save(folder: Path, name: str, frame: DataFrame, tables: Sequence[Table]) -> None:
    """Write tables/<name>.csv from the frame, and <name>.tex and .md from what is readable of it.

    tables: as they shall be read, one below the other; with none, as where a sweep has too many settings, there is
    the CSV alone, and what an earlier build left of the others goes.
    """
    place = folder / "tables"
    files.save_table(place / f"{name}.csv", frame)
    labels = [f"tab:{name}" if table is tables[0] else f"tab:{name}_{number}" for number, table in enumerate(tables, 1)]
    texts = {
        "tex": "\n".join(latex(table, label) for table, label in zip(tables, labels, strict=True)),
        "md": "\n".join(map(markdown, tables)),
    }
    for kind, text in texts.items():
        if text:
            files.save_text(place / f"{name}.{kind}", text)
        else:
            (place / f"{name}.{kind}").unlink(missing_ok=True)


def latex(table: Table, label: str) -> str:
    r"""A floating table to \input, of booktabs alone: caption, label, rules, controls below a rule of their own.

    What is small in a cell of numbers, an interval, stands on a line of its own below them; in a cell of text it
    follows the text. All texts are escaped.
    """
    columns = _columns(table)
    star = "*" if len(table.header) > 4 or "p{" in columns else ""
    lines = [
        r"% \usepackage{booktabs}",
        rf"\begin{{table{star}}}",
        r"\centering\footnotesize",
        rf"\caption{{{escaped(table.caption)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        *_lines(table.header),
        r"\midrule",
    ]
    for above, row in zip([table.header, *table.rows], table.rows, strict=False):
        begins = "control" in row[0].marks and "control" not in above[0].marks
        lines += [r"\midrule"] if begins and above is not table.header else []
        lines += _lines(row)
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", rf"\end{{table{star}}}", ""])


def markdown(table: Table) -> str:
    """A pipe table below its caption; what is small in a cell stands below its text, controls are in italics."""
    lines = [f"**{_plain(table.caption)}**", "", _piped([_marked(cell) for cell in table.header])]
    lines.append(_piped([":--" if _is_text(table, place) else "--:" for place in range(len(table.header))]))
    for row in table.rows:
        first = f"*{_marked(row[0])}*" if "control" in row[0].marks else _marked(row[0])
        lines.append(_piped([first, *map(_marked, row[1:])]))
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """Text that LaTeX sets as it stands; what it has no letter for becomes a formula."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _is_text(table: Table, place: int) -> bool:
    return place == 0 or "text" in table.header[place].marks


def _columns(table: Table) -> str:
    """Numbers to the right, text to the left; long text in columns as wide as its share of the letters."""
    longest = []
    for place in range(len(table.header)):
        cells = [row[place] for row in table.rows]
        longest.append(max((len(cell.text) + len(cell.small) * _inline(cell) for cell in cells), default=0))
    wraps = ["text" in table.header[place].marks and longest[place] > WRAPPED for place in range(len(longest))]
    if not any(wraps):
        return "".join("l" if _is_text(table, place) else "r" for place in range(len(longest)))
    shares = [min(length, 90) if wrapped else 14 for length, wrapped in zip(longest, wraps, strict=True)]
    share = LINE / sum(shares)
    return "".join(
        f"p{{{share * part - 0.02:.3f}\\linewidth}}" if wrapped else "l" if _is_text(table, place) else "r"
        for place, (part, wrapped) in enumerate(zip(shares, wraps, strict=True))
    )


def _inline(cell: Cell) -> bool:
    return "text" in cell.marks


def _lines(row: Sequence[Cell]) -> list[str]:
    """A row of LaTeX, and below it one of what is small in its numbers."""
    above, below = [], []
    for cell in row:
        text, small = escaped(cell.text), rf"{{\scriptsize {escaped(cell.small)}}}" if cell.small else ""
        text = rf"\textbf{{{text}}}" if "best" in cell.marks else text
        above.append(f"{text} {small}".strip() if _inline(cell) else text)
        below.append("" if _inline(cell) else small)
    if above[0].startswith("["):  # what would else be an argument of the \\ before it
        above[0] = "{}" + above[0]
    second = [rf"{' & '.join(below)} \\"] if any(below) else []
    return [rf"{' & '.join(above)} \\" + ("[-1pt]" if second else ""), *second]


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return re.sub(r"([\\`*_|<\[\]])", r"\\\1", text)


def _marked(cell: Cell) -> str:
    text = f"**{_plain(cell.text)}**" if "best" in cell.marks else _plain(cell.text)
    return f"{text}<br><sub>{_plain(cell.small)}</sub>" if cell.small else text


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
