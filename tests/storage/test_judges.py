"""Judges as files: their facts, and that they are held against the data that they shall judge."""

from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.storage import files, judges

JUDGE = Name("networks.judge:Judge")


def a_judge(path: Path, digest: str) -> Path:
    measured = {"accuracy": 0.9, "class": 0.3}
    header = {"kind": "Judge", "dataset": "digits", "digest": digest, "measured": measured}
    files.save_arrays(path, {"weight": np.zeros(3, np.float16)}, header)
    return path


def data(path: Path, digest: str, **arguments: str) -> Path:
    header = {"kind": "data", "dataset": "digits", "digest": digest, "arguments": arguments}
    files.save_arrays(path, {}, header)
    return path


def test_a_judge_of_other_images_is_refused_by_its_name_with_what_to_do(tmp_path: Path) -> None:
    judge, own = a_judge(tmp_path / "judge", "a" * 64), data(tmp_path / "data", "b" * 64)
    with pytest.raises(UserError) as refused:
        judges.require_data(own, {judge: JUDGE})
    said = str(refused.value)
    assert said.startswith(f"{judge}: ")
    assert f"{own}" in said
    assert "'digits'" in said
    assert "'aaaaaaaaaaaa'" in said
    assert "'bbbbbbbbbbbb'" in said
    assert "make judges" in said


def test_of_data_that_come_from_files_the_files_are_asked_for_before_a_judge_is_to_be_trained(tmp_path: Path) -> None:
    judge, own = a_judge(tmp_path / "judge", "a" * 64), data(tmp_path / "data", "b" * 64, root="there")
    with pytest.raises(UserError) as refused:
        judges.require_data(own, {judge: JUDGE})
    said = str(refused.value)
    assert "are the files in there the right ones?" in said
    assert said.index("right ones?") < said.index("deleted") < said.index("make judges")


def test_a_judge_of_the_same_images_is_accepted(tmp_path: Path) -> None:
    judges.require_data(data(tmp_path / "data", "a" * 64), {a_judge(tmp_path / "judge", "a" * 64): JUDGE})


def test_the_facts_of_a_judge_are_its_hash_and_its_accuracies(tmp_path: Path) -> None:
    judge = a_judge(tmp_path / "judge", "a" * 64)
    facts = judges.facts(judge, JUDGE)
    assert facts == {"hash": files.digest(judge), "accuracy": 0.9, "mode_accuracy": None}
    assert facts["hash"] != judges.facts(a_judge(tmp_path / "other", "b" * 64), JUDGE)["hash"]
