"""Tables for other people's papers: LaTeX that balances, Markdown, the numbers of the CSV, no text that breaks out."""

import re

import pandas as pd
import pytest

from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.claims.verdicts import verdicts
from ppgn_bench.data.table import DATASETS
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.report.build import build
from ppgn_bench.report.page.blocks import Cell, Table, plain_table
from ppgn_bench.report.results import read
from ppgn_bench.report.tables import experiment
from ppgn_bench.report.tables.export import escaped, latex, markdown, save
from ppgn_bench.report.tables.readable import wide
from ppgn_bench.report.words.numbers import number
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import files
from ppgn_bench.training.recipes import RECIPES
from ppgn_bench.worlds.table import WALKERS, WORLDS
from tests.example_results import COLUMNS, KEYS, save_light, save_results

HOSTILE = r"50% of $x_1 & {y}^2 #3 ~ \end{table} <b>"


def lines_of(values):
    """A long table: (row, column) -> mean, low, high, seeds, best."""
    records = [(*key, *value) for key, value in values.items()]
    return pd.DataFrame(records, columns=["row", "metric", "mean", "low", "high", "seeds", "best"])


def a_table(caption="A caption."):
    nan = float("nan")
    lines = lines_of({
        ("a", "m"): (10.3, 6.68, 16.0, 5, True), ("a", "n"): (-0.5, -0.7, -0.3, 4, False),
        ("b", "m"): (nan, nan, nan, 0, False), ("b", "n"): (1580.0, 1148.0, 2175.0, 5, False),
        ("real", "m"): (3.63, nan, nan, 1, False),
    })  # fmt: skip
    rows = {"a": "a sampler", "b": "another", "real": "real images", "gone": "gone"}
    columns = {"m": "FD ↓", "k": "not there", "n": "lag → 1"}
    return wide(lines, ("row", rows), ("metric", columns), "sampler", caption, ["real"])


def balanced(text):
    """Whether braces close, environments nest, and every row of a tabular has as many cells as columns."""
    bare = re.sub(r"\\[\\{}&%$#_]", "", text)
    assert bare.count("{") == bare.count("}")
    open_ = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        open_.append(name) if kind == "begin" else None
        assert kind == "begin" or open_.pop() == name
    assert open_ == []
    for columns, body in re.findall(
        r"\\begin\{tabular\}\{@\{\}([^\n]*)@\{\}\}\n(.*?)\\end\{tabular\}", text, re.DOTALL
    ):
        wanted = len(re.sub(r"\{[^}]*\}", "", columns))
        rows = [line for line in body.splitlines() if line.endswith((r" \\", r" \\[-1pt]"))]
        rules = [line for line in body.splitlines() if re.fullmatch(r"\\(top|mid|bottom)rule", line)]
        assert len(rows) + len(rules) == len(body.splitlines())
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {wanted}
        assert [rules[0], rules[1], rules[-1]] == [r"\toprule", r"\midrule", r"\bottomrule"]
    return True


def test_latex_has_the_numbers_their_intervals_and_bold_where_a_row_is_best():
    text = latex(a_table(), "tab:x")
    assert balanced(text)
    assert r"\caption{A caption.}" in text
    assert r"\label{tab:x}" in text
    assert r"a sampler & \textbf{10.3} & $-$0.500 \\[-1pt]" in text
    assert r" & {\scriptsize [6.68, 16.0]} & {\scriptsize [$-$0.700, $-$0.300]; n = 4} \\" in text
    assert r"another & -- & 1,580 \\[-1pt]" in text
    assert r" &  & {\scriptsize [1148, 2175]} \\" in text
    assert r"FD $\downarrow$ & lag $\rightarrow$ 1" in text
    assert "not there" not in text
    assert "gone" not in text


def test_controls_stand_below_a_rule_of_their_own():
    above, below = latex(a_table(), "tab:x").split("\\midrule\n")[1:]
    assert "another" in above
    assert "real images" not in above
    assert below.startswith("real images & 3.63 &")
    assert latex(plain_table("c", ["a"], [["b"]]), "tab:x").count(r"\midrule") == 1


def test_markdown_has_a_cell_for_each_column_and_the_same_marks():
    text = markdown(a_table())
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}
    assert (
        r"| a sampler | **10.3**<br><sub>\[6.68, 16.0\]</sub> | −0.500<br><sub>\[−0.700, −0.300\]; n = 4</sub> |"
        in text
    )
    assert "| *real images* | 3.63 |  |" in text


