"""A table that names what there is not, as a user meets it."""

from pathlib import Path

import pytest

from tests.conftest import snakemake, workflow_copy
from tests.workflow.rehearsal import edit

PRIOR = """prior=Name("sampling.priors:{}"),
            networks=MappingProxyType({{"encoder": "classifier", **_NOISELESS}}),"""


OBJECTIVE = 'objective=Name("training.objectives:{}")'


@pytest.mark.parametrize(
    ("table", "entry", "right", "wrong", "message"),
    [
        (
            "sampling/variants",
            PRIOR,
            "joint",
            "jont",
            "variant 'noiseless_joint_ppgn_h': sampling.priors:jont: no such",
        ),
        (
            "training/recipes",
            OBJECTIVE,
            "judge",
            "juge",
            "recipe 'judge': training.objectives:juge: no such definition",
        ),
    ],
)
def test_a_table_that_names_what_there_is_not_is_one_message_before_anything_runs(
    tmp_path: Path, table: str, entry: str, right: str, wrong: str, message: str
) -> None:
    tree = workflow_copy(tmp_path / "tree")
    edit(tree, f"ppgn_bench/{table}.py", entry.format(right), entry.format(wrong))
    done = snakemake(tree, "-n", "--configfile", "config/smoke.yaml")
    assert done.returncode == 1
    shown = done.stdout + done.stderr
    assert (message in shown, f"did you mean {right!r}?" in shown, "Traceback" in shown) == (True, True, False)
