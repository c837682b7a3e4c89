"""What steers, to what and where: what a config may say of it, and what is refused by which key."""

import pytest

from ppgn_bench.sampling.steering import CONDITIONS
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.workflow import manifest, plan
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")


def ablation(text: str) -> str:
    return f"ablations: {{x: {{of: joint_ppgn_h, {text}}}}}"


# ------------------------------------------------------------------------------------------------------ what it means


def test_a_condition_by_its_name_has_the_weight_one_and_brings_its_network() -> None:
    own = load(ablation("update: {condition: own_values}")).on("digits", "x")
    assert own.conditions == {"own_values": 1.0}
    joint = VARIANTS["joint_ppgn_h"].networks
    assert own.networks == {"generator": joint["generator"], "encoder": joint["encoder"], "factors": "factors"}


def test_a_sum_has_the_weights_that_are_given_and_the_networks_of_all_in_the_order_of_the_config() -> None:
    own = load(ablation("update: {condition: {own_values: 2, own_class: 5e-1}}")).on("digits", "x")
    assert list(own.conditions.items()) == [("own_values", 2.0), ("own_class", 0.5)]
    assert own.networks.keys() == {"generator", "encoder", "condition", "factors"}
    assert [(expert.log_prob.short, expert.weight) for expert in own.experts] == [("own_values", 2), ("own_class", 0.5)]


def test_without_a_condition_of_its_own_a_sampler_is_steered_as_the_one_that_it_changes() -> None:
    own = load(ablation('datasets: [digits], targets: ["7", 3]')).samplers["x"]
    assert own.conditions == VARIANTS["joint_ppgn_h"].conditions
    assert own.wanted == (("7",), ("3",))  # what YAML reads as a number is a name


def test_the_job_of_a_sampling_has_the_targets_that_are_wanted_and_what_steers_to_them() -> None:
    sums = "update: {condition: {own_class: 1, own_values: 0.5}}, targets: [[3, thick], [4, thin]]"
    text = ablation(f"datasets: [digits], {sums}")
    job = plan.sampling(load(text), "digits", "own", "x", 0)
    assert [target.name for target in job.targets] == ["3 + thick", "4 + thin"]
    assert [target.asks["label"] for target in job.targets] == [3, 4]
    assert [(expert.log_prob.short, expert.weight) for expert in job.experts] == [("own_class", 1), ("own_values", 0.5)]
    assert job.networks.keys() == {"generator", "encoder", "condition", "factors"}


def test_an_ablation_of_some_data_sets_is_a_sampler_of_these_alone() -> None:
    experiment = load(ablation("datasets: [shapes], update: {condition: caption}"))
    assert experiment.sweep_variants("own", "shapes")[-1] == "x"
    assert "x" not in experiment.sweep_variants("own", "digits")
    assert "captioner" in experiment.trained("shapes")
    assert "captioner" not in experiment.trained("digits")
    (told,) = [entry for entry in manifest.facts(experiment)["variants"] if entry["key"] == "x"]
    assert told["targets"].keys() == {"shapes"}
    assert told["update"]["condition"] == "caption"


def test_the_epsilon_of_a_context_is_an_axis_and_a_list_of_a_sweep_as_the_others_are() -> None:
    text = ablation("update: {condition: inpainting}, epsilon: {context: [0, 0.1]}")
    samplers = load(text).samplers
    assert [samplers[f"x+epsilon_context={value}"].epsilon["context"] for value in ("0", "0.1")] == [0, 0.1]
    quality = "quality: {chains_per_target: 1, steps: 2, keep_every: 1}"
    sweep = f"{{variants: [x], {quality}, epsilon: {{context: [0, 0.1]}}}}"
    grid = f"sweeps: {{own: {{without: [x]}}, holes: {sweep}}}\n" + ablation("update: {condition: inpainting}")
    assert [setting["context"] for setting in load(grid).settings("digits", "holes", "x")] == [0, 0.1]


# ---------------------------------------------------------------------------------------------------- what is refused


