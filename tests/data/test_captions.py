"""Captions: words, what they ask for, and what is refused."""

from itertools import product

import pytest

from ppgn_bench.data.captions import (
    BACKGROUND_WORDS,
    END,
    HELD_OUT,
    HUE_WORDS,
    LONGEST,
    SIZE_WORDS,
    WORDS,
    asked,
    caption,
    numbers,
)
from ppgn_bench.data.shapes import BACKGROUNDS, HUES, SHAPE_NAMES
from ppgn_bench.errors import UserError

EVERY = [
    (label, {"hue": hue, "background": background, "size": size})
    for label, hue, background, size in product(range(10), range(8), range(2), (-1, 0, 1, 2))
]


def test_there_is_a_word_for_every_hue_and_ground_of_the_shapes_and_no_word_twice() -> None:
    assert len(HUE_WORDS) == len(HUES)
    assert len(BACKGROUND_WORDS) == len(BACKGROUNDS)
    assert WORDS[0] == END
    assert len(set(WORDS)) == len(WORDS)


def test_a_caption_says_size_hue_shape_and_ground_and_nothing_of_a_size_that_is_middle_or_unclear() -> None:
    values = {"hue": 6, "background": 1, "size": 2}
    assert caption(9, values) == "a large violet half disc on a light ground"
    for size in (-1, 1):
        assert caption(0, {"hue": 0, "background": 0, "size": size}) == "a red disc on a dark ground"
    assert caption(0, {"hue": 1, "background": 0, "size": 1}) == "an orange disc on a dark ground"
    assert caption(0, {"hue": 1, "background": 0, "size": 0}) == "a small orange disc on a dark ground"


@pytest.mark.parametrize("wrong", [(-1, 0, 0), (10, 0, 0), (0, -1, 0), (0, 8, 0), (0, 0, -1), (0, 0, 2)])
def test_a_shape_hue_or_ground_that_there_is_not_has_no_caption(wrong: tuple[int, int, int]) -> None:
    label, hue, background = wrong
    with pytest.raises(IndexError):
        caption(label, {"hue": hue, "background": background, "size": 0})


def test_every_word_of_every_caption_is_known_and_the_longest_has_as_many_as_there_may_be() -> None:
    captions = [caption(*own) for own in EVERY]
    used = {word for text in captions for word in text.split()}
    assert used == set(WORDS) - {END}
    assert max(len(text.split()) for text in captions) == LONGEST


def test_numbers_are_the_places_of_words_and_end_with_the_end_however_long_the_caption_is() -> None:
    for own in EVERY:
        text, found = caption(*own), numbers(caption(*own))
        assert len(found) == LONGEST + 1
        assert [WORDS[number] for number in found] == text.split() + [END] * (LONGEST + 1 - len(text.split()))


def test_what_the_caption_of_an_image_asks_for_is_what_the_image_has() -> None:
    for label, values in EVERY:
        expected = {"label": label, **values}
        if values["size"] not in SIZE_WORDS:
            del expected["size"]
        assert asked(caption(label, values)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("half disc", {"label": 9}),
        ("a disc", {"label": 0}),
        ("Red on dark", {"hue": 0, "background": 0}),
        ("a large large ground", {"size": 2}),
        ("a ground", {}),
    ],
)
def test_a_free_caption_of_known_words_asks_for_what_it_names(text: str, expected: dict[str, int]) -> None:
    assert asked(text) == expected
    assert len(numbers(text)) == LONGEST + 1


@pytest.mark.parametrize("of", [numbers, asked])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a purpel disc", "caption 'a purpel disc': unknown word 'purpel'; "),
        ("a rde disc", "unknown word 'rde'; did you mean 'red'? known: a, an, on, ground, small, large, red, "),
        ("a <end>", "unknown word '<end>'"),
        ("", "caption '': has no words; its form is 'a(n) [small|large] <hue> <shape> on a <dark|light> ground'"),
        ("  ", "has no words"),
        ("a " * 10, "must have at most 9 words, got 10"),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest_known_and_so_is_a_caption_of_none_or_too_many(
    of: object, text: str, said: str
) -> None:
    with pytest.raises(UserError) as refused:
        of(text)  # type: ignore[operator]
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a red blue disc", "caption 'a red blue disc': names two hues, 'red' and 'blue'"),
        ("a disc half disc", "names two shapes, 'disc' and 'half disc'"),
        ("small large", "names two sizes, 'small' and 'large'"),
        ("dark light", "names two grounds, 'dark' and 'light'"),
        ("a half square", "'half square' is no shape; did you mean 'half disc'?"),
        ("a half", "'half' is no shape; did you mean 'half disc'?"),
    ],
)
def test_what_contradicts_itself_or_is_half_a_shape_is_refused(text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        asked(text)
    assert said in str(refused.value)


def test_held_out_are_ten_combinations_one_of_every_shape_and_some_of_every_hue() -> None:
    assert len(HELD_OUT) == 10
    assert {shape for shape, _ in HELD_OUT} == set(range(len(SHAPE_NAMES)))
    assert {hue for _, hue in HELD_OUT} == set(range(len(HUES)))
    assert all((shape + hue) % 8 == 0 for shape, hue in HELD_OUT)
