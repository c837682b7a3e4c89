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
    params:
        job=lambda w: plan.preparation(PREPARED[w.dataset], w.dataset).as_json(),
        code=lambda w: plan.code(plan.preparation(PREPARED[w.dataset], w.dataset)),
    message:
        "prepare {wildcards.dataset}"
    shell:
        "python -m ppgn_bench prepare --job {params.job:q} --output {output:q} --code {params.code:q} 2> {log:q}"


# A rule for the networks that are trained once, and one for each group of seeds that share a job.
for TRAINING in seeds.of_trainings(EXPERIMENT):

    rule:
        name:
            TRAINING.name
        input:
            unpack(
                lambda w, own=TRAINING.seeds: seeds.of_each(
                    paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, seeds.SEED), own
                )
            ),
            unpack(lambda w: paths.given_weights(w.recipe)),
            data="results/data/{dataset}.safetensors",
        output:
            weights=update(expand(f"{NETWORKS}.safetensors", seed=TRAINING.seeds, allow_missing=True)),
            losses=update(expand(f"{NETWORKS}.losses.csv", seed=TRAINING.seeds, allow_missing=True)),
            cost=update(expand(f"{NETWORKS}.cost.csv", seed=TRAINING.seeds, allow_missing=True)),
        log:
            f"results/logs/train/{{dataset}}/{{recipe}}/seed_{seeds.spoken(TRAINING.seeds)}.log",
        wildcard_constraints:
            dataset=seeds.any_of(TRAINING.folders),
            recipe=TRAINING.recipes,
        priority: 2  # what takes long first: the last jobs are the short ones, and no core waits for a long one
        conda:
            "../environment.yaml"
        threads: EXPERIMENT.processes
        resources:
            gpu=GPU * EXPERIMENT.processes,
        params:
            job=lambda w, own=TRAINING.seeds: plan.training(EXPERIMENT, w.dataset, w.recipe, own[0]).of_any_seed(),
            networks=lambda w: arguments.networks(paths.needed_networks(EXPERIMENT, w.dataset, w.recipe, seeds.SEED)),
            given=lambda w: arguments.weights(w.recipe),
            output=lambda w: f"{NETWORKS}.safetensors".format(**w, seed=seeds.SEED),
            code=lambda w, own=TRAINING.seeds: plan.code(plan.training(EXPERIMENT, w.dataset, w.recipe, own[0])),
        message:
            f"train {{wildcards.dataset}} {{wildcards.recipe}} seed {seeds.spoken(TRAINING.seeds)}"
        shell:
            # How it is started, which seeds share it and how it is kept are no params: other values change no result but
            # by rounding, and train nothing again.
            f"{plan.started(EXPERIMENT)} train"
            " --job {params.job:q} --data {input.data:q} {params.networks} {params.given}"
            " --output {params.output:q} --code {params.code:q}"
            f" --checkpoint-minutes {EXPERIMENT.checkpoint_minutes} {seeds.options(TRAINING.seeds)}"
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
    params:
        job=collecting.of_networks(**paths.checked_logs(EXPERIMENT)).as_json(),
        code=plan.code("cli.networks:check_networks"),
    message:
        "check that every network does its job"
    shell:
        "python -m ppgn_bench check-networks --job {params.job:q} --output {output:q} 2> {log:q}"
