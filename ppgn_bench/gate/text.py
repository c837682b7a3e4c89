"""What the gate says, as lines for a terminal and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from ppgn_bench.claims.text import SCALES
from ppgn_bench.gate.check import NOT_RUN, Outcome
from ppgn_bench.gate.comparison import FIXED, IMPROVED, REGRESSED, UNDECIDED, Cell

MOST = 20  # lines of a list; --format json has all
MARKS = {"passed": "✅", "regressed": "❌", "undecided": "❔", "not run": "–"}


def plain(outcome: Outcome) -> str:
    """Every list that is not empty, a line for each tier, and the verdict, which a terminal shows last."""
    lines = []
    for title, texts in _lists(outcome):
        lines += [f"{title}:", *(f"  {text}" for text in texts), ""]
    lines += [f"{tier.name:16} {tier.verdict:10} {tier.said}" for tier in outcome.tiers]
    return "\n".join([*lines, f"{outcome.verdict.upper()}: {outcome.results} against {outcome.baseline}"])


def markdown(outcome: Outcome) -> str:
    """The same as a comment: tiers as a table; what decides is open, the rest folds; the verdict first and last."""
    verdict = f"{MARKS[outcome.verdict]} Gate: {outcome.verdict}"
    lines = [f"## {verdict}", "", "| tier | verdict | |", "|---|---|---|"]
    lines += [f"| {tier.name} | {MARKS[tier.verdict]} {tier.verdict} | {tier.said} |" for tier in outcome.tiers]
    for title, texts in _lists(outcome):
        lines += ["", f"<details{' open' if title.startswith('Regressed') else ''}><summary>{title}</summary>", ""]
        lines += [*(f"- {text}" for text in texts), "", "</details>"]
    return "\n".join([*lines, "", f"{verdict}: `{outcome.results}` against `{outcome.baseline}`"])


def _lists(outcome: Outcome) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each list that is not empty."""
    ran = {tier.name for tier in outcome.tiers if tier.verdict != NOT_RUN}
    gated = [cell for cell in outcome.cells if cell.gated and cell.tier in ran]
    others = [cell for cell in outcome.cells if not cell.gated and cell.status in (REGRESSED, IMPROVED)]
    numbers = (
        f"{row['part']} {row['name']}, {row['number']}: {row['reference']:.6g}, now {row['result']:.6g}"
        for row in outcome.numbers
    )
    parts: list[tuple[str, Iterable[str]]] = [
        ("Regressed", chain(_cells(gated, REGRESSED), numbers)),
        ("Undecided", _cells(gated, UNDECIDED)),
        ("Improved; a new reference would keep it", _cells(gated, IMPROVED)),
        ("Claims with another verdict", outcome.claims),
        ("Metrics that fail their controls", outcome.controls),
        ("Networks that do not do their job", outcome.networks),
        ("Other cells that moved, not corrected for their number and never gated", map(_line, others)),
        ("Rows that only the reference has", outcome.missing),
        ("New rows", outcome.new),
        ("Settings that differ", outcome.settings),
        ("Made with", outcome.made_with),
    ]
    for title, lines in parts:
        if texts := list(lines):
            rest = [f"... and {len(texts) - MOST} more: --format json has all"] if len(texts) > MOST else []
            yield f"{title} ({len(texts)})", texts[:MOST] + rest


def _cells(cells: Iterable[Cell], status: str) -> Iterator[str]:
    return (_line(cell) for cell in cells if cell.status == status)


def _line(cell: Cell) -> str:
    """Such as: digits own ppgn_h frechet_distance: 11.6, now 25.1, ratio 2.16 [1.7, 2.7], margin 1.25, ..."""
    where = " ".join(part for part in (cell.dataset, cell.sweep, cell.variant, cell.setting, cell.metric) if part)
    text = f"{where}: {cell.reference:.4g}, now {cell.result:.4g}"
    if cell.count > 1:
        text += f", {SCALES[cell.scale]} {cell.estimate:.3g} [{cell.low:.3g}, {cell.high:.3g}], margin {cell.margin:g}"
        units = "starts of each target" if cell.tier == FIXED else "seeds"
        text += f", p {cell.p_worse:.2g} for worse, {cell.count} {units}"
    return f"{text}: {cell.reason}"
