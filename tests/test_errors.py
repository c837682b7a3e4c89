"""What messages say of an unknown name."""

from ppgn_bench.errors import MOST_LISTED, UserError, hint

MANY = [f"class {number}" for number in range(MOST_LISTED + 1)]


def test_few_names_are_all_listed_after_the_nearest() -> None:
    assert hint("jont", ["joint", "generator"]) == "did you mean 'joint'? known: joint, generator"
    assert hint("xyz", iter(["joint", "generator"])) == "known: joint, generator"


def test_of_many_names_the_nearest_are_said_whatever_their_case() -> None:
    assert hint("CLAS 100", MANY) == "the nearest: class 100, class 10, class 1 (101 in all)"
    assert hint("xyz", MANY) == "as class 0, class 1, class 2, ... (101 in all)"
    assert hint("x", MANY[:-1]).endswith("class 98, class 99")


def test_a_message_shows_what_nobody_can_see_and_keeps_its_lines() -> None:
    said = "a\x1b[2J\u202e\udcff b\r\nc \u00e9"
    assert str(UserError(said)) == "a\\x1b[2J\\u202e\\udcff b\\r\nc \u00e9"
