"""Which classes a config chooses, how they are dealt out to seeds, and what is refused."""

from pathlib import Path

import pytest

from ppgn_bench.config.classes import chosen
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.data.table import DATASETS
from ppgn_bench.workflow import plan
from tests.configs import load, problem
from tests.conftest import ROOT

pytest.importorskip("efficientnet_lite_pytorch")  # of the extra imagenet, as are weights and photographs

IMAGENET = DATASETS["imagenet"]


@pytest.fixture
def experiment(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.chdir(ROOT)
    return load_experiment(read(Path("config/imagenet_am.yaml")))


def of_imagenet(more: str) -> str:
    datasets = f"{{digits: null, shapes: null, imagenet: {{{more}}}}}"
    return f"{{datasets: {datasets}, chunk_size: 9, variants: [am], sweeps: {{codes: null}}}}"


def test_a_number_of_classes_is_drawn_in_an_order_that_never_changes() -> None:
    assert chosen(IMAGENET, 3) == chosen(IMAGENET, 40)[:3]
    assert len(set(chosen(IMAGENET, 40))) == 40
    assert sorted(chosen(IMAGENET, "all")) == list(range(1000))
    assert [IMAGENET.class_names[label] for label in chosen(IMAGENET, 2)] == ["frilled lizard", "analog clock"]


def test_classes_by_name_are_these_in_their_order() -> None:
    assert chosen(IMAGENET, ("toilet tissue", "tench")) == [999, 0]


def test_seeds_of_pretrained_networks_share_the_classes_out_and_every_sampler_has_the_same(
    experiment: Experiment,
) -> None:
    dealt = [[target.label for target in experiment.targets("imagenet", "am", seed)] for seed in range(8)]
    assert {len(labels) for labels in dealt} == {5}
    assert sorted(label for labels in dealt for label in labels) == sorted(chosen(IMAGENET, 40))
    assert dealt == [[target.label for target in experiment.targets("imagenet", "am_tv", seed)] for seed in range(8)]
    assert plan.sampling(experiment, "imagenet", "own", "am", 3).targets == experiment.targets("imagenet", "am", 3)


def test_the_searchs_classes_are_none_of_those_that_verdicts_use(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = load_experiment(read(Path("config/imagenet_search.yaml")))
    labels = [target.label for seed in (100, 101, 102) for target in search.targets("imagenet", "am", seed)]
    assert labels == chosen(IMAGENET, "all")[-3:]
    assert not {*labels} & {*chosen(IMAGENET, 40)}


@pytest.mark.usefixtures("config_folder")
def test_where_networks_are_trained_every_seed_has_all_chosen_classes() -> None:
    experiment = load("{datasets: {digits: {classes: ['7', '3']}, shapes: {classes: 4}}}")
    for seed in (0, 1):
        assert [target.name for target in experiment.targets("digits", "am", seed)] == ["7", "3"]
    assert len(experiment.targets("shapes", "am")) == 4


@pytest.mark.usefixtures("config_folder")
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "classes: [tench, golden retreiver]",
            "classes[1]: unknown class 'golden retreiver'; the nearest: golden retriever",
        ),
        ("classes: [Tench], seeds: 1", "classes[0]: unknown class 'Tench'; the nearest: tench"),
        ("classes: [tench, tench]", "classes: names 'tench' twice"),
        ("classes: []", "classes: must not be empty"),
        ("classes: 1001", "classes: must be at most 1000, got 1001"),
        ("classes: 2, seeds: 3", "classes: each of the 3 seeds needs one of its own, and there are 2"),
        ("classes: 0", "classes: must be a number of classes, a list of their names or all, got 0"),
        ("classes: some", "classes: must be a number of classes, a list of their names or all, got 'some'"),
    ],
)
def test_classes_that_there_are_not_are_refused_with_the_nearest(said: str, words: str) -> None:
    assert f"datasets.imagenet.{words}" in problem(of_imagenet(said))


@pytest.mark.usefixtures("config_folder")
def test_samples_cannot_be_compared_with_training_images_that_there_are_not() -> None:
    said = problem(of_imagenet("seeds: 2, classes: 2")[:-1] + ", real: train}")
    assert "real: must be reference, since imagenet has no training images, got train" in said


@pytest.mark.usefixtures("config_folder")
def test_a_target_of_a_wrong_name_gets_the_nearest_and_not_a_thousand() -> None:
    config = of_imagenet("seeds: 2")[:-1] + ", ablations: {mine: {of: am, targets: [tenhc], epsilon: {condition: 1}}}}"
    said = problem(config)
    assert "unknown target 'tenhc'; the nearest: tench" in said
    assert len(said) < 300
