"""Networks of files of Caffe's for a folder of the user's own: which of their outputs its classes are."""

from pathlib import Path

import pytest

from ppgn_bench.workflow import paths, plan
from tests.config.test_datasets import draw
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")


def flowers(classes: str) -> str:
    networks = f"{{classifier: {{architecture: caffenet, weights: c.safetensors, outputs: 1000, classes: {classes}}}}}"
    folder = f"flowers: {{kind: folder, root: flowers, image_size: 227, networks: {networks}}}"
    return f"{{datasets: {{digits: null, shapes: null, {folder}}}, variants: [am]}}"


@pytest.fixture(autouse=True)
def files(config_folder: Path) -> None:
    draw(config_folder / "flowers", daisy=150, tulip=150)
    (config_folder / "c.safetensors").touch()


def test_a_folders_classes_are_the_outputs_that_the_config_names_among_all_thousand() -> None:
    experiment = load(flowers("[985, 13]"))
    recipe = experiment.on("flowers", "am").networks["condition"]
    (folder,) = paths.folders(experiment)
    job = plan.training(experiment, folder, recipe, 0)
    assert (job.options["classes"], job.options["outputs"], job.sizes.num_classes) == ((985, 13), 1000, 2)
    assert paths.given_weights(recipe) == {"given": "c.safetensors"}
    assert [target.values for target in experiment.targets("flowers", "am")] == [{"label": 0}, {"label": 1}]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ("[985]", "classes: must be 2, one for each class of the data set, got 1"),
        ("[985, 985]", "classes: must be different numbers below 1000, got [985, 985]"),
        ("[985, 1000]", "classes: must be different numbers below 1000, got [985, 1000]"),
    ],
)
def test_outputs_that_cannot_be_its_classes_are_refused_by_their_key(classes: str, message: str) -> None:
    assert problem(flowers(classes)).startswith(f"datasets.flowers.networks.classifier.{message}")


def test_an_ablation_that_gives_weights_says_nothing_of_a_training() -> None:
    idle = other_network("target_unit").replace("outputs: 1}", "outputs: 1, iterations: 5}")
    assert problem(idle).startswith("ablations.x.networks.condition.iterations: does nothing beside weights")


FEW = "datasets.flowers.networks.classifier.outputs: must be at least 2, as many as classes, got 1"


def test_fewer_outputs_than_classes_are_refused_where_a_sampler_is_steered_to_classes() -> None:
    assert problem(flowers("[], outputs: 1").replace("outputs: 1000, ", "")) == f"{FEW} (am)"
    assert problem(other_network("own_class")) == f"{FEW} (x)"


def test_fewer_outputs_than_classes_serve_units() -> None:
    assert load(other_network("target_unit")).samplers.keys() == {"am", "x"}


def other_network(condition: str) -> str:
    """An ablation whose chains are steered by a network of one output."""
    network = "{architecture: caffenet, weights: c.safetensors, outputs: 1}"
    of = f"{{of: am, networks: {{condition: {network}}}, update: {{condition: {condition}}}}}"
    return flowers("[]").removesuffix("}") + f", ablations: {{x: {of}}}, sweeps: {{codes: null}}}}"
