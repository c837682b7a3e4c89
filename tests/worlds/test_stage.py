"""Analytic worlds from the config to the report: what is refused, what a job writes, what the page shows."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from ppgn_bench.columns import COSTS, WORLD_ERRORS
from ppgn_bench.config.load import load_experiment
from ppgn_bench.jobs import Exploring
from ppgn_bench.jobs import read as read_job
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import worlds as world_section
from ppgn_bench.report.page.blocks import Figures, Table
from ppgn_bench.report.results import read
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import World
from ppgn_bench.workflow import manifest, paths, plan
from ppgn_bench.worlds import stage
from ppgn_bench.worlds.table import WALKERS, WORLDS
from tests.configs import DEFAULT, load, problem
from tests.conftest import Command
from tests.example_results import changed, save_light

TINY = """
worlds:
  plane: {seeds: 2, sigmas: [0.2, 0.4], training_sizes: [50, 500], iterations: 20, step_sizes: [0.2, 1.6], chains: 10,
    steps: 60}
"""


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    """Rows and arrays of a tiny run on the plane, by seed."""
    default = tmp_path_factory.mktemp("config") / "config.yaml"
    default.write_text(DEFAULT)
    experiment = load_experiment(yaml.safe_load(TINY), default)
    return {
        seed: stage.explore(read_job(Exploring, plan.exploring(experiment, "plane", seed).as_json())) for seed in (0, 1)
    }


# -------------------------------------------------------------------------------------------------------- the config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plain: {}", "worlds.plain: unknown world 'plain'; did you mean 'plane'? known: plane, ten_dimensions"),
        ("plane: {sigma: 1}", "worlds.plane.sigma: unknown key; did you mean 'sigmas'?"),
        ("plane: 3", "worlds.plane: must be a mapping (key: value), got 3"),
        ("plane: {seeds: 0}", "worlds.plane.seeds: must be a list of seeds or their number, 1 to 1000, got 0"),
        ("plane: {sigmas: [0.4, 0]}", "worlds.plane.sigmas[1]: must be above 0, got 0"),
        ("plane: {sigmas: []}", "worlds.plane.sigmas: must not be empty"),
        ("plane: {sigmas: [0.1, 0.2]}", "worlds.plane.drift_sigma: must be one of sigmas (0.1, 0.2), got 0.4"),
        ("plane: {drift_sigma: 0.3}", "worlds.plane.drift_sigma: must be one of sigmas (0.1, 0.2, 0.4, 0.8), got 0.3"),
        ("plane: {step_sizes: [0.1, 0.1]}", "worlds.plane.step_sizes: names 0.1 twice"),
        ("plane: {step_sizes: [.inf]}", "worlds.plane.step_sizes[0]: must be finite, got inf"),
        ("plane: {training_sizes: [1e9]}", "worlds.plane.training_sizes[0]: must be a whole number, got '1e9'"),
        ("plane: {training_sizes: [9999999]}", "worlds.plane.training_sizes[0]: must be at most 1000000, got 9999999"),
        ("plane: {chains: 0}", "worlds.plane.chains: must be at least 1, got 0"),
        ("plane: {chains: 20000}", "worlds.plane.chains: must be at most 10000, got 20000"),
        ("plane: {steps: 10}", "worlds.plane.steps: must be at least 40, got 10"),
    ],
)
@pytest.mark.usefixtures("config_folder")
def test_a_wrong_setting_of_a_world_is_one_line_with_its_key(text: str, message: str) -> None:
    assert problem(f"worlds: {{{text}}}").startswith(message)


@pytest.mark.usefixtures("config_folder")
def test_a_world_is_explored_once_a_seed_and_none_where_none_is_asked_for() -> None:
    assert paths.all_world_tables(load()) == []
    assert manifest.facts(load())["worlds"] == []
    place = "results/main/worlds/plane/seed_"
    made = [f"{place}{seed}.{ending}" for ending in ("csv", "safetensors") for seed in (0, 1)]
    assert paths.report_inputs(load(TINY))[-4:] == made


# ----------------------------------------------------------------------------------------------------------- the job


@pytest.mark.usefixtures("config_folder")
def test_a_job_writes_what_the_same_settings_always_give(ppgn: Command, tmp_path: Path, explored) -> None:
    job = plan.exploring(load(TINY), "plane", 1).as_json()
    assert ppgn("worlds", "--job", job, "--output", tmp_path / "seed_1.csv").status == 0
    table = files.load_table(tmp_path / "seed_1.csv", list(WORLD_ERRORS))
    rows, arrays = explored[1]
    assert list(table.columns) == list(WORLD_ERRORS)
    np.testing.assert_array_equal(table.value, rows.value)
    written, header = files.load_arrays(tmp_path / "seed_1.safetensors", "trajectories")
    assert (header["world"], header["label"]) == ("plane", 1)
    np.testing.assert_array_equal(written["trajectories"], arrays["trajectories"])
    (cost,) = files.load_table(tmp_path / "seed_1.cost.csv", COSTS).to_dict("records")
    assert (cost["kind"], cost["name"], cost["seed"]) == ("exploring", "plane", 1)
    assert cost["seconds"] > 0


def test_a_job_without_its_settings_says_which(ppgn: Command, tmp_path: Path) -> None:
    ended = ppgn("worlds", "--job", '{"world": "plane", "seed": 0}', "--output", tmp_path / "a.csv")
    assert ended.status == 1
    assert "--job: lacks components; --job: lacks walkers; --job: lacks sigmas" in ended.err


def test_every_denoiser_walker_and_step_size_has_its_rows(explored) -> None:
    rows, _ = explored[0]
    assert not rows.duplicated([name for name in list(WORLD_ERRORS) if name != "value"]).any()
    score, law = rows[rows.part == "score"], rows[rows.part == "law"]
    assert len(score) == 2 * (2 * 2 + 1)
    assert set(law.method) == {*WALKERS, "exact_draws"}
    rejecting = sum(walker.metropolis for walker in WALKERS.values())
    assert len(law) == 2 * (5 * len(WALKERS) + rejecting) + 2
    assert set(law[law.metric == "acceptance_rate"].method) == {"mala", "mala_denoiser"}


def test_seeds_differ(explored) -> None:
    first, second = explored[0][0].value, explored[1][0].value
    assert (first != second).mean() > 0.5
    assert not np.array_equal(explored[0][1]["trajectories"], explored[1][1]["trajectories"])


def test_a_picture_switches_parts_of_the_step_off(explored) -> None:
    arrays = explored[0][1]
    condition, prior, noiseless, full = arrays["trajectories"]
    assert np.array_equal(condition[:, 0], full[:, 0])
    assert np.abs(np.diff(noiseless[:, -20:], axis=1)).max() < 1e-2 < np.abs(np.diff(full[:, -20:], axis=1)).max()
    world = WORLDS["plane"].components
    means = np.array([component.mean for component in world])
    own = np.array([component.label for component in world]) == 1

    def nearest(ends):
        return np.linalg.norm(ends[:, None] - means, axis=2).argmin(1)

    assert own[nearest(noiseless[:, -1])].all()
    assert not own[nearest(prior[:, -1])].all()
    cell = np.diff(arrays["x"])[0] * np.diff(arrays["y"])[0]
    assert arrays["density"].sum() * cell == pytest.approx(1, abs=0.01)


def test_a_world_of_ten_dimensions_has_trajectories_and_no_ground() -> None:
    from ppgn_bench.worlds import mixtures

    arrays = stage.picture(mixtures.mixture(WORLDS["ten_dimensions"].components), 0)
    assert arrays.keys() == {"trajectories"}


# -------------------------------------------------------------------------------------------------------- the report


def reported(tmp_path: Path, explored, seeds):
    """The section of a report on these seeds of the plane, and the experiment's folder."""
    root = tmp_path / "results" / "example"
    whole = save_light(root)
    tables = [root / "worlds" / "plane" / f"seed_{seed}.csv" for seed in seeds]
    for seed, path in zip(seeds, tables, strict=True):
        rows, arrays = explored[seed]
        files.save_table(path, rows)
        files.save_arrays(path.with_suffix(".safetensors"), arrays, {"kind": "trajectories", "label": 1})
    world = World(name="plane", title="Plane", dimensions=2, drift_sigma=0.4, tables=tuple(map(str, tables)),
                  picture=str(root / "worlds" / "plane" / "seed_0.safetensors"),
                  walkers={name: walker.title for name, walker in WALKERS.items()})  # fmt: skip
    with style.drawing():
        return world_section.worlds(read(root, changed(whole, worlds=[world])), root), root


