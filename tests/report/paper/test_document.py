"""The paper: its sentences follow the verdicts, its texts are never markup, its bytes the results."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.columns import CLAIMS as COLUMNS
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.report.build import build
from ppgn_bench.report.paper import claims, document
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.words.numbers import number
from ppgn_bench.report.words.sentences import SENTENCES, THEMES, outcome
from ppgn_bench.storage import files
from tests.example_results import KEYS, a_manifest, changed, save_light, save_results

HOSTILE = '#read("/etc/passwd") $x$ _a_ *b* @c <d> \\ `e` // f'
DECIDED = ("reproduced", "contradicted")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an experiment with figures, tables and a paper: two samplers, two data sets, three seeds."""
    root = tmp_path_factory.mktemp("results") / "example"
    manifest = save_results(root, keys=KEYS[:2])
    save_verdicts(root, dict.fromkeys(CLAIMS, "undecided"))
    build(root, manifest)
    return root


@pytest.fixture(scope="session")
def results(built: Path) -> Results:
    return read(built, a_manifest(built, keys=KEYS[:2]))


@pytest.fixture(scope="session")
def data(built: Path, results: Results) -> dict[str, Any]:
    """What the template of that paper is given."""
    return document.document(results, built / "figures")


def save_verdicts(root: Path, verdicts: dict[str, str], dataset: str = "digits") -> None:
    """A table of claims with these verdicts; its numbers are examples."""
    rows = []
    for name, verdict in verdicts.items():
        claim = CLAIMS[name]
        run = verdict != "not run"
        numbers = ("recall: am < real", "none", 0.25, 0.125, 0.375, 5) if run else (None,) * 6
        reason = {"undecided": "more seeds", "not run": "recall of am: not measured"}.get(verdict, "")
        said = (claim.text, claim.section, claim.basis, claim.measured)
        rows.append(
            (name, dataset, *said, verdict, reason, *numbers, *((0.1, 0.5, 0.125, 0.5) if run else (None,) * 4), "", "")
        )
    files.save_table(root / "claims.csv", pd.DataFrame(rows, columns=COLUMNS))


def shown_in(results: Results, root: Path, element: str) -> str:
    """All text of the set paper's elements of this kind."""
    texts: list[str] = []
    left = [json.loads(document.source(results, root).query(element))]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            texts += [node["text"]] if isinstance(node.get("text"), str) else []
            left += node.values()
        elif isinstance(node, list):
            left += node
    return " ".join(texts)


# ------------------------------------------------------------------------------------------------------ what it says


@pytest.mark.parametrize("verdict", [*DECIDED, "undecided", "not run"])
def test_a_verdict_chooses_its_sentences_and_never_the_contrary(root: Path, verdict: str) -> None:
    save_verdicts(root, dict.fromkeys(CLAIMS, verdict))
    said = json.dumps(document.document(read(root, save_light(root)), root / "figures"), ensure_ascii=False)
    chosen = {text for sentences in SENTENCES.values() for text in sentences if text in said}
    assert chosen == {getattr(sentences, verdict) for sentences in SENTENCES.values() if verdict in DECIDED}
    part = "recall: AM, no prior < held-out real images: difference"
    for name, claim in CLAIMS.items():
        assert verdict not in DECIDED or f"{name} [{claim.basis}]: {verdict}; {part}" in said
    reason = {"undecided": "; more seeds)", "not run": "recall of AM, no prior: not measured."}.get(verdict, "")
    assert said.count(reason) >= len(CLAIMS)


def test_every_claim_that_can_be_decided_has_two_sentences_and_every_claim_a_theme() -> None:
    assert set(SENTENCES) == {name for name, claim in CLAIMS.items() if claim.parts}
    assert sorted(name for claims in THEMES.values() for name in claims) == sorted(CLAIMS)
    assert all(sentences.reproduced != sentences.contradicted for sentences in SENTENCES.values())


def test_a_claim_without_sentences_is_quoted_with_its_verdict() -> None:
    assert outcome("C99", "One generator", "reproduced") == "it holds that “One generator”"
    assert outcome("C99", "One generator", "contradicted") == "it is contradicted that “One generator”"


