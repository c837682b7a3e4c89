"""What a run has to do, before anything runs: its jobs by what differs beside the seed, and the work in each.

A part is a stage, a data set and what is trained, sampled or measured there; it has a job a seed. Its work is counted
in units (iterations, chain-steps, chains to measure), whose seconds `calibration` measures; `outlook` adds them up.
Nothing imports torch.
"""

import math
from collections.abc import Iterator, Mapping

from ppgn_bench.config import memory, networks
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data.table import Dataset
from ppgn_bench.jobs import Exploring, Sampling
from ppgn_bench.metrics.table import CONTROLS, RESPLITS
from ppgn_bench.training.changes import named
from ppgn_bench.workflow import paths, plan, seeds
from ppgn_bench.workflow.parts import Part

LARGE = 64  # pixels a side from which images of a data set stay the files that they are
OF_FILES = ("data.folder", "data.imagenet")  # modules whose images always do
PICTURES = 2**20  # bytes of a measurement's tables, curves and pictures; mnist's are 0.3 MiB, those of shapes 1.3
REPORT, DRAWING = 2**19, 2**29  # bytes of the report's pages and figures for each measurement; memory that it takes
AFTER = "metrics costs controls_check networks_check claims manifest report SHA256SUMS controls_hold".split()  # noqa: SIM905


def parts(experiment: Experiment) -> list[Part]:
    """All jobs of a run from nothing, in the order of STAGES. Judges that ship are not trained."""
    return [
        *_preparations(experiment),
        *_trainings(experiment),
        *_controls(experiment),
        *_samplings(experiment),
        *_explorations(experiment),
        _report(experiment),
    ]


def _preparations(experiment: Experiment) -> Iterator[Part]:
    for folder, name in paths.folders(experiment).items():
        dataset, side = experiment.dataset(name), experiment.image_size(name)
        number, pixels = sum(dataset.split_sizes.values()), dataset.channels * side**2
        stay = stay_files(dataset, side)
        held = 0 if stay else number * pixels
        key = f"datasets.{name}.image_size"
        yield Part(
            "prepare",
            folder,
            (paths.data_file(folder),),
            {"file" if stay else "image": float(number)},
            memory=memory.PROCESS + held,
            size=held,
            key=key,
            size_key=key,
        )


def stay_files(dataset: Dataset, side: int) -> bool:
    """Whether a data set's images stay the files that they are, which are decoded when they are wanted."""
    return dataset.load.partition(":")[0] in OF_FILES or (dataset.place is not None and side >= LARGE)


def _trainings(experiment: Experiment) -> Iterator[Part]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in paths.trained_networks(experiment):
        found.setdefault((row["dataset"], row["recipe"]), []).append(row["weights"])
    for (folder, recipe), files in found.items():
        name = paths.folders(experiment)[folder]
        dataset, side, entry = experiment.dataset(name), experiment.image_size(name), named(recipe)
        seed = files[0].rpartition("_")[2].partition(".")[0]
        if networks.weights_of(recipe):
            yield _given(experiment, folder, recipe, files)
            continue
        job = plan.training(experiment, folder, files[0].split("/")[-2], seed)  # whose name has the budget
        players = [own for own in (entry, entry.rival if job.rival else None) if own]
        sizes = networks.sizes(dataset, side, entry)
        needed = [named(need) for need in entry.needs.values()]
        built = [(networks.options(dataset, own), sizes) for own in players]
        frozen = [(networks.options(dataset, own), networks.sizes(dataset, side, own)) for own in needed]
        pixels = dataset.split_sizes[job.split] * dataset.channels * side**2
        at_once = job.batch_size // (job.accumulate * experiment.processes)
        needs = memory.training_bytes(built, frozen, at_once, pixels)
        yield Part(
            "train",
            f"{recipe} on {folder}",
            tuple(files),
            {"pass": 1.0, "iteration": float(job.iterations)},
            job=job,
            reads=paths.needed_networks(experiment, folder, recipe, seed),
            folder=folder,
            processes=experiment.processes,
            at_once=seeds.of_dataset(experiment, name),
            memory=memory.PROCESS + needs,
            key=f"datasets.{name}.networks.{recipe.partition('+')[0]}.batch_size",
            size_key=f"datasets.{name}.seeds",
        )


def _given(experiment: Experiment, folder: str, recipe: str, files: list[str]) -> Part:
    """A network whose weights are given: it is read and tells some images, and nothing is trained."""
    name = paths.folders(experiment)[folder]
    dataset, entry = experiment.dataset(name), named(recipe)
    built = networks.options(dataset, entry), networks.sizes(dataset, experiment.image_size(name), entry)
    return Part(
        "train",
        f"{recipe} on {folder}",
        tuple(files),
        {"pass": 1.0},
        job=plan.training(experiment, folder, recipe, paths.JUDGE_SEED),
        folder=folder,
        processes=experiment.processes,
        memory=memory.PROCESS + 2 * memory.training_bytes([], [built], 1, 0),
        key=f"datasets.{name}.networks.{recipe.partition('+')[0]}.weights",
        given=paths.given_weights(recipe).get("given", ""),
    )


