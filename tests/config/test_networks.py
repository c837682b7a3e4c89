"""Networks of a data set: what a config says of recipes there, and what it may not."""

import pytest

from ppgn_bench.workflow import paths, plan
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")

BIAS = "ablations: {x: {of: joint_ppgn_h, networks: {classifier: {bias: 0.2}}}}"


def test_a_data_set_may_have_networks_of_its_own_and_the_others_keep_theirs() -> None:
    experiment = load(
        BIAS
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
    ablated = paths.sampled_networks(experiment, "digits", "x", 0)  # the ablation's own bias counts more
    assert ablated["condition"] == "results/networks/digits/classifier+bias=0.2+widths=8,16/seed_0.safetensors"
    shapes = paths.sampled_networks(experiment, "shapes", "dgn_am", 3)
    assert shapes["condition"] == "results/networks/shapes/classifier/seed_3.safetensors"


EVERY = "variants: [am, ppgn_x, dgn_am, ppgn_h, joint_ppgn_h, vae_gan]"


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
        ("{classifier: {batch_size: 1}}", "classifier.batch_size: must be at least 2 with these options, got 1"),
        ("{judge: {widths: [8, 8, 8, 8, 8, 8]}}", "judge.widths: 6 layers leave nothing of 16 pixels a side"),
        ("{image_denoiser: {widths: [24]}}", "image_denoiser.widths: must have more numbers, got (24.0,)"),
        ("{code_denoiser: {widths: [0.001]}}", "code_denoiser.widths: 0.001 of 64 units is none"),
        ("{generator: {encoder.crop: 999}}", "classifier.crop: must be at most the images' 16 pixels, got 999"),
        ("{generator: {encoder.widths: 5}}", "generator.encoder.widths: must be a list of numbers"),
        (
            "{generator: {encoder.code_size: 32}, code_denoiser: {iterations: 9}}",
            ": codes of the generator have 32 units",
        ),
        ("{vae_gan: {weights.gan: 0}}", "vae_gan.weights: without gan there is no discriminator, and features is what"),
        ("{vae_gan: {weights.gan: 0, weights.features: 0}}", "vae_gan.weights: no loss is left that trains"),
        ("{generator: {weights.gan: 0, weights.image: 0, weights.h1: 0}}", "generator.weights: no loss is left that"),
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


@pytest.mark.parametrize(("budget", "too_long"), [("1", False), ("0.123456789", True)])
def test_a_budget_is_part_of_a_name_that_may_be_too_long(budget: str, too_long: bool) -> None:
    networks = f"{{classifier: {{widths: [{', '.join('1' * 110)}]}}}}"  # a name of 237 characters
    said = problem(f"datasets: {{digits: {{budget: {budget}, networks: {networks}}}}}\n{EVERY}")
    told = "datasets.digits.networks.classifier: so much differs that its folder's name would have 25"
    assert (told in said) == too_long
