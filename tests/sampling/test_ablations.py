"""Ablations: what a few lines of a config make of a sampler, and what they may not."""

import pytest

from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.workflow import manifest, paths, plan
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")

NOISE = "ablations: {noisy: {of: joint_ppgn_h, networks: {generator: {noise: [0, 0.1, 0.3]}}}}"


def test_a_list_is_an_axis_and_makes_a_sampler_for_each_value() -> None:
    samplers = load(NOISE).samplers
    assert list(samplers)[3:] == ["noisy+noise=0", "noisy+noise=0.1", "noisy+noise=0.3"]
    recipes = [samplers[name].networks["generator"] for name in list(samplers)[3:]]
    assert recipes == ["generator+weights.code=1", "joint", "joint+noise=0.3"]
    assert samplers["noisy+noise=0.3"].epsilon == VARIANTS["joint_ppgn_h"].epsilon
    assert samplers["noisy+noise=0.3"].title == "Joint PPGN-h, noisy, training noise: 0.3"


def test_a_changed_place_or_loss_or_epsilon_is_named_by_words() -> None:
    change = "networks: {generator: {noise.code: [0, 0.1], weights.gan: [0, 2]}}, epsilon: {prior: [0, 1]}"
    samplers = load(f"ablations: {{x: {{of: joint_ppgn_h, title: X, {change}}}}}").samplers
    titles = [entry.title for entry in samplers.values()]
    assert "X, training noise on h: 0, no L_GAN, epsilon prior: 0" in titles
    assert "X, training noise on h: 0.1, weight of L_GAN: 2, epsilon prior: 1" in titles


def test_several_axes_are_crossed_and_single_values_are_just_set() -> None:
    change = "networks: {generator: {noise: [0, 0.1]}}, epsilon: {prior: [0, 1], noise: 0}"
    text = f"ablations: {{x: {{of: joint_ppgn_h, {change}}}}}"
    samplers = load(text).ablated("x")
    assert list(samplers) == [f"x+noise={n}+epsilon_prior={p}" for n in ("0", "0.1") for p in ("0", "1")]
    assert {entry.epsilon["noise"] for entry in samplers.values()} == {0.0}
    (entry,) = manifest.facts(load(text))["ablations"]
    assert entry["axes"] == {"noise": [0.0, 0.1], "epsilon_prior": [0.0, 1.0]}
    assert list(entry["samplers"]) == list(samplers)
    assert entry["samplers"]["x+noise=0.1+epsilon_prior=0"] == {"noise": 0.1, "epsilon_prior": 0.0}


def test_an_ablation_is_sampled_by_every_sweep_or_by_those_that_name_it_or_one_of_its_samplers() -> None:
    assert len(load(NOISE).sweep_variants("own")) == 6
    assert load(NOISE).sweep_variants("codes") == ("dgn_am", "joint_ppgn_h")
    one = load(
        NOISE + "\nsweeps: {codes: {variants: [noisy]}, own: {variants: [am, dgn_am, joint_ppgn_h, noisy+noise=0]}}"
    )
    assert one.sweep_variants("codes") == ("noisy+noise=0", "noisy+noise=0.1", "noisy+noise=0.3")
    assert one.sweep_variants("own")[-1] == "noisy+noise=0"


def test_what_differs_is_trained_and_nothing_else() -> None:
    experiment = load(NOISE)
    assert paths.trained_recipes(experiment, "digits") == [
        "classifier", "generator", "generator+weights.code=1", "joint", "joint+noise=0.3"
    ]  # fmt: skip
    job = plan.training(experiment, "digits", "joint+noise=0.3", 0)
    own = plan.training(experiment, "digits", "joint", 0)
    assert {key for key, value in job if value != getattr(own, key)} == {"name", "noise"}
    assert job.noise == {"image": 0.3, "h1": 0.3, "code": 0.3}
    sampled = paths.sampled_networks(experiment, "digits", "noisy+noise=0.3", 1)
    assert sampled["generator"] == "results/networks/digits/joint+noise=0.3/seed_1.safetensors"


