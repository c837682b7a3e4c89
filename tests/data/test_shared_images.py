"""Images that are in a folder of one's own more than once."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from ppgn_bench.data import stage
from ppgn_bench.errors import UserError
from tests.data.own_folder import SIZES, job_of, some_of


def test_images_that_two_splits_share_are_named_with_both(flowers: Path) -> None:
    """The same pixels, in another format and under another name."""
    train, judge = some_of("train", flowers)[-1], some_of("judge", flowers)[0]
    with Image.open(train) as image:
        image.save(judge, format="BMP")
    shutil.copy(train, some_of("train", flowers)[0])
    with pytest.raises(UserError) as refused:
        stage.prepare(job_of(flowers))
    assert f"{judge} (judge) is the same image as {some_of('train', flowers)[0]} (train): splits" in str(refused.value)


@pytest.fixture
def twice(flowers: Path) -> Path:
    """Photographs of both classes in two splits, one of them in three, one in another format."""
    train, judge, control, reference = (some_of(split, flowers) for split in ("train", "judge", "control", "reference"))
    for one, other in ((train[0], judge[0]), (train[0], control[0]), (train[-1], reference[-1])):
        with Image.open(one) as image:
            image.save(other, format="BMP" if other == control[0] else "PNG")
    return flowers


@pytest.mark.parametrize("said", [{}, {"may_share": False}], ids=["by default", "false"])
def test_a_photograph_in_two_splits_is_refused_with_the_key_that_allows_it(twice: Path, said: dict[str, bool]) -> None:
    with pytest.raises(UserError) as refused:
        stage.prepare(job_of(twice, **said))
    *pairs, last = str(refused.value).split("; ")
    assert len(pairs) == 2
    assert last.endswith(
        ": splits must not share images, delete one of each two, or say datasets.flowers.may_share: true"
    )


def test_photographs_that_may_be_in_two_splits_are_kept_in_both_and_counted(twice: Path) -> None:
    arrays, seen = stage.prepare(job_of(twice, may_share=True))
    assert seen["shared_images"] == 3
    for split, count in SIZES.items():
        paths = json.loads(arrays[f"{split}.files"].tobytes())
        assert len(arrays[f"{split}.labels"]) == len(paths) == count
        assert paths == [str(path) for path in some_of(split, twice)]


def test_images_may_be_twice_in_a_split(flowers: Path) -> None:
    one, other = some_of("train", flowers)[:2]
    shutil.copy(one, other)
    arrays, _ = stage.prepare(job_of(flowers))
    assert len(arrays["train.labels"]) == SIZES["train"]
