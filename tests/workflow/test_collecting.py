"""Jobs that read what all others made: thousands of files in a command that a shell takes."""

import re
from pathlib import Path

import pytest

from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.workflow import paths
from ppgn_bench.workflow.collecting import CheckingNetworks, Collecting, grouped, listed, of_networks, of_results
from tests.conftest import ROOT, snakemake, workflow_copy

LONGEST = 100_000  # bytes; Linux takes one argument of 131,072, which a shell's command is


@pytest.mark.parametrize(
    "files",
    [
        ["a.csv"],
        ["a/b.csv", "a.csv", "/b.csv"],
        ["r/n/joint/seed_0.csv", "r/n/joint/seed_1.csv", "r/n/joint+noise=0.2/seed_0.csv", "r/m/joint/seed_7.csv"],
        [],
    ],
)
def test_files_in_their_short_form_are_the_same_files_and_each_stands_there_once(files: list[str]) -> None:
    found = listed(grouped(files))
    assert sorted(found) == sorted(map(Path, files))


def test_files_of_one_shape_stand_there_as_folders_and_names() -> None:
    seeds = [f"seed_{seed}" for seed in range(20)]
    (own,) = grouped(f"networks/digits/{recipe}/{seed}.csv" for recipe in ("joint", "generator") for seed in seeds)
    assert (own.within, own.folders, own.names) == ("networks/digits", ("joint", "generator"), tuple(seeds))


def test_endings_that_all_names_have_stand_there_once() -> None:
    endings = (".csv", ".curves.csv", ".pictures.safetensors")
    (own,) = grouped(f"m/own/{name}{ending}" for name in ("am", "joint+noise=0.2", "b.1") for ending in endings)
    assert (own.within, own.folders) == ("m", ("own",))
    assert (own.names, own.endings) == (("am", "joint+noise=0.2", "b.1"), endings)


def test_all_files_of_a_thousand_samplers_are_one_argument() -> None:
    samplers = {f"a_name_of_an_ablation_{number}": {"of": "joint_ppgn_h", "targets": ["7"]} for number in range(1000)}
    config = {"datasets": {"shapes": None}, "worlds": None, "variants": ["joint_ppgn_h"], "ablations": samplers}
    config["sweeps"] = {"matched": None, "released": None}
    experiment = load_experiment({**config, "extends": str(ROOT / "config/config.yaml")})
    job = of_results(paths.results(experiment))
    assert len(listed(job.made)) > 10_000
    assert len(job.as_json()) < LONGEST


def test_a_job_says_which_networks_only_ablations_take() -> None:
    job = CheckingNetworks.model_validate_json(of_networks(["d/a/s.csv"], ["d/b/s.csv"]).as_json())
    assert (listed(job.networks), listed(job.ablated)) == ([Path("d/a/s.csv")], [Path("d/b/s.csv")])


def test_a_command_of_the_largest_config_is_one_that_a_shell_takes(tmp_path: Path) -> None:
    """Of the rules that read what all others made, whose files are there, so that Snakemake plans nothing else."""
    experiment = load_experiment(read(ROOT / "config/full.yaml"), ROOT / "config/config.yaml")
    place = workflow_copy(tmp_path / "place")
    costs = paths.cost_tables(experiment)
    measured = paths.metric_tables(experiment) + paths.loss_tables(experiment) + paths.all_world_tables(experiment)
    after = "claims.csv claims.parts.csv report/index.html report/report.pdf tables/t.csv figures/f.png"
    for file in [*paths.results(experiment), *costs, *(f"results/full/{name}" for name in after.split())]:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).touch()
    rules = ("collect", "collect_costs", "check_networks", "check_controls", "manifest", "record")
    options = ("--dry-run", "--printshellcmds", "--configfile", "config/full.yaml", "--allowed-rules", *rules)
    done = snakemake(place, *options, "--", "results/full/SHA256SUMS")
    assert done.returncode == 0, done.stderr
    commands = re.findall(r"python -m ppgn_bench (?:collect|check|manifest|record).*", done.stdout)
    assert len(commands) == len(rules)
    assert max(len(command.encode()) for command in commands) < LONGEST
    jobs = [re.search("collect --job '(.*)' --output", command) for command in commands]
    collected = [listed(Collecting.model_validate_json(job[1]).tables) for job in jobs if job]
    assert sorted(map(sorted, collected)) == sorted(sorted(map(Path, files)) for files in (costs, measured))
