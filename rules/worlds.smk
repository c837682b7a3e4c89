# settings -> errors against the truth on analytic worlds. They need neither data nor networks of the rest.

ERRORS = f"{RESULTS}/worlds/{{world}}/seed_{{seed}}"


# A rule for each group of seeds that share a job.
for GROUP in seeds.of_worlds(EXPERIMENT):

    rule:
        name:
            GROUP.rule
        output:
            rows=expand(f"{ERRORS}.csv", seed=GROUP.seeds, allow_missing=True),
            picture=expand(f"{ERRORS}.safetensors", seed=GROUP.seeds, allow_missing=True),
            cost=expand(f"{ERRORS}.cost.csv", seed=GROUP.seeds, allow_missing=True),
        log:
            f"{RESULTS}/logs/worlds/{{world}}/seed_{seeds.spoken(GROUP.seeds)}.log",
        wildcard_constraints:
            world=seeds.any_of(GROUP.places),
        priority: 2
        conda:
            "../environment.yaml"
        threads: 1
        resources:
            mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/worlds/{{world}}"),
            runtime=resources.runtime(NEEDS, f"{RESULTS}/worlds/{{world}}"),
        params:
            job=lambda w, own=GROUP.seeds: plan.exploring(EXPERIMENT, w.world, own[0]).of_any_seed(),
            outputs=lambda w, output, own=GROUP.seeds: arguments.outputs(own, output.rows),
            code=lambda w, own=GROUP.seeds: plan.code(plan.exploring(EXPERIMENT, w.world, own[0])),
        message:
            f"explore the world {{wildcards.world}} seed {seeds.spoken(GROUP.seeds, ' ')}"
        shell:
            "exec python -m ppgn_bench worlds --job {params.job:q} {params.outputs} --code {params.code:q} 2> {log:q}"
