"""Hostile configs: each is an experiment, or is refused in lines that can be read. Nothing is run, written or held."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ppgn_bench.config.load import load_experiment, read
from ppgn_bench.errors import UserError
from tests.configs import DEFAULT
from tests.hostility import Tape, inputs, said, try_all, watched

INPUTS = inputs(6000)
CONFIGS: list[dict[str, Any]] = [
    yaml.safe_load(DEFAULT),
    {
        "name": "of_ablations",
        "memory_gib": 2,
        "datasets": {"digits": {"seeds": 1, "networks": {"generator": {"widths": [8, 8], "noise.code": 0.1}}}},
        "variants": ["joint_ppgn_h"],
        "ablations": {
            "noise": {"of": "joint_ppgn_h", "epsilon": {"noise": [0, 1]}, "title": "without noise"},
            "loss": {"of": "joint_ppgn_h", "networks": {"generator": {"weights.gan": [0, 1]}}, "ladder": "steps"},
            "aimed": {"of": "joint_ppgn_h", "update": {"condition": {"own_class": 1}, "bounds": [0, 5]}, "targets": ["7"]},
        },
        "sweeps": {"own": {"quality": {"chains_per_target": 2, "steps": 20}, "epsilon": {"noise": [1e-3, 1]}}},
        "worlds": {"two_classes": {"seeds": 1, "sigmas": [0.4], "step_sizes": [0.1]}},
        "metrics": ["accuracy", "frechet_distance"],
    },
    {
        "name": "of_boxes",
        "device": "cpu",
        "chunk_size": 10,
        "datasets": {"shapes": {"seeds": [0, 3], "budget": 0.1, "image_size": 16}},
        "variants": ["am", "ppgn_x"],
        "sweeps": {
            "box": {
                "quality": {"chains_per_target": 1, "steps": 10, "keep_every": 5},
                "box": {"points": 4, "prior": [1e-3, 1], "condition": [1e-3, 1], "noise": [1e-3, 1]},
                "without": ["am"],
            },
            "own": {"mixing": {"chains_per_target": 1, "steps": 20}, "epsilons_of": "am"},
        },
    },
]  # fmt: skip
HOSTILE = ["../x", "/etc/x", "a b", "$(touch ran)", "`touch ran`", "a;touch ran", "'", '"', "a\nb", "\x1b[2J", "\u202ex", "{seed}",
           "%s", "~root", "*", "x" * 5000, "", ".", "-rf", "\x00", "é", "a+b=c", "null", "NaN", "<script>", "con"]  # fmt: skip
DEEP: Any = []
for _ in range(60):
    DEEP = [DEEP]
LAUGHS: Any = ["ha"]
for _ in range(40):
    LAUGHS = [LAUGHS] * 10
CIRCLE: dict[str, Any] = {}
CIRCLE["datasets"] = CIRCLE
ODD: list[Any] = [
    *HOSTILE,
    *(None, True, False, 0, -1, 1, 2, 3.5, 1e308, -1e308, 1e-320, 2**31, 2**63, 2**64, 10**30, 10**5000, "9" * 600, "1e999"),
    *(float("nan"), float("inf"), -float("inf"), b"bytes", {1, 2}, (1, 2), [], {}, [[]], {"": 0}, [None], {"a": {"b": "c"}}),
    *(DEEP, LAUGHS, CIRCLE, {3: 4}, {None: 1}, [float("nan")], list(range(3000)), ["7", "7"], {"root": "/", "kind": "folder"}),
    *({"architecture": "alexnet"}, {"weights": "w $(touch ran).safetensors"}, {"architecture": "ran.py:Net"}, "ran.py:Net"),
    *({"kind": "folder", "root": "pictures\n"}, {"root": "~nobody/x"}, {"networks": {"generator": {"architecture": "ran.py:E"}}}),
    *({"extends": "config.yaml"}, {"epsilon": {"noise": list(range(900)), "prior": list(range(900))}}, "download"),
]  # fmt: skip
TEXTS = [b"!!python/object/apply:os.system [touch ran]", b"!!python/name:os.system", b"&a [*a, *a]", b"!!binary AAA=", b"!!set {a, b}",
         b"2001-99-99", b"!!timestamp x", b"!!int ''", b"!!float x", b"0x" + b"F" * 5000, b"9" * 5000, b"1:99:99", b"? [a]\n: b",
         b"<<: *x", b"<<: [1]", b"\xff\xfe", b"\x00", b"\t", b"%YAML 9.9\n---\n", b"--- a\n--- b\n", b"[" * 3000, b"{a: " * 2000,
         b"- " * 1500, b"!", b"&", b"*", b"| \n  x", b"'", b"!!omap [a: 1]", b"!!python/tuple [1]", b".inf", b"~", b"=", b"\xe2\x80\xa8",
         b"__use_yte__: true", b"!<tag:yaml.org,2002:python/object/new:os.system> [touch ran]"]  # fmt: skip


def places(config: Any) -> list[tuple[Any, Any]]:
    """Every mapping or list of a config with each of its keys or numbers."""
    keys = list(config) if isinstance(config, dict) else range(len(config)) if isinstance(config, list) else ()
    return [place for key in keys for place in ((config, key), *places(config[key]))]


def renamed(of: Any, key: Any, tape: Tape) -> None:
    if isinstance(of, dict):
        of[tape.one_of(HOSTILE)] = of.pop(key)


def dropped(of: Any, key: Any, tape: Tape) -> None:
    del of[key]


def replaced(of: Any, key: Any, tape: Tape) -> None:
    of[key] = tape.one_of(ODD)


def added(of: Any, key: Any, tape: Tape) -> None:
    if isinstance(of, dict):
        of[tape.one_of([*HOSTILE, "root", "networks", "kind", "extends", "box", "update", "weights"])] = tape.one_of(ODD)
    else:
        of.append(tape.one_of(ODD))


def swapped(of: Any, key: Any, tape: Tape) -> None:
    other, at = tape.one_of(places(tape.one_of(CONFIGS)))
    of[key] = copy.deepcopy(other[at])


CHANGES: list[Callable[[Any, Any, Tape], None]] = [replaced, replaced, replaced, added, swapped, renamed, dropped]


def changed(tape: Tape) -> dict[str, Any]:
    """A true config with one to three changes."""
    config = copy.deepcopy(tape.one_of(CONFIGS))
    for _ in range(1 + tape.number(3)):
        there = places(config) if config else []
        if len(there) > 500:
            break
        if there:
            tape.one_of(CHANGES)(*tape.one_of(there), tape)
    return config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an empty default, and a file that leaves a trace when it is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "default.yaml").touch()
    (tmp_path / "ran.py").write_text("open('ran', 'w')\nclass Net:\n    def __init__(self, sizes, code_size=8): ...\n")
    return tmp_path


def test_hostile_configs_are_experiments_or_refused_in_lines_that_can_be_read(folder: Path) -> None:
    default = folder / "default.yaml"
    with watched(folder):
        refused = try_all(INPUTS, lambda tape: said(lambda: load_experiment(changed(tape), default)))
    assert 0.05 < len(refused) / INPUTS < 0.99
    assert not (folder / "ran").exists()


def test_hostile_yaml_is_a_mapping_or_refused_in_one_line(folder: Path) -> None:
    texts = [yaml.safe_dump(config).encode() for config in CONFIGS]

    def attempt(tape: Tape) -> str | None:
        content = tape.one_of(texts)
        for _ in range(1 + tape.number(2)):
            at, odd = tape.number(len(content) + 1), tape.one_of([*TEXTS, bytes([tape.number(256)])])
            to = at + tape.one_of([0, 0, 1, 5, len(content)])
            content = content[:at] + odd + content[to:]
        (folder / "config.yaml").write_bytes(content)
        message = said(lambda: read(Path("config.yaml")))
        assert message is None or "\n" not in message
        return message

    with watched(folder):
        assert try_all(INPUTS, attempt)
    assert not (folder / "ran").exists()
