"""What figures draw: values that are known, one look for a sampler, letters in every PDF. Values are made up."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.figures import plots, style, waiting
from ppgn_bench.report.figures.plots import Point
from ppgn_bench.report.figures.waiting import Survival
from ppgn_bench.report.page import changes, charts, convergence
from ppgn_bench.report.page.blocks import Figures
from ppgn_bench.report.results import read
from ppgn_bench.report.words.numbers import replication
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.statistics.intervals import Estimate, mean_interval
from tests.example_results import KEYS, RUNS, an_ablation, save_results
from tests.report.page.test_sweeps import SEEDS, figures_of, results_of, rows_of

FEW = {"keys": KEYS[1:], "datasets": ("digits",), "runs": ("quality",)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("results") / "example"
    return read(root, save_results(root, **FEW)), root / "figures"


@pytest.fixture
def drawn(monkeypatch):
    """What the figures' functions are called with; nothing is drawn."""
    calls = []
    for module, names in {
        charts.plots: ("scatter", "bands"),
        convergence.waiting: ("survivals",),
        changes.sweep_figures: ("rungs",),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda *given, **_: calls.append(given) or Figure(figsize=(1, 1)))
    return calls


def captions(section):
    return [figure.caption for block in section.blocks if isinstance(block, Figures) for figure in block.figures]


def test_all_samplers_wait_on_one_pair_of_axes_with_the_interval_over_seeds(made, drawn):
    results, folder = made
    section = convergence.convergence(results, folder)
    panels = drawn[0][0]
    assert list(panels) == list(convergence.WAITING.values())
    assert [curve.label for curve in panels["no picture yet"]] == [VARIANTS[key].title for key in KEYS[1:]]
    curve = panels["no picture yet"][0]
    np.testing.assert_array_equal(curve.steps, 10 * np.arange(RUNS["quality"]))
    expected = [mean_interval([np.exp(-step * (1 + seed) / 20) for seed in SEEDS]) for step in curve.steps]
    np.testing.assert_allclose(curve.mean, [estimate.mean for estimate in expected])
    np.testing.assert_allclose(curve.high, np.clip([estimate.high for estimate in expected], 0, 1))
    assert min(estimate.low for estimate in expected) < 0 == min(curve.low)
    assert "Mean over 3 seeds with its 95 % interval." in captions(section)[0]


def test_the_cost_of_1000_samples_is_that_of_their_steps(made, drawn):
    results, folder = made
    costs = results.costs[results.costs.kind == "sampling"]
    section = charts.worth(results, folder)
    ((points, labels, scales),) = drawn
    assert labels[0] == "seconds for 1,000 samples of 200 steps"
    assert scales == ("log", "log")
    assert set(costs.chain_steps_per_second) == {3e3}
    assert [point.estimates[0].mean for point in points] == pytest.approx([1000 * 200 / 3e3] * 2)
    values = results.values["digits", "own", "frechet_distance"]
    assert [point.estimates[1].mean for point in points] == pytest.approx(
        [np.exp(np.mean(np.log(list(of_seed.values())))) for of_seed in values.values()]
    )
    assert "Mean over 3 seeds with its 95 % interval." in captions(section)[0]


def test_a_change_is_compared_with_the_sampler_that_it_is_of_seed_by_seed(tmp_path, drawn):
    """FD doubles and the odds fall to a third in every seed, however far the seeds are apart."""

    def value(distance, odds):
        def of(name, seed, *_):
            own = odds * (1 + seed)
            return distance * 10.0**seed if name == "frechet_distance" else own / (1 + own)

        return of

    rows = rows_of("joint_ppgn_h", "own", value(5, 3))
    for key in ("one", "two"):
        rows += rows_of(key, "own", value(10, 1))
    ablations = [an_ablation(key, {key: {}}) for key in ("one", "two")]
    results, root = results_of(tmp_path, rows, ablations, ("one", "two"))
    section = changes.changes(results, root / "figures")
    ((panels, labels),) = drawn
    assert labels == ["one", "two"]
    assert [panel.label for panel in panels] == ["FD (judge),\nratio", "judge accuracy,\nodds ratio"]
    for panel, ratio in zip(panels, (2.0, 1 / 3), strict=True):
        assert panel.real == 1.0
        np.testing.assert_allclose([(e.mean, e.low, e.high) for e in panel.estimates], ratio)
    assert [figure.name for figure in figures_of(section)] == ["changes_of_joint_ppgn_h_digits_own"]
    assert not changes.changes(results_of(tmp_path, rows[:6], ablations, ("one", "two"))[0], root).blocks


