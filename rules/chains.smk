# weights + variants -> chains. A variant pulls the training of the networks that it samples with.


rule sample:
    input:
        unpack(lambda w: paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, w.seed)),
        data="results/data/{dataset}.safetensors",
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
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}"),
    params:
        job=lambda w: plan.sampling(EXPERIMENT, w.dataset, w.sweep, w.variant, w.seed).as_json(),
        networks=lambda w, input: paths.options(paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, w.seed), input),
        code=lambda w: plan.code(plan.sampling(EXPERIMENT, w.dataset, w.sweep, w.variant, w.seed)),
    message:
        "sample {wildcards.dataset} {wildcards.sweep} {wildcards.variant} seed {wildcards.seed}"
    shell:
        "python -m ppgn_bench sample --job {params.job:q} --data {input.data:q} {params.networks}"
        " --output {output.chains:q} 2> {log:q}"
