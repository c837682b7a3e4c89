"""Configs that extend each other become one experiment; the configs that we ship are experiments."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import extended, load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.config.sections import Ablation, Box, DatasetSettings, Run, Sweep, UpdateSettings, WorldSettings
from ppgn_bench.metrics import mixing
from ppgn_bench.sampling.variants import VARIANTS
from tests.configs import DEFAULT, load, problem

CONFIG = Path(__file__).parents[2] / "config"
pytestmark = pytest.mark.usefixtures("config_folder")


def test_the_default_alone_is_an_experiment() -> None:
    experiment = load()
    assert (experiment.name, experiment.datasets["shapes"].seeds) == ("main", (3, 5))
    assert (experiment.device, experiment.chunk_size, experiment.metrics) == ("auto", 200, None)
    assert (experiment.checkpoint_minutes, load("checkpoint_minutes: 0").checkpoint_minutes) == (10, 0)
    assert (experiment.datasets["digits"].budget, experiment.sweeps["codes"].mixing.keep_every) == (1, 10)
    assert experiment.sweeps["own"].runs == {"quality": Run(chains_per_target=3, steps=20)}
    assert experiment.sweeps["codes"].runs == {"mixing": Run(chains_per_target=2, steps=30)}


def test_mappings_merge_lists_and_scalars_replace_and_null_removes() -> None:
    resolved = extended(
        {
            "name": "mine",
            "datasets": {"shapes": None, "digits": {"budget": 2}},
            "variants": ["am"],
            "sweeps": {"codes": {"variants": None}},
        }
    )
    assert resolved["name"] == "mine"
    assert resolved["datasets"] == {"digits": {"seeds": 2, "budget": 2}}
    assert resolved["variants"] == ["am"]
    assert resolved["sweeps"]["codes"] == {"mixing": {"chains_per_target": 2, "steps": 30}}
    assert resolved["sweeps"]["own"] == {"quality": {"chains_per_target": 3, "steps": 20, "keep_every": 10}}


def test_a_run_can_be_added_to_a_sweep_and_another_dropped() -> None:
    added = load("sweeps: {own: {mixing: {chains_per_target: 1, steps: 40}}}").sweeps["own"].runs
    assert {name: run.steps for name, run in added.items()} == {"quality": 20, "mixing": 40}
    dropped = load("sweeps: {own: {quality: null, mixing: {chains_per_target: 1, steps: 40}}}").sweeps["own"].runs
    assert list(dropped) == ["mixing"]


def test_a_chain_of_configs_ends_at_the_default(config_folder: Path) -> None:
    (config_folder / "a.yaml").write_text("extends: b.yaml\nname: a\nsweeps: {own: {quality: {steps: 70}}}")
    (config_folder / "b.yaml").write_text("name: b\nsweeps: {own: {quality: {steps: 50, keep_every: 5}}}")
    experiment = load("extends: a.yaml\nchunk_size: 7")
    assert (experiment.name, experiment.chunk_size) == ("a", 7)
    assert experiment.sweeps["own"].runs == {"quality": Run(chains_per_target=3, steps=70, keep_every=5)}


def test_what_a_lower_config_drops_a_higher_one_can_bring_back(config_folder: Path) -> None:
    (config_folder / "a.yaml").write_text("datasets: {shapes: null}")
    assert load("extends: a.yaml\ndatasets: {shapes: {seeds: 1}}").datasets["shapes"].seeds == (0,)


@pytest.mark.parametrize("name", ["config/config.yaml", "./config/../config/config.yaml"])
def test_the_default_may_be_named_as_what_is_extended(name: str) -> None:
    assert load(f"extends: {name}\nname: b").name == "b"


def test_the_default_itself_may_extend_another(config_folder: Path) -> None:
    (config_folder / "base.yaml").write_text("chunk_size: 9")
    (config_folder / "config/config.yaml").write_text(f"extends: base.yaml\n{DEFAULT}")
    assert load().chunk_size == 9


def test_the_config_as_given_is_left_as_it_was() -> None:
    raw: dict[str, Any] = {"extends": "config/config.yaml", "datasets": {"shapes": None}}
    load_experiment(raw)
    assert raw == {"extends": "config/config.yaml", "datasets": {"shapes": None}}


def test_configs_that_extend_each_other_are_refused(config_folder: Path) -> None:
    (config_folder / "a.yaml").write_text("extends: b.yaml")
    (config_folder / "b.yaml").write_text("extends: ./a.yaml")
    assert problem("extends: a.yaml") == "extends: goes in a circle: a.yaml -> b.yaml -> a.yaml"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "extends: a.yaml: no such file"),
        ("[1, 2]", "a.yaml: must hold a mapping"),
        ("a: [1", "a.yaml: not YAML: "),
        ("a: \t1\n\tb: 2", "a.yaml: not YAML: "),
        ("a: \x00", "a.yaml: not YAML: "),
    ],
)
def test_an_extended_file_that_is_no_config_is_named(config_folder: Path, content: str | None, words: str) -> None:
    if content is not None:
        (config_folder / "a.yaml").write_text(content)
    assert problem("extends: a.yaml").startswith(words)


def test_a_missing_default_is_named(config_folder: Path) -> None:
    (config_folder / "config/config.yaml").unlink()
    assert problem("name: x") == "config/config.yaml: this config file is missing"


def test_extends_must_be_a_path() -> None:
    assert problem("extends: [a.yaml]") == "extends: must be the path of a YAML file, got ['a.yaml']"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(CONFIG.parent)
    return CONFIG


@pytest.mark.parametrize("name", ["config", "mnist", "smoke", "full"])
def test_our_configs_are_experiments_of_their_own_name(ours: Path, name: str) -> None:
    experiment = load_experiment(read(ours / f"{name}.yaml"))
    assert experiment.name == {"config": "main"}.get(name, name)
    assert experiment.variants == tuple(VARIANTS)
    released = tuple(name for name in VARIANTS if name.endswith("_released"))
    searched = tuple(name for name in VARIANTS if name not in released)
    assert experiment.sweep_variants("own")[: len(searched)] == searched
    assert experiment.sweep_variants("released") == released
    assert list(experiment.sweeps["own"].runs) == ["quality", "mixing"]


def test_full_is_everything_on_the_data_sets_of_the_default(ours: Path) -> None:
    default, full, taken_apart = (
        load_experiment(read(ours / f"{name}.yaml")) for name in ("config", "full", "ablations")
    )
    assert full.datasets.keys() == default.datasets.keys()
    assert full.ablations == taken_apart.ablations
    assert full.worlds == taken_apart.worlds
    for sweep in taken_apart.sweeps:
        assert set(taken_apart.sweep_variants(sweep)) <= set(full.sweep_variants(sweep))


def test_a_sweep_can_take_over_another_samplers_epsilons() -> None:
    experiment = load("sweeps: {own: {epsilons_of: joint_ppgn_h, epsilon: {noise: [0, 1]}}}")
    for dataset in ("digits", "shapes"):
        joint = experiment.on(dataset, "joint_ppgn_h").epsilon
        expected = [{**joint, "noise": noise} for noise in (0, 1)]
        assert experiment.settings(dataset, "own", "am") == expected


@pytest.mark.parametrize("name", ["config", "mnist", "smoke", "full"])
def test_the_mixing_runs_of_our_configs_have_draws_100_and_500_steps_apart(ours: Path, name: str) -> None:
    runs = [sweep.mixing for sweep in load_experiment(read(ours / f"{name}.yaml")).sweeps.values() if sweep.mixing]
    assert runs
    rng = np.random.default_rng(0)
    of_one = {"targets": np.array([0, 0]), "compared": np.full((1, 2), True)}
    for run in runs:
        steps = np.arange(0, run.steps + 1, run.keep_every)
        chains, real = rng.normal(size=(2, len(steps), 3)), rng.normal(size=(2, 3))
        for distance in (mixing.lagged_distance_100, mixing.lagged_distance_500):
            assert distance(features=chains, steps=steps, real=real, **of_one) > 0


def test_our_ablations_change_what_they_say_and_each_is_sampled(ours: Path) -> None:
    experiment = load_experiment(read(ours / "ablations.yaml"))
    assert set(experiment.ablations) <= {name.partition("+")[0] for name in experiment.samplers}
    published = experiment.samplers["published_weights"].networks["generator"]
    assert published == "joint+weights.gan=100+weights.h1=46+weights.image=0.155"
    levels = experiment.ablated("training_noise")
    assert [entry.networks["generator"] for entry in levels.values()][2] == "joint"


def test_the_smoke_run_is_one_seed_of_digits(ours: Path) -> None:
    experiment = load_experiment(read(ours / "smoke.yaml"))
    assert {name: entry.seeds for name, entry in experiment.datasets.items()} == {"digits": (0,)}


def test_every_key_is_explained_in_the_readme(ours: Path) -> None:
    text = (ours / "README.md").read_text()
    models = (Experiment, DatasetSettings, Ablation, UpdateSettings, Sweep, Box, Run, WorldSettings)
    keys = {"extends"}.union(*(model.model_fields for model in models))
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_what_snakemake_hands_over_as_text_inside_a_key_of_the_command_line_works() -> None:
    experiment = load_experiment({"datasets": {"digits": {"seeds": "2", "budget": "0.5"}, "shapes": "null"}})
    assert experiment.datasets["digits"].seeds == (0, 1)
    assert list(experiment.datasets) == ["digits"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            "nam: x\ndevice: gpu\ndatasets: {digits: {seeds: [1, -1]}}\nsweeps: {own: {quality: {steps: 0}}}",
            ["device: ", "datasets.digits.seeds[1]: ", "sweeps.own.quality.steps: ", "nam: "],
        ),
        (
            "datasets: {digits: {image_size: 18}, leters: {}}",
            ["datasets.leters: unknown data set", "datasets.digits.image_size: must be a multiple of 4, got 18"],
        ),
        (
            "ablations: {x: {of: dgn_am, networks: {generator: {noise.codes: 1}}}}\nsweeps: {own: {variants: [y]}}",
            ["ablations.x.networks.generator.noise.codes: ", "sweeps.own.variants[0]: unknown variant 'y'"],
        ),
        (
            "ablations: {x: {of: jont, epsilon: {prior: 1}}}\nsweeps: {own: {variants: [am, x, x+prior=1, y]}}",
            ["ablations.x.of: unknown variant 'jont'", "sweeps.own.variants[3]: unknown variant 'y'"],
        ),
    ],
)
def test_all_mistakes_of_fields_and_of_parts_are_named_at_once(text: str, keys: list[str]) -> None:
    first, *lines = problem(text).splitlines()
    assert first == f"the config has {len(keys)} problems:"
    assert [line.strip()[: len(key)] for line, key in zip(lines, keys, strict=True)] == keys
