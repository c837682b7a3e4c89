# data -> trained weights. Networks are shared by all experiments: equal recipes are trained once.

NETWORKS = "results/networks/{dataset}/{recipe}/seed_{seed}"
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
        "exec python -m ppgn_bench prepare --job {params.job:q} --output {output:q} --code {params.code:q} 2> {log:q}"


# A rule for the networks that are trained once, and one for each group of seeds that share a job.
for GROUP in seeds.of_trainings(EXPERIMENT):

    rule:
        name:
            GROUP.rule
        input:
            unpack(
                lambda w, own=GROUP.seeds: seeds.of_each(
                    paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, seeds.SEED), own
                )
            ),
            unpack(lambda w: paths.given_weights(w.recipe)),
            data="results/data/{dataset}.safetensors",
        output:
            weights=expand(f"{NETWORKS}.safetensors", seed=GROUP.seeds, allow_missing=True),
            losses=expand(f"{NETWORKS}.losses.csv", seed=GROUP.seeds, allow_missing=True),
            cost=expand(f"{NETWORKS}.cost.csv", seed=GROUP.seeds, allow_missing=True),
        log:
            f"results/logs/train/{{dataset}}/{{recipe}}/seed_{seeds.spoken(GROUP.seeds)}.log",
        wildcard_constraints:
            dataset=seeds.any_of(GROUP.places),
            recipe=GROUP.recipes,
        priority: 2  # what takes long first: the last jobs are the short ones, and no core waits for a long one
        conda:
            "../environment.yaml"
        threads: EXPERIMENT.processes
        resources:
            gpu=GPU * EXPERIMENT.processes,
            mem_mb=resources.mem_mb(NEEDS, "results/networks/{dataset}/{recipe}"),
            runtime=resources.runtime(NEEDS, "results/networks/{dataset}/{recipe}"),
        params:
            job=lambda w, own=GROUP.seeds: plan.training(EXPERIMENT, w.dataset, w.recipe, own[0]).of_any_seed(),
            reads=lambda w: str(paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, seeds.SEED)),
            networks=lambda w, input: arguments.networks(
                paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, seeds.SEED), input
            ),
            given=lambda w, input: arguments.weights(input),
            outputs=lambda w, output, own=GROUP.seeds: arguments.outputs(own, output.weights),
            code=lambda w, own=GROUP.seeds: plan.code(plan.training(EXPERIMENT, w.dataset, w.recipe, own[0])),
        message:
            f"train {{wildcards.dataset}} {{wildcards.recipe}} seed {seeds.spoken(GROUP.seeds, ' ')}"
        shell:
            # How it is started, which seeds share it and how it is kept are no params: other values change no result but
            # by rounding, and train nothing again.
            f"exec {plan.started(EXPERIMENT)} train"
            " --job {params.job:q} --data {input.data:q} {params.networks} {params.given}"
            " {params.outputs} --code {params.code:q}"
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
        reads=collecting.of_networks(**paths.checked_logs(EXPERIMENT)).as_json(),
        job=lambda w, input: collecting.of_networks(input.networks, input.ablated).as_json(),
        code=plan.code("cli.networks:check_networks"),
    message:
        "check that every network does its job"
    shell:
        "exec python -m ppgn_bench check-networks --job {params.job:q} --output {output:q} 2> {log:q}"
