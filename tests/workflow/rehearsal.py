"""What a changed workflow would run, asked of Snakemake (`--summary`, a table with a row per file), and its files."""

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from tests.conftest import snakemake

REHEARSAL = ("--configfile", "rehearsal.yaml")
LAST = {"report", "record", "controls_hold"}
ENDING = {"collect", "collect_costs", "claims", "manifest"} | LAST  # what follows new measurements
BESIDE = (
    ".cost.csv",
    ".losses.csv",
    ".targets.csv",
    ".pictures.safetensors",
)  # what jobs write beside their first files
OF_SEEDS = re.compile(r"_(once|\d+(_to_\d+)?)$")  # what names of rules say of the seeds that share a job
Jobs = dict[str, set[str]]  # rule -> the first files of its jobs that would run


def waiting(place: Path, config: Iterable[str] = REHEARSAL) -> Jobs:
    """What the workflow would run, from Snakemake's own table of its files."""
    done = snakemake(place, *config, "--summary")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
    assert rows, done.stdout
    assert {row["plan"] for row in rows} <= {"no update", "update pending"}
    jobs: Jobs = defaultdict(set)
    for row in rows:
        file = row["output_file"]
        if row["plan"] == "update pending" and not file.endswith(BESIDE):
            jobs[OF_SEEDS.sub("", row["rule"])].add(file.removeprefix("results/"))
    return dict(jobs)


def edit(place: Path, file: str, old: str, new: str) -> None:
    text = (place / file).read_text()
    assert text.count(old) == 1, f"{file} has {text.count(old)} of {old!r}"
    (place / file).write_text(text.replace(old, new))


def copied(place: Path, to: Path) -> Path:
    """A finished run to change: files keep their times, Snakemake its memory of them."""
    return shutil.copytree(place, to)


def _folders(dataset: str) -> tuple[str, ...]:
    return ("digits", "shapes") if dataset == "*" else (dataset,)


def _sweep(variant: str) -> str:
    return "released" if variant.endswith("_released") else "own"


def sampled(*variants: str, seeds: Iterable[int] = (0, 1), dataset: str = "*", name: str = "rehearsal") -> set[str]:
    folders = [
        f"{name}/chains/{folder}/{_sweep(variant)}/{variant}" for folder in _folders(dataset) for variant in variants
    ]
    return {f"{folder}/seed_{seed}.safetensors" for folder in folders for seed in seeds}


def measured(*variants: str, dataset: str = "*", name: str = "rehearsal") -> set[str]:
    tables = [
        f"{name}/metrics/{folder}/{_sweep(variant)}/{variant}" for folder in _folders(dataset) for variant in variants
    ]
    return {f"{table}.{ending}" for table in tables for ending in ("csv", "curves.csv")}


def trained(*recipes: str, seeds: Iterable[int] = (0, 1), dataset: str = "*") -> set[str]:
    folders = [f"networks/{folder}/{recipe}" for folder in _folders(dataset) for recipe in recipes]
    return {f"{folder}/seed_{seed}.safetensors" for folder in folders for seed in seeds}
