"""Ablations: what a few lines of a config make of a sampler, and what they may not."""

from dataclasses import replace
from typing import Any

import pytest

from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.training.changes import changed, name_of, named
from ppgn_bench.training.recipes import RECIPES
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
        "judge", "classifier", "generator", "generator+weights.code=1", "joint", "joint+noise=0.3"
    ]  # fmt: skip
    job = plan.training(experiment, "digits", "joint+noise=0.3", 0)
    own = plan.training(experiment, "digits", "joint", 0)
    assert {key for key, value in job if value != getattr(own, key)} == {"name", "noise"}
    assert job.noise == {"image": 0.3, "h1": 0.3, "code": 0.3}
    sampled = paths.sampled_networks(experiment, "digits", "noisy+noise=0.3", 1)
    assert sampled["generator"] == "results/networks/digits/joint+noise=0.3/seed_1.safetensors"


@pytest.mark.parametrize(
    ("base", "changes", "name"),
    [
        ("joint", {"noise": 0.1}, "joint"),
        ("joint", {"noise": 0.2}, "joint+noise=0.2"),
        ("joint", {"noise": 0.0, "weights.code": 0.0}, "generator"),
        ("generator", {"weights.code": 1.0, "noise": 0.1}, "joint"),
        ("joint", {"noise.h1": 0.0}, "joint+noise.h1=0"),
        ("joint", {"weights.gan": 0.0, "iterations": 10.0}, "joint+iterations=10+weights.gan=0"),
        ("code_denoiser", {"noise": 0.5, "learning_rate": 1e-4}, "code_denoiser+learning_rate=0.0001+noise=0.5"),
        ("joint", {"iterations": 2e6}, "joint+iterations=2000000"),
        ("classifier", {"bias": 0.2}, "classifier+bias=0.2"),
        ("classifier", {"bias": 1.0}, "classifier"),  # the default
        ("classifier", {"widths": (8.0,)}, "classifier+widths=8,"),
        ("joint", {"encoder.bias": 0.2, "rival.widths": (8.0, 16.0)}, "joint+encoder.bias=0.2+rival.widths=8,16"),
        ("joint", {"encoder.bias": 1.0}, "joint"),
        ("judge", {"features": 8.0}, "judge+features=8"),
    ],
)
def test_equal_recipes_have_one_name_and_a_name_is_its_recipe(base: str, changes: dict[str, Any], name: str) -> None:
    recipe = RECIPES[base]
    for key, value in changes.items():
        recipe = changed(recipe, key, value)
    assert name_of(recipe) == name
    assert name_of(named(name)) == name
    assert (named(name).weights, named(name).noise) == (recipe.weights, recipe.noise)
    assert (named(name).needs, named(name).iterations) == (recipe.needs, recipe.iterations)


BIAS = "ablations: {x: {of: joint_ppgn_h, networks: {NETWORK: {bias: 0.2}}}}"


