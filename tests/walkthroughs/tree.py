"""A copy of the tree that someone adds something to: where they write, what that touches, and what a run then makes."""

import filecmp
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ppgn_bench.storage import files
from tests.conftest import ROOT, snakemake, workflow_copy
from tests.workflow.rehearsal import edit

PAGE = "docs/architecture.md"
# The networks of the smoke run, and as many samples as the real half has images: the size of the controls.
TINY = {
    "extends": "config/smoke.yaml",
    "name": "walk",
    "metrics": ["judge_accuracy", "frechet_distance", "high_frequency_distance", "diverged_share"],
    "sweeps": {"own": {"quality": {"chains_per_target": 20, "steps": 20}, "mixing": None}},
    "worlds": None,
}


def copied_tree(smoke: Path, place: Path) -> Path:
    """Everything that the workflow reads, with data and networks of a finished smoke run and Snakemake's memory."""
    workflow_copy(place)
    for name in ("results/data", "results/networks", ".snakemake/metadata"):
        shutil.copytree(smoke / name, place / name)
    return place


# ------------------------------------------------------------------------------------------------------ what is added


def append(place: Path, file: str, text: str) -> None:
    """A function or a class at the end of a module, which may be a new one."""
    path = place / "ppgn_bench" / file
    path.write_text((path.read_text() if path.exists() else "") + text)


def enter(place: Path, file: str, table: str, entry: str) -> None:
    """An entry at the beginning of a table, `TABLE: Mapping[...] = MappingProxyType({`."""
    text = (place / "ppgn_bench" / file).read_text()
    (start,) = re.findall(rf"^{table}: .*= MappingProxyType\(\s*{{\n", text, re.MULTILINE)
    change(place, file, start, start + entry)


def change(place: Path, file: str, old: str, new: str) -> None:
    """One place of a module says something else."""
    edit(place, f"ppgn_bench/{file}", old, new)


def before(place: Path, file: str, marker: str, text: str) -> None:
    """Text before what a module says once."""
    change(place, file, marker, text + marker)


def touched(place: Path) -> set[str]:
    """Files of the copy that are new or differ from ours, below ppgn_bench where they lie there; results left out."""
    code = (path for name in ("ppgn_bench", "rules", "config", "Snakefile") for path in _files(place / name))
    names = {path.relative_to(place).as_posix() for path in code}
    changed = (n for n in names if not (ROOT / n).exists() or not filecmp.cmp(place / n, ROOT / n, shallow=False))
    return {name.removeprefix("ppgn_bench/") for name in changed}


def _files(path: Path) -> Iterable[Path]:
    found = path.rglob("*") if path.is_dir() else [path]
    return (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def places(row: str) -> set[str]:
    """Files, and folders that end with a slash, that a row of "I want to add ..." names."""
    table = (ROOT / PAGE).read_text().partition("## I want to add ...")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|", 1) for line in table.splitlines() if line.startswith("|")]
    (text,) = [named for title, named in cells if title.strip() == row]
    return set(re.findall(r"`((?:\w+/)+(?:\w+\.(?:py|yaml|smk))?)`", text))


def unnamed(place: Path, *rows: str) -> list[str]:
    """What an addition touches and none of the rows names; a file in a named folder is named."""
    named = set().union(*map(places, rows))
    return sorted(name for name in touched(place) if name not in named and f"{Path(name).parent}/" not in named)


# ------------------------------------------------------------------------------------------------------- what is made


def run(place: Path, *targets: str, **settings: Any) -> pd.DataFrame:
    """Run a tiny config to its end, or to these files; its measurements. Networks that are there already are not
    trained again.
    """
    before = _weights(place)
    done = snakemake(place, *targets, "--configfile", _config(place, settings))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path: written for path, written in _weights(place).items() if path in before} == before
    results = place / "results" / "walk"
    assert (results / "report" / "index.html").stat().st_size > 50_000
    return files.load_table(results / "metrics.csv", ["dataset", "sweep", "variant", "seed", "metric", "value"])


def refusal(place: Path, **settings: Any) -> str:
    """The one line that a dry run says of a config that cannot be run."""
    done = snakemake(place, "--configfile", _config(place, settings), "-n")
    shown = done.stdout + done.stderr
    assert done.returncode == 1, shown
    assert "Traceback" not in shown
    (message,) = re.findall(r"^WorkflowError in file .*\n(.*)\n  File ", shown, re.MULTILINE)
    return str(message)


def value(rows: pd.DataFrame, variant: str, metric: str, sweep: str = "own") -> float:
    """The one measurement of a variant by a metric."""
    chosen = (rows["sweep"] == sweep) & (rows["variant"] == variant) & (rows["metric"] == metric)
    (found,) = rows.loc[chosen, "value"]
    return float(found)


def control(rows: pd.DataFrame, name: str, metric: str) -> float:
    """Mean of a control's measurements by a metric, one a resplit of the real images."""
    chosen = (rows["sweep"] == "controls") & (rows["variant"] == name) & (rows["metric"] == metric)
    assert sorted(rows.loc[chosen, "seed"].astype(int)) == list(range(10))
    return float(rows.loc[chosen, "value"].mean())


def _config(place: Path, settings: dict[str, Any]) -> str:
    (place / "walk.yaml").write_text(yaml.safe_dump(TINY | settings, sort_keys=False))
    return "walk.yaml"


def _weights(place: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in place.glob("results/networks/**/*.safetensors")}
