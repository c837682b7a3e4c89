"""The report of results that lack something or fail their controls: it says so, and shows no number for it."""

import json
import re
from html import unescape

import numpy as np
import pandas as pd

from ppgn_bench.claims.verdicts import verdicts
from ppgn_bench.columns import CLAIM_PARTS
from ppgn_bench.report.build import build
from ppgn_bench.report.paper.document import document
from ppgn_bench.report.results import read
from ppgn_bench.report.words.missing import missing
from ppgn_bench.storage import files
from tests.example_results import COLUMNS, KEYS, a_manifest, save_light, save_results

CLAIMS_WAIT = "digits: 24 of 24 claims were not run; the table of claims says what each waits for."


def with_claims(root):
    """The verdicts of what the example measured: too few samplers for any."""
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    table, parts = verdicts(metrics[metrics.variant == "am"])
    files.save_table(root / "claims.csv", table)
    files.save_table(root / "claims.parts.csv", parts)


def page_and_paper(root, manifest):
    """What the page says, and what the template of the paper is given."""
    page = build(root, manifest).read_text()
    return page, json.dumps(document(read(root, manifest), root / "figures"), ensure_ascii=False)


def test_one_seed_gives_no_interval_and_nothing_in_bold(root):
    page, paper = page_and_paper(root, save_light(root, keys=KEYS[:2], seeds=(0,)))
    tex = (root / "tables" / "main_digits_own.tex").read_text()
    assert "One seed: no interval, so nothing is said to be better." in page
    assert "One seed, so no interval and nothing in bold: digits." in page
    assert "[" not in page.split("Main table</h2>")[1].split("The metrics</h3>")[0]
    assert all("One seed, so there is no interval." in text for text in (paper, tex))
    assert [mark for mark, text in (('class="best"', page), ('"mark": "best"', paper), (r"\textbf", tex),
                                    (r"\scriptsize", tex)) if mark in text] == []  # fmt: skip


def test_results_with_nothing_but_metrics_of_one_seed_say_all_that_is_missing_on_page_and_paper(root):
    manifest = save_light(root, seeds=(0,))
    for name in ("costs.csv", "controls_check.csv", "networks_check.csv"):
        (root / name).unlink()
    said = missing(read(root, manifest))
    assert said == [
        "digits: one seed, so no interval, nothing in bold and no claim that is decided.",
        "No claim of the paper was compared with the measurements: there is no table of claims.",
        "Nothing is known of what the run cost: there is no table of costs.",
        "There is no check of controls: nothing says that the metrics work.",
        "There is no check of networks: nothing says that they do their job.",
        "digits: no curves of any sampler.",
        "digits: no pictures of any sampler.",
        "digits: no picture of real images.",
        "digits: no loss log of generator G (noiseless).",
    ]
    page, paper = page_and_paper(root, manifest)
    no_mixing = "digits: no mixing run was made, so nothing is said about mixing."
    assert all(sentence in text for sentence in [*said, no_mixing] for text in (page, paper))
    assert "No claim was judged in this run" in paper
    for sentence in ("No samples: no quality run kept pictures.", "No chain strips", "No loss log was found.",
                     "The results hold nothing to draw here."):  # fmt: skip
        assert sentence in page


