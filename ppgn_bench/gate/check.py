"""The gate: a run's folder compared with that of a reference run, from tables alone, and how a reference is kept.

Tiers and cells are those of `comparison`. What is no tier stands beside the verdict and never decides it: claims with
another verdict, metrics that fail their controls, networks that do not do their job, rows that are missing or new,
settings and versions that differ.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.columns import CONTROLS_CHECK, NETWORKS_CHECK
from ppgn_bench.errors import UserError
from ppgn_bench.gate import comparison, tables
from ppgn_bench.gate.comparison import FIXED, NUMBERS, REGRESSED, SEEDS, Cell
from ppgn_bench.metrics import controls
from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.storage import files
from ppgn_bench.storage.collected import require_same_judges
from ppgn_bench.training import checks

NOT_RUN = "not run"
CHECKED = ("controls_check.csv", "networks_check.csv")
TABLES = ("manifest.json", "metrics.csv", "claims.csv", "claims.parts.csv", "costs.csv", *CHECKED)
DRAWN = ("tables/*", "figures/*.pdf")
Pair = tuple[DataFrame, DataFrame]
LARGEST = 2**18  # bytes of a file that is kept: a repository is no place for larger ones


@dataclass(frozen=True)
class Tier:
    """A tier's verdict, or that it was not run, and why."""

    name: str
    verdict: str
    said: str


