"""How networks are trained, as a config says it: parts, precision, processes, and what plays against a generator."""

import pytest

from ppgn_bench.jobs import Training
from ppgn_bench.workflow import paths, plan
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")

JOINT = "datasets: {digits: {networks: {joint: {%s}}}}"
PLACE = "datasets.digits.networks.joint"


def joint(changes: str) -> Training:
    """The training of digits' Joint generator where a config says this of it."""
    experiment = load(JOINT % changes)
    return plan.training(experiment, "digits", experiment.recipe("digits", "joint"), 0)


def test_a_config_says_parts_precision_and_how_the_rival_plays() -> None:
    found = joint("batch_size: 32, accumulate: 4, precision: bfloat16, rival.every: 1, rival.rate: 1, rival.beta1: 0.9")
    assert (found.batch_size, found.accumulate, found.precision) == (32, 4, "bfloat16")
    assert found.rival is not None
    assert (found.rival.every, found.rival.rate, found.rival.betas) == (1, 1, (0.9, 0.999))
    assert found.name == (
        "joint+accumulate=4+batch_size=32+precision=bfloat16+rival.beta1=0.9+rival.every=1+rival.rate=1"
    )


def test_without_a_word_a_batch_is_one_part_in_single_precision() -> None:
    found = joint("hidden: 64")
    assert (found.accumulate, found.precision) == (1, "float32")


def test_the_options_of_another_rival_are_its_own_wherever_they_stand() -> None:
    found = joint("rival.hidden: 20, rival.architecture: discriminator")
    assert found.rival is not None
    assert found.rival.options["hidden"] == 20


def test_several_processes_change_no_job_and_no_place_of_a_network() -> None:
    one, two = load(""), load("processes: 2")
    for folder in paths.folders(one):
        for recipe in paths.trained_recipes(one, folder):
            assert plan.training(one, folder, recipe, 0) == plan.training(two, folder, recipe, 0)
    assert paths.trained_networks(one) == paths.trained_networks(two)
    assert plan.started(one) == "python -m ppgn_bench"
    assert plan.started(two) == "python -m torch.distributed.run --standalone --nproc-per-node 2 -m ppgn_bench"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (JOINT % "accumulate: 3", f"{PLACE}.batch_size: must be a multiple of 3 (accumulate 3 in each of 1 proce"),
        (JOINT % "accumulate: 0", f"{PLACE}.accumulate: must be greater than 0, got 0"),
        (JOINT % "accumulate: 1.5", f"{PLACE}.accumulate: must be a whole number, got 1.5"),
        (JOINT % "accumulate: many", f"{PLACE}.accumulate: must be a number, got 'many'"),
        (
            JOINT % "precision: bfloat",
            f"{PLACE}.precision: unknown precision 'bfloat'; did you mean 'bfloat16'? known: f",
        ),
        (JOINT % "precision: 16", f"{PLACE}.precision: unknown precision 16.0; "),
        ("device: cpu\n" + JOINT % "precision: float16", f"{PLACE}.precision: float16 needs a CUDA device; say bf"),
        (JOINT % "rival.every: 0", f"{PLACE}.rival.every: must be greater than 0, got 0"),
        (JOINT % "rival.every: 1.5", f"{PLACE}.rival.every: must be a whole number, got 1.5"),
        (JOINT % "rival.rate: -1", f"{PLACE}.rival.rate: must be at least 0, got -1"),
        (JOINT % "rival.beta1: 1", f"{PLACE}.rival.beta1: must be less than 1, got 1"),
        (
            JOINT % "rival.architecture: judge",
            f"{PLACE}.rival.architecture: 'judge' gives judgement, and a rival must g",
        ),
        (JOINT % "rival.architecture: critic", f"{PLACE}.rival.architecture: unknown architecture 'critic'"),
        (JOINT % "rival.speed: 1", f"{PLACE}.rival.speed: the recipe of generator G (Joint) has no such number"),
        ("processes: 0", "processes: must be at least 1, got 0"),
        ("processes: 3", "must be a multiple of 3 (accumulate 1 in each of 3 processes), got 16"),
        (
            "datasets: {digits: {networks: {classifier: {accumulate: 16}}}}\nprocesses: 2",
            "classifier.batch_size: must be at least 64 with these options, got 32",
        ),
    ],
)
def test_what_cannot_be_trained_so_is_refused_with_its_key(text: str, message: str) -> None:
    assert message in problem(text)


def test_a_folder_may_share_images_between_its_splits_only_where_the_config_says_so() -> None:
    assert "datasets.digits.may_share: is for kind: folder; what splits of digits share is known" in problem(
        "datasets: {digits: {may_share: true}}"
    )