KNOWN = ", ".join(CONDITIONS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("update: {condition: own_clas}", f"update.condition: unknown condition 'own_clas'; did you mean 'own_class'? "
                                          f"known: {KNOWN}"),
        ("update: {condition: {own_clas: 1}}", "update.condition.own_clas: unknown condition 'own_clas'; did you mean"),
        ("update: {condition: {own_class: -1}}", "update.condition.own_class: must be at least 0, got -1"),
        ("update: {condition: {own_class: much}}", "update.condition.own_class: must be a number, got 'much'"),
        ("update: {condition: {own_class: yes}}", "update.condition.own_class: must be a number, got True"),
        ("update: {condition: {own_class: .nan}}", "update.condition.own_class: must be finite, got nan"),
        ("update: {condition: [own_class]}", "update.condition: must be a mapping (key: value), got ['own_class']"),
        ("update: {condition: {}}", "update.condition: must not be empty"),
        ("update: {condition: context}", "update.condition: context says nothing of what to draw; add own_class, or"),
        ("targets: 7", "targets: must be a list of targets, got 7"),
        ('targets: ["7", 7]', "targets: names '7' twice"),
        ("targets: []", "targets: must not be empty"),
        ('targets: [["7", thick]]', "targets: ['7', 'thick'] must have one part, one for each condition (own_class)"),
        ("update: {condition: {own_class: 1, own_values: 1}}, targets: [thick]",
         "targets: ['thick'] must have 2 parts, one for each condition (own_class, own_values)"),
        ("datasets: [digit], epsilon: {noise: 1}",
         "datasets[0]: unknown data set 'digit'; did you mean 'digits'? known: digits, shapes"),
        ("datasets: []", "datasets: must not be empty"),
        ("datasets: [digits, digits]", "datasets: names 'digits' twice"),
        ("update: {condition: {own_class: 0, context: 0}}",
         "update.condition: steers by nothing, since every weight is 0 (own_class, context)"),
        ("update: {condition: {own_class: 0, context: 1}}", "update.condition: context says nothing of what to draw"),
        ("epsilon: {context: 0.1}", "epsilon.context: does nothing without a context; add inpainting or context to"),
    ],
)  # fmt: skip
def test_what_cannot_steer_is_refused_by_its_key(text: str, message: str) -> None:
    assert problem(ablation(text)).startswith(f"ablations.x.{message}")


def test_a_sweep_of_epsilon_4_for_a_sampler_without_a_context_is_refused() -> None:
    quality = "quality: {chains_per_target: 1, steps: 2, keep_every: 1}"
    told = problem(f"sweeps: {{x: {{variants: [joint_ppgn_h], {quality}, epsilon: {{context: [0, 0.1]}}}}}}")
    assert told == "sweeps.x.epsilon.context: does nothing for 'joint_ppgn_h', which is in no context; leave it out"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targets: [seven]", "unknown target 'seven'; known: 0, 1"),
        ("update: {condition: own_values}, targets: [thik]", "unknown target 'thik'; did you mean 'thick'? known: "),
        ("update: {condition: inpainting}, targets: ['7:1 lef']", "context '7:1 lef': unknown mask 'lef'; did you"),
        ("update: {condition: inpainting}, targets: ['7:900 left']", "context '7:900 left': there is no image of"),
        ("update: {condition: hidden_unit}, targets: [12]", "unknown unit '12'; must be \"unit 1\" for the most"),
        ("update: {condition: {own_class: 1, inpainting: 1}}, targets: [[3, '7:1 left']]",
         "3 + 7:1 left: asks for two different values of 'label'; a chain can have one"),
    ],
)  # fmt: skip
def test_what_is_no_target_on_a_data_set_is_refused_with_its_name(text: str, message: str) -> None:
    told = problem("datasets: {shapes: null}\n" + ablation(text))
    assert told.startswith(f"ablations.x.targets: on digits: {message}")


def test_a_caption_on_a_data_set_without_captions_is_refused() -> None:
    assert "digits" in problem(ablation("update: {condition: caption}"))
