"""The report of controlled changes: axes, grids, factorials. Values are made up so that the answer is known."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import effects, pairs, sweeps
from ppgn_bench.report.page.blocks import Figures, Table
from ppgn_bench.report.results import read
from ppgn_bench.report.tables import estimates
from ppgn_bench.storage import files
from tests.example_results import COLUMNS, a_manifest, a_sampler, an_ablation, changed

SEEDS = (0, 1, 2)
CROSSED = an_ablation("x", {f"x+noise={noise:g}": {"noise": noise} for noise in (0.0, 0.1)}, {"noise": (0.0, 0.1)})


def results_of(tmp_path, rows, ablations=(), titles=()):
    """Results with these rows of metrics and nothing else."""
    root = tmp_path / "results" / "example"
    files.save_table(root / "metrics.csv", pd.DataFrame(rows, columns=COLUMNS[:-1]).assign(judge=""))
    manifest = a_manifest(root, datasets=("digits",))
    new = [  # each with a network of its own: none is another again
        a_sampler("joint_ppgn_h", key=key, title=key, networks={"generator": f"joint+noise=0.{place + 2}"})
        for place, key in enumerate(titles)
    ]
    return read(root, changed(manifest, ablations=ablations, variants=(*manifest.variants, *new))), root


def rows_of(variant, sweep, value, priors=(0.1,), noises=(0.1,), metrics=("frechet_distance", "judge_accuracy")):
    """A row a seed, metric and pair of epsilons; value(name, seed, prior, noise)."""
    return [
        ("digits", sweep, variant, seed, prior, 2.0, noise, 0.0, name, value(name, seed, prior, noise))
        for seed, name, prior, noise in itertools.product(SEEDS, metrics, priors, noises)
    ]


def figures_of(section):
    return [figure for block in section.blocks if isinstance(block, Figures) for figure in block.figures]


def test_an_axis_has_a_figure_and_no_axis_none(tmp_path):
    samplers = {f"noisy+size={level:g}": {"size": level} for level in (100.0, 32.0, 64.0)}  # sorted as JSON does
    ablation = an_ablation("noisy", samplers, {"size": (32.0, 64.0, 100.0)})
    assert list(ablation.along("size").values()) == [32, 64, 100]
    rows = [row for key in samplers for row in rows_of(key, "own", lambda name, seed, *_: 0.5 + 0.1 * seed)]
    results, root = results_of(tmp_path, rows, [ablation], samplers)
    with style.drawing():
        shown = figures_of(sweeps.ablations(results, root / "figures"))
        assert [figure.name for figure in shown] == ["ablation_noisy_digits_own"]
        assert not sweeps.ablations(results_of(tmp_path, rows, [], samplers)[0], root).blocks


@pytest.mark.parametrize(("recipes", "panels"), [(("joint", "joint+noise=0.2"), 1), (("joint", "joint"), 0)])
def test_errors_of_the_generator_stand_along_an_axis_that_changes_it_and_not_along_an_epsilon(
    tmp_path, monkeypatch, recipes, panels
):
    keys = {f"changed+level={level:g}": {"level": level} for level in (0.0, 1.0)}
    rows = [row for key in keys for row in rows_of(key, "own", lambda name, seed, *_: 0.5 + 0.1 * seed)]
    results, root = results_of(tmp_path, rows, [an_ablation("changed", keys, {"level": (0.0, 1.0)})])
    samplers = [
        a_sampler("joint_ppgn_h", key=key, title=key, networks={"generator": recipe})
        for key, recipe in zip(keys, recipes, strict=True)
    ]
    logs = {
        ("digits", recipe, seed): pd.DataFrame(
            [(9, "held-out image", 0.2 + 0.1 * seed)], columns=["step", "term", "value"]
        )
        for recipe in recipes
        for seed in SEEDS
    }
    results = replace(results, manifest=changed(results.manifest, variants=tuple(samplers)), losses=logs)
    drawn = []
    draw = sweeps.sweep_figures.responses
    monkeypatch.setattr(sweeps.sweep_figures, "responses", lambda found, *a: drawn.extend(found) or draw(found, *a))
    with style.drawing():
        sweeps.ablations(results, root / "figures")
    assert len([panel for panel in drawn if panel.label == "held-out error of x"]) == panels
    assert len(drawn) > panels


def test_the_same_change_in_two_samplers_has_a_figure_of_one_against_the_other(tmp_path, monkeypatch):
    """FD of the second is 6, 3 and .5 times the first's: so the order turns. With other encoders there is none."""
    axes = {"code_size": (64.0, 32.0, 128.0)}  # a config's order, which is no axis' order
    keys = {name: [f"{name}+code_size={level:g}" for level in axes["code_size"]] for name in ("first", "second")}
    pair = [
        an_ablation(name, dict(sorted((key, {"code_size": float(key.split("=")[1])}) for key in own)), axes, of=of)
        for (name, own), of in zip(keys.items(), ("dgn_am", "joint_ppgn_h"), strict=True)
    ]
    values = dict(zip(keys["first"] + keys["second"], (2.0, 2.0, 2.0, 6.0, 12.0, 1.0), strict=True))
    rows = [
        row
        for key, value in values.items()
        for row in rows_of(key, "own", lambda _, seed, *__, v=value: v * (seed + 1))
    ]
    rows += [("digits", "grid", *row[2:]) for row in rows if row[2].endswith("=32")]  # one value is no line
    results, root = results_of(tmp_path, rows, pair, values)

    def served(encoders):
        """The results, each of these samplers with an encoder."""
        names = dict(zip(values, encoders, strict=True))
        variants = tuple(
            row.model_copy(update={"networks": {**row.networks, "encoder": names.get(row.key, "classifier")}})
            for row in results.manifest.variants
        )
        return replace(results, manifest=changed(results.manifest, variants=variants))

    drawn, real = [], pairs.sweep_figures.responses
    monkeypatch.setattr(pairs.sweep_figures, "responses", lambda *given: drawn.append(given) or real(*given))
    with style.drawing():
        (figure,) = figures_of(pairs.pairs(served("abcabc"), root / "figures"))
    assert figure.name == "pair_second_first_digits_own"
    ((panels, ticks, _),) = drawn
    ratios = next(panel for panel in panels if "FD" in panel.label)
    assert [estimate.mean for estimate in ratios.estimates] == pytest.approx([6.0, 3.0, 0.5])
    assert (ratios.real, ticks) == (1.0, ["32", "64", "128"])
    assert not pairs.pairs(served("abcabx"), root / "figures").blocks