def _controls(experiment: Experiment) -> Iterator[Part]:
    for folder, name in paths.folders(experiment).items():
        dataset = experiment.dataset(name)
        job = plan.measuring_controls(experiment, folder)
        whole = dataset.split_sizes["control"]
        sizes = {whole, *(size for size in job.sizes.values() if size < whole)}
        # Judges see the controls of the halves as they are in three sizes, those of every other resplit in one.
        again = 1 + (RESPLITS - 1) / 3 if job.real == "reference" else 1
        images = sum(sizes) * (len(job.judges) + 0.5) * again * len(CONTROLS)  # half of them are measured, too
        units = {"pass": 1.0, "image": images}
        if job.inception:
            units["seen"] = sum(sizes) * 1.5 * len(CONTROLS) + dataset.split_sizes[job.real]
        file = f"results/{experiment.name}/metrics/{folder}/controls.csv"
        yield Part(
            "controls",
            folder,
            (file,),
            units,
            job=job,
            reads=paths.judges_asked(experiment, folder),
            folder=folder,
            memory=memory.MEASURING,
            size=PICTURES,
            key=f"datasets.{name}.image_size",
        )


def _samplings(experiment: Experiment) -> Iterator[Part]:
    """Every sampling, and after each its measurement, of all seeds in one job."""
    for folder, name in paths.folders(experiment).items():
        for sweep in experiment.sweeps:
            for variant in experiment.sweep_variants(sweep, name):
                yield from _sampled(experiment, folder, sweep, variant)


def _sampled(experiment: Experiment, folder: str, sweep: str, variant: str) -> Iterator[Part]:
    name = paths.folders(experiment)[folder]
    files = paths.chain_files(experiment, folder, sweep, variant)
    seed = experiment.datasets[name].seeds[0]
    job = plan.sampling(experiment, folder, sweep, variant, seed)
    image = experiment.dataset(name).channels, experiment.image_size(name), experiment.image_size(name)
    code = job.state_shape[0] if len(job.state_shape) == 1 else 0
    chains = {key: len(job.targets) * len(job.settings) * run.chains_per_target for key, run in job.runs.items()}
    kept = sum(memory.kept_bytes(image, code, chains[key], run) // 2 for key, run in job.runs.items())
    batch = memory.batch_bytes(
        experiment.built(name, variant), job.state_shape, min(job.chunk_size, max(chains.values()))
    )
    of, networks_read = f"{variant} of {sweep} on {folder}", paths.sampled_networks(experiment, folder, variant, seed)
    yield Part(
        "sample",
        of,
        tuple(files),
        _steps(job, chains),
        job=job,
        reads=networks_read,
        folder=folder,
        at_once=seeds.of_dataset(experiment, name),
        memory=memory.PROCESS + batch + 2 * kept,
        size=kept,
        key="chunk_size" if batch > 2 * kept else _longest(job, sweep),
        size_key=_longest(job, sweep),
    )
    yield _measured(experiment, of, job, networks_read)


def _measured(experiment: Experiment, of: str, job: Sampling, networks_read: Mapping[str, str]) -> Part:
    """The measurement of all seeds of a sampling."""
    folder, sweep, variant = job.dataset, job.sweep, job.variant
    name = paths.folders(experiment)[folder]
    number, measuring = len(experiment.datasets[name].seeds), plan.measuring(experiment, folder, sweep, variant)
    runs = {key: len(job.targets) * len(job.settings) * run.chains_per_target for key, run in job.runs.items()}
    draws = sum(runs[key] * (run.steps // run.keep_every + 1) for key, run in job.runs.items())
    steps = sum(runs[key] * (run.steps + 1) for key, run in job.runs.items())
    units = {"pass": 1.0, "setting": float(number * len(job.settings)), "draw": float(number * draws)}
    if measuring.inception:
        reference = experiment.dataset(name).split_sizes[measuring.real]
        units["seen"] = float(number * sum(runs.values()) + reference)
    return Part(
        "measure",
        of,
        (f"results/{experiment.name}/metrics/{folder}/{sweep}/{variant}.csv",),
        units,
        job=measuring,
        reads=paths.judges_asked(experiment, folder, variant),
        folder=folder,
        memory=memory.MEASURING + memory.measuring_bytes(steps, draws // len(job.settings)),
        size=PICTURES,
        key=_longest(job, sweep),
        sampled=job,
        networks=networks_read,
    )


def _longest(job: Sampling, sweep: str) -> str:
    """The key of the run that keeps most draws."""
    runs = {name: run.chains_per_target * (run.steps // run.keep_every + 1) for name, run in job.runs.items()}
    return f"sweeps.{sweep}.{max(runs, key=runs.__getitem__)}"


def _steps(job: Sampling, chains: Mapping[str, int]) -> dict[str, float]:
    """Steps of all batches, and chain-steps, of one sampling job."""
    batches = {name: math.ceil(chains[name] / job.chunk_size) for name in job.runs}
    return {
        "pass": 1.0,
        "step": float(sum(batches[name] * run.steps for name, run in job.runs.items())),
        "chain-step": float(sum(chains[name] * run.steps for name, run in job.runs.items())),
    }


def _explorations(experiment: Experiment) -> Iterator[Part]:
    for world, settings in experiment.worlds.items():
        job: Exploring = plan.exploring(experiment, world, settings.seeds[0])
        units = {"pass": 1.0, "iteration": float(job.iterations), "step": float(job.steps)}
        files, key = tuple(paths.world_tables(experiment, world)), f"worlds.{world}"
        yield Part(
            "explore",
            world,
            files,
            units,
            job=job,
            at_once=seeds.of_world(experiment, world),
            memory=memory.EXPLORING,
            size=PICTURES,
            key=key,
            size_key=key,
        )


def _report(experiment: Experiment) -> Part:
    """All that comes after the measurements: short jobs, of which the report is the only long one."""
    number = len(paths.metric_tables(experiment))
    files = tuple(f"results/{experiment.name}/{'controls.ok' if name == AFTER[-1] else name}" for name in AFTER)
    units = {"drawing": float(number)}
    return Part("report", "tables, claims, report", files, units, memory=DRAWING, size=number * REPORT // len(files))
