# data -> trained weights. Networks are shared by all experiments: equal recipes are trained once.


rule prepare:
    output:
        "results/data/{dataset}.safetensors",
    log:
        "results/logs/prepare/{dataset}.log",
    priority: 3
    conda:
        "../environment.yaml"
    threads: 1
    params:
        settings=lambda w: plan.as_json(plan.preparation(w.dataset)),
        code=lambda w: code.preparation(w.dataset),
    message:
        "prepare {wildcards.dataset}"
    shell:
        "python -m ppgn_bench prepare --settings {params.settings:q} --output {output:q} 2> {log:q}"


rule train:
    input:
        unpack(lambda w: plan.needed_networks(EXPERIMENT, w.dataset, w.recipe, w.seed)),
        data="results/data/{dataset}.safetensors",
    output:
        weights="results/networks/{dataset}/{recipe}/seed_{seed}.safetensors",
        losses="results/networks/{dataset}/{recipe}/seed_{seed}.losses.csv",
        cost="results/networks/{dataset}/{recipe}/seed_{seed}.cost.csv",
    log:
        "results/logs/train/{dataset}/{recipe}/seed_{seed}.log",
    priority: 2  # what takes long first: the last jobs are the short ones, and no core waits for a long one
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        settings=lambda w: plan.as_json(plan.training(EXPERIMENT, w.dataset, w.recipe, w.seed)),
        networks=lambda w: plan.options(plan.needed_networks(EXPERIMENT, w.dataset, w.recipe, w.seed)),
        code=lambda w: code.training(w.recipe),
    message:
        "train {wildcards.dataset} {wildcards.recipe} seed {wildcards.seed}"
    shell:
        "python -m ppgn_bench train --settings {params.settings:q} --data {input.data:q} {params.networks}"
        " --output {output.weights:q} 2> {log:q}"
