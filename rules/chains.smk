# weights + variants -> chains. A variant pulls the training of the networks that it samples with.


rule sample:
    input:
        unpack(lambda w: plan.sampled_networks(EXPERIMENT, w.dataset, w.variant, w.seed)),
    output:
        chains=f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}/seed_{{seed}}.safetensors",
        cost=f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}/seed_{{seed}}.cost.csv",
    log:
        f"{RESULTS}/logs/sample/{{dataset}}/{{sweep}}/{{variant}}/seed_{{seed}}.log",
    priority: 1
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        settings=lambda w: plan.as_json(plan.sampling(EXPERIMENT, w.dataset, w.sweep, w.variant, w.seed)),
        networks=lambda w: plan.options(plan.sampled_networks(EXPERIMENT, w.dataset, w.variant, w.seed)),
        code=lambda w: code.sampling(EXPERIMENT, w.variant),
    message:
        "sample {wildcards.dataset} {wildcards.sweep} {wildcards.variant} seed {wildcards.seed}"
    shell:
        "python -m ppgn_bench sample --settings {params.settings:q} {params.networks}"
        " --output {output.chains:q} 2> {log:q}"
