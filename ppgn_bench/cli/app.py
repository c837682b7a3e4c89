"""The command line: a subcommand a rule, and those for people. Their imports are inside them: torch takes seconds."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ppgn_bench.cli import arguments
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files, machine

HELP = "Plug & Play Generative Networks, taken apart. `snakemake` runs everything; these are its stages."
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=HELP)

SettingsOption = Annotated[str, typer.Option("--settings", help="The job's settings as JSON, as `plan` writes them.")]
Output = Annotated[Path, typer.Option("--output", help="File to write.")]
Data = Annotated[Path, typer.Option("--data", help="A data set's splits, from `prepare`.")]
JudgeFiles = Annotated[list[Path], typer.Option("--judge", help="Weights of the data set's judge; and of a second.")]
Networks = Annotated[list[str] | None, typer.Option("--network", help="role=file of a trained network; repeat it.")]
RealSplit = Annotated[
    Literal["reference", "train"], typer.Option("--real", help="Split of real images that samples are held against.")
]
Metrics = Annotated[str, typer.Option("--metrics", help="Names of metrics, separated by commas.")]


def main() -> None:
    """Entry point. Bad input ends in one line and exit status 1; usage errors in 2."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


# ------------------------------------------------------------------------------------------------- the rules' stages


@app.command()
def prepare(settings: SettingsOption, output: Output) -> None:
    """Write a data set's splits: train, judge, and two real halves."""
    from ppgn_bench.data import table

    told = arguments.settings(settings, arguments.PREPARATION)
    arrays: dict[str, Any] = {}
    for name, split in getattr(table, told["load"])(told["image_size"]).items():
        arrays |= {f"{name}.images": split.images, f"{name}.labels": split.labels}
        if split.modes is not None:
            arrays[f"{name}.modes"] = split.modes
    files.save_arrays(output, arrays, {"kind": "data", **told})


@app.command()
def train(settings: SettingsOption, data: Data, output: Output, network: Networks = None) -> None:
    """Train one network: weights, a log of its losses and its cost beside it."""
    from ppgn_bench.training.stage import train as trained

    told = arguments.settings(settings, arguments.TRAINING)
    device = machine.device(told["device"])
    files.require_dataset(told["dataset"], {data: "data"})
    networks = arguments.network_files(network, told["needs"], told["dataset"])
    named = {"dataset": told["dataset"], "name": told["name"], "seed": told["seed"], "device": device.type}
    with machine.cost(arguments.beside(output, "cost.csv"), kind="training", **named):
        arrays, losses = trained(told, data, networks, device)
    rows = [f"{step},{term},{value!r}" for step, term, value in losses]
    files.save_text(arguments.beside(output, "losses.csv"), "\n".join(["step,term,value", *rows, ""]))
    header = {"kind": told["network"], **told, "device": device.type, "versions": machine.versions()}
    files.save_arrays(output, arrays, header)


@app.command()
def sample(settings: SettingsOption, output: Output, network: Networks = None) -> None:
    """Sample one variant with one seed's networks: all its chains and settings."""
    from ppgn_bench.sampling.stage import sample as sampled

    told = arguments.settings(settings, arguments.SAMPLING)
    device = machine.device(told["device"])
    networks = arguments.network_files(network, told["networks"], told["dataset"])
    named = {key: told[key] for key in ("dataset", "sweep", "seed")} | {"device": device.type}
    with machine.cost(arguments.beside(output, "cost.csv"), kind="sampling", name=told["variant"], **named) as cost:
        arrays = sampled(told, networks, device)
        cost["chain_steps"] = sum(len(arrays[f"{run}.labels"]) * arrays[f"{run}.steps"][-1] for run in told["runs"])
    header = {
        "kind": "chains",
        **told,
        "device": device.type,
        "settings": told["epsilons"],
        "versions": machine.versions(),
    }
    files.save_arrays(output, arrays, header)


@app.command()
def measure(
    chains: Annotated[list[Path], typer.Argument(help="Chains of one variant, a file a seed.")],
    data: Data,
    judge: JudgeFiles,
    metrics: Metrics,
    output: Output,
    real: RealSplit = "reference",
) -> None:
    """Measure one variant's chains: values, curves and pictures."""
    # What the metrics import when they are called is imported here: start-up is not the metrics' cost.
    import torch_fidelity  # noqa: F401
    import torchmetrics.functional.image  # noqa: F401

    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure as measured

    machine.device("cpu")
    header = files.load_header(chains[0], "chains")
    files.require_dataset(header["dataset"], {data: "data", **dict.fromkeys(judge, "Judge")})
    names = arguments.metrics(metrics)
    named = {"dataset": header["dataset"], "sweep": header["sweep"], "name": header["variant"], "seed": ""}
    with machine.cost(arguments.beside(output, "cost.csv"), kind="measuring", **named):
        reals = [read_real(data, network, real) for network in judge]
        rows, curves, pictures = measured(chains, reals, names)
    files.save_table(arguments.beside(output, "curves.csv"), curves)
    files.save_arrays(arguments.beside(output, "pictures.safetensors"), pictures, {"kind": "pictures"})
    files.save_table(output, rows)