def test_a_sampler_looks_the_same_whoever_stands_beside_it():
    new = [f"ablation_{number}" for number in range(20)]
    everyone = style.looks([*VARIANTS, *new, *CONTROLS], CONTROLS, {})
    assert len({everyone[key] for key in [*VARIANTS, *new]}) == len(VARIANTS) + len(new)
    assert style.looks(["joint_ppgn_h", new[0]], CONTROLS, {}) == {
        key: everyone[key] for key in ("joint_ppgn_h", new[0])
    }
    assert {everyone[key] for key in CONTROLS} == {style.CONTROL}


def cut(figure):
    """Labels that don't lie within their figure."""
    figure.set_dpi(style.DPI)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    labels = [text for axes in figure.axes for text in (*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label)]
    for axes in figure.axes:
        low, high = axes.get_ylim()
        labels += [text for text in axes.get_yticklabels() if low <= text.get_position()[1] <= high]
    boxes = {text.get_text(): text.get_window_extent(renderer) for text in [*labels, *figure.texts] if text.get_text()}
    left, low, right, top = figure.bbox.extents
    return [name for name, box in boxes.items()
            if box.x0 < left - 1 or box.x1 > right + 1 or box.y0 < low - 1 or box.y1 > top + 1]  # fmt: skip


def test_no_label_is_cut_however_long_the_titles_are():
    titles = ["Noiseless Joint PPGN-h, noise (0.1/2/0.1)", "PPGN-x", *CONTROLS.values()]
    rng = np.random.default_rng(0)
    estimates = [Estimate(*np.sort(rng.uniform(0.1, 1000, 3))[[1, 0, 2]], 3) for _ in titles]
    points = [Point(title, style.CONTROL, (of, of)) for title, of in zip(titles, estimates, strict=True)]
    steps = np.array([0, 10, 100])
    curve = [Survival(title, style.CONTROL, steps, *np.full((3, 3), 0.5)) for title in titles[:2] * 6]
    frame = pd.DataFrame({"seed": 0, "step": steps, "low": 0.1, "middle": 0.2, "high": 0.3})
    labels = ("seconds for 1,000 samples of 200 steps", "distance to nearest real")
    with style.drawing():
        assert cut(plots.scatter(points, labels, ("log", "log"))) == []
        assert cut(plots.forest(points, "ratio", "log", 1.0)) == []
        assert cut(waiting.survivals({"no picture yet": curve, "p_C not yet 0.9": curve})) == []
        many = [curve[0]._replace(label=f"{titles[0]} {place}") for place in range(waiting.MOST_TOGETHER + 1)]
        apart = waiting.survivals({"no picture yet": many, "p_C not yet 0.9": many})
        assert len([axes for axes in apart.axes if axes.get_visible()]) == len(many)  # a panel a sampler, both events
        assert cut(apart) == []
        assert cut(plots.bands({titles[0]: frame}, {titles[0]: style.CONTROL}, labels[1], None)) == []
        terms = ("image", "h1", "code", "gan", "discriminator", "discriminator_accuracy", "features", "kl")
        logged = [pd.DataFrame({"term": term, "step": steps, "value": 0.5}) for term in terms]
        assert cut(plots.losses([pd.concat(logged)])) == []


def test_what_is_0_everywhere_stands_at_the_foot_of_its_axis():
    nothing = [Point("a", style.CONTROL, (Estimate(0.0, 0.0, 0.0, 3),))]
    assert plots.forest(nothing, "share", "linear", np.nan).axes[0].get_xlim() == (-0.05, 1)


def test_figures_hold_real_letters_and_png_of_200_dots_an_inch(tmp_path):
    figure = Figure(figsize=(3, 1))
    with style.drawing():
        figure.text(0, 0.5, "ε1 → σ² ≥ 0.5, “Joint”: −1 ± ∞ × é")
        style.save(figure, tmp_path, "x")
        (font,) = [font for font in font_manager.fontManager.ttflist if font.name.endswith("of the report")]
        letters = font_manager.get_font(font.fname).get_charmap()
    said = "".join(metric.title + metric.unit for metric in METRICS.values()) + "ε→σ²≥“”−±∞×é↑↓·≤∘…’–"
    assert set(map(ord, said)) <= set(letters)
    assert not [font for font in font_manager.fontManager.ttflist if font.name.endswith("of the report")]
    pdf = (tmp_path / "x.pdf").read_bytes()
    assert b"/Type3" not in pdf
    assert b"DejaVuSansofthereport" in pdf
    assert len(pdf) < 40_000
    with Image.open(tmp_path / "x.png") as png:
        assert png.size == (600, 200)
        assert png.info["dpi"] == pytest.approx((200, 200), abs=0.1)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((5, 5, 0), "Mean over 5 seeds with its 95 % interval."),
        ((3, 5), "Mean over 3 to 5 seeds with its 95 % interval."),
        ((1, 0), "One seed, so there is no interval."),
        ((), "No seed has a value."),
        ((0, 0), "No seed has a value."),
    ],
)
def test_a_caption_says_how_many_seeds_and_that_one_has_no_interval(counts, said):
    assert replication(counts) == said
