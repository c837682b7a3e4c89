"""YAML -> a checked Experiment: files that extend each other are merged, every problem is named by its key.

`reading` alone reads YAML. Nothing here imports torch: Snakemake reads the config every time it is started.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.reading import read, require_plain
from ppgn_bench.config.sections import (
    Ablation,
    Box,
    DatasetSettings,
    InceptionSettings,
    Run,
    Sweep,
    UpdateSettings,
    WorldSettings,
)
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.sampling.variants import VARIANTS

DEFAULT = Path("config/config.yaml")
SHOWN = 100  # problems of a config in a message

WORDS = {  # pydantic's kind of error -> what the user reads
    "missing": "is missing",
    "int_type": "must be a whole number, got {got}",
    "finite_number": "must be finite, got {got}",
    "greater_than": "must be above {gt}, got {got}",
    "greater_than_equal": "must be at least {ge}, got {got}",
    "less_than": "must be below {lt}, got {got}",
    "less_than_equal": "must be at most {le}, got {got}",
    "bool_type": "must be true or false, got {got}",
    "literal_error": "must be {expected}, got {got}",
    "string_type": "must be text, got {got}",
    "tuple_type": "must be a list, got {got}",
    "dict_type": "must be a mapping (key: value), got {got}",
    "model_type": "must be a mapping (key: value), got {got}",
    "too_short": "must not be empty",
    "value_error": "{error}",
}


def load_experiment(raw: Mapping[str, Any], default: Path = DEFAULT) -> Experiment:
    """The checked experiment of a config as the user gave it, before `extended` (which must not run twice).

    Raises UserError with every problem on a line of its own, each with the dotted path of its key.
    """
    return _checked(extended(raw, default))


def parse(text: str) -> Experiment:
    """The experiment of settings that are complete, as JSON. Raises UserError as `load_experiment` does."""
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"--experiment: not JSON ({error})") from None
    if not isinstance(settings, dict):
        raise UserError(f"--experiment: must be a JSON object, got {brief(settings)}")
    require_plain(settings, "--experiment: ")
    return _checked(settings)


def _checked(settings: dict[str, Any]) -> Experiment:
    try:
        return Experiment.model_validate(settings)
    except ValidationError as invalid:
        errors = [*invalid.errors(), *_beside(settings, invalid)]
    lines = list(dict.fromkeys(line for error in errors[:SHOWN] for line in _problem(error).splitlines()))
    if len(lines) > 1:
        more = f"; the first {SHOWN}" if len(errors) > SHOWN else ""
        lines = [f"the config has {max(len(lines), len(errors))} problems{more}:", *(f"  {line}" for line in lines)]
    raise UserError("\n".join(lines))


def _beside(raw: Mapping[str, Any], invalid: ValidationError) -> list[Any]:
    """What of the rest does not fit together, where fields are wrong: pydantic looks at that only when all are right.

    Wrong entries of data sets, ablations, sweeps and worlds are left out, a wrong list or value altogether.
    """
    wrong = {error["loc"][:2] for error in invalid.errors() if error["loc"]}
    if not wrong:
        return []
    rest: dict[str, Any] = {"variants": list(VARIANTS)}
    for key, section in raw.items():
        if isinstance(section, dict):
            rest[key] = {name: value for name, value in section.items() if (key, name) not in wrong}
        elif key in Experiment.model_fields and key not in {place[0] for place in wrong}:
            rest[key] = section
    try:
        left_out = [name for key, *name in wrong if key == "ablations"]
        Experiment.model_validate(rest, context={"wrong_ablations": [name for names in left_out for name in names]})
    except ValidationError as others:
        return [error for error in others.errors() if error["loc"] == ()]
    return []


def extended(raw: Mapping[str, Any], default: Path = DEFAULT) -> dict[str, Any]:
    """The config merged onto those that it extends, the default at the bottom, and without null values.

    `extends` names another YAML file, relative to the working directory. Mappings merge by key, lists and
    scalars replace, null removes a key. Raises UserError for a missing file, for what is no YAML mapping, for what no
    config has (`require_plain`) and for cycles.
    """
    require_plain(raw)
    layers = [dict(raw)]
    passed: list[Path] = []
    while True:
        seen = [path.resolve() for path in passed]
        parent = layers[-1].pop("extends", None)
        if parent is None:
            if default.resolve() in seen:
                break
            parent = str(default)
        elif not isinstance(parent, str):
            raise UserError(f"extends: must be the path of a YAML file, got {brief(parent)}")
        elif not Path(parent).is_file():
            raise UserError(f"extends: {parent}: no such file (paths start at the working directory)")
        passed.append(Path(parent))
        if passed[-1].resolve() in seen:
            raise UserError(f"extends: goes in a circle: {' -> '.join(map(str, passed))}")
        layers.append(read(passed[-1]))
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = _merged(merged, layer)
    return merged


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for key, value in merged.items():
        if isinstance(value, Mapping):
            under = below.get(key)
            merged[key] = _merged(under if isinstance(under, Mapping) else {}, value)
    # Inside --config key=..., Snakemake hands null over as text.
    return {key: value for key, value in merged.items() if value is not None and value != "null"}


def _problem(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in the user's words, after its key."""
    location = [part for part in error["loc"] if part != "[key]"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if error["type"] == "extra_forbidden":
        words = f"unknown key; {hint(str(location[-1]), _keys_at(location))}"
    else:
        words = WORDS.get(error["type"], "{msg}").format(
            msg=error["msg"], got=brief(error["input"]), **error.get("ctx", {})
        )
    return f"{path}: {words}" if path else words


def _keys_at(location: list[str | int]) -> list[str]:
    """The keys that are allowed where this unknown one stands."""
    if len(location) == 1:
        return ["extends", *Experiment.model_fields]
    if location[0] == "ablations" and len(location) > 3:
        return list(UpdateSettings.model_fields)
    models: dict[str, type[BaseModel]] = {"datasets": DatasetSettings, "ablations": Ablation, "worlds": WorldSettings}
    if location[0] == "inception":
        return list(InceptionSettings.model_fields)
    if model := models.get(str(location[0])):
        return list(model.model_fields)
    if len(location) == 3:
        return list(Sweep.model_fields)
    return list((Box if location[2] == "box" else Run).model_fields)
