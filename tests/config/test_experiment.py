"""Values of a config: what they mean, and what is refused in which words."""

import pytest
from pydantic import ValidationError

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data.table import DATASETS
from ppgn_bench.sampling.variants import epsilons
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")


def test_a_count_of_seeds_stands_for_the_first_so_many() -> None:
    datasets = load().datasets
    assert datasets["digits"].seeds == (0, 1)
    assert datasets["shapes"].seeds == (3, 5)


def test_the_image_size_is_the_data_sets_own_unless_it_is_given() -> None:
    experiment = load("datasets: {shapes: {image_size: 32}}")
    assert experiment.image_size("shapes") == 32
    assert experiment.image_size("digits") == DATASETS["digits"].image_size


def test_a_sweep_samples_those_of_its_variants_that_the_experiment_has_in_its_order() -> None:
    experiment = load("variants: [joint_ppgn_h, am]")
    assert experiment.sweep_variants("own") == ("joint_ppgn_h", "am")
    assert experiment.sweep_variants("codes") == ("joint_ppgn_h",)


def test_a_sweep_without_epsilons_has_the_variants_own_setting_alone() -> None:
    assert load().sweeps["own"].settings(epsilons(prior=0.1, condition=0.5, noise=0.2)) == [
        {"prior": 0.1, "condition": 0.5, "noise": 0.2, "context": 0.0}
    ]


def test_the_settings_of_a_sweep_are_the_product_of_its_epsilons() -> None:
    sweep = load("sweeps: {own: {epsilon: {noise: [0, 1e-5], prior: [1, 2.5]}}}").sweeps["own"]
    settings = [tuple(setting.values()) for setting in sweep.settings(epsilons(prior=9, condition=0.5, noise=9))]
    assert settings == [(1, 0.5, 0, 0), (1, 0.5, 1e-5, 0), (2.5, 0.5, 0, 0), (2.5, 0.5, 1e-5, 0)]


@pytest.mark.parametrize("written", ["1e-5", "1E-5", "1.0e-05", ".00001", '"0.00001"'])
def test_every_way_to_write_a_small_number_is_that_number(written: str) -> None:
    sweeps = load(f"sweeps: {{own: {{epsilon: {{noise: [{written}]}}}}}}").sweeps
    (value,) = sweeps["own"].epsilon["noise"]
    assert (value, type(value)) == (1e-5, float)


def test_an_experiment_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().name = "other"


def test_an_experiment_survives_json() -> None:
    experiment = load("sweeps: {own: {epsilon: {noise: [1e-5]}}}")
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


NOWHERE = "none names it, or those that do leave it out"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("real: control", "real: must be 'reference' or 'train', got 'control'"),
        ("device: gpu", "device: must be 'auto', 'cpu' or 'cuda', got 'gpu'"),
        ("chunk_size: 0", "chunk_size: must be at least 1, got 0"),
        ("batch_seeds: 0", "batch_seeds: must be a whole number of at least 1, or auto, got 0"),
        ("batch_seeds: all", "batch_seeds: must be a whole number of at least 1, or auto, got 'all'"),
        ("batch_seeds: 1.5", "batch_seeds: must be a whole number of at least 1, or auto, got 1.5"),
        ("chunk_size: true", "chunk_size: must be a whole number, got True"),
        ("chunk_size: 3.5", "chunk_size: must be a whole number, got 3.5"),
        ("chunk_size: 1e3", "chunk_size: must be a whole number, got '1e3'"),
        ("checkpoint_minutes: -1", "checkpoint_minutes: must be at least 0, got -1"),
        ("checkpoint_minutes: often", "checkpoint_minutes: must be a number, got 'often'"),
        ("name: 5", "name: must be text, got 5"),
        ("name: null", "name: is missing"),
        ("variants: am", "variants: must be a list, got 'am'"),
        ("variants: {am: 1}", "variants: must be a list, got {'am': 1}"),
        ("variants: []", "variants: must not be empty"),
        ("variants: [am, dgn_am, am]", "variants: names 'am' twice"),
        ("metrics: [r_hat, r_hat]", "metrics: names 'r_hat' twice"),
        ("datasets: {digits: null, shapes: null}", "datasets: must not be empty"),
        ("datasets: null", "datasets: is missing"),
        ("datasets: [digits]", "datasets: must be a mapping (key: value), got ['digits']"),
        ("datasets: {digits: 5}", "datasets.digits: must be a mapping (key: value), got 5"),
        ("sweeps: {own: null, codes: null}", "sweeps: must not be empty"),
        ("sweeps: {own: null}", f"variants[0]: no sweep samples 'am': {NOWHERE}"),
        ("sweeps: {own: {without: [am]}}", f"variants[0]: no sweep samples 'am': {NOWHERE}"),
        ("sweeps: {codes: {without: [dgn_am, joint_ppgn_h]}}", "sweeps.codes.without: leaves it no sampler"),
        (
            "ablations: {a: {of: am, epsilon: {noise: 3}, title: X}, b: {of: am, epsilon: {noise: 2}, title: X}}",
            "sweeps.own: 'a' and 'b' are both called 'X'; give one another title",
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_its_key(text: str, message: str) -> None:
    assert problem(text) == message


SEEDS = "seeds: must be a list of seeds or their number, 1 to 1000, got"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds: 0", f"{SEEDS} 0"),
        ("seeds: 1000000000", f"{SEEDS} 1000000000"),
        ("seeds: true", f"{SEEDS} True"),
        ("seeds: 2.5", f"{SEEDS} 2.5"),
        ("seeds: []", "seeds: must not be empty"),
        ("seeds: [1, 1]", "seeds: names 1 twice"),
        ("seeds: [0, -1]", "seeds[1]: must be at least 0, got -1"),
        ("seeds: [false]", "seeds[0]: must be a whole number, got False"),
        ("budget: 0", "budget: must be above 0, got 0"),
        ("budget: .inf", "budget: must be finite, got inf"),
        ("budget: yes", "budget: must be a number, got True"),
        ("image_size: 18", "image_size: must be a multiple of 4, got 18"),
        ("image_size: 4", "image_size: must be at least 8, got 4"),
        ("image_size: 16.0", "image_size: must be a whole number, got 16.0"),
    ],
)
def test_a_wrong_setting_of_a_data_set_is_one_line_with_its_key(text: str, message: str) -> None:
    assert problem(f"datasets: {{digits: {{{text}}}}}") == f"datasets.digits.{message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chains_per_target: 0", "chains_per_target: must be at least 1, got 0"),
        ("chains_per_target: null", "chains_per_target: is missing"),
        ("steps: 1.5", "steps: must be a whole number, got 1.5"),
        ("keep_every: 0", "keep_every: must be at least 1, got 0"),
        ("keep_every: 7", "keep_every: must divide steps (20), so that the last state is kept, got 7"),
        ("steps: 15, keep_every: null", "keep_every: must divide steps (15), so that the last state is kept, got 10"),
    ],
)
def test_a_wrong_setting_of_a_run_is_one_line_with_its_key(text: str, message: str) -> None:
    assert problem(f"sweeps: {{own: {{quality: {{{text}}}}}}}") == f"sweeps.own.quality.{message}"


