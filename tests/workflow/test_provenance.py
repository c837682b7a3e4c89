"""What a whole run says of what made each of its files, and that its record has them all."""

import json
import re
import socket
from pathlib import Path
from typing import Any

from safetensors import safe_open

from ppgn_bench.columns import COSTS
from ppgn_bench.storage import files, recording
from ppgn_bench.storage.manifest import load as load_manifest


def test_a_finished_run_has_recorded_all_that_it_made_and_used(smoke: Path) -> None:
    results = smoke / "results" / "smoke"
    recorded = recording.recorded(results)
    assert recording.differences(results, recorded, lambda size: None) == {}
    costs = [file for file in recorded if file.name.endswith(".cost.csv")]
    networks = {file for file in recorded if file.is_relative_to(smoke / "results" / "networks")}
    there = {file for file in (smoke / "results" / "networks").rglob("*") if file.is_file()}
    cost = {file for file in there if file.name.endswith(".cost.csv")}  # another number when they are made again
    assert networks == there - cost
    assert len(costs) + len(cost) == len(files.load_table(results / "costs.csv", COSTS))


def header(file: Path) -> dict[str, Any]:
    with safe_open(file, framework="numpy") as opened:
        return json.loads(opened.metadata()[files.HEADER_KEY])


def test_every_header_says_what_made_its_file_and_the_manifest_says_it_of_every_job(smoke: Path) -> None:
    headers = {file: header(file) for file in (smoke / "results").rglob("*.safetensors")}
    assert {own["kind"] for own in headers.values()} >= {"Generator", "chains", "pictures", "trajectories", "data"}
    for file, own in headers.items():
        assert re.fullmatch("[0-9a-f]{16}", own["code"]), file
        assert own["versions"]["torch"], file
        assert own["kind"] == "data" or own["threads"] >= 1, file
        assert ("processor" in own) == (own["kind"] != "data"), "data are the same on every processor"
    made = load_manifest(smoke / "results/smoke/manifest.json").made_by
    costs = files.load_table(smoke / "results/smoke/costs.csv", COSTS)
    assert sum(len(maker.jobs) for maker in made) == len(costs)
    assert all(maker.processor and maker.instruction_set and maker.versions for maker in made)
    codes = {job.code for maker in made for job in maker.jobs}
    assert codes == {own["code"] for own in headers.values() if own["kind"] != "data"}


def test_no_result_names_a_folder_of_this_machine_or_the_machine(smoke: Path) -> None:
    """Names of users: tests/storage/test_machine.py."""
    words = "|".join(map(re.escape, (str(smoke), str(Path.home()), socket.gethostname())))
    for file in (smoke / "results").rglob("*.*"):
        if file.suffix == ".safetensors":
            text = json.dumps(header(file))
        elif file.suffix in (".csv", ".json", ".html", ".md", ".tex"):
            text = re.sub(r"base64,[\w+/=]+", "", file.read_text())
        else:
            assert file.is_dir() or str(smoke).encode() not in file.read_bytes(), file
            continue
        assert not (found := re.search(rf"(?<![\w.-])({words})(?![\w-])", text)), f"{file}: {found}"
