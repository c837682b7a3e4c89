"""What chains can be steered to: the targets of every condition and of their sums, and what is no target."""

from dataclasses import replace

import pytest

from ppgn_bench.data.captions import HELD_OUT
from ppgn_bench.data.masks import MASKS
from ppgn_bench.data.table import DATASETS
from ppgn_bench.errors import UserError
from ppgn_bench.sampling import aims, targets
from ppgn_bench.sampling.steering import CONDITIONS
from ppgn_bench.sampling.targets import Target, together
from ppgn_bench.sampling.variants import VARIANTS, Variant

MNIST, SHAPES = DATASETS["mnist"], DATASETS["shapes"]


def steered(*conditions: str, wanted: tuple[tuple[str, ...], ...] = ()) -> Variant:
    return replace(VARIANTS["joint_ppgn_h"], conditions=dict.fromkeys(conditions, 1.0), wanted=wanted)


# ------------------------------------------------------------------------------------------------- of one condition


def test_a_class_and_a_value_read_what_they_ask_for() -> None:
    assert aims.targets(steered("own_class"), MNIST)[7] == Target("7", {"label": 7}, {"label": 7})
    values = aims.targets(steered("own_values"), MNIST)
    assert len(values) == sum(map(len, MNIST.factors.values()))
    thick = next(target for target in values if target.name == "thick")
    assert thick.values == thick.asks == {"thickness": MNIST.factors["thickness"].index("thick")}
    assert [target.label for target in (*aims.targets(steered("own_class"), MNIST)[:2], thick)] == [0, 1, None]


def test_units_are_named_by_their_rank_and_ask_nothing_of_a_judge() -> None:
    found = aims.targets(steered("hidden_unit"), MNIST)
    assert [target.values["rank"] for target in found] == [*range(targets.UNITS)]
    (far,) = aims.targets(steered("hidden_unit", wanted=(("unit 31",),)), MNIST)
    assert far == Target("unit 31", {"rank": 30}, {})


def test_a_caption_asks_for_what_it_names() -> None:
    (own,) = aims.targets(steered("caption", wanted=(("a large red ring on a dark ground",),)), SHAPES)
    ring = SHAPES.class_names.index("ring")
    assert own.asks == {"size": 2, "hue": 0, "label": ring, "background": 0}
    assert own.label == ring
    (free,) = aims.targets(steered("caption", wanted=(("red",),)), SHAPES)
    assert free.asks == {"hue": 0}
    assert len(free.values["words"]) == len(own.values["words"])  # so that both are rows of one tensor


def test_captions_are_of_the_shapes_and_hues_that_no_captioner_saw_together() -> None:
    found = aims.targets(steered("caption"), SHAPES)
    assert {(target.asks["label"], target.asks["hue"]) for target in found} == set(HELD_OUT)
    assert {target.asks["background"] for target in found} == {0, 1}
    assert {target.asks.get("size") for target in found} == {None, 0, 2}


def test_a_context_is_a_class_the_number_of_its_image_and_a_mask() -> None:
    (own,) = aims.targets(steered("inpainting", wanted=(("7:2 left",),)), MNIST)
    mask = [*MASKS].index("left")
    assert own == Target("7:2 left", {"label": 7, "original": [7, 1], "mask": mask}, {"label": 7})
    (bare,) = aims.targets(steered("own_class", "context", wanted=(("3", "7:2 left"),)), MNIST)
    assert bare.values == {"label": 3, "original": [7, 1], "mask": mask}  # another class than was there
    assert bare.asks == {"label": 3}
    every = aims.targets(steered("inpainting"), MNIST)
    assert len(every) == 10 * targets.CONTEXTS * len(targets.HOLES)
    assert {target.name.split()[-1] for target in every} == set(targets.HOLES)


def test_a_name_with_blanks_is_a_class_of_a_context() -> None:
    (own,) = aims.targets(steered("inpainting", wanted=(("half disc:1 dots",),)), SHAPES)
    assert own.values["original"] == [SHAPES.class_names.index("half disc"), 0]


# ---------------------------------------------------------------------------------------------------------- of a sum


