"""Image sources: what is read and when, in which order, and what a file that is no image says."""

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppgn_bench.data import source
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from tests.data.saved import save

SHAPE = (3, 8, 8)
COUNT = 300


@pytest.fixture(scope="module")
def pngs(tmp_path_factory: pytest.TempPathFactory) -> tuple[source.Streamed, np.ndarray]:
    """A few hundred PNGs, streamed, and their pixels."""
    folder = tmp_path_factory.mktemp("pngs")
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, *SHAPE), dtype=np.uint8)
    paths = [str(save(folder / f"{number}.png", image)) for number, image in enumerate(pixels)]
    return source.Streamed(tuple(paths), np.arange(COUNT) % 3, None, SHAPE), pixels


def first(batches, count: int) -> list[tuple[list[int], np.ndarray]]:
    """The first batches, the numbers as a list."""
    return [(numbers.tolist(), images) for numbers, images in itertools.islice(batches, count)]


def test_a_batch_has_the_images_of_its_numbers_in_their_order(pngs) -> None:
    streamed, pixels = pngs
    numbers = np.array([7, 299, 7, 0])
    np.testing.assert_array_equal(streamed.batch(numbers), pixels[numbers])


def test_passes_go_through_all_images_in_order_as_many_at_once_as_the_bytes_hold(pngs, monkeypatch) -> None:
    streamed, pixels = pngs
    monkeypatch.setattr(source, "PASS_BYTES", 4 * 3 * 8 * 8 * 70)
    blocks = list(source.passes(streamed))
    assert [len(block) for block in blocks] == [70, 70, 70, 70, 20]
    np.testing.assert_array_equal(np.concatenate(blocks), pixels)
    some = np.arange(0, COUNT, 2)[::-1]
    np.testing.assert_array_equal(np.concatenate(list(source.passes(streamed, some))), pixels[some])
    kept = source.InMemory(pixels, streamed.labels, None)
    for one, other in zip(source.passes(kept), blocks, strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_epoch_has_each_image_once_in_an_order_of_its_own(pngs) -> None:
    """Batches of 64 of 300 images: the fifth begins in the first epoch and ends in the second."""
    streamed, pixels = pngs
    batches = first(source.shuffled(streamed, 64, seed=5), 10)
    for numbers, images in batches:
        np.testing.assert_array_equal(images, pixels[numbers])
    stream = [number for numbers, _ in batches for number in numbers]
    one, two = stream[:COUNT], stream[COUNT : 2 * COUNT]
    assert sorted(one) == sorted(two) == list(range(COUNT))
    assert one != two
    assert one != sorted(one)


def test_equal_seeds_give_equal_batches_and_others_give_others(pngs) -> None:
    streamed, _ = pngs
    one, same, other = (first(source.shuffled(streamed, 32, seed), 3) for seed in (1, 1, 2))
    assert [numbers for numbers, _ in one] == [numbers for numbers, _ in same]
    assert [numbers for numbers, _ in one] != [numbers for numbers, _ in other]


@pytest.mark.parametrize("start", [1, 4, 5, 23])
def test_batches_from_number_k_on_are_the_rest_of_those_from_the_beginning(pngs, start: int) -> None:
    streamed, _ = pngs
    whole = first(source.shuffled(streamed, 64, seed=3), start + 3)[start:]
    tail = first(source.shuffled(streamed, 64, seed=3, first=start), 3)
    for (numbers, images), (other_numbers, other_images) in zip(whole, tail, strict=True):
        assert numbers == other_numbers
        np.testing.assert_array_equal(images, other_images)


def test_a_batch_may_be_larger_than_the_set(pngs) -> None:
    streamed, _ = pngs
    [(numbers, _)] = first(source.shuffled(streamed, 2 * COUNT, seed=0), 1)
    assert sorted(numbers) == sorted([*range(COUNT), *range(COUNT)])


def test_files_are_decoded_by_several_threads_while_the_last_batch_is_used(pngs, monkeypatch) -> None:
    """Decoding waits until four threads are at it at once: fewer would never come together."""
    streamed, _ = pngs
    together, decode, decoders = threading.Barrier(source.WORKERS), source.decoded, set()

    def waiting(path, shape, crop):
        together.wait(timeout=20)
        decoders.add(threading.current_thread())
        return decode(path, shape, crop)

    monkeypatch.setattr(source, "decoded", waiting)
    numbers, _ = next(source.shuffled(streamed, 16, seed=0))
    assert len(numbers) == 16
    assert threading.main_thread() not in decoders


def test_no_more_is_decoded_ahead_than_one_batch(pngs, monkeypatch) -> None:
    streamed, _ = pngs
    asked: list[int] = []
    batch = source.Streamed.batch
    monkeypatch.setattr(
        source.Streamed, "batch", lambda self, numbers: asked.append(len(numbers)) or batch(self, numbers)
    )
    batches = source.shuffled(streamed, 16, seed=0)
    for used in range(1, 4):
        next(batches)
        assert len(asked) <= used + source.AHEAD
    batches.close()
    assert len(asked) <= 3 + source.AHEAD


def test_a_split_in_memory_is_read_without_the_others(tmp_path: Path) -> None:
    arrays = {f"{split}.images": np.full((n, *SHAPE), n, np.uint8) for split, n in (("train", 5), ("judge", 3))}
    arrays |= {"train.labels": np.arange(5), "train.modes": np.arange(5) + 1, "judge.labels": np.arange(3)}
    files.save_arrays(tmp_path / "data", arrays, {"kind": "data"})
    train, judge = (source.opened(tmp_path / "data", split) for split in ("train", "judge"))
    assert train.in_memory
    assert (len(train), train.shape) == (5, SHAPE)
    assert train.labels.tolist() == [0, 1, 2, 3, 4]
    assert train.modes.tolist() == [1, 2, 3, 4, 5]
    assert judge.modes is None
    assert judge.batch(np.array([2, 0])).tolist() == arrays["judge.images"][[2, 0]].tolist()
    some, _ = files.load_some(tmp_path / "data", "data", ["judge.labels", "judge.modes"])
    assert list(some) == ["judge.labels"]
    with pytest.raises(UserError, match=r"data: has no split 'control'"):
        source.opened(tmp_path / "data", "control")


def test_a_split_that_stays_in_its_file_is_the_same_and_no_image_lies_in_memory(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, *SHAPE), dtype=np.uint8)
    arrays = {"train.images": images, "train.labels": np.arange(7), "train.factors": np.arange(14).reshape(7, 2)}
    files.save_arrays(tmp_path / "data", arrays, {"kind": "data"})
    kept, stays = (source.opened(tmp_path / "data", "train", in_file=in_file) for in_file in (False, True))
    assert not stays.in_memory
    assert not any(isinstance(value, np.ndarray) and value.dtype == np.uint8 for value in vars(stays).values())
    assert (len(stays), stays.shape, stays.modes) == (len(kept), kept.shape, None)
    np.testing.assert_array_equal(stays.labels, kept.labels)
    np.testing.assert_array_equal(stays.factors, kept.factors)
    for numbers in (np.arange(7), np.array([6, 0, 6])):
        np.testing.assert_array_equal(stays.batch(numbers), kept.batch(numbers))
    with pytest.raises(UserError, match=r"data: has no split 'judge'"):
        source.opened(tmp_path / "data", "judge", in_file=True)


