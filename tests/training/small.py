"""A small training: its job, its networks, its data, and running it."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ppgn_bench.jobs import Rival, Training
from ppgn_bench.networks import load
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES, options_of
from ppgn_bench.storage import files
from ppgn_bench.storage.machine import Meter
from ppgn_bench.training import stage
from ppgn_bench.training.checkpoint import Unfinished
from ppgn_bench.training.history import as_csv
from ppgn_bench.training.objectives import Material
from ppgn_bench.training.recipes import RECIPES, Recipe
from ppgn_bench.training.recipes import Rival as RecipesRival

CPU = torch.device("cpu")
SIZES = Sizes(1, 8, 3, 0, 12)
SMALL: dict[str, dict[str, Any]] = {
    "classifier": {"code_size": SIZES.code_size, "widths": (4, 6)},
    "generator": {"widths": (8, 6)},
    "variational": {"code_size": SIZES.code_size, "widths": (8, 6), "encoder": (4, 6)},
    "discriminator": {"widths": (12, 24)},
}


def of_class(named: Recipe | RecipesRival) -> dict[str, Any]:
    """Class and options of a small network."""
    options = options_of(named.architecture, SMALL.get(named.architecture, {}), named.options)
    return {"network": ARCHITECTURES[named.architecture].network, "options": asdict(options)}


def job(recipe: str, sizes: Sizes = SIZES, **changes: Any) -> Training:
    """The training of a recipe with some numbers changed, on a small data set."""
    entry = replace(RECIPES[recipe], **changes)
    rival = entry.rival if entry.rival and entry.rival.term in entry.weights else None
    return Training(
        recipe=recipe, name=recipe, **of_class(entry), objective=entry.objective, after=entry.after,
        held_out=entry.held_out,
        rival=rival and Rival(
            **of_class(rival), against=rival.against, objective=rival.objective, held_out=rival.held_out,
            term=rival.term, every=rival.every, rate=rival.rate, betas=rival.betas,
        ),
        needs={role: of_class(RECIPES[need])["network"] for role, need in entry.needs.items()},
        split="train", weights=dict(entry.weights), noise=dict(entry.noise), batch_size=entry.batch_size,
        learning_rate=entry.learning_rate, iterations=entry.iterations, accumulate=entry.accumulate,
        precision=entry.precision, dataset="d", seed=0, sizes=sizes, device="cpu",
    )  # fmt: skip


RIVAL = job("generator").rival


def built(of: Any, seed: int = 0) -> Any:
    """A recipe's network, or a rival, untrained."""
    named = job(of) if isinstance(of, str) else of
    torch.manual_seed(seed)
    return load.built(named.network, named.options, SIZES)


def material_of(dtype: torch.dtype) -> Material:
    """Sixty images of noise, three classes, and what an untrained classifier makes of them."""
    images = torch.rand(60, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    encoder = built("classifier").requires_grad_(False).eval()
    rescale(encoder, [images])
    images = images.to(dtype)
    output = encoder.to(dtype)(images)
    return Material(images, torch.arange(60) % 3, networks={"encoder": encoder}, h1=output.h1, code=output.code)


def drawn(material: Material, size: int, rng: torch.Generator) -> Iterator[Material]:
    """Batches without end."""
    while True:
        yield material.rows(torch.randint(len(material.images), (size,), generator=rng))


def save_data(path: Path, count: int = 30) -> Path:
    """Random images in the splits that train and that show how well; gives the path."""
    rng, splits = np.random.default_rng(0), ("train", "judge", "held_out")
    data = {f"{split}.images": rng.integers(0, 256, (count, 1, 8, 8), dtype=np.uint8) for split in splits}
    labels = {f"{split}.labels": np.arange(count) % 3 for split in splits}
    files.save_arrays(path, data | labels, {"kind": "data", "dataset": "d"})
    return path


def unfinished(place: Path, after: float = np.inf, minutes: float = 1e9, **made_by: Any) -> Unfinished:
    """Kept in this folder; stopped after this many further iterations and one."""
    asked = iter(range(10**9))
    return Unfinished(
        place / "a.unfinished.safetensors", place / "a.unfinished.losses.csv", minutes,
        {"job": {"seed": 0}, **made_by}, stopped=lambda: next(asked) >= after, meter=Meter(),
    )  # fmt: skip


def trained(own: Training, inputs: Mapping[str, Path], where: Unfinished | None = None) -> tuple[Any, str]:
    """Weights as bytes, and the loss log."""
    needs = {role: inputs[role] for role in own.needs}
    weights, losses = stage.train(own, inputs["data"], needs, CPU, where)
    return {name: value.tobytes() for name, value in weights.items()}, as_csv(losses)


def last_step(path: Path) -> int:
    """The last iteration of a loss log, every row of which can be read."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["value"]) >= 0 for row in rows)
    return int(rows[-1]["step"])


def command(own: Training, inputs: Mapping[str, Path], place: Path, minutes: float) -> list[str]:
    """What types this training."""
    roles = [word for role in own.needs for word in ("--network", f"{role}={inputs[role]}")]
    words = ["--job", own.as_json(), "--data", str(inputs["data"]), *roles, "--output", str(place / "a.safetensors")]
    return ["train", *words, "--checkpoint-minutes", str(minutes)]
