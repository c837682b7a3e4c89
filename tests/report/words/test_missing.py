"""The report of results that lack something or fail their controls: it says so, and shows no number for it."""

import re

import numpy as np

from ppgn_bench.claims.verdicts import verdicts
from ppgn_bench.report.build import build
from ppgn_bench.report.results import read
from ppgn_bench.report.words.missing import missing as sentences
from ppgn_bench.storage import files
from tests.example_results import COLUMNS, KEYS, a_manifest, save_light, save_results

CLAIMS_WAIT = "digits: 24 of 24 claims were not run; the table of claims says what each waits for."


def with_claims(root):
    """The verdicts of what the made-up results measured: too few samplers for any."""
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    table, parts = verdicts(metrics[metrics.variant == "am"])
    files.save_table(root / "claims.csv", table)
    files.save_table(root / "claims.parts.csv", parts)


def missing(root, manifest):
    """What the report says is missing."""
    return sentences(read(root, manifest))


def test_one_seed_gives_no_interval_and_nothing_in_bold(root):
    page = build(root, save_light(root, keys=KEYS[:2], seeds=(0,))).read_text()
    assert "One seed: no interval, so nothing is said to be better." in page
    assert "One seed, so no interval and nothing in bold: digits." in page
    assert 'class="best"' not in page
    assert " to 0." not in page.split("Main table</h2>")[1].split("The metrics</h3>")[0]


def test_a_missing_mixing_run_gives_a_sentence(root):
    page = build(root, save_light(root)).read_text()
    assert "digits: no mixing run was made, so nothing is said about mixing." in page


def test_results_with_nothing_but_metrics_give_sentences(root):
    manifest = save_light(root)
    (root / "costs.csv").unlink()
    (root / "controls_check.csv").unlink()
    page = build(root, manifest).read_text()
    assert "No samples: no quality run kept pictures." in page
    assert "No chain strips" in page
    assert "No loss log was found." in page
    assert "there is no table of costs." in page
    assert "There is no check of controls: nothing says that the metrics work." in page
    assert "The results hold nothing to draw here." in page


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
    check.loc[check.worse == "noise", ["value_worse", "ordered"]] = [7.0, False]
    files.save_table(root / "controls_check.csv", check)
    page = build(root, manifest).read_text()
    assert "digits: FD (judge) does not put real &lt; noise (10.0 against 7.00)." in page.split("<main>")[0]
    assert '<th scope="col" class="bad">FD (judge) †' in page


def test_a_complete_run_misses_nothing(root):
    few = {"keys": KEYS[:1], "datasets": ("digits",)}
    save_results(root, **few)
    with_claims(root)
    assert missing(root, a_manifest(root, **few)) == [CLAIMS_WAIT]


def test_one_variant_and_one_seed_without_anything_else_says_all_that_is_missing(root):
    manifest = save_light(root, seeds=(0,))
    for name in ("costs.csv", "controls_check.csv"):
        (root / name).unlink()
    said = missing(root, manifest)
    assert said == [
        "digits: one training seed, so no interval, nothing in bold and no claim that is decided.",
        "No claim of the paper was compared with the measurements: there is no table of claims.",
        "Nothing is known of what the run cost: there is no table of costs.",
        "There is no check of controls: nothing says that the metrics work.",
        "digits: no curves of any sampler.",
        "digits: no pictures of any sampler.",
        "digits: no picture of real images.",
        "digits: no loss log of generator G (noiseless).",
    ]
    page = build(root, manifest).read_text()
    assert all(sentence in page for sentence in said)
    assert "One training seed, so there is no interval." in (root / "tables" / "main_digits_own.md").read_text()


def test_what_one_of_several_samplers_lacks_is_named(root):
    few = {"keys": KEYS, "datasets": ("digits",), "runs": ("quality",)}
    save_results(root, **few)
    with_claims(root)
    manifest = a_manifest(root, **few)
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    gone, short = metrics.variant == "joint_ppgn_h", (metrics.variant == "am") & (metrics.seed == 2)
    files.save_table(root / "metrics.csv", metrics[~gone & ~short])
    costs = files.load_table(root / "costs.csv", ["name"])
    files.save_table(root / "costs.csv", costs[costs.name != "am"])
    for kind in ("curves.csv", "pictures.safetensors"):
        (root / "metrics" / "digits" / "own" / f"dgn_am.{kind}").unlink()
    assert missing(root, manifest) == [
        "digits: AM, no prior was measured on 2 of 3 training seeds.",
        "digits: not measured: Joint PPGN-h.",
        CLAIMS_WAIT,
        "digits: no curves of DGN-AM.",
        "digits: no pictures of DGN-AM.",
        "digits: no costs of AM, no prior.",
    ]
    page = build(root, manifest).read_text()
    assert "digits: no costs of AM, no prior." in page
    assert (root / "figures" / "variants_digits_own.png").is_file()


def test_a_data_set_without_measurements_is_named_and_the_other_is_reported(root):
    save_light(root)
    manifest = a_manifest(root, keys=KEYS[:1])
    assert "shapes: no sampler was measured." in missing(root, manifest)
    page = build(root, manifest).read_text()
    assert "shapes: no sampler was measured." in page
    assert (root / "tables" / "main_digits_own.tex").is_file()
    assert not (root / "tables" / "main_shapes_own.tex").exists()
