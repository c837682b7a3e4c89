"""The second of two processes that train together: python -m tests.training.second PORT COMMAND..., each as JSON."""

import json
import os
import sys

from ppgn_bench.cli import app


def place(number: int, port: int) -> dict[str, str]:
    """What torchrun says to this one of two processes."""
    return {"RANK": str(number), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


if __name__ == "__main__":
    port, *commands = map(json.loads, sys.argv[1:])
    for step, words in enumerate(commands):
        os.environ.update(place(1, port + step))
        sys.argv = ["ppgn-bench", *words]
        try:
            app.main()
        except SystemExit as ended:
            if ended.code:
                raise
