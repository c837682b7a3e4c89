"""A network of the user's own: what the suite makes of it, what it refuses, and who may name its file."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Training
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks import load
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.networks.own import Own, wrapped
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files
from ppgn_bench.training import shipping, stage
from tests.configs import save_network
from tests.own_networks import write
from tests.training.small import CPU, job, save_data

SIZES = Sizes(1, 8, 3, 0, 12)
IMAGES = torch.rand(20, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def training(network: Name, **changes: object) -> Training:
    """The classifier's recipe with a network of one's own."""
    own = job("classifier", iterations=5)
    return own.model_copy(update={"network": network, "options": {"code_size": 12, "width": 4}, **changes})


def made(network: Name) -> Own:
    return wrapped(network, SIZES, {})


def refusal(network: Name, sizes: Sizes = SIZES) -> str:
    with pytest.raises(UserError) as caught:
        wrapped(network, sizes, {})
    return str(caught.value)


def test_it_gives_activations_with_heads_for_the_class_and_the_pooled_image(tmp_path: Path) -> None:
    network = made(write(tmp_path)).eval()
    found = network(IMAGES)
    shapes = [tuple(values.shape) for values in found]
    assert shapes == [(20, 4, 4, 4), (20, 12), (20, 3), (20, 16)]
    assert torch.equal(network.encode(network.first(IMAGES)), found.code)


def test_options_reach_its_init(tmp_path: Path) -> None:
    network = wrapped(write(tmp_path), Sizes(1, 8, 3, 0, 7), {"width": 6.0, "code_size": 7})
    assert network(IMAGES).h1.shape == (20, 6, 4, 4)
    assert network(IMAGES).code.shape == (20, 7)


def test_rescaling_gives_a_mean_activation_of_one_and_changes_nothing_that_the_heads_say(tmp_path: Path) -> None:
    network = made(write(tmp_path)).eval()
    before = network.requires_grad_(False)(IMAGES)
    rescale(network, [IMAGES[:7], IMAGES[7:]])
    after = network(IMAGES)
    assert float(after.h1.abs().mean()) == pytest.approx(1, rel=1e-5)
    assert float(after.code.mean()) == pytest.approx(1, rel=1e-5)
    torch.testing.assert_close(after.h1 * before.h1.abs().mean(), before.h1)
    torch.testing.assert_close(after.code * before.code.mean(), before.code)
    torch.testing.assert_close(network.encode(network.first(IMAGES)), after.code)
    torch.testing.assert_close((after.logits, after.pooled), (before.logits, before.pooled))


def test_a_code_that_is_always_zero_cannot_be_rescaled(tmp_path: Path) -> None:
    network = made(
        write(tmp_path, ("self.dense(h1.flatten(1))).relu()", "self.dense(h1.flatten(1))).clamp(max=0) * 0"))
    )
    with pytest.raises(UserError, match=r"my_networks.py:Encoder: the code has a mean of 0 on the training images"):
        rescale(network.eval(), [IMAGES])


def test_training_teaches_it_and_its_heads(tmp_path: Path) -> None:
    own = training(write(tmp_path))
    weights, _ = stage.train(own, save_data(tmp_path / "data.safetensors"), {}, CPU)
    first, _ = stage.train(own.model_copy(update={"iterations": 1}), tmp_path / "data.safetensors", {}, CPU)
    assert {"inner.dense.weight", "classes.weight", "pooled.weight", "h1_scale", "code_scale"} <= weights.keys()
    assert not np.allclose(weights["inner.dense.weight"], first["inner.dense.weight"], atol=1e-6)


def test_of_one_that_is_trained_only_the_heads_learn(tmp_path: Path) -> None:
    network = write(tmp_path, ("    def first", "    trained = True\n\n    def first"))
    own = training(network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stage.seed_of("d", "classifier", 0))
        new = {name: value.numpy().copy() for name, value in made(network).state_dict().items()}
    weights, _ = stage.train(own, save_data(tmp_path / "data.safetensors"), {}, CPU)
    inner = [name for name in new if name.startswith("inner.")]
    assert "inner.norm.running_mean" in inner
    assert [name for name in inner if not np.array_equal(weights[name], new[name])] == []
    assert not np.array_equal(weights["classes.bias"], new["classes.bias"])


WRONG = {
    "a code of another size": (
        ("code_size), nn.Batch", "32), nn.Batch"), ("nn.BatchNorm1d(code_size)", "nn.BatchNorm1d(32)"),
        "encode must give [n, 12], since code_size is 12, got (2, 32), n = 2",
    ),
    "a negative code": ((").relu()", ") - 9"), "encode must give no negative numbers (let it end with a ReLU), got -9"),
    "a flat h1": (("return self.convolution(images)", "return self.convolution(images).flatten(1)"),
                  "first must give [n, channel, height, width], got (2, 64), n = 2"),
    "an h1 that is no tensor": (("return self.convolution(images)", "return [images]"),
                                "first must give a tensor, got list"),
    "NaN": (("return self.convolution(images)", "return self.convolution(images).log()"),
            "first gives NaN or infinite numbers of images in [0, 1]"),
    "a code without a gradient": (("return self.convolution(images)", "return self.convolution(images.detach())"),
                                  "no gradient reaches the images, so no chain could climb it"),
    "an error in a method": (("return self.convolution(images)", "return self.convolutions(images)"),
                             "first: line 16: AttributeError: 'Encoder' object has no attribute 'convolutions'"),
    "no method where its class is made from another's": (
        ("class Encoder(nn.Module)", "class Encoder(nn.Identity)"), ("def encode", "def code"),
        "encode: AttributeError: 'Encoder' object has no attribute 'encode'",
    ),
    "an error in its init": (("super().__init__()", "super().__init__(sizes.colours)"),
                             "__init__: line 10: AttributeError: 'Sizes' object has no attribute 'colours'"),
    "an error in the file": (("from torch import nn", "from torch import nm as nn"),
                             "the file: line 3: ImportError: cannot import name 'nm'"),
    "no module of torch": (("(nn.Module)", ""), ("super().__init__()", "pass"), "must be a torch.nn.Module"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_it_does_wrong_is_one_message_before_training(tmp_path: Path, case: tuple) -> None:
    *edits, message = case
    assert f"my_networks.py:Encoder: {message}" in refusal(write(tmp_path, *edits))


def test_a_file_that_has_gone_is_one_message() -> None:
    assert refusal(Name("gone/my_networks.py:Encoder")).startswith("gone/my_networks.py: there is no such file")


# ------------------------------------------------------------------------------------------------- who may name a file

TRAP = "\nfrom pathlib import Path\nPath(__file__).with_name('sprung').touch()\n"


def test_weights_are_loaded_into_the_class_that_the_job_names_whatever_their_header_says(tmp_path: Path) -> None:
    network, trap = write(tmp_path), write(tmp_path / "trap", after=TRAP)
    own = training(network)
    path = save_network(tmp_path / "a.safetensors", own)
    arrays, header = files.load_arrays(path, "Encoder")
    files.save_arrays(path, arrays, {**header, "network": trap, "after": trap, "objective": trap})
    loaded = load.load(path, network)
    assert not loaded.training
    assert not any(weight.requires_grad for weight in loaded.parameters())
    with pytest.raises(UserError, match="holds 'Encoder', expected 'Judge'"):
        load.load(path, Name("networks.judge:Judge"))
    assert not (tmp_path / "trap" / "sprung").exists()


def test_an_option_of_a_header_that_the_class_does_not_have_is_refused(tmp_path: Path) -> None:
    network = write(tmp_path)
    path = save_network(tmp_path / "a.safetensors", training(network))
    arrays, header = files.load_arrays(path, "Encoder")
    files.save_arrays(path, arrays, {**header, "options": {**header["options"], "path": "/etc"}})
    with pytest.raises(UserError, match="weights of another architecture than Encoder"):
        load.load(path, network)


def test_a_judge_whose_header_names_a_file_is_shipped_without_running_it(tmp_path: Path) -> None:
    trap = write(tmp_path / "trap", after=TRAP)
    own = job("judge", iterations=1)
    path = save_network(tmp_path / "a.safetensors", own)
    arrays, header = files.load_arrays(path, "Judge")
    files.save_arrays(path, arrays, {**header, "network": trap})
    _, shipped = shipping.rounded(path, own.network, save_data(tmp_path / "data.safetensors"))
    assert shipped["measured"]
    files.save_arrays(path, arrays, {**header, "objective": trap})
    with pytest.raises(UserError, match="only a network can be of a file of your own"):
        shipping.rounded(path, own.network, tmp_path / "data.safetensors")
    assert not (tmp_path / "trap" / "sprung").exists()


def test_nothing_but_a_network_may_be_of_a_file(tmp_path: Path) -> None:
    trap = write(tmp_path / "trap", after=TRAP)
    with pytest.raises(UserError, match="only a network can be of a file of your own"):
        resolve(trap)
    assert not (tmp_path / "trap" / "sprung").exists()


def test_the_name_of_a_file_goes_through_a_jobs_json(tmp_path: Path) -> None:
    own = training(write(tmp_path))
    assert Training.model_validate(json.loads(own.as_json())) == own
    assert own.network.file == tmp_path / "my_networks.py"
    assert own.network.short == "Encoder"