ALONE = "sweeps.own: has a box: its points are all the settings, so drop epsilon and epsilons_of"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("prior: [1, 2]", "prior: [0, 1]", "sweeps.own.box.prior[0]: must be above 0, got 0"),
        ("noise: [1, 2]", "noise: [2, 1]", "sweeps.own.box.noise: must rise, [low, high], got [2, 1]"),
        ("condition: [1, 2]", "condition: 3", "sweeps.own.box.condition: must be two numbers, [low, high], got 3"),
        ("points: 4", "points: 12", "sweeps.own.box.points: must be a power of two, got 12"),
        (", noise: [1, 2]", "", "sweeps.own.box.noise: is missing"),
        ("]}", "], size: 3}", "sweeps.own.box.size: unknown key; known: points, prior, condition, noise"),
        ("]}", "]}, epsilon: {noise: [0]}", ALONE),
        ("]}", "]}, epsilons_of: am", ALONE),
    ],
)
def test_a_wrong_box_is_one_line_with_its_key(old: str, new: str, message: str) -> None:
    box = "box: {points: 4, prior: [1, 2], condition: [1, 2], noise: [1, 2]}".replace(old, new)
    assert problem(f"sweeps: {{own: {{{box}}}}}") == message


def test_the_name_of_a_sweep_has_no_plus() -> None:
    said = "sweeps.own+half_samples: has a +, which is for rows of sensitivity"
    assert problem("sweeps: {own+half_samples: {quality: {chains_per_target: 1, steps: 10}}}") == said


@pytest.mark.parametrize("text", ["own: {quality: null}", "own: {quality: null, epsilon: {noise: [0]}}"])
def test_a_sweep_without_a_run_is_refused(text: str) -> None:
    assert problem(f"sweeps: {{{text}}}") == "sweeps.own: must have a quality run, a mixing run or both"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quality: 5", "quality: must be a mapping (key: value), got 5"),
        ("variants: []", "variants: must not be empty"),
        ("epsilon: [0.1]", "epsilon: must be a mapping (key: value), got [0.1]"),
        ("epsilon: {noise: []}", "epsilon.noise: must not be empty"),
        ("epsilon: {noise: 0.1}", "epsilon.noise: must be a list, got 0.1"),
        ("epsilon: {noise: [0, -1]}", "epsilon.noise[1]: must be at least 0, got -1"),
        ("epsilon: {noise: [0, -1e-5]}", "epsilon.noise[1]: must be at least 0, got '-1e-5'"),
        ("epsilon: {noise: [0.1, 1e-1]}", "epsilon.noise: names 0.1 twice"),
        ("epsilon: {noise: [.nan]}", "epsilon.noise[0]: must be finite, got nan"),
        ("epsilon: {noise: [1e999]}", "epsilon.noise[0]: must be finite, got '1e999'"),
        ("epsilon: {prior: [on]}", "epsilon.prior[0]: must be a number, got True"),
        ("epsilon: {prior: [null]}", "epsilon.prior[0]: must be a number, got None"),
        ("epsilon: {prior: [much]}", "epsilon.prior[0]: must be a number, got 'much'"),
    ],
)
def test_a_wrong_setting_of_a_sweep_is_one_line_with_its_key(text: str, message: str) -> None:
    assert problem(f"sweeps: {{own: {{{text}}}}}") == f"sweeps.own.{message}"
