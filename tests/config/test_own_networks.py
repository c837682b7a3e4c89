"""A config that names a class of the user's own: recipes, jobs, folders, fingerprints, and what is refused."""

import re
from pathlib import Path

import pytest

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.training.changes import name_of, named, title_of
from ppgn_bench.workflow import paths, plan
from tests.configs import load, problem
from tests.conftest import ROOT
from tests.own_networks import RUNS, write

RECIPE = "classifier+architecture=nets%2Fmine.py%3AEncoder+width=6"


@pytest.fixture(autouse=True)
def nets(config_folder: Path) -> Path:
    """A working directory with a file of networks, which nothing here may run."""
    write(config_folder, after=RUNS, name="nets/mine.py")
    return config_folder / "nets" / "mine.py"


def with_own(options: str = "width: 6", architecture: str = "nets/mine.py:Encoder", rest: str = "") -> str:
    own = f"{{classifier: {{architecture: '{architecture}', {options}}}}}"
    return f"datasets: {{digits: {{networks: {own}}}}}\n{rest}"


def test_its_networks_have_folders_that_name_the_file_and_are_read_back(nets: Path) -> None:
    sampled = paths.sampled_networks(load(with_own()), "digits", "joint_ppgn_h", 0)
    assert sampled["condition"] == sampled["encoder"] == f"results/networks/digits/{RECIPE}/seed_0.safetensors"
    joint = "joint+encoder.architecture=nets%2Fmine.py%3AEncoder+encoder.width=6"
    assert sampled["generator"] == f"results/networks/digits/{joint}/seed_0.safetensors"
    for name in (RECIPE, joint):
        assert name_of(named(name)) == name
        (wildcard,) = re.findall(r'recipe=r"(.*)",', (ROOT / "Snakefile").read_text())
        assert re.fullmatch(wildcard, name)
    assert named(joint).needs == {"encoder": RECIPE}
    assert title_of(RECIPE) == "classifier C = encoder E, architecture: nets/mine.py:Encoder, width: 6"


def test_jobs_name_its_class_and_its_options(nets: Path) -> None:
    experiment = load(with_own())
    job = plan.training(experiment, "digits", RECIPE, 0)
    assert (job.network, job.options) == (Name("nets/mine.py:Encoder"), {"code_size": 12, "width": 6})
    assert job.sizes.code_size == 12
    joint = experiment.on("digits", "joint_ppgn_h").networks["generator"]
    generator = plan.training(experiment, "digits", joint, 0)
    assert (generator.needs, generator.sizes.code_size) == ({"encoder": job.network}, 12)
    sampling = plan.sampling(experiment, "digits", "own", "joint_ppgn_h", 0)
    assert sampling.networks["encoder"] == sampling.networks["condition"] == job.network
    assert sampling.state_shape == (12,)


@pytest.mark.parametrize("path", ["./nets/mine.py", "nets//mine.py", "nets/../nets/mine.py"])
def test_one_file_has_one_name(path: str) -> None:
    assert load(with_own(architecture=f"{path}:Encoder")).recipe("digits", "classifier") == RECIPE


def test_a_file_may_lie_anywhere_with_any_characters_in_its_path(nets: Path) -> None:
    odd = nets.parent / "a+b=c, d%2F'e.py"
    odd.write_text(nets.read_text())
    text = f'datasets: {{digits: {{networks: {{classifier: {{architecture: "{odd}:Encoder"}}}}}}}}'
    recipe = load(text).recipe("digits", "classifier")
    assert "/" not in recipe
    assert recipe.count("+") == 1
    assert named(recipe).architecture == f"{odd}:Encoder"
    assert name_of(named(recipe)) == recipe


def test_an_ablation_may_exchange_the_encoder_of_one_sampler(nets: Path) -> None:
    own = "ablations: {mine: {of: joint_ppgn_h, networks: {encoder: {architecture: nets/mine.py:Encoder}}}}"
    experiment = load(own)
    networks = experiment.on("digits", "mine").networks
    assert networks["encoder"] == "classifier+architecture=nets%2Fmine.py%3AEncoder"
    assert experiment.on("digits", "joint_ppgn_h").networks["encoder"] == "classifier"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            with_own(architecture="nets/gone.py:Encoder"),
            ".architecture: nets/gone.py: there is no such file (paths start",
        ),
        (
            with_own(architecture="nets/mine.py:Encodr"),
            ".architecture: nets/mine.py: has no class 'Encodr'; did you mean",
        ),
        (with_own(architecture="nets/mine.py"), '.architecture: must be "file.py:Class" for a network of'),
        (with_own("code_size: 0"), ".code_size: must be greater than or equal to 1, got 0.0"),
        (with_own("width: 2.5"), ".width: must be a valid integer"),
        (
            with_own("widht: 2"),
            ".widht: the recipe of classifier C = encoder E, architecture: nets/mine.py:Encoder has no such",
        ),
        (with_own("batch_size: 1"), ".batch_size: must be at least 2 with these options, got 1"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key_before_anything_runs(text: str, message: str) -> None:
    assert problem(text).startswith(f"datasets.digits.networks.classifier{message}")


def test_only_what_gives_a_code_can_be_a_class_of_the_users_own() -> None:
    said = problem("datasets: {digits: {networks: {generator: {architecture: 'nets/mine.py:Encoder'}}}}")
    assert said == (
        "datasets.digits.networks.generator.architecture: 'nets/mine.py:Encoder' gives activations, and the recipe "
        "generator G (noiseless) needs image"
    )


def codes(experiment: Experiment) -> dict[str, str]:
    """Fingerprints of the jobs that know the class, and of one that does not."""
    joint = experiment.on("digits", "joint_ppgn_h").networks["generator"]
    return {
        "classifier": plan.code(plan.training(experiment, "digits", RECIPE, 0)),
        "generator": plan.code(plan.training(experiment, "digits", joint, 0)),
        "chains": plan.code(plan.sampling(experiment, "digits", "own", "joint_ppgn_h", 0)),
        "judge": plan.code(plan.training(experiment, "digits", "judge", 0)),
    }


def test_an_edit_of_the_file_runs_again_what_depends_on_it_and_a_comment_nothing(nets: Path) -> None:
    def edited(old: str, new: str) -> dict[str, str]:
        text = nets.read_text()
        assert old in text
        nets.write_text(text.replace(old, new))
        plan._fingerprint.cache_clear()
        return codes(load(with_own()))

    plan._fingerprint.cache_clear()
    before = codes(load(with_own()))
    assert edited("# half the side", "# a half\n# of the side") == before
    assert edited('"""Images -> h1 -> code."""', '"""Images to codes."""') == before
    after = edited("stride=2", "stride=3")
    assert [job for job in before if after[job] != before[job]] == ["classifier", "generator", "chains"]


def test_what_wraps_the_class_is_a_root_of_the_jobs_that_name_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(plan, "_fingerprint", lambda roots, own: str(asked.append((roots, own))))
    experiment = load(with_own())
    plan.code(plan.training(experiment, "digits", RECIPE, 0))
    plan.code(plan.training(experiment, "digits", "judge", 0))
    assert [("networks.own:wrapped" in roots, own) for roots, own in asked] == [(True, ("nets/mine.py",)), (False, ())]


def test_a_recipe_whose_file_has_gone_is_one_message(nets: Path) -> None:
    named.cache_clear()
    nets.unlink()
    with pytest.raises(UserError, match=r"architecture: nets/mine.py: there is no such file"):
        named(RECIPE)