BIAS = "ablations: {x: {of: joint_ppgn_h, networks: {NETWORK: {bias: 0.2}}}}"


def test_what_depends_on_a_changed_classifier_is_trained_with_it_and_nothing_else() -> None:
    experiment = load(BIAS.replace("NETWORK", "classifier"))
    own = {"encoder": "classifier+bias=0.2", "condition": "classifier+bias=0.2", "generator": "joint+encoder.bias=0.2"}
    assert experiment.samplers["x"].networks == own
    assert paths.trained_recipes(experiment, "digits") == [
        "classifier", "classifier+bias=0.2", "generator", "joint", "joint+encoder.bias=0.2"
    ]  # fmt: skip
    needs = paths.needed_networks(experiment, "digits", "joint+encoder.bias=0.2", 1)
    assert needs == {"encoder": "results/networks/digits/classifier+bias=0.2/seed_1.safetensors"}
    assert plan.training(experiment, "digits", "classifier+bias=0.2", 0).options["bias"] == 0.2
    assert plan.training(experiment, "digits", "joint+encoder.bias=0.2", 0).recipe == "joint"


def test_another_condition_leaves_generator_and_encoder_alone_and_another_encoder_the_condition() -> None:
    condition = load(BIAS.replace("NETWORK", "condition")).samplers["x"].networks
    assert condition == {"encoder": "classifier", "condition": "classifier+bias=0.2", "generator": "joint"}
    encoder = load(BIAS.replace("NETWORK", "encoder")).samplers["x"].networks
    assert encoder == {"encoder": "classifier+bias=0.2", "condition": "classifier",
                       "generator": "joint+encoder.bias=0.2"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{of: joint}", "ablations.x.of: unknown variant 'joint'; did you mean 'joint_ppgn_h'?"),
        ("{of: am}", "ablations.x.networks: nothing is changed"),
        ("{of: am, networks: {generator: {noise: 1}}}", "ablations.x.networks.generator: AM, no prior has no such"),
        ("{of: am, networks: {classifier: {noise: 1}}}", "ablations.x.networks.classifier.noise: the recipe of"),
        ("{of: am, networks: {classifier: {bais: 1}}}", "ablations.x.networks.classifier.bais: the recipe of"),
        ("{of: am, networks: {classifier: {widths: 8}}}", "ablations.x.networks.classifier.widths: must be a list of"),
        ("{of: am, networks: {classifier: {code_size: 1.5}}}", "ablations.x.networks.classifier.code_size: must be a"),
        ("{of: am, networks: {classifier: {architecture: judgge}}}",
         "ablations.x.networks.classifier.architecture: unknown architecture 'judgge'; did you mean 'judge'?"),
        ("{of: am, networks: {condition: {widths: [[8], [8, 16]]}}}",
         "ablations.x.networks.condition.widths: only numbers are an axis"),
        ("{of: am, networks: {classifier: {architecture: judge}}}",
         "ablations.x.networks.classifier.architecture: 'judge' gives judgement, and the recipe classifier C ="),
        ("{of: am, networks: {classifier: {budget: 0}}}", "ablations.x.networks.classifier.budget: the recipe of"),
        ("{of: am, networks: {classifier: {wdiths: [[8]]}}}", "ablations.x.networks.classifier.wdiths: the recipe of"),
        ("{of: am, networks: {classifier: {widths: [[0]]}}}", "ablations.x.networks.classifier.widths: must be great"),
        ("{of: dgn_am, networks: {generator: {encoder.widths: 5}}}",
         "ablations.x.networks.generator.encoder.widths: must be a list of numbers"),
        ("{of: joint_ppgn_h, networks: {condition: {bias: [0, 1]}, encoder: {bias: [0, 1]}}}",
         "ablations.x.networks: two axes are called bias"),
        ("{of: am, networks: {condition: {architecture: ../x}}}",
         "ablations.x.networks.condition.architecture[0]: a file of weights ends with"),
        ("{of: dgn_am, networks: {generator: {noize: 1}}}", "ablations.x.networks.generator.noize: the recipe of"),
        ("{of: dgn_am, networks: {generator: {iterations: 0}}}", "ablations.x.networks.generator.iterations: must be"),
        ("{of: dgn_am, networks: {generator: {batch_size: 1.5}}}", "ablations.x.networks.generator.batch_size: must"),
        ("{of: dgn_am, networks: {generator: {noise: []}}}", "ablations.x.networks.generator.noise: must not be empty"),
        ("{of: dgn_am, networks: {generator: {noise: [1, 1]}}}", "ablations.x.networks.generator.noise: names 1.0"),
        ("{of: dgn_am, networks: {generator: {noise: -1}}}", "ablations.x.networks.generator.noise: must be"),
        ("{of: dgn_am, epsilon: {prio: 1}}", "ablations.x.epsilon.prio: unknown term 'prio'"),
        ("{of: dgn_am, steps: 1}", "ablations.x.steps: unknown key"),
        ("{of: dgn_am, update: 1}", "ablations.x.update: must be a mapping"),
        ("{of: dgn_am, update: {normalize: 1}}", "ablations.x.update.normalize: unknown key; did you mean 'normalise'"),
        ("{of: dgn_am, update: {normalise: yes}}", "ablations.x.update.normalise: must be a number, got True"),
        ("{of: dgn_am, update: {normalise: 0}}", "ablations.x.update.normalise: must be above 0"),
        ("{of: dgn_am, update: {normalise: 1, noise_inside: 1}}", "ablations.x.update.noise_inside: must be true or f"),
        ("{of: dgn_am, update: {noise_inside: true}}", "ablations.x.update.noise_inside: does nothing without"),
        ("{of: dgn_am, update: {lr_end: 1}}", "ablations.x.update.lr_end: does nothing without update.normalise"),
        ("{of: dgn_am, update: {bounds: 30}}", "ablations.x.update.bounds: must be two numbers, [low, high], got 30"),
        ("{of: dgn_am, update: {bounds: [0, 30, 1]}}", "ablations.x.update.bounds: must be two numbers"),
        ("{of: dgn_am, update: {bounds: [3, 0]}}", "ablations.x.update.bounds: must rise, [low, high], got [3, 0]"),
        ("{of: dgn_am, update: {bounds: [0, .inf]}}", "ablations.x.update.bounds[1]: must be finite"),
        ("{of: am, update: {bounds: [0, 30]}}", "ablations.x.update.bounds: is for samplers that walk in codes"),
        ("{of: am, update: {start: normal}}", "ablations.x.update.start: is for samplers that walk in codes"),
        ("{of: dgn_am, update: {start: grey}}", "ablations.x.update.start: unknown start 'grey'; known: rectified"),
        ("{of: dgn_am, update: {condition: logit}}", "ablations.x.update.condition: unknown condition 'logit'; did"),
        ("{of: dgn_am, update: {resets: 0}}", "ablations.x.update.resets: must be at least 1"),
        ("{of: dgn_am, update: {resets: 1.5}}", "ablations.x.update.resets: must be a whole number"),
        ("{of: joint_ppgn_h, update: {redraw_prior: [0, 1]}}", "ablations.x.update.redraw_prior: does nothing witho"),
        ("{of: dgn_am, update: {resets: 9, redraw_prior: [0, 1]}}", "ablations.x.update.redraw_prior: does nothing,"),
        ("{of: joint_ppgn_h, update: {resets: 9, redraw_prior: [-1, 1]}}", "ablations.x.update.redraw_prior[0]: must"),
        ("{of: dgn_am, update: {select: 1}}", "ablations.x.update.select: must be below 1"),
        ("{of: dgn_am, ladder: a, epsilon: {noise: [0, 1]}}", "ablations.x.ladder: a rung is one sampler, and epsilon"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_is_refused_by_its_key(text: str, message: str) -> None:
    assert problem(f"ablations: {{x: {text}}}").startswith(message)


LADDER = """
ablations:
  step: {of: joint_ppgn_h, ladder: up, title: "Joint PPGN-h, + step", update: &step {normalise: 1}}
  clip: {of: joint_ppgn_h, ladder: up, epsilon: {prior: 1e-5}, update: {<<: *step, bounds: [0, 30]}}
"""


def test_an_update_sets_its_switches_and_leaves_all_else() -> None:
    samplers, plain = load(LADDER).samplers, VARIANTS["joint_ppgn_h"]
    assert vars(samplers["step"].update) == vars(plain.update) | {"normalise": 1.0}
    assert (samplers["step"].bounds, samplers["step"].epsilon) == (plain.bounds, plain.epsilon)
    assert samplers["clip"].update == samplers["step"].update
    assert (samplers["clip"].bounds, samplers["clip"].epsilon["prior"]) == ((0.0, 30.0), 1e-5)
    assert samplers["clip"].networks == plain.networks


def test_the_rungs_of_a_ladder_and_what_they_switch_are_in_the_manifest() -> None:
    facts = manifest.facts(load(LADDER))
    assert [(entry["name"], entry["ladder"]) for entry in facts["ablations"]] == [("step", "up"), ("clip", "up")]
    switches = {entry["key"]: entry["update"] for entry in facts["variants"]}
    assert switches == {"am": {}, "dgn_am": {}, "joint_ppgn_h": {}, "step": {"normalise": 1.0},
                        "clip": {"normalise": 1.0, "bounds": (0.0, 30.0)}}  # fmt: skip


def test_rungs_of_one_ladder_start_from_one_sampler() -> None:
    words = "ablations.x.ladder: 'up' starts from joint_ppgn_h, and this is one of dgn_am"
    assert problem(LADDER + "  x: {of: dgn_am, ladder: up, update: {resets: 9}}") == words


def test_what_an_update_names_is_part_of_the_code_that_its_sampling_depends_on() -> None:
    text = "ablations: {x: {of: dgn_am, update: {start: normal}}, y: {of: dgn_am, update: {condition: target_only}}, " \
           "z: {of: dgn_am, update: {normalise: 1}}}"  # fmt: skip
    experiment = load(text)
    codes = {name: plan.code(plan.sampling(experiment, "digits", "own", name, 0)) for name in ("dgn_am", "x", "y", "z")}
    assert codes["z"] == codes["dgn_am"]  # `chains` names both steps itself
    assert len({codes["dgn_am"], codes["x"], codes["y"]}) == 3


def test_an_ablation_has_a_name_of_its_own_and_is_sampled() -> None:
    change = "{of: dgn_am, epsilon: {noise: 1}}"
    assert problem(f"ablations: {{am: {change}}}") == "ablations.am: the name of a variant"
    assert problem(f"ablations: {{a+b: {change}}}") == "ablations.a+b: has a +"
    nowhere = f"ablations: {{x: {change}}}\nsweeps: {{own: {{variants: [am, dgn_am, joint_ppgn_h]}}}}"
    assert problem(nowhere) == "ablations.x: no sweep samples it: none names it, or those that do leave it out"


def test_a_sweep_may_measure_fewer_metrics_than_the_experiment() -> None:
    experiment = load("sweeps: {codes: {metrics: [r_hat]}}\nmetrics: [r_hat, precision]")
    assert list(plan.measuring(experiment, "digits", "codes").metrics) == ["r_hat"]
    for sweep in ("own", None):
        assert [*plan.measuring(experiment, "digits", sweep).metrics] == ["precision", "r_hat"]
