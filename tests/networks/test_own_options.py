"""Options of a class of the user's own, read from its file without running it."""

from dataclasses import asdict
from pathlib import Path

import pytest

from ppgn_bench.lookup import Name
from ppgn_bench.networks.own_options import options_class
from ppgn_bench.networks.table import architecture_of, defaults, options_of, wrong_option
from tests.own_networks import RUNS, write

SIGNATURE = "sizes, code_size=12, width=4"


def refusal(network: Name) -> str:
    with pytest.raises(ValueError, match=r"\.py") as caught:
        options_class(network)
    return str(caught.value)


def test_what_follows_the_sizes_are_its_options_with_their_defaults(tmp_path: Path) -> None:
    told = "sizes, code_size=12, *, rate=0.5, deep=True, kind='plain', widths=(8, 16), scales=[1, 2.5], units: int"
    name = write(tmp_path, (SIGNATURE, told), after=RUNS)
    assert defaults(name) == {"code_size": 12, "rate": 0.5, "deep": True, "kind": "plain", "widths": (8, 16),
                              "scales": (1, 2.5), "units": None}  # fmt: skip
    given = options_of(name, {"units": 3.0, "widths": (4.0,), "deep": 0.0})
    assert asdict(given) == {"code_size": 12, "rate": 0.5, "deep": False, "kind": "plain", "widths": (4,),
                             "scales": (1.0, 2.5), "units": 3}  # fmt: skip


def test_a_class_may_take_what_it_needs_from_another_of_the_same_file(tmp_path: Path) -> None:
    after = (
        "\nclass Deep(Encoder):\n    pass\n\nclass Wide(Encoder):\n    def __init__(self, sizes, code_size=9): ...\n"
    )
    name = write(tmp_path, after=after)
    assert defaults(name.replace("Encoder", "Deep")) == {"code_size": 12, "width": 4}
    assert defaults(name.replace("Encoder", "Wide")) == {"code_size": 9}


def test_a_class_made_from_one_of_another_file_may_have_its_methods_there(tmp_path: Path) -> None:
    after = "\nfrom elsewhere import Other\n\nclass Taken(Other):\n    def __init__(self, sizes, code_size=9): ...\n"
    assert defaults(write(tmp_path, after=after).replace("Encoder", "Taken")) == {"code_size": 9}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("width", 2.5, "must be a valid integer, got a number with a fractional part, got 2.5"),
        ("width", "wide", "must be a valid integer, unable to parse string as an integer, got 'wide'"),
        ("code_size", 0.0, "must be greater than or equal to 1, got 0.0"),
        ("kind", 3.0, "must be a valid string, got 3.0"),
        ("kind", "/etc/passwd", "String should match pattern '^[a-z][a-z_0-9]*$', got '/etc/passwd'"),
    ],
)
def test_a_value_of_another_kind_is_refused(tmp_path: Path, option: str, value: object, said: str) -> None:
    assert wrong_option(write(tmp_path, (SIGNATURE, f"{SIGNATURE}, kind='plain'")), option, value) == said


def test_an_option_that_it_does_not_have_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"widht: the architecture .* has no such option; did you mean 'width'"):
        options_of(write(tmp_path), {"widht": 3.0})


WRONG = {
    "no such class": ([("class Encoder", "class Encode")], ": has no class 'Encoder'; did you mean 'Encode'?"),
    "no Python": ([("def first(self, images):", "def first(self, images)")], ": not Python: expected ':'"),
    "no first": ([("def first", "def second")], ":Encoder: has no method first(self, images)"),
    "no encode": ([("def encode", "def code")], ":Encoder: has no method encode(self, h1)"),
    "no init": ([("def __init__", "def init")], ":Encoder: has no method __init__(self, sizes, code_size=64)"),
    "no code_size": ([("sizes, code_size=12", "sizes, size=12")], ":Encoder: __init__ must have a parameter code_size"),
    "any parameters": ([("width=4", "**rest")], ":Encoder: __init__ must name its parameters one by one"),
    "a key of recipes": ([("width=4", "noise=4")], ":Encoder: __init__ has a parameter 'noise', which is a key of"),
    "neither default nor type": (
        [("code_size=12, width=4", "width, code_size=12")],
        ":Encoder: __init__'s parameter 'width' needs a default, or a type: bool, int, float, str",
    ),
    "a default that is computed": (
        [("width=4", "width=2 * WIDTH")],
        ":Encoder: __init__'s parameter 'width' must have a default that is a number, True, False, a word (a-z, 0-9"
        " and _) or a list of numbers, got 2 * WIDTH",
    ),
    "a path as a default": ([("width=4", "path='a/b.pt'")], "must have a default that is a number, True, False,"),
}  # fmt: skip


@pytest.mark.parametrize(("edits", "message"), WRONG.values(), ids=WRONG)
def test_a_class_that_cannot_be_an_encoder_is_refused_before_its_file_runs(
    tmp_path: Path, edits: list[tuple[str, str]], message: str
) -> None:
    assert message in refusal(write(tmp_path, *edits, after=RUNS))


def test_a_missing_or_unreadable_file_is_refused_with_its_name(tmp_path: Path) -> None:
    assert refusal(Name("gone.py:E")) == "gone.py: there is no such file (paths start at the working directory)"
    (tmp_path / "folder.py").mkdir()
    assert "folder.py: cannot be read" in refusal(Name(f"{tmp_path}/folder.py:E"))
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    assert "bytes.py: cannot be read" in refusal(Name(f"{tmp_path}/bytes.py:E"))


def test_an_edit_is_seen_at_once(tmp_path: Path) -> None:
    name = write(tmp_path)
    assert architecture_of(name).options is architecture_of(name).options
    write(tmp_path, ("width=4", "width=5"))
    assert defaults(name)["width"] == 5
