"""Commands: what there is."""


def variants() -> None:
    """List the samplers of the paper: what each walks in, its prior, networks and epsilons."""
    from ppgn_bench.sampling.variants import VARIANTS

    print(f"{'name':24} {'title':28} {'walks in':9} {'prior':16} {'eps prior, condition, noise':28} networks")
    for name, variant in VARIANTS.items():
        values = ", ".join(f"{value:g}" for value in variant.epsilon.values())
        networks = ", ".join(variant.networks.values())
        print(f"{name:24} {variant.title:28} {variant.space:9} {variant.prior.short:16} {values:28} {networks}")


def metrics() -> None:
    """List the metrics: unit, best direction, smallest difference that matters."""
    from ppgn_bench.metrics.table import METRICS

    print(f"{'name':28} {'title':44} {'best':8} {'margin':>7}  unit")
    for name, metric in METRICS.items():
        print(f"{name:28} {metric.title:44} {metric.direction:8} {metric.margin:7g}  {metric.unit}")
