"""Command: images of what one wants, from trained networks. Imports stand inside: torch takes seconds."""

from __future__ import annotations

import math
import os
import shlex
import statistics
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ppgn_bench.data.contexts import Context, read_context
from ppgn_bench.data.masks import MASKS
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files, machine

if TYPE_CHECKING:
    from ppgn_bench.report.figures.mosaics import Pixels
    from ppgn_bench.sampling.drawing import Drawn
    from ppgn_bench.workflow.drawing import Drawing

RESULTS = Path("results")
ENDINGS = (".png", ".gif")
LARGEST_SEED = 2**31 - 1
FEW = 12  # chains of a target whose p(y | x) are all printed

Classes = Annotated[list[str] | None, typer.Option("--class", help="Class; repeat it for a row each.")]
Values = Annotated[
    list[str] | None, typer.Option("--value", help="A factor's value, as thin; repeat it for one of another factor.")
]
Unit = Annotated[
    str | None,
    typer.Option(
        help="Hidden unit: 3 is the third most selective one of the last convolution layer; conv1:5@3,4 is layer, "
        "channel, row and column, counted from 0; without a place the middle one."
    ),
]
Caption = Annotated[str | None, typer.Option(help='Caption of shapes, as "a small blue disc on a dark ground".')]
Inpaint = Annotated[Path | None, typer.Option(help="Picture of the data set's size whose hole is filled.")]
Mask = Annotated[str | None, typer.Option(help="Its hole: an image file, white in the hole, or a name, as left.")]
Count = Annotated[int, typer.Option(min=1, max=1000, help="Images of each target, a chain each.")]
Steps = Annotated[int, typer.Option(min=1, help="Steps of a chain.")]
KeepEvery = Annotated[int, typer.Option(min=1, help="A frame of the GIF is every so many steps, and the last.")]
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of the chains: another gives other images.")]
NetworkSeed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Training seed of the networks.")]
Epsilon = Annotated[
    list[str] | None, typer.Option(help="term=value: another multiplier of prior, condition, noise or context.")
]
Results = Annotated[Path, typer.Option(help="Folder with the trained networks.")]
Config = Annotated[Path | None, typer.Option(help="Config whose data sets, recipes and samplers are known, too.")]


def draw(  # as many parameters as the command has options
    dataset: Annotated[str, typer.Option(help="Data set; `ppgn-bench datasets` lists them.")],
    output: Annotated[Path, typer.Option(help="File to write: .png, or .gif for the moving picture alone.")],
    sampler: Annotated[str, typer.Option(help="Sampler; `ppgn-bench variants` lists them.")] = "joint_ppgn_h",
    classes: Classes = None,
    value: Values = None,
    unit: Unit = None,
    caption: Caption = None,
    inpaint: Inpaint = None,
    mask: Mask = None,
    count: Count = 10,
    gif: Annotated[bool, typer.Option("--gif", help="Write the chains as a moving picture, too.")] = False,
    steps: Steps = 200,
    keep_every: KeepEvery = 10,
    seed: Seed = 0,
    network_seed: NetworkSeed = 0,
    epsilon: Epsilon = None,
    results: Results = Path("results"),
    config: Config = None,
) -> None:
    """Draw images of a class, a factor's value, a hidden unit, a caption, or what fills a hole; or of a sum of these.

    Ten thin sevens: ppgn-bench draw --dataset mnist --class 7 --value thin --output sevens.png

    A caption: ppgn-bench draw --dataset shapes --caption "a large red ring on a dark ground" --output ring.png

    A hole: ppgn-bench draw --dataset mnist --class 7 --inpaint nine.png --mask left --output filled.png

    The chains as a moving picture: ppgn-bench draw --dataset mnist --class 7 --output sevens.gif

    With nothing of these, all that the sampler can be steered to, as every class: a row each. Where networks are not
    trained yet, the command that trains them is told. The same options give the same bytes.
    """
    from ppgn_bench.jobs import Run
    from ppgn_bench.workflow.drawing import Wish, drawing, experiment_of

    _require_output(output)
    experiment = experiment_of(dataset, config)
    run = Run(chains_per_target=count, steps=steps, keep_every=keep_every)
    wish = Wish(dataset, sampler, run, classes or (), value or (), unit, caption)
    wish = replace(wish, epsilon=epsilon or (), inpaints=bool(inpaint), seed=seed, network_seed=network_seed)
    plan = drawing(experiment, wish)
    context = _context(inpaint, mask, plan.image_shape)
    _require_files(plan, results, config, network_seed)
    made = _drawn(plan, results, context)
    _tell(plan, made, _save(made, context, output, gif))