@app.command()
def controls(
    data: Data,
    judge: JudgeFiles,
    metrics: Metrics,
    output: Output,
    size: Annotated[list[str] | None, typer.Option("--size", help="sweep=samples of a class; repeat it.")] = None,
    real: RealSplit = "reference",
) -> None:
    """Measure real images, noise and the other controls that every metric must put in order."""
    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure_controls

    machine.device("cpu")
    files.require_dataset(files.load_header(data, "data")["dataset"], dict.fromkeys(judge, "Judge"))
    names, sizes = arguments.metrics(metrics), arguments.sizes(size)
    reals = [read_real(data, network, real) for network in judge]
    rows, pictures = measure_controls(reals, names, sizes)
    files.save_arrays(arguments.beside(output, "pictures.safetensors"), pictures, {"kind": "pictures"})
    files.save_table(output, rows)


@app.command()
def collect(
    tables: Annotated[list[Path], typer.Argument(help="Costs; or measurements, loss logs and errors on worlds.")],
    output: Output,
) -> None:
    """Put all costs, or all measurements, into one long table, sorted."""
    from ppgn_bench.storage.collected import together

    files.save_table(output, together(tables))


@app.command()
def check_controls(
    tables: Annotated[list[Path], typer.Argument(help="Measurements of controls.")], output: Output
) -> None:
    """Check that every metric puts its controls in the order that it must."""
    from pandas import concat

    from ppgn_bench.metrics.controls import check

    rows = concat([files.load_table(path, ["dataset", "sweep", "variant", "metric", "value"]) for path in tables])
    files.save_table(output, check(rows))


@app.command()
def controls_hold(table: Annotated[Path, typer.Argument(help="From `check-controls`.")]) -> None:
    """Say which metric fails its controls, if any; exit status 1 if one does."""
    checked = files.load_table(table, ["dataset", "metric", "better", "worse", "ordered"])
    failed = checked[~checked["ordered"].astype(bool)]
    if len(failed):
        lines = [
            f"  {row.dataset}: {row.metric} does not part {row.better} from {row.worse}" for row in failed.itertuples()
        ]
        raise UserError("\n".join(["metrics that fail their controls; the report marks them:", *lines]))


@app.command()
def worlds(settings: SettingsOption, output: Output) -> None:
    """Hold denoisers and samplers against the exact truth of an analytic world; trajectories beside the errors."""
    from ppgn_bench.worlds.stage import PICTURE_CLASS, explore

    told = arguments.settings(settings, arguments.EXPLORING)
    machine.device("cpu")
    with machine.cost(arguments.beside(output, "cost.csv"), kind="exploring", name=told["world"], seed=told["seed"]):
        rows, picture = explore(told)
    header = {"kind": "trajectories", "world": told["world"], "label": PICTURE_CLASS}
    files.save_arrays(arguments.beside(output, "safetensors"), picture, header)
    files.save_table(output, rows)


@app.command()
def pin(settings: SettingsOption, data: Data, output: Output, network: Networks = None) -> None:
    """Write the gate's exact numbers: a few steps of every training and sampler, every metric, and worlds."""
    from ppgn_bench.gate.exact_numbers import pinned

    told = arguments.pinning(settings)
    machine.device("cpu")
    files.require_dataset(told["dataset"], {data: "data"})
    networks = arguments.network_files(network, told["networks"], told["dataset"])
    files.save_table(output, pinned(told, networks, data))


@app.command()
def claims(
    metrics: Annotated[list[Path], typer.Argument(help="metrics.csv of an experiment, or of several.")],
    output: Annotated[Path | None, typer.Option("--output", help="claims.csv (its parts beside it), or a .md.")] = None,
) -> None:
    """Hold the paper's claims against measurements: a verdict, or why there is none. Without --output, print them."""
    from ppgn_bench.claims import text as claims_text
    from ppgn_bench.claims.verdicts import verdicts
    from ppgn_bench.storage.collected import together

    table, parts = verdicts(together(metrics))
    if output is None:
        print(claims_text.plain(table))
    elif output.suffix == ".md":
        files.save_text(output, claims_text.markdown(table))
    else:
        files.save_table(arguments.beside(output, "parts.csv"), parts)
        files.save_table(output, table)


