"""What a stage is told on the command line: settings as JSON, networks as role=file; checked before anything runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage import files

# The settings that a stage cannot do without; `plan` writes them.
PREPARATION = "dataset load image_size num_classes num_modes band"
TRAINING = "recipe name network objective needs split weights noise batch_size learning_rate iterations dataset seed"
TRAINING += " sizes device"
SAMPLING = "dataset sweep variant seed space prior view bounds update networks epsilons runs chunk_size state_shape"
SAMPLING += " device"
EXPLORING = "world seed components walkers sigmas training_sizes iterations drift_sigma step_sizes chains steps"
PINNING = {"training": TRAINING, "sampling": f"{SAMPLING} recipes", "exploring": EXPLORING}


def settings(text: str, needed: str = "") -> dict[str, Any]:
    """Return the settings of a job, from its JSON. Raises UserError where one that is needed is missing."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise UserError(f"--settings: not JSON ({error})") from None
    if not isinstance(told, dict):
        raise UserError(f"--settings: must be a JSON object, got {brief(told)}")
    if missing := [name for name in needed.split() if name not in told]:
        raise UserError(f"--settings: lacks {', '.join(missing)}")
    return told


def pinning(text: str) -> dict[str, Any]:
    """Return the settings of the exact numbers' job: those of many jobs. Raises UserError as `settings` does."""
    told = settings(text, f"dataset networks {' '.join(PINNING)}")
    for part, needed in PINNING.items():
        if not isinstance(told[part], dict):
            raise UserError(f"--settings: {part} must be an object, got {brief(told[part])}")
        for name, own in told[part].items():
            if missing := [key for key in needed.split() if key not in own]:
                raise UserError(f"--settings: {part}.{name} lacks {', '.join(missing)}")
    return told


def metrics(text: str) -> list[str]:
    """Return the metrics' names that a comma parts. Raises UserError for one that there is not."""
    names = text.split(",")
    for name in names:
        if name not in METRICS:
            raise UserError(f"metrics: unknown metric {name!r}; {hint(name, METRICS)}")
    return names


def sizes(texts: list[str] | None) -> dict[str, int]:
    """Return sweep -> samples of a class, of sweep=number arguments. Raises UserError for what is no such number."""
    pairs = [text.partition("=") for text in texts or []]
    for sweep, equals, count in pairs:
        if not (sweep and count.isdecimal() and int(count)):
            raise UserError(f"--size: must be sweep=number, got {sweep + equals + count!r}")
    return {sweep: int(count) for sweep, _, count in pairs}


def network_files(networks: list[str] | None, kinds: Mapping[str, str], dataset: str) -> dict[str, Path]:
    """Return the files of role=file arguments: one for each of the job's roles, all trained on its data set.

    kinds: role -> class of the network. Raises UserError for a role too many or too few, or another data set.
    """
    pairs = [text.partition("=") for text in networks or []]
    for role, equals, path in pairs:
        if not (role and equals and path):
            raise UserError(f"--network: must be role=file, got {role + equals + path!r}")
        if role not in kinds:
            raise UserError(f"--network: unknown role {role!r}; {hint(role, kinds)}")
    found = {role: Path(path) for role, _, path in pairs}
    if missing := [role for role in kinds if role not in found]:
        raise UserError(f"--network: lacks {', '.join(f'{role}=FILE' for role in missing)}")
    files.require_dataset(dataset, {path: kinds[role] for role, path in found.items()})
    return found


def beside(path: Path, ending: str) -> Path:
    """seed_0.safetensors -> seed_0.losses.csv."""
    return path.with_name(f"{path.stem}.{ending}")
