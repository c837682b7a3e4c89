"""What a loader gives is checked before anything is trained on it."""

from collections.abc import Callable

import numpy as np
import pytest

from ppgn_bench.data import digits, stage
from ppgn_bench.data.splits import Split
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Preparation
from ppgn_bench.workflow import gate, plan

Splits = dict[str, Split]
JOB = plan.preparation(gate.gate(), "digits")


def prepared(monkeypatch: pytest.MonkeyPatch, change: Callable[[Splits], object], job: Preparation = JOB) -> Splits:
    """Prepare the digits with something changed in what their loader gives."""
    splits = digits.digits(16)
    change(splits)
    monkeypatch.setattr(digits, "digits", lambda image_size: splits)
    return stage.prepare(job)[0]


def other(**parts: Callable[[np.ndarray], np.ndarray]) -> Callable[[Splits], object]:
    """Change arrays of the split `train`."""
    return lambda splits: splits.update(
        train=splits["train"]._replace(**{part: make(getattr(splits["train"], part)) for part, make in parts.items()})
    )


def test_the_splits_of_a_loader_are_the_arrays_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = prepared(monkeypatch, lambda splits: None)
    assert sorted(arrays) == sorted(f"{s}.{part}" for s in JOB.split_sizes for part in ("images", "labels"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other(images=lambda x: x / 255), "train.images must be uint8, 0 to 255, got float64 from 0 to 1"),
        (other(images=lambda x: x[:899]), "the entry says split_sizes {'train': 900, 'held_out': 100, 'judge': 397,"),
        (other(images=lambda x: x[:899]), "there are {'train': 899, 'held_out': 100, 'judge': 397, 'ref"),
        (other(images=lambda x: x[..., :8]), "train.images must have the shape (1, 16, 16) that the entry says, got"),
        (lambda splits: splits.update(train=splits["train"]._replace(classes=("one", "two"))),
         "train.classes must be those that the entry says, ('0', '1'"),
        (other(labels=lambda y: y[:10]), "train.labels must be int64, one an image (900), got int64 of shape (10,)"),
        (other(labels=lambda y: y.astype(float)), "train.labels must be int64, one an image (900), got float64"),
        (other(labels=lambda y: y + 1), "train.labels must be 0 to 9, got 1 to 10"),
        (other(labels=lambda y: y // 2), "train.labels must have images of all 10 classes, got 5"),
        (other(modes=lambda m: np.arange(900)), "train.modes must not be there: the entry says no number of modes"),
        (lambda splits: splits.pop("control"), "the splits train, held_out, judge, reference, control, got reference"),
    ],
)  # fmt: skip
def test_what_a_loader_gives_and_its_entry_does_not_say_is_named(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Splits], object], message: str
) -> None:
    with pytest.raises(UserError) as refused:
        prepared(monkeypatch, change)
    assert message in str(refused.value)
    assert str(refused.value).startswith("data.digits:digits: ")


def test_modes_that_the_entry_promises_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="modes is missing, and the entry says 3 modes"):
        prepared(monkeypatch, lambda splits: None, JOB.model_copy(update={"num_modes": 3}))