def _require_output(output: Path) -> None:
    """Refuse what cannot be written now, not after the chains were walked."""
    if output.suffix.lower() not in ENDINGS:
        raise UserError(f"--output: must end with {' or '.join(ENDINGS)}, got {output.name!r}")
    if output.is_dir():
        raise UserError(f"--output: {output}: is a folder")
    folder = next(folder for folder in output.absolute().parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UserError(f"--output: {output}: {folder} is no folder that can be written to")


def _context(inpaint: Path | None, mask: str | None, shape: tuple[int, int, int]) -> Context | None:
    """The picture whose hole is filled, if there is one."""
    if inpaint is None and mask is None:
        return None
    if inpaint is None or mask is None:
        given, lacks = ("--mask", "--inpaint FILE") if inpaint is None else ("--inpaint", "--mask, a file or a name")
        raise UserError(f"{given}: lacks {lacks}; known: {', '.join(MASKS)}")
    return read_context(inpaint, mask, shape)


def _require_files(plan: Drawing, results: Path, config: Path | None, seed: int) -> None:
    """Refuse what is not trained yet, with the command that trains it."""
    from ppgn_bench.workflow.drawing import making

    if missing := [file for file in plan.files if not _inside(results, file).is_file()]:
        named = ", ".join(str(_inside(results, file)) for file in missing)
        elsewhere = "" if results == RESULTS else f" in {RESULTS}, where they are found without --results"
        raise UserError(
            f"not made yet: {named}\nthis makes them{elsewhere}: {shlex.join(making(plan, missing, config, seed))}"
        )
    kinds = {_inside(results, file): plan.job.networks[role].short for role, file in plan.networks.items()}
    files.require_dataset(plan.job.dataset, kinds)


def _inside(results: Path, file: str) -> Path:
    return results / Path(file).relative_to(RESULTS)


def _drawn(plan: Drawing, results: Path, context: Context | None) -> Drawn:
    from ppgn_bench.sampling.drawing import drawn

    networks = {role: _inside(results, file) for role, file in plan.networks.items()}
    data = _inside(results, plan.data) if plan.data else results
    return drawn(plan.job, networks, data, machine.device(plan.job.device), context, plan.unit)


def _save(made: Drawn, context: Context | None, output: Path, gif: bool) -> list[Path]:
    """Write the last draws, or all as frames; nothing before all is made."""
    from ppgn_bench.report.figures import sheets

    def frame(number: int) -> Pixels:
        """The sheet of all chains at a draw."""
        images = made.images[:, :, number]
        return sheets.sheet(images if context is None else sheets.between(*context, images))

    moving = output.suffix.lower() == ".gif"
    content = {} if moving else {output: sheets.png(frame(-1))}
    if moving or gif:
        frames = [frame(number) for number in range(made.images.shape[2])]
        content[output if moving else output.with_suffix(".gif")] = sheets.gif(frames)
    for path, own in content.items():
        files.save_bytes(path, own)
    return list(content)


def _tell(plan: Drawing, made: Drawn, written: list[Path]) -> None:
    """Print p(y | x) of every image or its range, row by row, and what was written."""
    for target, log_prob in zip(plan.job.targets, made.log_prob, strict=True):
        own = [math.exp(value) for value in log_prob]
        few = len(own) <= FEW
        shown = own if few else [min(own), statistics.median(own), max(own)]
        print(
            f"{target.name}: p(y | x){'' if few else ', least, middle and most'}: {' '.join(f'{p:.2g}' for p in shown)}"
        )
    number = made.log_prob.size
    diverged = f"{made.diverged} of {number} chains diverged" if made.diverged else "no chain diverged"
    print(f"{' and '.join(map(str, written))}: {number} images; {diverged}")
