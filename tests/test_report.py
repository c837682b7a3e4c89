"""The report: built from whatever is there, self-contained, with the numbers of its tables."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ppgn_bench import store
from ppgn_bench.metrics import CONTROLS, METRICS
from ppgn_bench.report import build
from ppgn_bench.report.pictures import evenly, mosaic, picture
from ppgn_bench.report.results import CHECK, COSTS
from ppgn_bench.report.style import DPI, drawing, spread
from ppgn_bench.report.tables import number
from ppgn_bench.variants import VARIANTS

KEYS = ["am", "dgn_am", "joint_ppgn_h"]
IMAGES = {"digits": (1, 16, 16), "shapes": (3, 24, 24)}
SWEEP = "own"
RUNS = {"quality": 5, "mixing": 31}  # draws


def a_value(rng, metric, level):
    """A number that the metric could give; level 0 (bad) to 1 (good)."""
    if metric.transform == "logit":
        return float(np.clip(0.2 + 0.7 * level + rng.normal(0, 0.02), 0.01, 0.99))
    if metric.transform == "log":
        return float(np.exp(4 - 3 * level + rng.normal(0, 0.1)))
    return float(1.5 - level + rng.normal(0, 0.05))


def metric_rows(dataset, variant, seeds, level, runs):
    epsilon = VARIANTS[variant].epsilon if variant in VARIANTS else None
    setting = (epsilon.prior, epsilon.condition, epsilon.noise) if epsilon else (np.nan,) * 3
    sweep = SWEEP if epsilon else "controls"
    rows = []
    for place, (name, metric) in enumerate(METRICS.items()):
        if metric.run in runs and (dataset == "shapes" or not metric.known_modes):
            for seed in seeds:
                rng = np.random.default_rng([seed, place, len(variant)])
                rows.append((dataset, sweep, variant, seed, *setting, name, a_value(rng, metric, level)))
    return rows


def save_chain_results(folder, dataset, variant, seeds, runs):
    epsilon = VARIANTS[variant].epsilon
    setting = (epsilon.prior, epsilon.condition, epsilon.noise)
    rng = np.random.default_rng(len(variant))
    rows, arrays = [], {}
    for run in runs:
        steps = 10 * np.arange(RUNS[run])
        rows += [
            (dataset, SWEEP, variant, seed, *setting, run, curve, step, 0.2, 0.5 + 0.01 * seed, 0.8)
            for curve in ("p_condition", "distance")
            for seed in seeds
            for step in steps
        ]
        arrays |= {
            f"{run}.grid": rng.integers(0, 256, (10, 8, *IMAGES[dataset]), dtype=np.uint8),
            f"{run}.strip": rng.integers(0, 256, (2, len(steps), *IMAGES[dataset]), dtype=np.uint8),
            f"{run}.strip_steps": steps,
            f"{run}.strip_labels": np.array([0, 8]),
        }
    columns = [*COLUMNS[:7], "run", "curve", "step", "low", "middle", "high"]
    store.save_table(folder / f"{variant}.curves.csv", pd.DataFrame(rows, columns=columns))
    store.save_arrays(folder / f"{variant}.pictures.safetensors", arrays, {"kind": "pictures"})


COLUMNS = ["dataset", "sweep", "variant", "seed", "epsilon_prior", "epsilon_condition", "epsilon_noise",
           "metric", "value"]  # fmt: skip


def save_results(root, keys=KEYS, seeds=(0, 1, 2), runs=tuple(RUNS), datasets=tuple(IMAGES)):
    """A results folder in the true formats; its values are made up."""
    rows, costs = [], []
    for dataset in datasets:
        for place, control in enumerate(CONTROLS):
            rows += metric_rows(dataset, control, (0,), 1 - 0.2 * place, ("quality",))
        real = np.random.default_rng(9).integers(0, 256, (10, 8, *IMAGES[dataset]), dtype=np.uint8)
        path = root / "metrics" / dataset / "controls.pictures.safetensors"
        store.save_arrays(path, {"grid": real}, {"kind": "pictures"})
        costs += [("training", dataset, "", "generator", seed, 20.0 + seed, np.nan, 800.0) for seed in seeds]
        for place, variant in enumerate(keys):
            rows += metric_rows(dataset, variant, seeds, (place + 1) / (len(keys) + 1), runs)
            save_chain_results(root / "metrics" / dataset / SWEEP, dataset, variant, seeds, runs)
            costs += [("sampling", dataset, SWEEP, variant, seed, 4.0 + seed, 3e3, 700.0) for seed in seeds]
    store.save_table(root / "metrics.csv", pd.DataFrame(rows, columns=COLUMNS))
    store.save_table(root / "costs.csv", pd.DataFrame(costs, columns=COSTS))
    check = [
        (dataset, "frechet_distance", "real", worse, 10.0, value, value > 10)
        for dataset in datasets
        for worse, value in {"repeated": 500.0, "noise": 900.0}.items()
    ]
    store.save_table(root / "controls_check.csv", pd.DataFrame(check, columns=CHECK))


def a_context(root, keys=KEYS, seeds=(0, 1, 2), runs=tuple(RUNS), datasets=tuple(IMAGES)):
    networks = []
    for dataset in datasets:
        for seed in seeds:
            path = root.parent / "networks" / dataset / "generator" / f"seed_{seed}.losses.csv"
            losses = [(s, t, 5.0 / (s + 1) + 0.1 * seed) for s in range(0, 200, 20) for t in ("image", "gan")]
            store.save_table(path, pd.DataFrame(losses, columns=["step", "term", "value"]))
            networks.append({"dataset": dataset, "recipe": "generator", "seed": seed, "losses": str(path)})
    variants = [
        {
            "key": key,
            "title": VARIANTS[key].title,
            "space": VARIANTS[key].space,
            "prior": VARIANTS[key].prior,
            "networks": dict(VARIANTS[key].networks),
            "epsilon": vars(VARIANTS[key].epsilon),
            "source": VARIANTS[key].source,
        }
        for key in keys
    ]
    sizes = {"train": 1000, "judge": 397, "reference": 200, "control": 200}
    return {
        "name": "made_up",
        "datasets": [
            {"name": name, "title": name, "source": "made up", "image": list(IMAGES[name]), "modes": 0,
             "classes": [str(c) for c in range(10)], "sizes": sizes}
            for name in datasets
        ],
        "sweeps": [
            {"name": SWEEP, "run": run, "chains_per_class": 30, "steps": 200, "keep_every": 10}
            for run in runs
        ],
        "variants": variants,
        "networks": networks,
        "hardware": {"processor": "made up", "cores": "2"},
        "versions": {"numpy": "2"},
        "minutes": 12.5,
        "settings": {"name": "made_up", "seeds": list(seeds)},
    }  # fmt: skip


def save_light(root, **few):
    """One data set and its tables alone: what draws few figures and so is built fast."""
    few = {"keys": KEYS[:1], "datasets": ("digits",), "runs": ("quality",)} | few
    save_results(root, **few)
    context = a_context(root, **few)
    for path in [
        *root.rglob("*.safetensors"),
        *root.rglob("*.curves.csv"),
        *root.parent.rglob("*.losses.csv"),
    ]:
        path.unlink()
    return context


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """A full report: two data sets, two runs, three seeds, three variants; build once, read often."""
    root = tmp_path_factory.mktemp("results") / "made_up"
    save_results(root)
    return build(root, a_context(root)).parent.parent


def files_of(root):
    kept = [*root.glob("report/*"), *root.glob("figures/*"), *root.glob("tables/*")]
    return {path.relative_to(root): path.read_bytes() for path in kept}


def html_of(root):
    return (root / "report" / "index.html").read_text()


def test_every_number_of_the_main_table_is_the_mean_of_its_seeds(report):
    metrics = store.load_table(report / "metrics.csv", COLUMNS)
    for dataset in IMAGES:
        table = store.load_table(report / "tables" / f"main_{dataset}_own.csv", ["metric", "mean"])
        assert set(table.variant) == {*KEYS, *CONTROLS}
        for line in table.itertuples():
            here = (metrics.dataset == dataset) & (metrics.variant == line.variant)
            values = metrics[here & (metrics.metric == line.metric)].value.to_numpy()
            assert line.mean == pytest.approx(expected_mean(values, METRICS[line.metric].transform))
            assert line.seeds == len(values)


def expected_mean(values, transform):
    if transform == "log":
        return np.exp(np.log(values).mean())
    if transform == "logit":
        odds = np.exp(np.log(values / (1 - values)).mean())
        return odds / (1 + odds)
    return values.mean()


def test_the_page_prints_the_numbers_of_the_main_table(report):
    page = html_of(report)
    for dataset in IMAGES:
        table = store.load_table(report / "tables" / f"main_{dataset}_own.csv", ["mean", "low", "high"])
        for line in table.itertuples():
            assert f">{number(line.mean)}<" in page
            assert np.isnan(line.low) or f"{number(line.low)} to {number(line.high)}" in page


def test_a_control_has_one_seed_and_no_interval(report):
    table = store.load_table(report / "tables" / "main_digits_own.csv", ["low", "high", "seeds"])
    controls = table[table.variant.isin(list(CONTROLS))]
    assert len(controls)
    assert (controls.seeds == 1).all()
    assert controls.low.isna().all()


def test_the_page_loads_nothing_from_elsewhere(report):
    page = html_of(report)
    assert not re.search(r"https?://|//[a-z]+\.", re.sub(r"base64,[A-Za-z0-9+/=]+", "", page))
    assert not re.findall(r"<(?:script|link|iframe)", page)
    sources = re.findall(r'src="([^"]{0,40})', page)
    assert sources
    assert all(source.startswith("data:image/webp;base64,") for source in sources)


def test_every_figure_of_the_page_is_kept_as_pdf_and_png_of_the_same_pixels(report):
    names = {path.stem for path in report.glob("figures/*.png")}
    assert names == {path.stem for path in report.glob("figures/*.pdf")}
    assert html_of(report).count("<img ") == len(names)


def test_the_same_results_give_the_same_bytes(tmp_path):
    root = tmp_path / "made_up"
    few = {"keys": KEYS[1:2], "datasets": ("digits",), "runs": ("quality",)}
    save_results(root, **few)
    context = a_context(root, **few)
    build(root, context)
    first = files_of(root)
    build(root, context)
    assert files_of(root) == first
    assert {path.suffix for path in first} == {".html", ".pdf", ".png", ".csv"}


def test_a_figure_that_is_no_longer_drawn_is_removed(tmp_path):
    root = tmp_path / "made_up"
    context = save_light(root)
    stale = [root / "figures" / f"grid_digits_own_gone.{kind}" for kind in ("pdf", "png")]
    for path in stale:
        store.save_bytes(path, b"old")
    build(root, context)
    assert not any(path.exists() for path in stale)
    assert list(root.glob("figures/tradeoff_*.pdf"))


def test_the_report_imports_no_torch():
    code = "import sys, ppgn_bench.report; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_one_seed_gives_no_interval_and_nothing_in_bold(tmp_path):
    root = tmp_path / "made_up"
    page = build(root, save_light(root, keys=KEYS[:2], seeds=(0,))).read_text()
    assert "One seed: no interval, so nothing is said to be better." in page
    assert "One seed, so no interval and nothing in bold: digits." in page
    assert 'class="best"' not in page
    assert " to 0." not in page.split("Main table</h2>")[1].split("The metrics</h3>")[0]


def test_a_missing_mixing_run_gives_a_sentence(tmp_path):
    root = tmp_path / "made_up"
    page = build(root, save_light(root)).read_text()
    assert "digits: no mixing run was made, so nothing is said about mixing." in page


def test_results_with_nothing_but_metrics_give_sentences(tmp_path):
    root = tmp_path / "made_up"
    context = save_light(root)
    (root / "costs.csv").unlink()
    (root / "controls_check.csv").unlink()
    page = build(root, context).read_text()
    assert "No samples: no quality run kept pictures." in page
    assert "No chain strips" in page
    assert "No loss log was found." in page
    assert "There is no cost table in the results." in page
    assert "There is no check of controls in the results." in page
    assert "The results hold nothing to draw here." in page


def test_a_metric_without_values_is_a_dash_and_some_missing_seeds_are_counted(tmp_path):
    root = tmp_path / "made_up"
    context = save_light(root, keys=KEYS[:2], runs=("quality", "mixing"))
    metrics = store.load_table(root / "metrics.csv", COLUMNS)
    metrics.loc[(metrics.metric == "autocorrelation_steps"), "value"] = np.nan
    metrics.loc[(metrics.metric == "recall") & (metrics.variant == "am") & (metrics.seed == 1), "value"] = np.nan
    metrics.loc[(metrics.metric == "frechet_distance") & (metrics.variant == "am"), "value"] = np.nan
    store.save_table(root / "metrics.csv", metrics)
    page = build(root, context).read_text()
    assert ">–<" in page
    assert "no variant has a value of autocorrelation time, where R-hat &lt; 1.1." in page
    assert "; n = 2<" in page
    assert "nan" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", page).lower()


def test_bold_marks_the_one_variant_that_is_parted_from_all_others(report):
    table = store.load_table(report / "tables" / "main_shapes_own.csv", ["metric", "best"])
    best = table[table.best]
    accuracy = best[best.metric == "judge_accuracy"]
    assert list(accuracy.variant) == ["joint_ppgn_h"]  # .2 above the next, seeds spread by .02
    assert best.groupby("metric").size().max() == 1
    assert not set(best.variant) & set(CONTROLS)


def test_a_violated_control_stands_in_the_banner_and_marks_its_column(tmp_path):
    root = tmp_path / "made_up"
    context = save_light(root)
    check = store.load_table(root / "controls_check.csv", ["ordered"])
    assert 'class="banner"' not in build(root, context).read_text()
    check.loc[check.worse == "noise", ["value_worse", "ordered"]] = [7.0, False]
    store.save_table(root / "controls_check.csv", check)
    page = build(root, context).read_text()
    assert "digits: FD (judge) does not put real &lt; noise (10.0 against 7.00)." in page.split("<main>")[0]
    assert '<th scope="col" class="bad">FD (judge) †' in page


def test_the_page_says_what_variants_with_one_generator_differ_in(tmp_path):
    root = tmp_path / "made_up"
    keys = ["dgn_am", "dgn_am_noise", "noiseless_joint_ppgn_h", "joint_ppgn_h"]
    page = build(root, save_light(root, keys=keys)).read_text()
    alone = "DGN-AM + noise (control) and Noiseless Joint PPGN-h have the same noise and condition as well"
    assert alone in page
    assert "Noiseless Joint PPGN-h is the generator of DGN-AM with the prior term E(G(h)) - h" in page
    assert "Joint PPGN-h is the generator of DGN-AM" not in page.replace("Noiseless Joint", "")


def test_text_of_the_settings_cannot_become_html(tmp_path):
    root = tmp_path / "made_up"
    context = save_light(root) | {"settings": {"name": "<b>&</b>"}}
    assert "<b>" not in build(root, context).read_text()


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 24, 24)])
def test_every_image_pixel_is_a_block_of_whole_figure_pixels(shape, tmp_path):
    tiles = np.random.default_rng(0).integers(0, 256, (2, 3, *shape), dtype=np.uint8)
    pixels = mosaic(tiles)
    scale = -(-60 // shape[1])
    block = pixels[: scale * shape[1] : scale, : scale * shape[2] : scale]
    expected = np.broadcast_to(tiles[0, 0].transpose(1, 2, 0), (*shape[1:], 3))
    np.testing.assert_array_equal(block, expected)
    np.testing.assert_array_equal(
        pixels[: scale * shape[1], : scale * shape[2]], np.kron(expected, np.ones((scale, scale, 1)))
    )
    with drawing():
        picture(tiles, ["a", "b"], ["0", "1", "2"]).savefig(tmp_path / "figure.png", dpi=DPI)
    drawn = np.asarray(Image.open(tmp_path / "figure.png").convert("RGB"))
    height, width = pixels.shape[:2]
    top, left = drawn.shape[0] - 4 - height, drawn.shape[1] - 4 - width
    np.testing.assert_array_equal(drawn[top : top + height, left : left + width], pixels)


def test_labels_are_moved_apart_in_order_and_stay_inside():
    places = spread([0.5, 0.5, 0.51, 0.99, 1.2], 0.1, 0.0, 1.0)
    assert np.all(np.diff(places) >= 0.1 - 1e-12)
    assert min(places) >= 0
    assert max(places) <= 1 + 1e-12


@pytest.mark.parametrize(("count", "most"), [(21, 11), (101, 11), (5, 11), (1, 11), (2, 11), (23, 11)])
def test_a_strip_shows_first_and_last_draw_and_not_too_many(count, most):
    chosen = evenly(count, most)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert len(chosen) == len(set(chosen)) <= most + 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5, "1,234"), (12.34, "12.3"), (1.234, "1.23"), (0.5, "0.500"), (0.00123, "0.0012"),
     (-2.5, "−2.50"), (float("nan"), "–"), (float("inf"), "∞")],
)  # fmt: skip
def test_numbers_have_about_three_digits(value, text):
    assert number(value) == text
