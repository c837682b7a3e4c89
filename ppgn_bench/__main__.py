"""`python -m ppgn_bench`: the command line."""

from ppgn_bench.cli import main

main()
