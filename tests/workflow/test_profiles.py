"""The profiles of clusters: each plans a run, and says in one line which plugin is missing."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from ppgn_bench.workflow import messages
from tests.conftest import ROOT, snakemake, workflow_copy

CLUSTERS = ("slurm", "kubernetes")
STORAGE = ("--default-storage-provider", "fs", "--default-storage-prefix")  # in place of a bucket
# What only the plugin, or the storage's, knows; without them the rest is tried with the executor of one machine.
OF_PLUGINS = re.compile(
    r"^(executor|jobs|slurm-[\w-]+|default-storage-[\w-]+):.*\n|^.*require_executor.*\n", re.MULTILINE
)


def installed(name: str, kind: str = "executor") -> bool:
    return find_spec(f"snakemake_{kind}_plugin_{name}") is not None


def planned(place: Path, profile: str, *more: str) -> str:
    words = ["--workflow-profile", profile, "--configfile", "config/smoke.yaml", "--config", "device=cpu", "-n"]
    done = snakemake(place, *words, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_s_profile_plans_a_run_whose_last_jobs_go_together(name: str, tmp_path: Path) -> None:
    place = workflow_copy(tmp_path / "clone")
    (place / "own").mkdir()
    text = (ROOT / "profiles" / name / "config.yaml").read_text()
    (place / "own" / "config.yaml").write_text(OF_PLUGINS.sub("", text))
    assert OF_PLUGINS.sub("", text).count("\n") < text.count("\n") - 2
    said = planned(place, "own")
    assert re.search(r"^total +50$", said, re.MULTILINE)
    assert "Group job ending" in said


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_s_profile_plans_a_run_with_its_plugin(name: str, tmp_path: Path) -> None:
    if not installed(name) or (name == "kubernetes" and not installed("fs", "storage")):
        pytest.skip(f"needs snakemake-executor-plugin-{name}, and for kubernetes snakemake-storage-plugin-fs")
    place = workflow_copy(tmp_path / "clone")
    bucket = tmp_path / "bucket"
    workflow_copy(bucket)  # holds the judges that ship
    said = planned(place, f"profiles/{name}", *([*STORAGE, str(bucket)] if name == "kubernetes" else []))
    assert re.search(r"^total +50$", said, re.MULTILINE)


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_profile_says_in_one_line_which_plugin_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "find_spec", lambda _: None)
    text = (ROOT / "profiles" / name / "config.yaml").read_text()
    (line,) = re.findall(r"ppgn_bench\.workflow\.messages\.(require_executor\(\S+\))", text)
    with pytest.raises(SystemExit) as ended:
        eval(line, vars(messages))
    assert str(ended.value) == f'error: profiles/{name} needs Snakemake\'s plugin: pip install "ppgn_bench[{name}]"'
    assert re.search(rf"^{name} = ", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
