"""That what a card is measured by runs without one, and says what it should."""

import pytest
import torch

from tests.benchmarks import on_a_card
from tests.benchmarks.on_a_card import Case, Way


def test_every_way_and_number_of_chains_has_a_line_with_its_ceiling_and_the_released_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_a_card, "ROUNDS", 1)
    case = Case("digits", 8, {}, (2, 3), 2)
    text = list(on_a_card.report((case,), torch.device("cpu")))
    rows = [line.split(" | ") for line in text if line.startswith("| ")][1:]
    ways = [way.name for way in on_a_card.WAYS if not way.graph]
    assert [(row[0].removeprefix("| "), row[1]) for row in rows] == [(way, n) for n in "23" for way in ways]
    for row in rows:
        assert len(row) == 8
        assert row[5].endswith("%")
        assert float(row[6]) > 0
    assert "40% of the ceiling at 227 pixels, 50 times the released loop" in text[1]


def test_a_way_to_compute_ends_with_its_block() -> None:
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark
    with on_a_card.computing(Way("all", tf32=True, bfloat16=True, search=True), torch.device("cpu")):
        assert torch.backends.cuda.matmul.allow_tf32
        assert torch.backends.cudnn.benchmark
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    after = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark
    assert after == before


def test_a_steps_operations_are_those_of_one_chain() -> None:
    generator, classifier = torch.nn.Linear(4, 9), torch.nn.Linear(9, 10)

    def seen(images):
        return torch.nn.functional.pad(classifier(images.flatten(1)), (0, 0)), images.flatten(1)[:, :4]

    class Output:
        def __init__(self, images):
            self.logits, self.code = seen(images)

    counted = on_a_card.operations(lambda code: generator(code).view(-1, 1, 3, 3), Output, torch.ones(5, 4))
    assert counted == 2 * 2 * (4 * 9 + 9 * 10)  # forward, and backward to the code