def test_opposite_verdicts_of_two_data_sets_are_two_sentences(root: Path) -> None:
    manifest = save_results(root, keys=KEYS[:2])
    save_verdicts(root, {"C4": "reproduced"})
    ours = files.load_table(root / "claims.csv", COLUMNS)
    theirs = ours.assign(dataset="shapes", verdict="contradicted", reason="")
    files.save_table(root / "claims.csv", pd.concat([ours, theirs]))
    said = claims.findings(read(root, manifest), ["C4"], DECIDED)
    assert [text.split(" (")[0] for text in said] == [
        f"On digits, {SENTENCES['C4'].reproduced}",
        f"On shapes, {SENTENCES['C4'].contradicted}",
    ]


def test_every_claim_is_in_both_tables_and_counted_in_the_abstract(built: Path, results: Results, data: Any) -> None:
    (brief,), full = data["claims"]["tables"], data["appendix"][0]["tables"][0]
    for table in (brief, full):
        assert [row[0]["text"] for row in table["rows"]] == list(CLAIMS)
        assert [row[1]["text"] for row in table["rows"]] == [claim.text for claim in CLAIMS.values()]
    assert f"of {len(CLAIMS)} claims: {len(CLAIMS)} undecided." in data["abstract"][1][0]
    shown = shown_in(results, built, "table")
    assert all(claim.text in shown for claim in CLAIMS.values())


def test_the_main_table_holds_the_means_that_the_tables_hold(built: Path, data: Any) -> None:
    table = files.load_table(built / "tables" / "main_digits_own.csv", ["row", "metric", "mean"])
    drawn = next(one for one in data["findings"][0]["tables"] if one["name"] == "table-main-digits-own")
    shown = {row[0]["text"]: row[1]["text"] for row in drawn["rows"]}
    assert drawn["header"][1]["text"] == "FD (judge) ↓"
    wanted = table[table.metric == "frechet_distance"]
    assert shown == {line.row: number(line.mean) for line in wanted.itertuples()}
    assert "Mean over 3 seeds" in drawn["caption"][0]


# -------------------------------------------------------------------------------------------------------- how it looks


def test_every_figure_says_how_many_seeds_or_that_it_is_one_sample(built: Path, data: Any) -> None:
    figures = [figure for part in data["findings"] for figure in part["figures"]]
    assert {figure["name"] for figure in figures} >= {"figure-samples", "figure-tradeoff-digits", "figure-mixing"}
    for figure in figures:
        assert re.search(r"Mean over 3 seeds|each of 3 seeds|one random sample", figure["caption"][0])
        assert all((built / image["file"].lstrip("/")).is_file() for image in figure["images"])


def test_texts_of_the_data_are_shown_and_never_read_as_markup(root: Path) -> None:
    manifest = save_light(root)
    hostile = {name: [one.model_copy(update={"title": HOSTILE}) for one in getattr(manifest, name)]
               for name in ("datasets", "variants")}  # fmt: skip
    results = read(root, changed(manifest, name=HOSTILE, settings={HOSTILE: {"inner": HOSTILE}}, **hostile))
    shown = shown_in(results, root, "table")
    assert HOSTILE in shown
    assert "root:" not in shown
    assert document.write(results, root).read_bytes().startswith(b"%PDF")


def test_no_text_of_the_template_is_a_result() -> None:
    template = (document.TEMPLATES / "paper.typ").read_text()
    prose = re.sub(r"\$[^$]*\$|//[^\n]*", "", template.partition("= Introduction")[2].partition("#set heading")[0])
    numbers = set(re.findall(r"(?<![\w.@])\d+(?:\.\d+)?(?![\w.])", prose))
    assert numbers <= {"1", "2.5", "95", "3", "5", "6", "7", "10", "11", "3.4"}  # SSIM, levels, equations


def test_metrics_without_any_value_leave_a_paper(root: Path) -> None:
    manifest = save_light(root)
    metrics = files.load_table(root / "metrics.csv", ["metric", "value"])
    metrics.loc[metrics.metric.isin(list(METRICS)), "value"] = float("nan")
    files.save_table(root / "metrics.csv", metrics)
    assert document.write(read(root, manifest), root).is_file()
