"""config/paper.yaml on a small folder of images that nobody decodes: which jobs there are, and how they are started."""

import re
from pathlib import Path

import pytest

from tests.conftest import snakemake, workflow_copy

CLASSES, IMAGES = 15, 20


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workflow beside a folder of classes with the names that ImageNet's have."""
    made = workflow_copy(tmp_path_factory.mktemp("paper"))
    for number in range(CLASSES):
        folder = made / "images" / f"n{number:08d}"
        folder.mkdir(parents=True)
        for image in range(IMAGES):
            (folder / f"{folder.name}_{image}.JPEG").touch()
    return made


def planned(place: Path, **changes: str) -> str:
    """What a dry run says, with every command."""
    said = [f"{key}={value}" for key, value in {"datasets": "{ilsvrc: {root: images}}", **changes}.items()]
    words = ("--dry-run", "--printshellcmds", "--configfile", "config/paper.yaml", "--config", *said)
    done = snakemake(place, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_papers_config_plans_its_networks_once_each_at_their_own_size(place: Path) -> None:
    text = planned(place, device="cpu")
    networks = re.findall(r"--output '?results/networks/ilsvrc\+image_size=227/([^/]*)/seed_0.safetensors", text)
    assert sorted(name.partition("+")[0] for name in networks) == sorted(
        ["classifier", "code_denoiser", "generator", "joint", "judge", "mixing_judge", "residual_judge"]
    )
    for name in ("generator", "joint"):
        (found,) = (own for own in networks if own.startswith(f"{name}+"))
        assert found == (
            f"{name}+architecture=released_generator+encoder.architecture=caffenet+encoder.precision=bfloat16"
            "+precision=bfloat16"
        )
    jobs = [line for line in text.splitlines() if "ppgn_bench train " in line]
    assert len(jobs) == 7
    assert all(re.search(r"\bpython -m ppgn_bench train ", line) for line in jobs)
    assert any('"batch_size": 64' in line and '"iterations": 1300000' in line for line in jobs)


def test_a_config_with_several_processes_starts_every_training_by_torchrun(place: Path) -> None:
    text = planned(place, device="cuda", processes="4")
    launched = "python -m torch.distributed.run --standalone --nproc-per-node 4 -m ppgn_bench train "
    assert text.count(launched) == 7
    assert text.count("ppgn_bench train ") == 7
