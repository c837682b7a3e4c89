"""The report: the numbers of its tables, its figures, and that one file holds it all."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.build import build
from ppgn_bench.report.words.numbers import interval, number
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import files
from tests.example_results import COLUMNS, IMAGES, KEYS, RESPLITS, changed, save_light, save_results


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """A full report: two data sets, two runs, three seeds, three variants; build once, read often."""
    root = tmp_path_factory.mktemp("results") / "example"
    return build(root, save_results(root)).parent.parent


def files_of(root):
    kept = [*root.glob("report/*"), *root.glob("figures/*"), *root.glob("tables/*")]
    return {path.relative_to(root): path.read_bytes() for path in kept}


def html_of(root):
    return (root / "report" / "index.html").read_text()


def test_every_number_of_the_main_table_is_the_mean_of_its_seeds(report):
    metrics = files.load_table(report / "metrics.csv", COLUMNS)
    for dataset in IMAGES:
        table = files.load_table(report / "tables" / f"main_{dataset}_own.csv", ["metric", "mean"])
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
        table = files.load_table(report / "tables" / f"main_{dataset}_own.csv", ["mean", "low", "high"])
        for line in table.itertuples():
            assert f">{number(line.mean)}<" in page
            assert np.isnan(line.low) or interval(line.low, line.high) in page


def test_a_control_has_one_row_and_no_interval_but_real_images_lie_in_one(report):
    table = files.load_table(report / "tables" / "main_digits_own.csv", ["low", "high", "seeds"])
    real, controls = table[table.variant == "real"], table[table.variant.isin({*CONTROLS} - {"real"})]
    assert len(controls)
    assert (controls.seeds == 1).all()
    assert controls.low.isna().all()
    assert (real.seeds == RESPLITS).all()
    metrics = files.load_table(report / "metrics.csv", COLUMNS)
    here = (metrics.dataset == "digits") & (metrics.variant == "real") & (metrics.metric == "frechet_distance")
    scores = np.log(metrics[here].value)
    half = stats.t.ppf(0.975, RESPLITS - 1) * scores.std(ddof=1)  # of one resplit, not of their mean
    distance = real[real.metric == "frechet_distance"].iloc[0]
    assert np.log([distance.low, distance.high]) == pytest.approx([scores.mean() - half, scores.mean() + half])


def test_the_page_loads_nothing_from_elsewhere(report):
    page = html_of(report)
    assert not re.search(r"https?://|//[a-z]+\.", re.sub(r"base64,[A-Za-z0-9+/=]+", "", page))
    assert not re.findall(r"<(?:link|iframe|script[^>]* src|script[^>]*=\"module)", page)
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|import)\(", page)
    sources = re.findall(r'\bsrc="([^"]{0,40})', page)
    assert sources
    assert all(source.startswith("data:image/webp;base64,") for source in sources)


def test_every_figure_of_the_page_is_kept_as_pdf_and_png_of_the_same_pixels(report):
    names = {path.stem for path in report.glob("figures/*.png")}
    assert names == {path.stem for path in report.glob("figures/*.pdf")}
    assert len(re.findall(r"<img src=", html_of(report))) == len(names)


def test_the_same_results_give_the_same_bytes(root):
    few = {"keys": KEYS[1:2], "datasets": ("digits",), "runs": ("quality",)}
    manifest = save_results(root, **few)
    build(root, manifest)
    first = files_of(root)
    build(root, manifest)
    assert files_of(root) == first
    assert b"CreationDate" not in (pdf := first[Path("report/report.pdf")]) or b"D:1970" in pdf
    assert {path.suffix for path in first} == {".html", ".pdf", ".png", ".csv", ".tex", ".md"}


def test_a_figure_that_is_no_longer_drawn_is_removed(root):
    manifest = save_light(root)
    stale = [root / "figures" / f"grid_digits_own_gone.{kind}" for kind in ("pdf", "png")]
    for path in stale:
        files.save_bytes(path, b"old")
    build(root, manifest)
    assert not any(path.exists() for path in stale)
    assert list(root.glob("figures/tradeoff_*.pdf"))


def test_the_report_imports_no_torch():
    code = "import sys, ppgn_bench.report.build; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bold_marks_the_one_variant_that_is_separated_from_all_others(report):
    table = files.load_table(report / "tables" / "main_shapes_own.csv", ["metric", "best"])
    best = table[table.best]
    accuracy = best[best.metric == "judge_accuracy"]
    assert list(accuracy.variant) == ["joint_ppgn_h"]  # .2 above the next, seeds spread by .02
    assert best.groupby("metric").size().max() == 1
    assert not set(best.variant) & set(CONTROLS)


def test_the_page_says_what_variants_with_one_generator_differ_in(root):
    keys = ["dgn_am", "dgn_am_noise", "noiseless_joint_ppgn_h", "joint_ppgn_h"]
    page = build(root, save_light(root, keys=keys)).read_text()
    alone = "DGN-AM + noise (control) and Noiseless Joint PPGN-h have the same ε2 and ε3 as well"
    assert alone in page
    steered = f"{VARIANTS['dgn_am'].epsilon['condition']:g}"
    alone = f"they differ in the prior term, ε1, ε2 and ε3 alone (DGN-AM: prior term: none, ε1 = 0, ε2 = {steered}"
    assert alone in page
    assert "Noiseless Joint PPGN-h is the generator of DGN-AM with the prior term E(G(h)) - h" in page
    assert "Joint PPGN-h is the generator of DGN-AM" not in page.replace("Noiseless Joint", "")


def test_text_of_the_settings_cannot_become_html(root):
    manifest = changed(save_light(root), settings={"name": "<b>&</b>"})
    assert "<b>" not in build(root, manifest).read_text()
