"""Hostile configs: each is an experiment, or is refused in lines that can be read. Nothing is run, written or held."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from tests.configs import DEFAULT
from tests.hostility import HOSTILE, Tape, changed, inputs, said, try_all

AS_VALUES = inputs(8500)
AS_TEXT = AS_VALUES // 5  # a text takes five times as long
CONFIGS: list[dict[str, Any]] = [
    yaml.safe_load(DEFAULT),
    {
        "name": "of_ablations",
        "memory_gib": 2,
        "datasets": {"digits": {"seeds": 1, "networks": {"generator": {"widths": [8, 8], "noise.code": 0.1}}}},
        "variants": ["joint_ppgn_h"],
        "ablations": {
            "noise": {"of": "joint_ppgn_h", "epsilon": {"noise": [0, 1]}, "title": "without noise"},
            "loss": {"of": "joint_ppgn_h", "networks": {"generator": {"weights.gan": 2}}, "ladder": "steps"},
            "aimed": {
                "of": "joint_ppgn_h",
                "update": {"condition": {"own_class": 1}, "bounds": [0, 5]},
                "targets": ["7"],
            },
        },
        "sweeps": {"own": {"quality": {"chains_per_target": 2, "steps": 20}, "epsilon": {"noise": [1e-3, 1]}}},
        "worlds": {"plane": {"seeds": 1, "sigmas": [0.4], "step_sizes": [0.1]}},
        "metrics": ["judge_accuracy", "frechet_distance"],
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
]
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
    *(
        None,
        False,
        2**63,
        2**64,
        10**30,
        10**5000,
        b"bytes",
        {1, 2},
        (1, 2),
        [],
        {},
        [[]],
        {"": 0},
        [None],
        {"a": {"b": "c"}},
    ),
    *(
        DEEP,
        LAUGHS,
        CIRCLE,
        {3: 4},
        {None: 1},
        [float("nan")],
        list(range(3000)),
        ["7", "7"],
        {"root": "/", "kind": "folder"},
    ),
    *(
        {"architecture": "alexnet"},
        {"weights": "w $(touch ran).safetensors"},
        {"architecture": "ran.py:Net"},
        "ran.py:Net",
    ),
    *(
        {"kind": "folder", "root": "pictures\n"},
        {"root": "~nobody/x"},
        {"generator": {"architecture": "ran.py:E"}},
        "all",
    ),
    *(
        {"extends": "config.yaml"},
        {"noise": list(range(900)), "prior": list(range(900))},
        "download",
        {"judge": {"widths": [1e9]}},
    ),
    *(
        {"classifier": {"architecture": "ran.py:Net", "code_size": 8}},
        {"epsilon": {"noise": list(range(2000))}},
        ["am", "am"],
    ),
    *(
        {"encoder": {"weights": "no.pth"}},
        {"generator": {"code_size": 10**9}},
        {"seeds": 1, "budget": 1e300},
        "config.yaml",
    ),
]
TEXTS = [
    b"!!python/object/apply:os.system [touch ran]",
    b"!!python/name:os.system",
    b"&a [*a, *a]",
    b"!!binary AAA=",
    b"!!set {a, b}",
    b"2001-99-99",
    b"!!timestamp x",
    b"!!int ''",
    b"!!float x",
    b"0x" + b"F" * 5000,
    b"9" * 5000,
    b"1:99:99",
    b"? [a]\n: b",
    b"<<: *x",
    b"<<: [1]",
    b"\xff\xfe",
    b"\x00",
    b"\t",
    b"%YAML 9.9\n---\n",
    b"--- a\n--- b\n",
    b"[" * 3000,
    b"{a: " * 2000,
    b"- " * 1500,
    b"!",
    b"&",
    b"*",
    b"| \n  x",
    b"'",
    b"!!omap [a: 1]",
    b"!!python/tuple [1]",
    b".inf",
    b"~",
    b"=",
    b"\xe2\x80\xa8",
    b"__use_yte__: true",
    b"!<tag:yaml.org,2002:python/object/new:os.system> [touch ran]",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an empty default, and a file that leaves a trace when it is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "default.yaml").touch()
    (tmp_path / "ran.py").write_text("open('ran', 'w')\nclass Net:\n    def __init__(self, sizes, code_size=8): ...\n")
    return tmp_path


def test_hostile_configs_are_experiments_or_refused_in_lines_that_can_be_read(folder: Path) -> None:
    default = folder / "default.yaml"
    assert [load_experiment(config, default).name for config in CONFIGS]  # which are true, and import what they need
    refused = try_all(
        folder, AS_VALUES, lambda tape: said(lambda: load_experiment(changed(tape.one_of(CONFIGS), tape, ODD), default))
    )
    assert 0.05 < refused / AS_VALUES < 0.99
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

    assert try_all(folder, AS_TEXT, attempt)
    assert not (folder / "ran").exists()
