# settings -> errors against the truth on analytic worlds. They need neither data nor networks of the rest.


rule worlds:
    output:
        rows=f"{RESULTS}/worlds/{{world}}/seed_{{seed}}.csv",
        picture=f"{RESULTS}/worlds/{{world}}/seed_{{seed}}.safetensors",
        cost=f"{RESULTS}/worlds/{{world}}/seed_{{seed}}.cost.csv",
    log:
        f"{RESULTS}/logs/worlds/{{world}}/seed_{{seed}}.log",
    priority: 2
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/worlds/{{world}}"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/worlds/{{world}}"),
    params:
        job=lambda w: plan.exploring(EXPERIMENT, w.world, w.seed).as_json(),
        code=lambda w: plan.code(plan.exploring(EXPERIMENT, w.world, w.seed)),
    message:
        "explore the world {wildcards.world} seed {wildcards.seed}"
    shell:
        "python -m ppgn_bench worlds --job {params.job:q} --output {output.rows:q} 2> {log:q}"
