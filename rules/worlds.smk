# settings -> errors against the truth on analytic worlds. They need neither data nor networks of the rest.

ERRORS = f"{RESULTS}/worlds/{{world}}/seed_{{seed}}"


# A rule for each group of seeds that share a job.
for SEEDS, WORLDS in seeds.of_worlds(EXPERIMENT).items():

    rule:
        name:
            f"worlds_{seeds.spoken(SEEDS)}"
        output:
            rows=update(expand(f"{ERRORS}.csv", seed=SEEDS, allow_missing=True)),
            picture=update(expand(f"{ERRORS}.safetensors", seed=SEEDS, allow_missing=True)),
            cost=update(expand(f"{ERRORS}.cost.csv", seed=SEEDS, allow_missing=True)),
        log:
            f"{RESULTS}/logs/worlds/{{world}}/seed_{seeds.spoken(SEEDS)}.log",
        wildcard_constraints:
            world=seeds.any_of(WORLDS),
        priority: 2
        conda:
            "../environment.yaml"
        threads: 1
        params:
            job=lambda w, own=SEEDS: plan.exploring(EXPERIMENT, w.world, own[0]).of_any_seed(),
            output=lambda w: f"{ERRORS}.csv".format(**w, seed=seeds.SEED),
            code=lambda w, own=SEEDS: plan.code(plan.exploring(EXPERIMENT, w.world, own[0])),
        message:
            f"explore the world {{wildcards.world}} seed {seeds.spoken(SEEDS)}"
        shell:
            "python -m ppgn_bench worlds --job {params.job:q} --output {params.output:q} --code {params.code:q}"
            f" {seeds.options(SEEDS)}"
            " 2> {log:q}"
