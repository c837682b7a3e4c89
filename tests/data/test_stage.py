"""What a loader gives is checked before anything is trained on it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.data import digits, factors, stage
from ppgn_bench.data.splits import Files, Split
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Preparation
from ppgn_bench.lookup import Name
from ppgn_bench.workflow import gate, plan

Splits = dict[str, Split]
JOB = plan.preparation(gate.gate(), "digits")
PLAIN = JOB.model_copy(update={"factors": {}, "factor_labels": None})


def prepared(monkeypatch: pytest.MonkeyPatch, change: Callable[[Splits], object], job: Preparation = PLAIN) -> Splits:
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
        prepared(monkeypatch, lambda splits: None, PLAIN.model_copy(update={"num_modes": 3}))


# ------------------------------------------------------------------------------------------------------------- factors


def test_factors_that_the_entry_has_are_written_beside_the_labels_and_change_no_digest() -> None:
    job = plan.preparation(gate.gate(), "digits")
    assert job.factors == {"loop": 2, "thickness": 3}
    arrays, found = stage.prepare(job)
    without, same = stage.prepare(job.model_copy(update={"factors": {}, "factor_labels": None}))
    assert arrays.keys() - without.keys() == {f"{split}.factors" for split in job.split_sizes}
    assert found == same
    assert arrays["train.factors"].shape == (900, 2)
    assert arrays["train.factors"].min() == -1


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda found: found.astype(float), "factors must be int64 (100, 2), got float64 (100, 2)"),
        (lambda found: found[:, 0], "factors must be int64 (100, 2), got int64 (100,)"),
        (lambda found: found - 1, "factors: loop must be -1 to 1, got -2 to 0"),
        (lambda found: found * [1, 2], "factors: thickness must be -1 to 2, got -2 to 4"),
    ],
)
def test_labels_of_factors_that_the_entry_does_not_say_are_named(
    monkeypatch: pytest.MonkeyPatch, made: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    labelled = factors.digits
    change = lambda images, *known: made(labelled(images, *known)) if len(images) == 100 else labelled(images, *known)  # noqa: E731
    monkeypatch.setattr(factors, "digits", change)
    with pytest.raises(UserError) as refused:
        stage.prepare(JOB)
    assert str(refused.value) == f"data.factors:digits: held_out.{message}"


def test_factors_of_images_that_are_files_are_refused(tmp_path: Path) -> None:
    split = Split(Files((tmp_path / "a.png",), (1, 16, 16)), np.zeros(1, int), None)
    with pytest.raises(UserError, match=r"labels images in memory, and those of data\.digits:digits are files"):
        stage._factors(JOB, Name("data.factors:digits"), "train", split)
