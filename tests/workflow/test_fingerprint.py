"""What counts as the same code: a fingerprint follows what can be reached, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ppgn_bench.workflow.fingerprint import fingerprint

PACKAGE = {
    "__init__": '"""A package."""\n',
    "chains": '''"""Chains."""
from toy import priors, unrelated
from toy.tables import Entry as Row
from .sampler import run

LENGTH = 3


def sample(rows: list[Row], name: str) -> int:
    """Sample."""
    from toy import lazy

    prior = getattr(priors, name)  # dynamic
    return run(prior, lazy.start(LENGTH), Row(rows))


def idle() -> int:
    return 1
''',
    "sampler": "import math as m\nimport torch.nn.functional as F\n\n"
    "def run(*terms):\n    return step(terms)\n\n"
    "def step(terms):\n    return F.relu(m.fsum(terms))\n\ndef spare():\n    return 0\n",
    "priors": "def absent(s):\n    return 0\n\ndef joint(s):\n    return _pull(s)\n\ndef _pull(s):\n    return s\n",
    "lazy": "def start(n):\n    return n\n\ndef other(n):\n    return n\n",
    "tables": "class Entry:\n    size: int = 1\n\nTABLE = {'a': 1}\n",
    "unrelated": "def nothing():\n    return 0\n",
    "report/__init__": "from toy.report.page import page\nfrom toy.report import marks\n",
    "report/page": "def page():\n    return 1\n",
    "report/marks": "def mark():\n    return 1\n",
}
ROOTS = ["toy.chains:sample", "toy.priors:joint"]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    for name, text in PACKAGE.items():
        path = tmp_path / "toy" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "toy"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def changes(toy: Path, act: Callable[[], object], *roots: str) -> bool:
    before = fingerprint(roots or ROOTS, toy)
    act()
    return fingerprint(roots or ROOTS, toy) != before


def test_a_fingerprint_is_sixteen_hexadecimal_digits_that_repeat(toy: Path) -> None:
    first = fingerprint(ROOTS, toy)
    assert len(first) == 16
    assert set(first) <= set("0123456789abcdef")
    assert fingerprint(ROOTS[::-1] * 2, toy) == first


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("chains.py", "# dynamic", "# something else"),
        ("chains.py", '"""Sample."""', '"""Draw samples."""'),
        ("chains.py", '    """Sample."""\n', ""),
        ("chains.py", '"""Chains."""', '"""Many."""'),
        ("chains.py", "rows: list[Row], name: str", "rows: tuple[Row, ...], name"),
        ("sampler.py", "return step(terms)", "return (\n        step(\n            terms)\n    )"),
        ("chains.py", "return 1", "return 2"),
        ("sampler.py", "return 0", "return 1"),
        ("lazy.py", "def other(n):\n    return n", "def other(n):\n    return -n"),
        ("priors.py", "return 0", "return 1"),
        ("tables.py", "{'a': 1}", "{'a': 1, 'b': 2}"),
        ("unrelated.py", "return 0", "return 1"),
        ("priors.py", "def joint", "def newcomer(s):\n    return 9\n\ndef joint"),
    ],
    ids=[
        *("comment", "docstring", "docstring removed", "module docstring", "type hint", "layout"),
        *("same file", "one call on", "lazy", "not a root", "table entry", "unused import", "new function"),
    ],
)
def test_what_no_computer_sees_or_no_root_reaches_changes_nothing(toy: Path, file: str, old: str, new: str) -> None:
    assert not changes(toy, lambda: edit(toy / file, old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("chains.py", "return run(prior", "return run(0, prior"),
        ("chains.py", "LENGTH = 3", "LENGTH = 4"),
        ("sampler.py", "F.relu(m", "abs(m"),
        ("lazy.py", "def start(n):\n    return n", "def start(n):\n    return -n"),
        ("priors.py", "return s\n", "return -s\n"),
        ("tables.py", "size: int = 1", "size: float = 1"),
        ("sampler.py", "import torch.nn.functional as F", "import numpy as F"),
    ],
    ids=["root", "constant", "two calls on", "lazy import", "second root", "class field", "other library"],
)
def test_an_edit_of_what_is_reached_changes_it(toy: Path, file: str, old: str, new: str) -> None:
    assert changes(toy, lambda: edit(toy / file, old, new))


def test_a_new_module_changes_nothing(toy: Path) -> None:
    assert not changes(toy, lambda: (toy / "new.py").write_text("def sample(): ...\n"))


def test_a_table_counts_for_what_reads_it(toy: Path) -> None:
    edit(toy / "sampler.py", "import math as m", "import math as m\nfrom toy import tables")
    edit(toy / "sampler.py", "F.relu(m", "tables.TABLE['a'] + F.relu(m")
    assert changes(toy, lambda: edit(toy / "tables.py", "{'a': 1}", "{'a': 2}"))


@pytest.mark.parametrize(
    "written",
    [
        ("import toy.priors", "toy.priors.joint"),
        ("import toy.priors as p", "p.joint"),
        ("from toy import priors as p", "p.joint"),
        ("from . import priors", "priors.joint"),
        ("from .priors import joint as j", "j"),
        ("try:\n    from toy.priors import joint\nexcept ImportError:\n    joint = None", "joint"),
    ],
)
def test_every_way_to_import_is_followed(toy: Path, written: tuple[str, str]) -> None:
    (toy / "user.py").write_text(f"{written[0]}\n\ndef use(s):\n    return {written[1]}(s)\n")
    assert changes(toy, lambda: edit(toy / "priors.py", "return s\n", "return -s\n"), "toy.user:use")


def test_what_a_package_re_exports_is_followed_to_its_origin(toy: Path) -> None:
    (toy / "user.py").write_text("from toy.report import page\n\ndef use():\n    return page()\n")
    assert changes(toy, lambda: edit(toy / "report/page.py", "return 1", "return 2"), "toy.user:use")
    assert not changes(toy, lambda: edit(toy / "report/marks.py", "return 1", "return 2"), "toy.user:use")


def test_a_lazy_import_counts_only_in_its_own_function(toy: Path) -> None:
    (toy / "user.py").write_text(
        "def one(s):\n    from toy.priors import joint as f\n    return f(s)\n\n"
        "def two(s):\n    from toy.lazy import start as f\n    return f(s)\n"
    )
    assert not changes(toy, lambda: edit(toy / "priors.py", "return s\n", "return 8\n"), "toy.user:two")
    assert changes(toy, lambda: edit(toy / "priors.py", "return 8\n", "return 9\n"), "toy.user:one")


def test_statements_that_define_nothing_count_for_the_whole_module(toy: Path) -> None:
    def append(text: str) -> None:
        (toy / "lazy.py").write_text((toy / "lazy.py").read_text() + text)

    assert changes(toy, lambda: append("print('loaded')\n"))
    assert changes(toy, lambda: append("for start.n in range(3):\n    pass\n"))
    assert not changes(toy, lambda: append("import json\n"))


def test_imports_for_type_hints_only_are_not_followed(toy: Path) -> None:
    (toy / "user.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toy.tables import Entry\n\n"
        "def use(entry: Entry) -> Entry:\n    return entry\n"
    )
    assert not changes(toy, lambda: edit(toy / "tables.py", "= 1", "= 2"), "toy.user:use")


def test_type_hints_count_where_a_decorator_may_read_them(toy: Path) -> None:
    (toy / "user.py").write_text("from click import command\n\n@command\ndef use(n: int):\n    return n\n")
    assert changes(toy, lambda: edit(toy / "user.py", "n: int", "n: float"), "toy.user:use")


def test_a_module_as_a_root_holds_all_its_definitions_and_what_they_reach(toy: Path) -> None:
    assert changes(toy, lambda: edit(toy / "chains.py", "return 1", "return 2"), "toy.chains")
    assert changes(toy, lambda: edit(toy / "lazy.py", "return n", "return 7"), "toy.chains")
    assert not changes(toy, lambda: edit(toy / "priors.py", "return s\n", "return 7\n"), "toy.chains")


def test_a_package_as_a_root_holds_its_modules_and_templates_but_no_caches(toy: Path) -> None:
    (toy / "report" / "templates").mkdir()
    template = toy / "report" / "templates" / "page.html"
    assert changes(toy, lambda: template.write_text("<p>"), "toy.report")
    assert changes(toy, lambda: template.write_text("<b>"), "toy.report")
    assert changes(toy, lambda: edit(toy / "report/marks.py", "return 1", "return 2"), "toy.report")
    (toy / "report" / "__pycache__").mkdir()
    assert not changes(toy, lambda: (toy / "report/__pycache__/page.pyc").write_bytes(b"1"), "toy.report")
    assert not changes(toy, lambda: (toy / "report/.page.html.swp").write_text("1"), "toy.report")


def test_a_folder_without_init_can_be_a_root(toy: Path) -> None:
    (toy / "report" / "__init__.py").unlink()
    assert changes(toy, lambda: edit(toy / "report/marks.py", "return 1", "return 2"), "toy.report")


@pytest.mark.parametrize(
    ("root", "words"),
    [
        ("toy.chain:sample", "'toy.chain:sample': no such module; did you mean 'toy.chains'"),
        ("toy.chains:simple", "'toy.chains:simple': no such definition; did you mean 'sample'"),
        ("toy.chains:json", "no such definition"),
        ("chains", "no such module"),
    ],
)
def test_an_unknown_root_is_named_with_the_nearest_known(toy: Path, root: str, words: str) -> None:
    with pytest.raises(ValueError, match="fingerprint root") as caught:
        fingerprint([root], toy)
    assert words in str(caught.value)


def test_our_own_package_can_be_read_to_the_last_definition() -> None:
    assert fingerprint(["ppgn_bench"]) != fingerprint(["ppgn_bench.storage.files"])
