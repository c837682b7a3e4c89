# weights + variants -> chains. A variant pulls the training of the networks that it samples with.

CHAINS = f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}/seed_{{seed}}"


# A rule for each group of seeds that share a job.
for GROUP in seeds.of_samplings(EXPERIMENT):

    rule:
        name:
            GROUP.rule
        input:
            unpack(
                lambda w, own=GROUP.seeds: seeds.of_each(
                    paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, seeds.SEED), own
                )
            ),
            data="results/data/{dataset}.safetensors",
        output:
            chains=expand(f"{CHAINS}.safetensors", seed=GROUP.seeds, allow_missing=True),
            cost=expand(f"{CHAINS}.cost.csv", seed=GROUP.seeds, allow_missing=True),
        log:
            f"{RESULTS}/logs/sample/{{dataset}}/{{sweep}}/{{variant}}/seed_{seeds.spoken(GROUP.seeds)}.log",
        wildcard_constraints:
            dataset=seeds.any_of(GROUP.places),
        priority: 1
        conda:
            "../environment.yaml"
        threads: 1
        resources:
            gpu=GPU,
            mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}"),
            runtime=resources.runtime(NEEDS, f"{RESULTS}/chains/{{dataset}}/{{sweep}}/{{variant}}"),
        params:
            job=lambda w, own=GROUP.seeds: plan.sampling(
                EXPERIMENT, w.dataset, w.sweep, w.variant, own[0]
            ).of_any_seed(),
            reads=lambda w: str(paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, seeds.SEED)),
            networks=lambda w, input: arguments.networks(
                paths.sampled_networks(EXPERIMENT, w.dataset, w.variant, seeds.SEED), input
            ),
            outputs=lambda w, output, own=GROUP.seeds: arguments.outputs(own, output.chains),
            code=lambda w, own=GROUP.seeds: plan.code(plan.sampling(EXPERIMENT, w.dataset, w.sweep, w.variant, own[0])),
        message:
            f"sample {{wildcards.dataset}} {{wildcards.sweep}} {{wildcards.variant}} seed {seeds.spoken(GROUP.seeds, ' ')}"
        shell:
            "exec python -m ppgn_bench sample --job {params.job:q} --data {input.data:q} {params.networks}"
            " {params.outputs} --code {params.code:q} 2> {log:q}"
