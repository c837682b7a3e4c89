"""ppgn_bench: Plug & Play Generative Networks taken apart, trained, sampled and measured."""

__version__ = "0.1.0"