def test_a_metric_without_values_is_a_dash_and_some_missing_seeds_are_counted(root):
    manifest = save_light(root, keys=KEYS[:2], runs=("quality", "mixing"))
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    metrics.loc[(metrics.metric == "autocorrelation_steps"), "value"] = np.nan
    metrics.loc[(metrics.metric == "recall") & (metrics.variant == "am") & (metrics.seed == 1), "value"] = np.nan
    metrics.loc[(metrics.metric == "frechet_distance") & (metrics.variant == "am"), "value"] = np.nan
    files.save_table(root / "metrics.csv", metrics)
    page = build(root, manifest).read_text()
    assert ">–<" in page
    assert "no sampler has a value of autocorrelation time, where R-hat &lt; 1.1." in page
    assert "; n = 2<" in page
    said = re.sub(r"base64,[A-Za-z0-9+/=]+|<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "nan" not in said.lower()


def test_a_violated_control_stands_in_the_banner_and_marks_its_column(root):
    manifest = save_light(root)
    check = files.load_table(root / "controls_check.csv", ["ordered"])
    assert 'class="banner"' not in build(root, manifest).read_text()
    check.loc[check.second == "noise", ["value_second", "ordered"]] = [7.0, False]
    files.save_table(root / "controls_check.csv", check)
    page, paper = page_and_paper(root, manifest)
    said = "is not admitted on digits: it does not put real before noise."
    assert "does not put real before noise<" in page
    assert '<th scope="col" class="bad">FD (judge) †' in page
    assert f"FD (judge) {said}" in paper
    assert "†: not admitted on digits, and decides nothing there: FD (judge) does not put real before noise." in paper
    table = files.load_table(root / "tables" / "main_digits_own.csv", ["metric", "admitted"])
    assert not table[table.metric == "frechet_distance"].admitted.any()
    assert table[table.metric != "frechet_distance"].admitted.all()
    assert 'class="banner"' not in page  # no claim of this run rests on it
    part = dict.fromkeys(CLAIM_PARTS, "") | {"claim": "C1", "dataset": "digits", "metric": "frechet_distance"}
    files.save_table(root / "claims.parts.csv", pd.DataFrame([part]))
    banner = build(root, manifest).read_text().split("<main>")[0]
    assert "FD (judge), on which claims rest, is not admitted on digits" in banner
    assert '"header": [{"text": "sampler", "small": "", "mark": "", "span": 1}, {"text": "FD (judge) † ↓"' in paper


def test_a_network_that_does_not_do_its_job_stands_in_the_banner_and_what_need_not_hold_in_the_table_alone(root):
    manifest = save_light(root)
    page = build(root, manifest).read_text()
    assert 'class="banner"' not in page
    assert "All 3 checks of networks hold. Beside them 3 of 3 that no run has to pass failed." in page
    check = files.load_table(root / "networks_check.csv", ["holds"])
    failing = (check.check == "discriminator") & (check.seed == 2)
    check.loc[failing, ["value", "holds"]] = [np.nan, False]
    files.save_table(root / "networks_check.csv", check)
    page, paper = page_and_paper(root, manifest)
    sentence = "digits: generator G (Joint), seed 2: D's accuracy in the second half of training (its lower quarter): "
    assert sentence in unescape(page).split("<main>")[0]
    assert sentence in paper
    assert "E(G(h))" not in page.split("<main>")[0]
    assert "✗ 2 of 3" in page
    assert all("1 of 3 checks of networks failed." in text for text in (page, paper))


def test_a_complete_run_misses_nothing(root):
    manifest = save_results(root, keys=KEYS[:1], datasets=("digits",))
    with_claims(root)
    assert missing(read(root, manifest)) == [CLAIMS_WAIT]


def test_what_one_of_several_samplers_lacks_is_named(root):
    manifest = save_results(root, datasets=("digits",), runs=("quality",))
    with_claims(root)
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    gone, short = metrics.variant == "joint_ppgn_h", (metrics.variant == "am") & (metrics.seed == 2)
    files.save_table(root / "metrics.csv", metrics[~gone & ~short])
    costs = files.load_table(root / "costs.csv", ["name"])
    files.save_table(root / "costs.csv", costs[costs.name != "am"])
    for kind in ("curves.csv", "pictures.safetensors"):
        (root / "metrics" / "digits" / "own" / f"dgn_am.{kind}").unlink()
    assert missing(read(root, manifest)) == [
        "digits: AM, no prior was measured on 2 of 3 seeds.",
        "digits: not measured: Joint PPGN-h.",
        CLAIMS_WAIT,
        "digits: no curves of DGN-AM.",
        "digits: no pictures of DGN-AM.",
        "digits: no costs of AM, no prior.",
    ]
    assert "digits: no costs of AM, no prior." in build(root, manifest).read_text()
    assert (root / "figures" / "variants_digits_own.png").is_file()


def test_a_data_set_without_measurements_is_named_and_the_other_is_reported(root):
    save_light(root)
    page = build(root, a_manifest(root, keys=KEYS[:1])).read_text()
    assert "shapes: no sampler was measured." in page
    assert (root / "tables" / "main_digits_own.tex").is_file()
    assert not (root / "tables" / "main_shapes_own.tex").exists()
