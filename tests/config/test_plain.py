"""What no config has, such as billions of values or what nobody can see, is refused in one line before it is used."""

from pathlib import Path

import pytest

from ppgn_bench.config.load import parse
from ppgn_bench.errors import UserError
from tests.configs import problem

pytestmark = pytest.mark.usefixtures("config_folder")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: !!python/object/apply:os.system [touch ran]", "a.yaml: not YAML: could not determine a constructor"),
        ("day: 2001-99-99", "a.yaml: not YAML: month must be in 1..12"),
        ("seeds: !!int ''", "a.yaml: not YAML: "),
        ("name: a\ndevice: cpu\nname: b", "a.yaml: not YAML: 'name' stands twice at line 3, column 1"),
        ("a: {<<: {b: 1}, c: 1, c: 2}", "a.yaml: not YAML: 'c' stands twice at line 1, column 23"),
        (f"name: {'[' * 3000}", "a.yaml: not YAML: maximum recursion depth exceeded"),
        (f"chunk_size: {'9' * 5000}", "a.yaml: not YAML: Exceeds the limit"),
        (f"chunk_size: 0x{'F' * 5000}", "a.yaml: chunk_size: 0xfff"),
        (
            "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "".join(
                f"{key}: &{key} [{', '.join([f'*{below}'] * 9)}]\n"
                for below, key in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "a.yaml: has more than 20,000 values; no experiment needs as many",
        ),
        ("a: &a {b: *a}", "a.yaml: has more than 20 mappings and lists inside each other"),
        ("datasets: {7: {seeds: 1}}", "a.yaml: datasets: 7 is a key that is no text; write it in quotes"),
        (
            'datasets: {"a\\nb": {seeds: 1}}',
            "a.yaml: datasets: 'a\\nb' has a line break, or a character that nobody can",
        ),
        (
            'datasets: {a: {root: "x\\ey"}}',
            "a.yaml: datasets.a.root: 'x\\x1by' has a line break, or a character that nob",
        ),
        ("title: !!binary AAAA", "a.yaml: title: b'\\x00\\x00\\x00' is a bytes; write a text in quotes"),
        ("name: 2001-01-01", "a.yaml: name: datetime.date(2001, 1, 1) is a date; write a text in quotes"),
        (f"name: {'x' * 5000}", "a.yaml: name: 'xxxxx"),
    ],
)
def test_what_no_config_has_is_refused_in_one_line_by_its_key(config_folder: Path, text: str, message: str) -> None:
    (config_folder / "a.yaml").write_text(text)
    said = problem("extends: a.yaml")
    assert said.startswith(message)
    assert said.isprintable()
    assert not (config_folder / "ran").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "chunk_size: '99999999999999999999'",
            "chunk_size: must be at most 9223372036854775807, got 99999999999999999999",
        ),
        (
            "sweeps: {own: {epsilon: {prior: VALUES, noise: VALUES}}}",
            "sweeps.own: epsilon: its lists crossed are 1,600 s",
        ),
        (
            "ablations: {a: {of: am, epsilon: {prior: VALUES, noise: VALUES}}}",
            "ablations.a: its lists crossed are 1,600 ",
        ),
    ],
)
def test_a_number_or_a_grid_that_no_computer_holds_is_refused_before_it_is_counted_out(text: str, message: str) -> None:
    assert problem(text.replace("VALUES", str(list(range(40))))).startswith(message)


def test_of_very_many_problems_the_first_are_told() -> None:
    said = problem("\n".join(f"key_{number}: 1" for number in range(300)))
    assert said.startswith("the config has 300 problems; the first 100:\n")
    assert said.count("\n") == 100


@pytest.mark.parametrize("text", ["[1]", "3", "[" * 9000, "null"])
def test_an_experiment_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^--experiment: (must be a JSON object|not JSON)"):
        parse(text)
