"""`python -m ppgn_bench`: the command line, as the rules call it."""

import gc
import os
import sys

from ppgn_bench.cli.app import main

# A stage lives for seconds. Looking for garbage among what torch's imports leave, and taking them down at the end,
# would be half of its start and end: 2.5 s instead of 1.2.
gc.set_threshold(100_000)
try:
    main()
except SystemExit as ended:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(ended.code or 0))
