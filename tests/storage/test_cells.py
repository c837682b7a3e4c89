"""Names in tables and manifests name no other folder, and numbers are numbers: what is none is named by column."""

from pathlib import Path

import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.storage import manifest
from ppgn_bench.storage.files import load_table

HEAD = "dataset,sweep,variant,seed,metric,value\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("../../x,own,am,0,recall,1", "column dataset holds '../../x', which names nothing that is measured"),
        ("digits,/etc/x,am,0,recall,1", "column sweep holds '/etc/x', which names nothing"),
        ("digits,own,a\u202em,0,recall,1", "column variant holds 'a\\u202em', which names nothing"),
        ("digits,own,am,0,recall,0.5.5", "column value holds '0.5.5', which is no number"),
        ("digits,own,am,one,recall,1", "column seed holds 'one', which is no number"),
        ("digits,own,am,,recall,1", "column seed has a blank in line 3"),
        ("digits,own", "column variant has a blank in line 3"),
    ],
)
def test_a_wrong_cell_of_a_table_is_named(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / "metrics.csv").write_text(f"{HEAD}digits,own,am,0,recall,0.5\n{row}\n")
    with pytest.raises(UserError) as caught:
        load_table(tmp_path / "metrics.csv", ["value"])
    assert str(caught.value).startswith(f"{tmp_path / 'metrics.csv'}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../x", "/x", "a\nb", ""])
def test_a_manifest_whose_names_could_be_paths_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"manifest\.json: name: "):
        manifest.parse({"name": name}, tmp_path / "manifest.json")