def test_the_targets_of_a_sum_are_every_combination_in_the_order_of_its_conditions() -> None:
    found = aims.targets(steered("own_class", "own_values"), MNIST)
    values = aims.targets(steered("own_values"), MNIST)
    assert [target.name for target in found] == [f"{name} + {value.name}" for name in MNIST.class_names
                                                 for value in values]  # fmt: skip
    assert found[0].values == {"label": 0, **values[0].values} == found[0].asks


def test_those_of_a_sum_that_are_wanted_have_the_values_of_all_parts() -> None:
    sampler = steered("own_class", "own_values", wanted=(("ring", "red"), ("disc", "blue")))
    found = aims.targets(sampler, SHAPES)
    assert [target.name for target in found] == ["ring + red", "disc + blue"]
    assert found[0].asks == {"label": SHAPES.class_names.index("ring"), "hue": 0}


def test_two_different_values_of_one_kind_are_no_target_and_equal_ones_are_one() -> None:
    seven, three = targets.classes(MNIST)[7], targets.classes(MNIST)[3]
    assert together([seven, seven]) == Target("7 + 7", {"label": 7}, {"label": 7})
    with pytest.raises(UserError, match=r"^7 \+ 3: asks for two different values of 'label'; a chain can have one$"):
        together([seven, three])
    clash = steered("own_class", "inpainting", wanted=(("3", "7:1 left"),))
    assert [*aims.problems(clash, MNIST)] == [
        "3 + 7:1 left: asks for two different values of 'label'; a chain can have one"
    ]


# ----------------------------------------------------------------------------------------------------- what is none


@pytest.mark.parametrize(
    ("condition", "text", "message"),
    [
        ("own_class", "seven", "unknown target 'seven'; known: 0, 1, 2"),
        ("own_values", "thik", "unknown target 'thik'; did you mean 'thick'? known: "),
        ("hidden_unit", "unit 0", "unknown unit 'unit 0'; must be \"unit 1\" for the most selective one"),
        ("hidden_unit", "unit ²", "unknown unit 'unit ²'"),
        ("hidden_unit", "3", "unknown unit '3'"),
        ("inpainting", "7", "unknown context '7'; must be as \"0:1 centre\""),
        ("inpainting", "7:0 left", "unknown context '7:0 left'"),
        ("inpainting", "x:1 left", "context 'x:1 left': unknown class 'x'; known: 0, 1"),
        ("inpainting", "7:1 lef", "context '7:1 lef': unknown mask 'lef'; did you mean 'left'? known: centre"),
        ("context", "7:1 top left", "unknown context '7:1 top left'; must be as"),
    ],
)
def test_what_is_no_target_is_refused_with_what_there_is(condition: str, text: str, message: str) -> None:
    (problem,) = aims.problems(steered(condition, wanted=((text,),)), MNIST)
    assert problem.startswith(message)


def test_an_unknown_word_of_a_caption_is_refused_with_the_nearest() -> None:
    (problem,) = aims.problems(steered("caption", wanted=(("a large red trangle",),)), SHAPES)
    assert problem.startswith("caption 'a large red trangle': unknown word 'trangle'; did you mean 'triangle'?")


def test_a_data_set_without_factors_has_no_target_of_them() -> None:
    (problem,) = aims.problems(steered("own_values"), DATASETS["cifar10"])
    assert problem == "own_values can steer to nothing there"
    sums = steered("own_class", "own_values")
    assert [*aims.problems(sums, DATASETS["cifar10"])] == ["own_class + own_values can steer to nothing there"]


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_target_that_a_condition_gives_of_its_own_is_found_again_by_its_name(name: str) -> None:
    for target in aims.every(CONDITIONS[name], SHAPES):
        again = aims.named(CONDITIONS[name], SHAPES, target.name)
        assert again == target or name == "context"  # which asks for no class
        assert again.values.items() <= target.values.items()


@pytest.mark.parametrize("name", CONDITIONS)
def test_all_targets_of_a_condition_have_values_of_one_length_and_names_of_their_own(name: str) -> None:
    found = aims.every(CONDITIONS[name], SHAPES)
    assert len({target.name for target in found}) == len(found) > 1
    lengths: dict[str, set[int]] = {}
    for target in found:
        for key, value in target.values.items():
            lengths.setdefault(key, set()).add(len(value) if isinstance(value, list) else 0)
    assert {len(of) for of in lengths.values()} == {1}
