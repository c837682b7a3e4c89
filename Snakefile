# The whole benchmark: data -> networks -> chains -> metrics -> report.
# `snakemake` runs config/config.yaml; `--configfile FILE` another experiment, `--config key=value` a change.
import json
import re

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from ppgn_bench.workflow import arguments, collecting, gate, messages, paths, plan, resources, seeds
from ppgn_bench.config.load import load_experiment
from ppgn_bench.errors import UserError

min_version("9.0")
messages.in_own_words()

try:
    EXPERIMENT = load_experiment(config)
    GATE = gate.gate(EXPERIMENT.device)
    plan.require_names(EXPERIMENT)
    NEEDS = resources.needs(EXPERIMENT)
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"results/{EXPERIMENT.name}"
GPU = 0 if EXPERIMENT.device == "cpu" else 1  # counted where `--resources gpu=N` limits it


wildcard_constraints:
    dataset="|".join(map(re.escape, {**paths.folders(EXPERIMENT), **paths.folders(GATE)})),
    recipe=r"[a-z_][a-z_0-9]*([+][\w.]+=[^/]+)*",
    sweep="|".join(map(re.escape, EXPERIMENT.sweeps)),
    variant="|".join(map(re.escape, EXPERIMENT.samplers)),
    seed="[0-9]+",
    world="[a-z_][a-z_0-9]*",


# `params: reads=` are the names of what a job reads, for Snakemake to remember: of a param that is made of `input`, where
# files are put, it keeps nothing, and all of `input` hangs on the seeds that share a job.
# A command starts with `exec`: of a job that is killed, the shell would print all, its JSON too.
# A command that names what its rule's loop goes through would have the last of it in all rules: that stands in params.
include: "rules/networks.smk"
include: "rules/chains.smk"
include: "rules/metrics.smk"
include: "rules/worlds.smk"
include: "rules/report.smk"
include: "rules/gate.smk"
include: "rules/judges.smk"


# All results, not the last alone: a job that failed has lost its files, and Snakemake asks nothing of what lies between
# that is there and newer.
rule all:
    default_target: True
    input:
        rules.record.input,
        rules.record.output,
        f"{RESULTS}/controls.ok",


onerror:
    print(messages.after_errors())


onsuccess:
    if not workflow.dag_settings.targets or "all" in workflow.dag_settings.targets:
        print(f"\nThe report lies in {RESULTS}/report/index.html")
