"""A real Slurm on this machine alone, out of Debian's packages unpacked in a folder: nothing is installed or left.

One node, one partition, ports and state of its own; the node claims to have as many processors as a test wants.
"""

import getpass
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PACKAGES = ("munge", "slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins")
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
AuthType=auth/munge
AuthInfo=socket={place}/munge/socket
SlurmUser={user}
SlurmdUser={user}
PluginDir={plugins}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
MinJobAge=86400
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd.pid
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""


@contextmanager
def slurm(place: Path, cpus: int, memory: int) -> Iterator[dict[str, str]]:
    """The environment of a Slurm that runs until the end of the `with`; memory: of its node, in MB."""
    root = unpacked(place / "debian")
    (libraries,) = root.glob("usr/lib/*/slurm-wlm")
    for name in ("munge", "state", "spool"):
        (place / name).mkdir(mode=0o700)
    key = place / "munge" / "key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    controller, daemon = free_ports()
    config = place / "slurm.conf"
    host, user = socket.gethostname().partition(".")[0], getpass.getuser()
    config.write_text(
        CONFIG.format(
            place=place, host=host, user=user, plugins=libraries, cpus=cpus, memory=memory, controller=controller,
            daemon=daemon,
        )
    )  # fmt: skip
    programs = root / "usr" / "sbin"
    environment = {
        **os.environ,
        "SLURM_CONF": str(config),
        "LD_LIBRARY_PATH": f"{libraries.parent}:{libraries}",
        "PATH": f"{place}/bin:{root}/usr/bin:{os.environ['PATH']}",
    }
    write_srun(place / "bin" / "srun", config, root / "usr" / "bin" / "srun")
    of_munge = [f"--{name}-file={place}/munge/{name}" for name in ("key", "log", "pid", "seed")]
    commands = (
        [programs / "munged", "--force", "--foreground", f"--socket={place}/munge/socket", *of_munge],
        [programs / "slurmctld-wlm", "-D"],
        [programs / "slurmd-wlm", "-D", "-d", programs / "slurmstepd-wlm"],
    )
    with ExitStack() as running:
        for command in commands:
            running.enter_context(daemon_of(list(map(str, command)), place, environment))
            time.sleep(1)
        wait_until_idle(environment)
        running.callback(subprocess.run, ["scancel", "--quiet", f"--user={user}"], env=environment, check=False)
        yield environment


def unpacked(place: Path) -> Path:
    """Debian's packages of Slurm, and those that they need and that are missing here, unpacked in a folder."""
    (place / "partial").mkdir(parents=True)
    options = ["-o", f"Dir::Cache::archives={place}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"]
    download = ["apt-get", "-qq", "-y", "--no-install-recommends", "--download-only", "--reinstall"]
    subprocess.run([*download, *options, "install", *PACKAGES], check=True, stdout=subprocess.DEVNULL)
    for package in place.glob("*.deb"):
        subprocess.run(["dpkg", "--extract", package, place / "root"], check=True)
    return place / "root"


def write_srun(place: Path, config: Path, program: Path) -> None:
    """An srun that knows where the configuration is: Snakemake's plugin takes Slurm's variables away within a job."""
    place.parent.mkdir()
    place.write_text(f'#!/bin/sh\nSLURM_CONF={config} exec {program} "$@"\n')
    place.chmod(0o755)


def free_ports() -> list[int]:
    """Two ports of this machine that nobody listens on."""
    with ExitStack() as bound:
        sockets = [bound.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        return [own.getsockname()[1] for own in sockets]


@contextmanager
def daemon_of(command: list[str], place: Path, environment: dict[str, str]) -> Iterator[None]:
    """A process that runs until the end of the `with`, with all that it started in its group."""
    with (place / f"{Path(command[0]).name}.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def wait_until_idle(environment: dict[str, str], seconds: int = 60) -> None:
    """Return when the node takes jobs."""
    for _ in range(seconds):
        asked = subprocess.run(["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True)
        if asked.stdout.strip() == "idle":
            return
        time.sleep(1)
    raise SystemExit(f"error: Slurm's node is not idle after {seconds} s: {asked.stdout}{asked.stderr}")