def test_what_depends_on_a_changed_classifier_is_trained_with_it_and_nothing_else() -> None:
    experiment = load(BIAS.replace("NETWORK", "classifier"))
    own = {"encoder": "classifier+bias=0.2", "condition": "classifier+bias=0.2", "generator": "joint+encoder.bias=0.2"}
    assert experiment.samplers["x"].networks == own
    assert paths.trained_recipes(experiment, "digits") == [
        "judge", "classifier", "classifier+bias=0.2", "generator", "joint", "joint+encoder.bias=0.2"
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


def test_a_data_set_may_have_networks_of_its_own_and_the_others_keep_theirs() -> None:
    experiment = load(
        BIAS.replace("NETWORK", "classifier")
        + """
datasets: {digits: {networks: {classifier: {bias: 0.5, widths: [8, 16]}, generator: {rival.hidden: 32}}}}
"""
    )
    classifier = "classifier+bias=0.5+widths=8,16"
    sampled = paths.sampled_networks(experiment, "digits", "dgn_am", 0)
    generator = "generator+encoder.bias=0.5+encoder.widths=8,16+rival.hidden=32"
    assert sampled == {
        "condition": f"results/networks/digits/{classifier}/seed_0.safetensors",
        "generator": f"results/networks/digits/{generator}/seed_0.safetensors",
    }
    job = plan.training(experiment, "digits", generator, 0)
    assert job.rival is not None
    assert job.rival.options["hidden"] == 32
    assert plan.training(experiment, "digits", classifier, 0).options["widths"] == (8, 16)
    assert paths.judges(experiment, "digits")["judge"] == "results/networks/digits/judge/seed_0.safetensors"
    ablated = paths.sampled_networks(experiment, "digits", "x", 0)  # the ablation's own bias counts more
    assert ablated["condition"] == "results/networks/digits/classifier+bias=0.2+widths=8,16/seed_0.safetensors"
    shapes = paths.sampled_networks(experiment, "shapes", "dgn_am", 3)
    assert shapes["condition"] == "results/networks/shapes/classifier/seed_3.safetensors"


EVERY = "variants: [am, ppgn_x, dgn_am, ppgn_h, joint_ppgn_h]"


def test_a_data_sets_networks_come_first_and_an_ablation_changes_those() -> None:
    """Whatever the table's value: a setting of the data set must not come back where an ablation says otherwise."""
    experiment = load("""
datasets: {digits: {networks: {joint: {noise: 0.2, hidden: 512}, classifier: {bias: 0.5}}}}
ablations:
  noise: {of: joint_ppgn_h, networks: {generator: {noise: [0, 0.1, 0.2]}}}
  bias: {of: joint_ppgn_h, networks: {classifier: {bias: [0.2, 1]}}}
""")
    assert (
        experiment.on("digits", "joint_ppgn_h").networks["generator"] == "joint+encoder.bias=0.5+hidden=512+noise=0.2"
    )
    jobs = {}
    for name in ("noise+noise=0", "noise+noise=0.1", "noise+noise=0.2", "bias+bias=0.2", "bias+bias=1"):
        networks = experiment.on("digits", name).networks
        jobs[name] = plan.training(experiment, "digits", networks["generator"], 0)
        assert jobs[name].options["hidden"] == 512
        bias = plan.training(experiment, "digits", networks["condition"], 0).options["bias"]
        assert bias == (float(name.partition("=")[2]) if name.startswith("bias") else 0.5)
    assert [jobs[f"noise+noise={level}"].noise["h1"] for level in ("0", "0.1", "0.2")] == [0, 0.1, 0.2]


def test_a_recipe_that_differs_in_what_has_no_name_keeps_its_own() -> None:
    for other in (
        replace(RECIPES["classifier"], after=None),
        replace(RECIPES["joint"], needs={"encoder": "judge"}),
        replace(RECIPES["joint"], rival=replace(RECIPES["joint"].rival, every=5)),
    ):
        with pytest.raises(ValueError, match="min"):
            name_of(other)  # no entry of the table is of its kind


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ("{classfier: {bias: 1}}", "classfier: unknown recipe 'classfier'; did you mean 'classifier'?"),
        ("{classifier: {bais: 1}}", "classifier.bais: the recipe of classifier C = encoder E has no such number or op"),
        ("{classifier: {widths: [many]}}", "classifier.widths: must be a number, got 'many'"),
        ("{classifier: {crop: 400}}", "classifier.crop: must be at most the images' 16 pixels, got 400"),
        ("{classifier: {mean: [0.1, 0.2]}}", "classifier.mean: must be one number or 1, one a channel, got 2"),
        ("{generator: {rival.widths: 3}}", "generator.rival.widths: must be a list of numbers, got 3.0"),
        ("{generator: {widths: [1, 2, 3, 4, 5]}}", "image_size: must be a multiple of 32, got 16"),
        ("{classifier: {code_size: 0}}", "classifier.code_size: must be greater than or equal to 1, got 0.0"),
        ("{classifier: {dropout: 1.5}}", "classifier.dropout: must be less than 1, got 1.5"),
        ("{classifier: {crop: 3, widths: []}}", "classifier.widths: 0 layers do not suit 3 pixels a side"),
        ("{judge: {widths: []}}", "judge.widths: Tuple should have at least 1 item"),
        ("{judge: {widths: [8, 8, 8, 8, 8, 8]}}", "judge.widths: 6 layers leave nothing of 16 pixels a side"),
        ("{image_denoiser: {widths: [24]}}", "image_denoiser.widths: must have more numbers, got (24.0,)"),
        ("{code_denoiser: {widths: [0.001]}}", "code_denoiser.widths: 0.001 of 64 units is none"),
        ("{generator: {encoder.crop: 999}}", "classifier.crop: must be at most the images' 16 pixels, got 999"),
        ("{generator: {encoder.widths: 5}}", "generator.encoder.widths: must be a list of numbers"),
        (
            "{generator: {encoder.code_size: 32}, code_denoiser: {iterations: 9}}",
            ": codes of the generator have 32 units",
        ),
        (
            "{classifier: {widths: [" + "1, " * 120 + "1]}}",
            "classifier: so much differs that its folder's name would have",
        ),
    ],
)
def test_what_a_data_sets_networks_cannot_be_told_is_refused_by_its_key(networks: str, message: str) -> None:
    said = problem(f"datasets: {{digits: {{networks: {networks}}}}}\n{EVERY}")
    place = "datasets.digits.networks" + ("" if message.startswith(":") else ".")
    wanted = f"datasets.digits.{message}" if message.startswith("image_size") else place + message
    assert any(line.strip().startswith(wanted) for line in said.splitlines())
    assert len(said.splitlines()) == 1 or said.startswith("the config has")


def test_a_weight_of_zero_drops_the_loss() -> None:
    assert "gan" not in named("joint+weights.gan=0").weights


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
         "ablations.x.networks.condition.architecture[0]: must be a number"),
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
    assert problem(nowhere) == "ablations.x: is in the variants of no sweep"


def test_a_sweep_may_measure_fewer_metrics_than_the_experiment() -> None:
    experiment = load("sweeps: {codes: {metrics: [r_hat]}}\nmetrics: [r_hat, precision]")
    assert list(plan.measuring(experiment, "digits", "codes").metrics) == ["r_hat"]
    for sweep in ("own", None):
        assert [*plan.measuring(experiment, "digits", sweep).metrics] == ["precision", "r_hat"]
