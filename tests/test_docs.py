"""The documents name files, functions, keys and values that there are."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from ppgn_bench.columns import METRICS_TABLE
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.sections import Ablation, Box, DatasetSettings, Run, Sweep, UpdateSettings, WorldSettings
from ppgn_bench.lookup import FORM, Name, resolve
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage.files import load_table
from tests.conftest import ROOT

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "config/README.md",
    *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")),
]
FILE = re.compile(r"(?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|yaml|yml|smk|csv|toml|sh)|)")
MADE = ("results/", "gate/", "my", ".github/workflows/gate.yml")  # what a run or a reader makes
KEYS = {  # a heading of config/README.md -> the keys that the table below it must list
    "## The experiment": {"extends", *Experiment.model_fields},
    "## A data set": set(DatasetSettings.model_fields),
    "## A sweep": {*Sweep.model_fields, *Box.model_fields},
    "## An ablation": set(Ablation.model_fields),
    "### The released update": set(UpdateSettings.model_fields),
    "## A run": set(Run.model_fields),
    "## An analytic world": set(WorldSettings.model_fields),
}
BESIDE = ("", "ppgn_bench/", "docs/", "tests/", ".github/workflows/")  # where a short path may start


def quoted(page: str) -> list[str]:
    """What stands in backticks or as the target of a link."""
    text = (ROOT / page).read_text()
    return re.findall(r"`([^`\n]+)`", text) + re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = [word for word in quoted(page) if FILE.fullmatch(word) and not word.startswith(MADE)]
    places = [*BESIDE, f"{Path(page).parent}/"]
    assert [word for word in named if not any((ROOT / f"{place}{word}").exists() for place in places)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_function_that_a_page_names_is_there(page: str) -> None:
    names = [word.strip('"') for word in quoted(page)]
    for name in (name for name in names if FORM.fullmatch(name) and "module" not in name):
        assert callable(resolve(Name(name)))


CONFIG = re.compile(r"```yaml\n(# \w+\.yaml\b.*?)```", re.DOTALL)  # a whole config, its name in its first line


@pytest.mark.parametrize("page", ["docs/released.md"])
def test_every_config_that_a_page_has_as_a_whole_is_right(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "imagenet" in (text := (ROOT / page).read_text()):
        pytest.importorskip("efficientnet_lite_pytorch")
    (tmp_path / "config").symlink_to(ROOT / "config")
    monkeypatch.chdir(tmp_path)
    for file in re.findall(r"[\w/]+\.safetensors", text + (ROOT / "config/released.yaml").read_text()):
        Path(file).parent.mkdir(exist_ok=True)
        Path(file).touch()
    (config,) = CONFIG.findall(text)
    assert config.startswith(f"# {load_experiment(yaml.safe_load(config)).name}.yaml")


@pytest.mark.parametrize("heading", KEYS)
def test_the_tables_of_the_configs_page_list_the_keys_that_a_config_may_have(heading: str) -> None:
    text = (ROOT / "config/README.md").read_text()
    (section,) = re.findall(rf"^{heading}[^\n]*\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\|(.*?)\|", section, re.MULTILINE)
    assert {key for row in rows for key in re.findall(r"`(\w+)`", row)} == KEYS[heading]


def test_the_configs_page_lists_every_config() -> None:
    text = (ROOT / "config/README.md").read_text()
    assert [path.name for path in ROOT.glob("config/*.yaml") if f"| `{path.name}` |" not in text] == []


def test_every_value_that_a_run_has_is_told_once_in_the_page_of_the_tables() -> None:
    """Metrics of samples, and what is measured of networks in the smoke run."""
    text = (ROOT / "docs/metrics-table.md").read_text()
    told = Counter(
        name for row in re.findall(r"^\|(.*?)\|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    )
    kept = load_table(ROOT / "results/reference/smoke/metrics.csv", METRICS_TABLE)
    assert {name: told[name] for name in {*METRICS, *kept.metric} if told[name] != 1} == {}