def test_a_large_set_never_lies_in_memory_as_floats() -> None:
    pixel = np.zeros(1, np.uint8)  # seen as many: no memory is taken
    for count, in_memory in ((5_000, True), (10_000, False)):
        images = np.broadcast_to(pixel, (count, 3, 32, 32))
        whole = source.InMemory(images, np.zeros(count, np.int64), None)
        assert whole.in_memory == in_memory
    numbers, batch = next(iter(source.shuffled(whole, 16, seed=0)))
    assert (batch.shape, batch.dtype, len(numbers)) == ((16, 3, 32, 32), np.uint8, 16)


def damaged(path: Path, how: str) -> Path:
    """A file that is no whole image."""
    pixels = np.random.default_rng(1).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    save(path.with_name(f"{path.name}.png"), pixels)
    whole = path.with_name(f"{path.name}.png").read_bytes()
    content = {"truncated": whole[: len(whole) // 2], "no image": b"not an image", "empty": b""}.get(how)
    if content is not None:
        path.write_bytes(content)
    elif how == "deep":
        Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(path, format="png")
    return path


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("truncated", "not an image that can be read"),
        ("no image", "not an image that can be read"),
        ("empty", "not an image that can be read"),
        ("missing", "No such file"),
        ("deep", "grey of more than 8 bits"),
    ],
)
def test_a_file_that_is_no_whole_image_is_named_in_one_line(pngs, tmp_path: Path, how: str, message: str) -> None:
    streamed, _ = pngs
    bad = str(damaged(tmp_path / "bad", how))
    paths = (*streamed.paths[:40], bad, *streamed.paths[41:])
    with pytest.raises(UserError) as refused:
        list(source.passes(source.Streamed(paths, streamed.labels, None, SHAPE)))
    assert str(refused.value).startswith(f"{bad}: ")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_threads_that_decode_end_when_nobody_asks_for_more(pngs) -> None:
    streamed, _ = pngs
    before = threading.active_count()
    batches = source.shuffled(streamed, 32, seed=0)
    next(batches)
    assert threading.active_count() > before
    batches.close()
    assert threading.active_count() == before
