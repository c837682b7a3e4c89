"""The columns of every long table, once."""

from collections.abc import Mapping

TERMS = ("prior", "condition", "noise", "context")  # epsilon 1 to 4; of a sweep's settings the last changes fastest
SEARCHED = TERMS[:3]  # what a search chooses; a context is of inpainting alone
EPSILONS = tuple(f"epsilon_{term}" for term in TERMS)

SAMPLER = ("dataset", "sweep", "variant")
MEASURED = (*SAMPLER, "seed", *EPSILONS)  # what is measured: a sampler at one setting, from one training seed

# metrics.csv, and the gate's starts.csv: one metric of one sampler, control, network or world; judge: the hash of the
# judge's file where the metric asks one.
METRICS_TABLE = (*MEASURED, "metric", "value", "judge")
# *.curves.csv: one step of one run's curve, as quantiles over chains.
CURVES = (*MEASURED, "run", "curve", "step", "low", "middle", "high")
# *.targets.csv: one metric of one target of a sampler that is steered to something else than classes.
TARGETS = (*MEASURED, "target", "metric", "value")
# costs.csv: one job.
COSTS = ("kind", "dataset", "sweep", "name", "seed", "device", "seconds", "chain_steps_per_second", "peak_memory_mib")
# costs.csv, too: with what that job was done. graphics_processor: blank where it ran on none; code: a fingerprint.
LIBRARIES = ("python", "ppgn-bench", "torch", "numpy")
MADE_WITH = ("device", "processor", "instruction_set", "graphics_processor", "threads", *LIBRARIES)
# *.losses.csv: one term of a training's loss at one step.
LOSSES = ("step", "term", "value")
HELD_OUT = "held-out "  # what the terms of LOSSES start with that were measured after training
# controls_check.csv: one pair of controls that a metric must put in order.
CONTROLS_CHECK = (
    *("dataset", "metric", "first", "order", "second"),
    *("value_first", "value_second", "apart", "margin", "ordered"),
)
# networks_check.csv: one thing that a trained network must do; required: whether a run fails where it does not.
NETWORKS_CHECK = ("dataset", "recipe", "seed", "check", "value", "bound", "holds", "required")
# claims.csv: one claim on one data set, with its verdict and the numbers of the part that decides it.
CLAIMS = (
    *("claim", "dataset", "statement", "section", "basis", "measured", "verdict", "reason", "part", "scale"),
    *("estimate", "low", "high", "seeds", "p_for", "p_against", "adjusted_for", "adjusted_against", "checks", "flips"),
)
# claims.parts.csv: one part of a claim on one data set, as it is (check "") or under one check of its sensitivity.
CLAIM_PARTS = (
    *("claim", "dataset", "check", "part", "metric", "scale", "estimate", "low", "high", "seeds"),
    *("p_for", "p_against", "needed"),
)
# Errors on an analytic world: one error of one denoiser or walker.
WORLD_ERRORS = ("world", "seed", "part", "method", "target", "sigma", "training_size", "step_size", "metric", "value")
# The gate's exact numbers: one number of a recipe, a variant, a metric or a world.
EXACT_NUMBERS = ("part", "name", "number", "value")


def in_columns(epsilon: Mapping[str, float]) -> dict[str, float]:
    """The columns EPSILONS of a setting: term -> multiplier."""
    return {column: epsilon[term] for column, term in zip(EPSILONS, TERMS, strict=True)}