def test_the_report_shows_errors_with_their_means_over_seeds(tmp_path: Path, explored) -> None:
    section, root = reported(tmp_path, explored, (0, 1))
    (figures,) = [block for block in section.blocks if isinstance(block, Figures)]
    names = ("scores", "laws", "powers", "trajectories")
    assert [figure.name for figure in figures.figures] == [f"world_plane_{name}" for name in names]
    assert all((root / "figures" / f"world_plane_{name}.pdf").is_file() for name in names)
    table = files.load_table(root / "tables" / "world_plane.csv", ["mean", "low", "high", "seeds"])
    chosen = {"part": "law", "method": "mala", "target": "own", "step_size": 0.2, "metric": "mode_error"}

    def value(frame, column):
        for name, wanted in chosen.items():
            frame = frame[frame[name] == wanted]
        return frame[column].item()

    assert value(table, "mean") == pytest.approx(np.mean([value(rows, "value") for rows, _ in explored.values()]))
    assert value(table, "seeds") == 2
    score, law = [block for block in section.blocks if isinstance(block, Table)]
    assert [row[0].text for row in score.rows] == ["trained on 50 states", "trained on 500 states"]
    assert "zero everywhere has 1" in score.caption
    assert len(law.rows) == len(WALKERS) + 1


def test_one_seed_has_no_interval_and_no_world_no_section(tmp_path: Path, explored, monkeypatch) -> None:
    monkeypatch.setattr(style, "save", lambda figure, folder, name: b"")  # a table is looked at, no figure
    section, root = reported(tmp_path, explored, (0,))
    assert files.load_table(root / "tables" / "world_plane.csv", ["low"]).low.isna().all()
    assert section.blocks
    assert not world_section.worlds(read(root, save_light(root)), root).blocks