@dataclass(frozen=True)
class Outcome:
    """All that `check` says: the verdict, its tiers, every cell, and beside them what does not decide."""

    baseline: str
    results: str
    verdict: str
    tiers: list[Tier]
    cells: list[Cell]
    numbers: list[dict[Hashable, Any]]
    claims: list[str]
    controls: list[str]
    networks: list[str]
    missing: list[str]
    new: list[str]
    settings: list[str]
    made_with: list[str]

    def as_json(self) -> dict[str, Any]:
        """The same in what JSON knows: a number that is missing or infinite is null."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)), parse_constant=lambda _: None)
        return plain


def checked(reference: Path, results: Path) -> Outcome:
    """Compare a run with a reference.

    Raises UserError for a folder that lacks a table, for measurements by other judges, or for nothing to compare.
    """
    for folder in (reference, results):
        if not folder.is_dir():
            raise UserError(f"{folder}: is missing{_references_beside(folder)}")
    old, new = (tables.measurements(folder / "metrics.csv") for folder in (reference, results))
    starts = _pair(reference, results, tables.STARTS, tables.starts)
    measured = {"metrics.csv": (old, new)} | ({} if isinstance(starts, str) else {tables.STARTS: starts})
    for name, pair in measured.items():
        require_same_judges(zip((reference / name, results / name), pair, strict=True))
    seeds = comparison.seed_cells(old, new)
    exact = _pair(reference, results, tables.EXACT_NUMBERS, tables.exact_numbers)
    fixed = [] if isinstance(starts, str) else comparison.start_cells(*starts)
    moved = DataFrame() if isinstance(exact, str) else comparison.moved_numbers(*exact)
    tiers = [
        Tier(FIXED, NOT_RUN, starts) if isinstance(starts, str) else _tier(FIXED, fixed),
        _over_seeds(seeds, old),
        Tier(NUMBERS, NOT_RUN, exact) if isinstance(exact, str) else _numbers(moved, len(exact[0])),
    ]
    if all(tier.verdict == NOT_RUN for tier in tiers):
        raise UserError("\n".join(["nothing to compare:", *(f"  {tier.name}: {tier.said}" for tier in tiers)]))
    before, now = (tables.manifest(folder) for folder in (reference, results))
    return Outcome(
        str(reference), str(results), comparison.verdict(tier.verdict for tier in tiers), tiers, [*fixed, *seeds],
        moved.to_dict("records"), _changed_claims(reference, results),
        controls.failures(files.load_table(results / "controls_check.csv", CONTROLS_CHECK)),
        checks.failures(files.load_table(results / "networks_check.csv", NETWORKS_CHECK)),
        **comparison.lacking(old, new),
        settings=_differing(before, now, "settings"),
        made_with=[*_differing(before, now, "versions"), *_differing(before, now, "hardware")],
    )  # fmt: skip


def keep(experiment: Path, target: Path, networks: bool = False) -> list[Path]:
    """Copy what a reference is from an experiment's folder, and remove what it had before; the files written.

    Tables, figures of at most LARGEST bytes, and the weights of its networks if they are asked for. Raises UserError
    where a table is missing, or the manifest names weights outside results/networks.
    """
    kept = {name: experiment / name for name in TABLES}
    made = [experiment / name for name in (tables.STARTS, tables.EXACT_NUMBERS) if (experiment / name).is_file()]
    drawn = [file for pattern in DRAWN for file in sorted(experiment.glob(pattern)) if file.stat().st_size <= LARGEST]
    kept |= {str(file.relative_to(experiment)): file for file in [*made, *drawn]}
    if networks:
        kept |= dict(_weights(tables.manifest(experiment)))
    contents = {name: files.load_bytes(file) for name, file in kept.items()}
    for name, content in contents.items():
        files.save_bytes(target / name, content)
    folders = ("tables", "figures", "networks") if networks else ("tables", "figures")
    for old in (file for folder in folders for file in (target / folder).rglob("*") if file.is_file()):
        if str(old.relative_to(target)) not in kept:
            old.unlink()
    return [target / name for name in kept]


def _weights(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    for network in manifest.get("networks", []):
        file = Path(network["weights"])
        if file.parts[:2] != ("results", "networks") or ".." in file.parts:
            raise UserError(f"manifest.json: networks: {file} lies outside results/networks")
        yield str(file.relative_to("results")), file


def _pair(reference: Path, results: Path, name: str, read: Callable[[Path], DataFrame]) -> Pair | str:
    """A table of both runs, or which of them lacks it."""
    for folder in (reference, results):
        if not (folder / name).is_file():
            return f"{folder / name} is missing; `snakemake check`, with the config of the run, makes it"
    return read(reference / name), read(results / name)


def _tier(name: str, cells: list[Cell]) -> Tier:
    """The verdict of gated cells, and how many have which reason."""
    gated = [cell for cell in cells if cell.gated]
    reasons = Counter(cell.reason if cell.status != comparison.UNDECIDED else "undecided" for cell in gated)
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return Tier(name, comparison.verdict(cell.status for cell in gated), f"{len(gated)} gated cells: {said}")


def _over_seeds(cells: list[Cell], reference: DataFrame) -> Tier:
    """One seed cannot be tested: such a reference says something only where all is as it was."""
    gated = [cell for cell in cells if cell.gated]
    if not gated:
        return Tier(SEEDS, NOT_RUN, "the reference has none of the gated cells (METRICS names them)")
    tier = _tier(SEEDS, cells)
    samplers = reference[~reference.variant.isin(list(CONTROLS)) & (reference.sweep == comparison.GATED_SWEEP)]
    if samplers.seed.nunique() < 2 and tier.verdict == comparison.UNDECIDED:
        return Tier(SEEDS, NOT_RUN, "the reference has one training seed: a change cannot be separated from chance")
    return tier


def _numbers(moved: DataFrame, count: int) -> Tier:
    if moved.empty:
        return Tier(NUMBERS, comparison.PASSED, f"{count} numbers, the same to {comparison.TOLERANCE:g}")
    parts = ", ".join(f"{number} of {part}" for part, number in moved.groupby("part").size().items())
    return Tier(
        NUMBERS, REGRESSED, f"{len(moved)} of {count} numbers moved by more than {comparison.TOLERANCE:g}: {parts}"
    )


def _changed_claims(reference: Path, results: Path) -> list[str]:
    columns = ["claim", "dataset", "verdict"]
    old, new = (files.load_table(folder / "claims.csv", columns)[columns] for folder in (reference, results))
    both = old.merge(new, on=["claim", "dataset"], suffixes=("_old", "_new"))
    changed = both[both.verdict_old != both.verdict_new]
    return [f"{row.claim} on {row.dataset}: {row.verdict_old}, now {row.verdict_new}" for row in changed.itertuples()]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], part: str) -> list[str]:
    """Keys of a part of the manifest whose values differ; its name and device are no settings."""
    sides = [dict(_flat(manifest.get(part, {}))) for manifest in (old, new)]
    keys = [key for key in {**sides[0], **sides[1]} if key not in ("name", "device")]
    return [
        f"{key}: {sides[0].get(key, 'not there')}, now {sides[1].get(key, 'not there')}"
        for key in keys
        if sides[0].get(key) != sides[1].get(key)
    ]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}".lstrip("."))
    else:
        yield path, value


def _references_beside(folder: Path) -> str:
    """Which references there are, where one of another name was asked for."""
    known = sorted(file.parent.name for file in folder.parent.glob("*/manifest.json"))
    return f"; {folder.parent} has {', '.join(known)}" if known else ""
