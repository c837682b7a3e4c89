# data -> trained weights. Networks are shared by all experiments: equal recipes are trained once.

PREPARED = {folder: own for own in (GATE, EXPERIMENT) for folder in paths.folders(own)}  # data set -> whose it is


rule prepare:
    output:
        "results/data/{dataset}.safetensors",
    log:
        "results/logs/prepare/{dataset}.log",
    priority: 3
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, "results/data/{dataset}.safetensors"),
        runtime=resources.runtime(NEEDS, "results/data/{dataset}.safetensors"),
    params:
        job=lambda w: plan.preparation(PREPARED[w.dataset], w.dataset).as_json(),
        code=lambda w: plan.code(plan.preparation(PREPARED[w.dataset], w.dataset)),
    message:
        "prepare {wildcards.dataset}"
    shell:
        "python -m ppgn_bench prepare --job {params.job:q} --output {output:q} 2> {log:q}"


rule train:
    input:
        unpack(lambda w: paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, w.seed)),
        unpack(lambda w: paths.given_weights(w.recipe)),
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
    threads: EXPERIMENT.processes
    resources:
        gpu=GPU * EXPERIMENT.processes,
        mem_mb=resources.mem_mb(NEEDS, "results/networks/{dataset}/{recipe}"),
        runtime=resources.runtime(NEEDS, "results/networks/{dataset}/{recipe}"),
    params:
        job=lambda w: plan.training(EXPERIMENT, w.dataset, w.recipe, w.seed).as_json(),
        networks=lambda w, input: paths.options(paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, w.seed), input),
        given=lambda w: paths.weights_option(w.recipe),
        code=lambda w: plan.code(plan.training(EXPERIMENT, w.dataset, w.recipe, w.seed)),
    message:
        "train {wildcards.dataset} {wildcards.recipe} seed {wildcards.seed}"
    shell:
        # How it is started and kept are no params: other values change no result but by rounding, and train nothing again.
        f"{plan.started(EXPERIMENT)} train"
        " --job {params.job:q} --data {input.data:q} {params.networks} {params.given}"
        " --output {output.weights:q} --code {params.code:q}"
        f" --checkpoint-minutes {EXPERIMENT.checkpoint_minutes}"
        " 2> {log:q}"


rule check_networks:
    input:
        **paths.checked_logs(EXPERIMENT),
    output:
        f"{RESULTS}/networks_check.csv",
    log:
        f"{RESULTS}/logs/check_networks.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/networks_check"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/networks_check"),
    params:
        job=lambda w, input: collecting.of_networks(input.networks, input.ablated).as_json(),
        code=plan.code("cli.networks:check_networks"),
    message:
        "check that every network does its job"
    shell:
        "python -m ppgn_bench check-networks --job {params.job:q} --output {output:q} 2> {log:q}"