@pytest.mark.parametrize(
    ("priors", "noises", "names"),
    [
        ((0.0, 1e-5, 0.1), (0.0, 0.1), ["grid_of_epsilons_digits_grid_am"]),
        ((0.1,), (0.0, 0.1, 1.0), ["slice_of_epsilons_digits_grid_am"]),
        ((0.1,), (0.1,), []),
    ],
)
def test_a_grid_is_a_heat_map_and_one_epsilon_a_line(tmp_path, priors, noises, names):
    rows = rows_of("am", "grid", lambda name, *_: 0.5, priors, noises)
    rows += rows_of("am", "grid", lambda _n, _s, prior, _e: float(prior == 0), priors, noises, ["diverged_share"])
    results, root = results_of(tmp_path, rows)
    with style.drawing():
        shown = figures_of(sweeps.grids(results, root / "figures"))
    assert [figure.name for figure in shown] == names


def test_contrasts_are_those_of_a_known_factorial():
    value = {levels: 10 + 3 * levels[0] - 2 * levels[1] + 4 * levels[0] * levels[2]
             for levels in itertools.product((0.0, 1.0), repeat=3)}  # fmt: skip
    assert effects.contrast(value, (0,)) == pytest.approx(3 + 4 / 2)
    assert effects.contrast(value, (1,)) == pytest.approx(-2)
    assert effects.contrast(value, (2,)) == pytest.approx(4 / 2)
    assert effects.contrast(value, (0, 2)) == pytest.approx(4 / 2)
    assert effects.contrast(value, (0, 1)) == pytest.approx(0)
    assert effects.contrast(value, (0, 1, 2)) == pytest.approx(0)


def test_a_factorial_sweep_finds_the_factor_by_which_a_switch_divides_the_distance(tmp_path):
    """FD halves with training noise, falls to a fifth with the prior, whatever else; the seeds differ by a factor."""

    def distance(level):
        return lambda name, seed, prior, noise: 100 * (1 + seed) * (0.5 if level else 1) * (0.2 if prior else 1)

    rows = []
    for key, levels in CROSSED.samplers.items():
        rows += rows_of(key, "f", distance(levels["noise"]), (0.0, 0.1), (0.0, 0.1), ["frechet_distance"])
    results, root = results_of(tmp_path, rows, [CROSSED], CROSSED.samplers)
    section = effects.effects(results, root)
    assert [block.caption.split(".")[0] for block in section.blocks if isinstance(block, Table)] == ["x: digits"]
    table = pd.read_csv(root / "tables" / "effects_x_digits_f.csv").set_index("effect")
    assert METRICS["frechet_distance"].transform == "log"
    for effect, factor in {"training noise": 0.5, "ε1 (prior)": 0.2, "ε3 (noise)": 1.0}.items():
        np.testing.assert_allclose(table.loc[effect, ["mean", "low", "high"]].astype(float), factor)
    np.testing.assert_allclose(table.loc["training noise × ε1 (prior)", "mean"], 1.0)
    assert (table.seeds == 3).all()


def test_what_is_no_full_factorial_gives_no_table(tmp_path):
    rows = rows_of("x+noise=0", "f", lambda *_: 1.0, (0.0, 0.1)) + rows_of("x+noise=0.1", "f", lambda *_: 1.0)
    results, root = results_of(tmp_path, rows, [CROSSED], CROSSED.samplers)
    assert not effects.effects(results, root).blocks


def test_real_images_beside_a_sweep_are_as_many_as_its_samples(tmp_path):
    own, whole, few = (rows_of(variant, sweep, lambda *_, level=level: level) for variant, sweep, level in
                       (("am", "grid", 0.9), ("real", "controls", 0.5), ("real", "grid", 0.2)))  # fmt: skip
    results, _ = results_of(tmp_path, [*own, *whole[:2], *few[:2]])
    assert estimates.real_value(results, "digits", "grid", "frechet_distance") == 0.2
    assert estimates.real_value(results, "digits", "own", "frechet_distance") == 0.5
    table = estimates.main_table(results, "digits", "grid").set_index(["variant", "metric"])["mean"]
    assert table["real", "frechet_distance"] == 0.2
    assert results.variants == ["am"]
    assert results.too_many("digits", "grid") == 0
