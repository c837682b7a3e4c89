# The package's judges anew: `make judges`. No run asks for this rule; runs read what it has put into the package.


# Without an output: what it writes is an input of all other rules, which must not train it.
rule judges:
    input:
        weights=paths.trained_judges(EXPERIMENT),
        data=[f"results/data/{dataset}.safetensors" for dataset in paths.folders(EXPERIMENT)],
    log:
        "results/logs/judges.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS),
        runtime=resources.runtime(NEEDS),
    params:
        reads=str(paths.trained_judges(EXPERIMENT)),
        data=lambda w, input: " ".join(f"--data {file}" for file in input.data),
        code=plan.code("cli.judges:ship"),
    message:
        "put the judges into the package"
    shell:
        "exec python -m ppgn_bench ship {input.weights:q} {params.data} --output ppgn_bench/judges 2> {log:q}"
