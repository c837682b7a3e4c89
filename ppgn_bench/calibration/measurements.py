"""Trials of what measures: chains of a sampler, controls, Inception."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ppgn_bench.calibration.stand_ins import Data
from ppgn_bench.calibration.timing import Trial, shortened, timed
from ppgn_bench.jobs import Measuring, MeasuringControls, Run, Sampling
from ppgn_bench.storage import files, machine
from ppgn_bench.workflow.outlook import Speed

MEASURED = (2, 4)  # chains of a target
SEEN = 2  # images that Inception sees


def measured(trial: Trial) -> Speed:
    """A measurement of one seed: what is done once, and what a draw takes."""
    from ppgn_bench.metrics.inputs import judged_training
    from ppgn_bench.metrics.rows import chosen, reads_training
    from ppgn_bench.metrics.stage import measure

    job, data, sampled = trial.part.job, trial.data, trial.part.sampled
    assert isinstance(job, Measuring)
    assert data is not None
    assert sampled is not None
    networks = {role: trial.files[file] for role, file in trial.part.networks.items()}
    chains = [_chains(sampled, networks, data, trial.folder / str(each), each) for each in MEASURED]
    _import_metrics()
    device = machine.device(job.device)
    reals, of_reals = timed(lambda: _reals(job, trial, data.whole), device)
    of_training = 0.0
    if reads_training(chosen(job)):
        of_training = len(reals) * timed(lambda: judged_training(reals[0]), device)[1]

    def once(path: Path) -> float:
        return timed(lambda: measure(job, [path], reals), device)[1] - of_training

    (few, of_few), (many, of_many) = ((draws, once(path)) for path, draws in chains)
    each = max(0.0, of_many - of_few) / (many - few) if many > few else max(0.0, of_many) / many
    of_all = {"pass": data.share_of_whole * (of_reals + of_training), "setting": max(0.0, of_few - few * each)}
    return Speed({**of_all, "draw": each, **_seen(job, trial)})


def _seen(job: Measuring, trial: Trial) -> dict[str, float]:
    """The seconds of an image that Inception sees; nothing where there is none, or it is not here yet."""
    if not job.inception or not Path(job.inception).is_file():
        return {}
    from ppgn_bench.data.source import opened
    from ppgn_bench.metrics import inception

    assert trial.data is not None
    network = inception.read(job.inception, machine.device(job.device))
    images = opened(trial.data.tiny, "reference").batch(np.arange(SEEN))
    return {"seen": timed(lambda: network.judged([images], len(images)), network.device)[1] / len(images)}


def _import_metrics() -> None:
    """Import what the metrics import when they are called, which is no cost of theirs."""
    import arviz_stats.base  # noqa: F401
    import torch_fidelity  # noqa: F401


def _chains(job: Sampling, networks: Mapping[str, Path], data: Data, folder: Path, most: int) -> tuple[Path, int]:
    """A file of chains that are as long as the job's, at most so many of a target, and how many draws it has: the same
    two draws, again and again.
    """
    from ppgn_bench.sampling.stage import sample

    each = {name: min(run.chains_per_target, most) for name, run in job.runs.items()}
    short = {name: Run(chains_per_target=number, steps=1, keep_every=1) for name, number in each.items()}
    arrays = sample(shortened(job, short), networks, data.whole, machine.device(job.device))
    long = {name: run.model_copy(update={"chains_per_target": each[name]}) for name, run in job.runs.items()}
    draws = 0
    for name, run in long.items():
        steps = np.arange(0, run.steps + 1, run.keep_every)
        for key, number in (("images", len(steps)), ("codes", len(steps)), ("log_prob", run.steps + 1)):
            if (known := arrays.get(f"{name}.{key}")) is not None:
                arrays[f"{name}.{key}"] = known[:, np.arange(number) % known.shape[1]]
        arrays[f"{name}.steps"] = steps
        draws += len(steps) * len(arrays[f"{name}.targets"])
    folder.mkdir()
    path = folder / "chains.safetensors"
    told = shortened(job, long).model_dump(mode="json")
    files.save_arrays(path, arrays, {"kind": "chains", "dataset": job.dataset, "job": told})
    return path, draws


def _reals(job: Measuring, trial: Trial, source: Path) -> list[Any]:
    """What samples are compared with, a judge each; the judge of factors sees the first."""
    from ppgn_bench.metrics.inputs import read_real, with_factor_judge
    from ppgn_bench.training.recipes import FACTOR_JUDGE

    device = machine.device(job.device)
    judges = [file for role, file in trial.part.reads.items() if role != FACTOR_JUDGE]
    reals = [
        read_real(source, trial.files[file], network, job.real, device)
        for file, network in zip(judges, job.judges, strict=False)
    ]
    if job.factor_judge is not None:
        file = trial.files[trial.part.reads[FACTOR_JUDGE]]
        reals = [with_factor_judge(real, file, job.factor_judge) for real in reals]
    return reals


def controlled(trial: Trial) -> Speed:
    """The controls of the halves as they are, without what is measured once and without the other resplits."""
    from ppgn_bench.metrics.control_stage import ONCE, measure_controls
    from ppgn_bench.metrics.table import CONTROLS

    job, data = trial.part.job, trial.data
    assert isinstance(job, MeasuringControls)
    assert data is not None
    metrics = {name: metric for name, metric in job.metrics.items() if name not in ONCE}
    cut = job.model_copy(update={"sizes": {}, "real": "train", "metrics": metrics})  # of a reference half: resplits
    number = len(files.load_some(data.tiny, "data", ["control.labels"])[0]["control.labels"])
    run = lambda: measure_controls(cut, _reals(job, trial, data.tiny))  # noqa: E731
    seconds = timed(run, machine.device(job.device))[1]
    each = seconds / (number * (len(job.judges) + 0.5) * len(CONTROLS))
    return Speed({"pass": 0.0, "image": each, **_seen(job, trial)})