@app.command()
def choose(
    metrics: Annotated[Path, typer.Argument(help="metrics.csv of config/search.yaml.")],
    output: Annotated[Path, typer.Option("--output", help="Table to write: every trial, and which is chosen.")],
) -> None:
    """Choose each variant's epsilons from the trials of a search, by the rule that stood before them."""
    from ppgn_bench.sampling.search import chosen
    from ppgn_bench.storage.collected import together

    trials = chosen(together([metrics]))
    files.save_table(output, trials)
    print(trials[trials["chosen"]].drop(columns="chosen").to_string(index=False))


@app.command()
def resample(
    settings: SettingsOption,
    data: Data,
    judge: Annotated[Path, typer.Option("--judge", help="Weights of the data set's judge.")],
    metrics: Metrics,
    output: Output,
    network: Networks = None,
) -> None:
    """Sample one variant anew from committed networks, and measure it as it is and without each start: for `check`."""
    import torch_fidelity  # noqa: F401  # before the chains: what it imports is no work of theirs

    from ppgn_bench.metrics.inputs import read_real
    from ppgn_bench.metrics.stage import measure_left_out
    from ppgn_bench.sampling.stage import sample as sampled

    told = arguments.settings(settings, arguments.SAMPLING)
    device = machine.device(told["device"])
    names = arguments.metrics(metrics)
    files.require_dataset(told["dataset"], {data: "data", judge: "Judge"})
    chains = sampled(told, arguments.network_files(network, told["networks"], told["dataset"]), device)
    files.save_table(output, measure_left_out(chains, told, read_real(data, judge), names))


@app.command()
def manifest(settings: SettingsOption, output: Output) -> None:
    """Write down what is run, on what data and with what."""
    from ppgn_bench.storage import manifest as stored

    stored.save(output, stored.parse({**arguments.settings(settings), **machine.surroundings()}, output))


@app.command()
def report(experiment: Annotated[Path, typer.Argument(help="Folder of an experiment's results.")]) -> None:
    """Draw figures, tables and the page from an experiment's tables and pictures alone."""
    from ppgn_bench.report.build import build
    from ppgn_bench.storage import manifest as stored

    print(build(experiment, stored.load(experiment / "manifest.json")))


# ------------------------------------------------------------------------------------------------------- for people


@app.command()
def check(
    baseline: Annotated[Path, typer.Option("--baseline", help="Folder of the reference, results/reference/main.")],
    results: Annotated[Path, typer.Option("--results", help="Folder of the run, results/main.")],
    form: Annotated[Literal["text", "markdown", "json"], typer.Option("--format", help="How to say it.")] = "text",
    strict: Annotated[bool, typer.Option("--strict", help="Undecided ends with status 1 as well.")] = False,
) -> None:
    """Hold a run against a reference: passed (status 0), regressed (1), unusable input (2) or undecided (3)."""
    import json

    from ppgn_bench.gate import check as gate
    from ppgn_bench.gate import text as gate_text

    try:
        outcome = gate.checked(baseline, results)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    said = {
        "text": gate_text.plain,
        "markdown": gate_text.markdown,
        "json": lambda o: json.dumps(o.as_json(), indent=2),
    }
    print(said[form](outcome))
    raise typer.Exit({"passed": 0, "regressed": 1, "undecided": 1 if strict else 3}[outcome.verdict])


@app.command()
def reference(
    experiment: Annotated[Path, typer.Argument(help="Folder of an experiment's results.")],
    output: Annotated[Path, typer.Option("--output", help="Folder of the reference, results/reference/<name>.")],
    networks: Annotated[bool, typer.Option("--networks", help="Keep the trained weights as well.")] = False,
) -> None:
    """Keep a run as a reference for `check`: its tables, small figures and, if asked for, its networks."""
    from ppgn_bench.gate.check import keep

    kept = keep(experiment, output, networks)
    print(f"{output}: {len(kept)} files, {sum(file.stat().st_size for file in kept) / 2**20:.1f} MiB")


@app.command()
def variants() -> None:
    """List the samplers of the paper: what each walks in, its prior, networks and epsilons."""
    from ppgn_bench.sampling.variants import VARIANTS

    print(f"{'name':24} {'title':28} {'walks in':9} {'prior':16} {'eps prior, condition, noise':28} networks")
    for name, variant in VARIANTS.items():
        epsilon = variant.epsilon
        values = f"{epsilon.prior:g}, {epsilon.condition:g}, {epsilon.noise:g}"
        networks = ", ".join(variant.networks.values())
        print(f"{name:24} {variant.title:28} {variant.space:9} {variant.prior:16} {values:28} {networks}")


@app.command("metrics")
def list_metrics() -> None:
    """List the metrics: unit, best direction, smallest difference that matters."""
    from ppgn_bench.metrics.table import METRICS

    print(f"{'name':28} {'title':44} {'best':8} {'margin':>7}  unit")
    for name, metric in METRICS.items():
        print(f"{name:28} {metric.title:44} {metric.direction:8} {metric.margin:7g}  {metric.unit}")


if __name__ == "__main__":
    main()