def test_no_text_breaks_out_of_its_cell():
    table = Table(HOSTILE, [Cell("a"), Cell(HOSTILE)], [[Cell("[x]"), Cell(HOSTILE, HOSTILE, ("text",))]])
    text = latex(table, "tab:x")
    assert balanced(text)
    assert r"50\% of \$x\_1 \& \{y\}\textasciicircum{}2 \#3 \textasciitilde{} \textbackslash{}end\{table\}" in text
    assert not re.search(r"^\[", text, re.MULTILINE)  # it would be the argument of the row's end before it
    row = markdown(Table("c", [Cell("a")], [[Cell("a|b <b>")]])).splitlines()[-1]
    assert row == r"| a\|b \<b> |"


@pytest.mark.parametrize("table", [CLAIMS, METRICS, VARIANTS, RECIPES, DATASETS, WORLDS, WALKERS, CONTROLS])
def test_latex_needs_no_letter_beyond_ascii_for_what_this_suite_says(table):
    said = [str(entry) for entry in table.values()]
    assert not re.findall(r"[^\x00-\x7f]", escaped(" ".join(said)).replace("é", "e"))


def test_without_a_readable_table_there_is_the_csv_alone(tmp_path):
    frame = pd.DataFrame({"a": [1]})
    save(tmp_path, "x", frame, [a_table(), a_table()])
    files = {path.name for path in (tmp_path / "tables").iterdir()}
    assert files == {"x.csv", "x.tex", "x.md"}
    assert re.findall(r"\\label\{(.*)\}", (tmp_path / "tables" / "x.tex").read_text()) == ["tab:x", "tab:x_2"]
    save(tmp_path, "x", frame, [])
    assert [path.name for path in (tmp_path / "tables").iterdir()] == ["x.csv"]


def test_every_table_of_a_report_is_there_in_three_formats_with_the_numbers_of_its_csv(root):
    manifest = save_light(root, keys=KEYS)
    claims, parts = verdicts(files.load_table(root / "metrics.csv", COLUMNS))
    files.save_table(root / "claims.csv", claims)
    files.save_table(root / "claims.parts.csv", parts)
    build(root, manifest)
    tables = root / "tables"
    names = {"main_digits_own", "differences_digits_own", "claims", "costs", "variants"}
    assert {path.name for path in tables.iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("csv", "tex", "md")
    }
    assert all(balanced(path.read_text()) for path in tables.glob("*.tex"))
    main = files.load_table(tables / "main_digits_own.csv", ["row", "metric", "mean", "low"])
    distances = main[(main.metric == "frechet_distance") & main.variant.isin(KEYS)]
    for kind in ("tex", "md"):
        text = (tables / f"main_digits_own.{kind}").read_text()
        assert all(number(mean) in text for mean in distances["mean"])
        assert "Mean over 3 seeds with its 95" in text.replace("\\", "")
    text = (tables / "claims.md").read_text()
    assert all(f"| {claim} |" in text for claim in claims.claim)


def test_networks_with_settings_of_their_own_have_a_table_and_without_there_is_none(tmp_path):
    manifest = save_results(tmp_path / "example", keys=KEYS[:1])
    assert experiment.own_networks(read(tmp_path / "example", manifest)) == []
    first, *others = manifest.datasets
    changed = first.model_copy(update={"networks": ("generator G (Joint), training noise: 0.3",)})
    own = read(tmp_path / "example", manifest.model_copy(update={"datasets": (changed, *others)}))
    (table,) = experiment.own_networks(own)
    assert [[cell.text for cell in row] for row in table.rows] == [[first.title, *changed.networks]]


def test_the_table_of_runs_says_which_samplers_a_run_leaves_out_by_title_where_the_report_knows_one(tmp_path):
    manifest = save_light(tmp_path / "example")
    first, *others = manifest.sweeps
    left = first.model_copy(update={"without": (manifest.variants[0].key, "of_another_report")})
    manifest = manifest.model_copy(update={"sweeps": (left, *others)})
    table = experiment.runs(read(tmp_path / "example", manifest))
    assert [row[-1].text for row in table.rows] == [
        f"{manifest.variants[0].title} and of_another_report",
        *["none"] * len(others),
    ]
