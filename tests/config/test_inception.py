"""The key `inception` of a config: what it asks the metrics for, and what is refused."""

from pathlib import Path

import pytest

from ppgn_bench.metrics.of_inception import OF_INCEPTION
from ppgn_bench.workflow import paths, plan
from tests.configs import load, problem

pytestmark = pytest.mark.usefixtures("config_folder")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    (tmp_path / "weights.pth").write_bytes(b"")
    return tmp_path / "weights.pth"


def test_without_weights_no_metric_of_inception_is_asked_for() -> None:
    job = plan.measuring(load(), "digits", "own", "am")
    assert not job.metrics.keys() & OF_INCEPTION.keys()
    assert job.inception == ""
    assert paths.inception(load()) == {}


def test_with_weights_all_its_metrics_are_asked_for_and_the_file_is_an_input(weights: Path) -> None:
    experiment = load(f"inception: {{weights: {weights}}}")
    job = plan.measuring(experiment, "digits", "own", "am")
    assert job.metrics.keys() >= OF_INCEPTION.keys()
    assert job.inception == str(weights)
    assert paths.inception(experiment) == {"inception": str(weights)}
    assert plan.measuring_controls(experiment, "digits").inception == str(weights)


def test_weights_that_are_downloaded_are_no_input() -> None:
    experiment = load("inception: {weights: download}")
    assert paths.inception(experiment) == {}
    assert plan.measuring(experiment, "digits").inception == "download"


def test_one_of_its_metrics_brings_all_since_the_hash_of_the_file_decides_which_there_are(weights: Path) -> None:
    experiment = load(f"inception: {{weights: {weights}}}\nmetrics: [coverage, fid]")
    assert plan.measuring(experiment, "digits").metrics.keys() == {"coverage", *OF_INCEPTION}


def test_a_sweep_without_its_metrics_needs_no_weights(weights: Path) -> None:
    experiment = load(f"inception: {{weights: {weights}}}\nsweeps: {{own: {{metrics: [coverage]}}}}")
    job = plan.measuring(experiment, "digits", "own", "am")
    assert (job.inception, [*job.metrics]) == ("", ["coverage"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "inception: {weights: nowhere.pth}",
            "inception.weights: 'nowhere.pth': no such file, and not download (paths start at the working directory)",
        ),
        ("inception: {weight: a}", "inception.weight: unknown key; did you mean 'weights'? known: weights"),
        (
            "metrics: [coverage, fid]",
            "metrics[1]: fid needs Inception's weights: say inception: {weights: FILE}, or {weights: download}",
        ),
        ("sweeps: {own: {metrics: [kid]}}", "sweeps.own.metrics[0]: kid needs Inception's weights"),
        (
            "inception: {weights: download}\nmetrics: [coverage]",
            "inception: does nothing, since metrics names none of fid, kid, inception_is, fd_own_inception",
        ),
    ],
    ids=["missing", "unknown", "metrics", "sweep", "idle"],
)
def test_what_does_not_fit_is_named_by_its_key(text: str, message: str) -> None:
    assert message in problem(text)
