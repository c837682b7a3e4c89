"""Downloads are torchvision's, and whole or not there at all."""

from pathlib import Path

import pytest
import torchvision.datasets

from ppgn_bench.data import idx
from ppgn_bench.data.splits import SPLITS, Split
from ppgn_bench.errors import UserError
from tests.data.formats import SIZES, shrink, write_idx


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def sizes(splits: dict[str, Split]) -> dict[str, int]:
    return {name: len(splits[name].labels) for name in SPLITS}


def test_a_download_is_torchvisions_and_becomes_the_roots_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "new" / "root"

    def fashion_mnist(folder: str, download: bool) -> None:
        assert download
        assert not (root / "FashionMNIST").exists()
        write_idx(Path(folder) / "FashionMNIST/raw")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", fashion_mnist)
    assert sizes(idx.fashion(28, str(root), True)) == SIZES
    assert [path.name for path in root.iterdir()] == ["FashionMNIST"]
    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", None)  # what is there is not downloaded again
    assert sizes(idx.fashion(28, str(root), True)) == SIZES


def test_a_download_that_fails_is_one_message_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halfway(self: object, folder: str, download: bool) -> None:
        write_idx(Path(folder) / "MNIST/raw")
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.datasets.MNIST, "__init__", halfway)
    with pytest.raises(UserError, match="could not be downloaded") as refused:
        idx.mnist_full(28, str(tmp_path), True)
    assert str(refused.value).startswith(f"{tmp_path}: could not be downloaded (no route to host); put train-images-")
    assert list(tmp_path.iterdir()) == []


def test_a_root_with_a_part_of_the_files_is_named_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path / "MNIST/raw")
    (tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte.gz").unlink()
    monkeypatch.setattr(torchvision.datasets.MNIST, "__init__", lambda *own, **more: pytest.fail("downloaded"))
    with pytest.raises(UserError) as refused:
        idx.mnist_full(28, str(tmp_path), True)
    whole = "is there, but not whole; complete it, or take it away to download it"
    assert str(refused.value) == f"{tmp_path}: {tmp_path / 'MNIST'} {whole}"
