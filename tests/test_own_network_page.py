"""docs/own-network.md: every block of it runs, in the order of the page, on a small folder of images."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ppgn_bench.lookup import Name
from ppgn_bench.networks.load import load
from tests.conftest import ROOT, snakemake, workflow_copy

PAGE = (ROOT / "docs" / "own-network.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Of a language, those that are no file."""
    return [text for kind, text in BLOCKS if kind == language and not _file(text)]


def _file(text: str) -> str:
    found = re.match(r"# (\w+\.(?:py|yaml))\n", text)
    return found[1] if found else ""


def draw_flowers(place: Path) -> None:
    """Two classes of pictures that can be told apart, 150 of each: petals around a centre, and a cup."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:24, :24] / 11.5 - 1
    for name in ("daisy", "tulip"):
        (place / name).mkdir(parents=True)
        for number in range(150):
            across, down = rng.uniform(-0.3, 0.3, 2)
            angle, radius = np.arctan2(y - down, x - across), np.hypot(x - across, y - down)
            edge = 0.7 + 0.3 * np.cos(6 * angle + rng.uniform(0, 6)) if name == "daisy" else 0.5 + 0.3 * np.sin(angle)
            inside = (radius < rng.uniform(0.5, 0.8) * edge)[..., None]
            colour = rng.uniform(0.6, 1, 3) * ([1, 1, 0.9] if name == "daisy" else [1, 0.3, 0.4])
            pixels = np.where(inside, colour, [0.1, 0.4, 0.1]) + rng.normal(0, 0.03, (24, 24, 3))
            Image.fromarray((255 * pixels.clip(0, 1)).astype(np.uint8)).save(place / name / f"{number:03}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with the page's files in it, and the flowers beside it."""
    made = workflow_copy(tmp_path_factory.mktemp("own") / "tree")
    draw_flowers(made.parent / "flowers")
    for name, text in ((_file(text), text) for _, text in BLOCKS if _file(text)):
        (made / name).write_text(text)
    return made


def run(place: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Type a command; it must succeed."""
    program, *words = shlex.split(command)
    assert program == "snakemake"
    done = snakemake(place, *words, "--cores", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def rehearsed(place: Path) -> Path:
    """The rehearsal has run to its report."""
    (command,) = (line for line in blocks("sh") if "rehearsal.yaml" in line)
    run(place, command)
    return place


def test_the_page_has_the_blocks_that_are_run_here() -> None:
    files = [_file(text) for _, text in BLOCKS if _file(text)]
    assert files == ["my_networks.py", "my.yaml", "rehearsal.yaml", "my_trained_network.py", "trained.yaml"]
    assert [len(blocks(language)) for language in ("python", "sh", "yaml", "")] == [4, 2, 0, 1]


def test_chains_of_ones_own_networks_are_a_few_lines() -> None:
    names: dict[str, Any] = {}
    first, second, third, _ = blocks("python")
    exec(first, names)
    assert names["samples"].shape == (4, 3, 16, 16)
    exec(second, names)
    start, end = names["brighter"].images[:, 0].mean(), names["brighter"].images[:, -1].mean()
    assert end > start
    exec(third, names)
    error = ((names["filled"].images - names["picture"][:, None]) * names["known"][:, None]).abs().mean((2, 3, 4))
    assert error[0, -1] < error[0, 0]
    assert names["fired"].log_prob[0, -1] > names["fired"].log_prob[0, 0]
    call = first[first.index("chains = ") : first.index("samples = ")]
    assert len([line for line in call.splitlines() if line.strip()]) <= 10


def test_the_encoder_is_trained_sampled_measured_and_reported(rehearsed: Path) -> None:
    report = (rehearsed / "results" / "rehearsal" / "report" / "index.html").read_text()
    assert "architecture: my_networks.py:Encoder" in report
    recipes = {path.name.partition("+")[0] for path in rehearsed.glob("results/networks/flowers+image_size=32/*")}
    assert recipes == {"classifier", "generator", "joint", "judge", "residual_judge", "mixing_judge"}


def test_nothing_is_left_to_do_until_the_encoder_is_edited(rehearsed: Path) -> None:
    (command,) = (line for line in blocks("sh") if "rehearsal.yaml" in line)
    assert "Nothing to be done" in _said(run(rehearsed, f"{command.strip()} -n"))
    path = rehearsed / "my_networks.py"
    text = path.read_text()
    path.write_text(text.replace("class Encoder", "# A comment.\nclass Encoder"))
    assert "Nothing to be done" in _said(run(rehearsed, f"{command.strip()} -n"))
    path.write_text(
        text.replace("stride=2, padding=2),\n            nn.ReLU(),\n        )", "stride=2, padding=2), nn.ELU())")
    )
    again = re.findall(r"^Job \d+: (\w+) \S+ (\w+)", _said(run(rehearsed, f"{command.strip()} -n")), re.MULTILINE)
    path.write_text(text)
    assert {recipe for stage, recipe in again if stage == "train"} == {"classifier", "generator", "joint"}


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def test_the_whole_run_is_planned_with_three_seeds(place: Path) -> None:
    (command,) = (line for line in blocks("sh") if "my.yaml" in line)
    planned = re.findall(r"^Job \d+: train \S+ classifier\S+ seed (.*)", _said(run(place, command)), re.MULTILINE)
    assert planned == ["0 to 2"]


def test_the_trained_networks_are_there_for_python(rehearsed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rehearsed)
    names: dict[str, Any] = {}
    exec(blocks("python")[3], names)
    assert names["inverted"].shape == (2, 3, 32, 32)
    assert names["chains"].images.shape[-3:] == (3, 32, 32)
    assert not bool((names["chains"].diverged >= 0).any())


def test_an_encoder_that_is_trained_already_keeps_its_weights(rehearsed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rehearsed)
    monkeypatch.syspath_prepend(rehearsed)
    (own,) = rehearsed.glob("results/networks/flowers*/classifier+*my_networks*/seed_0.safetensors")
    weights = load(own, Name("my_networks.py:Encoder")).inner.state_dict()
    torch.save(weights, rehearsed / "encoder.pt")
    targets = run(rehearsed, "snakemake --configfile trained.yaml -n").stdout
    (recipe,) = set(re.findall(r"train \S+ (classifier\S+) seed", targets))
    path = f"results/networks/flowers+image_size=32/{recipe}/seed_0.safetensors"
    run(rehearsed, f"snakemake {shlex.quote(path)} --configfile trained.yaml")
    kept = load(path, Name("my_trained_network.py:Trained"))
    assert all(torch.equal(kept.inner.state_dict()[name], value) for name, value in weights.items())
    assert float(kept.code_scale) != 1
