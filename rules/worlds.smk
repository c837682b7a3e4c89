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
    params:
        settings=lambda w: plan.as_json(worlds.exploring(EXPERIMENT, w.world, w.seed)),
        code=code.stage("worlds"),
    message:
        "explore the world {wildcards.world} seed {wildcards.seed}"
    shell:
        "python -m ppgn_bench worlds --settings {params.settings:q} --output {output.rows:q} 2> {log:q}"
