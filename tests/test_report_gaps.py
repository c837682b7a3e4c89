"""The report of results that lack something or fail their controls: it says so, and shows no number for it."""

import re

import numpy as np

from ppgn_bench import store
from ppgn_bench.report import build
from tests.made_up_results import COLUMNS, KEYS, save_light


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
    said = re.sub(r"base64,[A-Za-z0-9+/=]+|<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "nan" not in said.lower()


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
