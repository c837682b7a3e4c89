"""docs/tour.ipynb runs from its first cell to its last, and the block of docs/conditions.md runs too."""

import re
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

TOUR = ROOT / "docs" / "tour.ipynb"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The code cells of the tour, run where a reader runs them."""
    notebook = nbformat.read(TOUR, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(TOUR.parent)}}).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(cell: Any) -> list[str]:
    return [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]


def test_the_tour_draws_what_its_sections_promise(ran: list[Any]) -> None:
    assert [len(pictures(cell)) for cell in ran] == [0, 2, 4, 4, 1]


def test_the_chains_of_the_tour_come_to_the_class_that_they_want(ran: list[Any]) -> None:
    (said,) = [output.text for output in ran[1].outputs if output.output_type == "stream"]
    first, last = map(float, re.findall(r"\d\.\d\d", said))
    assert first < 0.5 < 0.9 < last


def test_the_committed_tour_was_run_and_shows_as_many_pictures() -> None:
    cells = [cell for cell in nbformat.read(TOUR, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    assert sum(len(pictures(cell)) for cell in cells) == 11


def test_the_condition_of_ones_own_runs_as_its_page_has_it() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "conditions.md").read_text(), re.DOTALL)
    exec(compile(block, "docs/conditions.md", "exec"), {})
