# weights + variants -> chains. A variant pulls the training of the networks that it samples with.

CHAINS = f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}/seed_{{seed}}"


# A rule for each group of seeds that share a job.
for SEEDS, FOLDERS in seeds.of_datasets(EXPERIMENT).items():

    rule:
        name:
            f"sample_{seeds.spoken(SEEDS)}"
        input:
            unpack(
                lambda w, own=SEEDS: seeds.of_each(
                    paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, seeds.SEED), own
                )
            ),
            data="results/data/{dataset}.safetensors",
        output:
            chains=update(expand(f"{CHAINS}.safetensors", seed=SEEDS, allow_missing=True)),
            cost=update(expand(f"{CHAINS}.cost.csv", seed=SEEDS, allow_missing=True)),
        log:
            f"{RESULTS}/logs/sample/{{dataset}}/{{sweep}}/{{variant}}/seed_{seeds.spoken(SEEDS)}.log",
        wildcard_constraints:
            dataset=seeds.any_of(FOLDERS),
        priority: 1
        conda:
            "../environment.yaml"
        threads: 1
        resources:
            gpu=GPU,
        params:
            job=lambda w, own=SEEDS: plan.sampling(EXPERIMENT, w.dataset, w.sweep, w.variant, own[0]).of_any_seed(),
            networks=lambda w: arguments.networks(paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, seeds.SEED)),
            output=lambda w: f"{CHAINS}.safetensors".format(**w, seed=seeds.SEED),
            code=lambda w, own=SEEDS: plan.code(plan.sampling(EXPERIMENT, w.dataset, w.sweep, w.variant, own[0])),
        message:
            f"sample {{wildcards.dataset}} {{wildcards.sweep}} {{wildcards.variant}} seed {seeds.spoken(SEEDS)}"
        shell:
            "python -m ppgn_bench sample --job {params.job:q} --data {input.data:q} {params.networks}"
            " --output {params.output:q} --code {params.code:q}"
            f" {seeds.options(SEEDS)}"
            " 2> {log:q}"
