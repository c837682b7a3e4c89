"""Jobs side by side take different cards while they can, and only cards that they may. The devices are made up."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from ppgn_bench.errors import UserError
from ppgn_bench.storage import cards, machine

JOB = """
import os, sys
from ppgn_bench.storage import cards
cards.choose_card()
cards.choose_card()
print(os.environ.get("CUDA_VISIBLE_DEVICES", "all"), flush=True)
sys.stdin.read()
"""
UUID, SLICE = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/1/0"
Job = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Job]]:
    """Start a process that takes a card of a list and keeps it; the locks lie in a folder of the test."""
    with ExitStack() as living:

        def started(allowed: str) -> Job:
            environment = {**os.environ, "TMPDIR": str(tmp_path), cards.VISIBLE: allowed}
            command = [sys.executable, "-c", JOB]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            job = living.enter_context(subprocess.Popen(command, env=environment, text=True, **pipes))
            living.callback(job.kill)
            return job

        yield started


def card(job: Job) -> str:
    assert job.stdout is not None
    return job.stdout.readline().strip()


def test_as_many_jobs_as_cards_that_start_at_once_take_a_card_each(start: Callable[[str], Job]) -> None:
    jobs = [start("0,1,2,3") for _ in range(4)]
    assert sorted(map(card, jobs)) == ["0", "1", "2", "3"]


def test_more_jobs_than_cards_share_them_evenly_and_none_waits(start: Callable[[str], Job]) -> None:
    jobs = [start("0,1") for _ in range(6)]
    assert Counter(map(card, jobs)) == {"0": 3, "1": 3}


def test_a_killed_job_frees_its_card_and_no_other(start: Callable[[str], Job]) -> None:
    jobs = {card(job): job for job in (start("0,1,2") for _ in range(3))}
    jobs["1"].kill()
    jobs["1"].wait()
    assert card(start("0,1,2")) == "1"


def test_a_job_takes_only_what_its_list_names_as_it_names_it(start: Callable[[str], Job]) -> None:
    jobs = [start("0,1"), start(f"{SLICE}, {UUID}"), start(f"{SLICE},{UUID}")]
    assert card(jobs[0]) in ("0", "1")
    assert {card(jobs[1]), card(jobs[2])} == {SLICE, UUID}


def test_a_job_that_may_use_one_card_shares_it_while_another_is_free(start: Callable[[str], Job]) -> None:
    first = start("1")
    assert card(first) == "1"
    assert [card(start("0,1")), card(start("1"))] == ["0", "1"]


@pytest.mark.parametrize("none", ["", "-1", "-1,0"])
def test_a_list_without_a_card_is_left_as_it_is_and_nothing_is_locked(
    start: Callable[[str], Job], none: str, tmp_path: Path
) -> None:
    assert card(start(none)) == none
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------- which cards exist


@pytest.mark.parametrize(
    ("paths", "known"),
    [
        ([], []),  # no driver, or none that shows itself: WSL has dev/dxg
        (["dev/dxg"], []),
        (["dev/nvidia0", "dev/nvidia1", "dev/nvidiactl", "dev/nvidia-uvm"], ["0", "1"]),
        (["dev/nvidia3", "dev/nvidiactl"], ["0"]),  # a container with one of four cards: CUDA counts from zero
        (["proc/driver/nvidia/gpus/0000:01:00.0/information"], ["0"]),
        (["dev/nvidia0", "proc/driver/nvidia/gpus/a/information", "proc/driver/nvidia/gpus/b/information"], ["0"]),
        (["dev/nvidia0", "proc/driver/nvidia/capabilities/gpu0/mig/config"], ["0"]),
        (["dev/nvidia0", "proc/driver/nvidia/capabilities/gpu0/mig/gi1/access"], []),
    ],
)
def test_without_a_list_the_cards_are_those_of_the_driver_that_a_process_may_open(
    paths: list[str], known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cards.VISIBLE, raising=False)
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert cards.visible(tmp_path) == known


def test_a_list_counts_more_than_what_the_driver_has_and_ends_where_cuda_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidia0").touch()
    monkeypatch.setenv(cards.VISIBLE, "2, 3,-1,4")
    assert cards.visible(tmp_path) == ["2", "3"]


# --------------------------------------------------------------------------------------------- a folder of one's own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the locks of this test lie, not there yet."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(cards.VISIBLE, "0")
    cards.choose_card.cache_clear()
    return tmp_path / f"ppgn_bench-cards-{os.getuid()}"


def refusal() -> str:
    with pytest.raises(UserError) as caught:
        cards.choose_card()
    return str(caught.value)


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701])
def test_a_folder_that_others_can_enter_is_refused(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    assert refusal() == f"{folder}: must be a folder of yours alone (mode 700); remove it, or set TMPDIR"
    assert list(folder.iterdir()) == []


def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.getuid() + 1
    folder.with_name(f"ppgn_bench-cards-{other}").mkdir(mode=0o700)
    monkeypatch.setattr("os.getuid", lambda: other)
    assert "must be a folder of yours alone" in refusal()


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_in_the_folders_place_is_not_followed(folder: Path, tmp_path: Path, exists: bool) -> None:
    target = tmp_path / "elsewhere"
    if exists:
        target.mkdir(mode=0o700)
    folder.symlink_to(target)
    assert refusal().startswith(f"{folder}: cannot lock a card there: ")
    assert target.exists() == exists
    assert not exists or list(target.iterdir()) == []


def test_a_link_in_a_locks_place_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "0.0").symlink_to(tmp_path / "made")
    assert refusal().startswith(f"{folder}: cannot lock a card there: ")
    assert not (tmp_path / "made").exists()


# ------------------------------------------------------------------------------------------------------ who takes one


@pytest.mark.parametrize(("wanted", "order"), [("auto", ["card", "CUDA"]), ("cuda", ["card", "CUDA"]), ("cpu", [])])
def test_a_card_is_chosen_before_cuda_starts_and_none_for_the_cpu(
    wanted: str, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    monkeypatch.setattr(cards, "choose_card", lambda: happened.append("card"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: happened.append("CUDA") is None)
    assert machine.device(wanted).type == ("cpu" if wanted == "cpu" else "cuda")
    assert list(dict.fromkeys(happened)) == order
