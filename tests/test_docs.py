"""The documents name files and functions that there are."""

import re
from pathlib import Path

import pytest

from ppgn_bench.lookup import FORM, Name, resolve
from tests.conftest import ROOT

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "config/README.md",
    *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")),
]
FILE = re.compile(r"(?:[\w.-]+/)+(?:[\w.-]+\.(?:py|md|yaml|yml|smk|csv|toml|sh)|)")
MADE = ("results/", "gate/", "my", ".github/workflows/gate.yml")  # what a run or a reader makes
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
