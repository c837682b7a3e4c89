"""A Python that has its libraries loaded: jobs of tests' workflows are forks of it, each spared 2 to 3 s of imports.

Nothing of ours is loaded before the fork: a job runs the package of its own working directory, as any other does.
"""

import atexit
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path

LIBRARIES = ("torch", "torchmetrics.functional.image", "scipy.stats", "sklearn.neighbors", "snakemake.cli")
RUN_HERE = ("ppgn_bench", "snakemake")  # modules; all else is run by a Python of its own
# Hands its words, its place and its streams to the server.
CLIENT = """
import json, os, socket, sys
words = sys.argv[1:]
if words[:1] != ["-m"] or words[1] not in {run_here}:
    os.execv("{python}", ["{python}", *words])
with socket.socket(socket.AF_UNIX) as server:
    server.connect("{address}")
    socket.send_fds(server, [b" "], [0, 1, 2])
    server.sendall(json.dumps([words[1:], os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.makefile().read()))
"""


@cache
def python() -> Path:
    """The file to run in place of Python; its server ends with this process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    address, client, stand_in = (folder / name for name in ("address", "client.py", "python"))
    client.write_text(CLIENT.format(python=sys.executable, run_here=RUN_HERE, address=address))
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" -ISs "{client}" "$@"\n')
    stand_in.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        number = listener.fileno()
        command = [sys.executable, "-EP", __file__, str(number)]  # of no folder but the libraries'
        server = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number])
    atexit.register(server.communicate)
    return stand_in


def serve(listener: socket.socket) -> list[str]:
    """Wait for commands until the input ends; in a fork for each, come back with its words."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while select.select([listener, sys.stdin], [], [])[0] == [listener]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            return _answer(connection)
        connection.close()
    sys.exit()


def _answer(connection: socket.socket) -> list[str]:
    """Take the client's place in another fork, and tell the client how that ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, *_ = socket.recv_fds(connection, 1, 3)
    words, place, environment = json.load(connection.makefile())
    if worker := os.fork():
        status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        connection.sendall(str(status if status >= 0 else 128 - status).encode())  # as a shell has it
        os._exit(0)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    return words


def status_of(module: str) -> int:
    """Run a module; how a Python of its own would end."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    for library in LIBRARIES:
        importlib.import_module(library)
    module, *rest = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.argv[1:] = rest
    sys.path[:0] = [os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    status = status_of(module)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)  # as ppgn_bench ends: to take all that is loaded apart again takes two seconds
