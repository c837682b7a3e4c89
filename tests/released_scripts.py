"""config/released.yaml with random weights in files as the authors' are, every script for a few steps.

python -m tests.released_scripts FOLDER does it at the true sizes and prints the peak memory in GiB: a process of its
own, so that nothing else counts.
"""

import contextlib
import copy
import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter

from ppgn_bench.caffe.stage import read
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import extended, parse
from ppgn_bench.data.stage import prepare
from ppgn_bench.networks.paper_options import CaffenetOptions, ReleasedGeneratorOptions
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.sampling.stage import sample
from ppgn_bench.storage import files
from ppgn_bench.training.recipes import JUDGES
from ppgn_bench.training.stage import train
from ppgn_bench.workflow import paths, plan
from tests.networks import caffe_networks

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")
STEPS = {"released": 4, "hidden_unit": 4, "inpainting": 2, "prior": 2}
SHORT: dict[str, Any] = {
    "device": "cpu",
    "sweeps": {sweep: {"quality": {"steps": steps, "keep_every": 2}} for sweep, steps in STEPS.items()},
}
SHORTEST: dict[str, Any] = {
    "sweeps": {sweep: {"quality": {"chains_per_target": 1, "steps": 2, "keep_every": 2}} for sweep in STEPS}
}
CAFFENET = {"crop": 0, "widths": [4, 8, 6, 8, 200], "code_size": 16}
GENERATOR = {"hidden": [16, 12], "first": 8, "widths": [8, 6, 4, 4], "refined": [6]}  # draws 128 pixels
SMALL: dict[str, Any] = {"image_size": 67, "networks": {"classifier": CAFFENET, "generator": GENERATOR}}


def write_weights(place: Path, small: bool) -> None:
    """Files as `import-caffe` writes them, c.safetensors and g.safetensors, of random weights."""
    if small:
        write_weights_of(place, SMALL["image_size"], CAFFENET, GENERATOR)
    else:
        write_weights_of(place, 227, {}, {})


def write_weights_of(place: Path, size: int, caffenet: dict[str, Any], generator: dict[str, Any]) -> None:
    """The same with options of one's own, for images of this size."""
    made = {
        "classifier": (caffe_networks.caffenet, CaffenetOptions, caffenet),
        "generator": (caffe_networks.generator, ReleasedGeneratorOptions, generator),
    }
    for recipe, (network, options_class, own) in made.items():
        options = TypeAdapter(options_class).validate_python(own)
        sizes = Sizes(3, size, 1000, 0, caffenet.get("code_size", 4096))
        _, caffemodel = network(sizes, options).write(place)  # type: ignore[operator]
        imported = read(caffemodel)
        files.save_arrays(place / f"{recipe[0]}.safetensors", imported.arrays, imported.header)
        caffemodel.unlink()


def experiment(small: bool, **more: Any) -> Experiment:
    """The released config with the files of the working directory, for a few steps; one block of five classes."""
    own: dict[str, Any] = copy.deepcopy(SMALL) if small else {"networks": {"classifier": {}, "generator": {}}}
    own |= {"seeds": 1, "classes": 5 if small else 1}
    for recipe, options in own["networks"].items():
        options["weights"] = f"{recipe[0]}.safetensors"  # short: it is a part of a folder's name
    raw = {**SHORT, "extends": "config/released.yaml", "datasets": {"imagenet": own}, **more}
    with contextlib.chdir(ROOT):  # where configs that extend each other are found
        settings = extended(raw)
    return parse(json.dumps(settings))


def chains_of(experiment: Experiment) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """Every script's chains, (sweep, sampler) -> arrays, with the networks as the rule of training writes them into the
    working directory.
    """
    (folder,), place = paths.folders(experiment), Path.cwd()
    data = place / "data.safetensors"
    of_data = plan.preparation(experiment, folder)
    arrays, seen = prepare(of_data)
    files.save_arrays(data, arrays, {"kind": "data", **of_data.model_dump(mode="json"), **seen})
    for network in paths.trained_networks(experiment):
        recipe = Path(network["weights"]).parts[-2]
        if recipe.partition("+")[0] in JUDGES:
            continue
        job = plan.training(experiment, folder, recipe, 0)
        given = Path(paths.given_weights(recipe)["given"])
        weights, _ = train(job, data, {}, CPU, given=given)
        header = {"kind": job.network.short, **job.model_dump(mode="json")}
        files.save_arrays(place / network["weights"], weights, header)
    found = {}
    for sweep in experiment.sweeps:
        for variant in experiment.sweep_variants(sweep):
            networks = paths.sampled_networks(experiment, folder, variant, 0)
            job_of_chains = plan.sampling(experiment, folder, sweep, variant, 0)
            weights_of = {role: place / file for role, file in networks.items()}
            found[sweep, variant] = sample(job_of_chains, weights_of, data, CPU)
    return found


def main(place: Path) -> None:
    """Write files of the true sizes, load them, walk."""
    write_weights(place, small=False)
    with contextlib.chdir(place):
        found = chains_of(experiment(small=False, **SHORTEST))
    for (sweep, variant), arrays in found.items():
        assert arrays["quality.images"].shape[2:] == (3, 227, 227), variant
        assert arrays["quality.codes"].shape[2:] == (4096,), variant
        assert np.isfinite(arrays["quality.log_prob"]).all(), variant
        assert (arrays["quality.diverged"] < 0).all(), variant
        assert (np.diff(arrays["quality.codes"], axis=1) != 0).any((1, 2)).all(), (sweep, variant)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
