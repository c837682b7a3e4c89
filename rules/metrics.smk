# chains -> long tables, curves, pictures. The controls are measured as soon as there is a judge: they say which metric can be believed.


rule controls:
    input:
        unpack(lambda w: paths.judges_asked(EXPERIMENT, w.dataset)),
        unpack(lambda w: paths.inception(EXPERIMENT)),
        data="results/data/{dataset}.safetensors",
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}/controls.csv",
        pictures=f"{RESULTS}/metrics/{{dataset}}/controls.pictures.safetensors",
        cost=f"{RESULTS}/metrics/{{dataset}}/controls.cost.csv",
    log:
        f"{RESULTS}/logs/controls/{{dataset}}.log",
    priority: 3
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/metrics/{{dataset}}/controls.csv"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/metrics/{{dataset}}/controls.csv"),
    params:
        job=lambda w: plan.measuring_controls(EXPERIMENT, w.dataset).as_json(),
        reads=lambda w: str(paths.judges_asked(EXPERIMENT, w.dataset)),
        judges=lambda w, input: arguments.judges(paths.judges_asked(EXPERIMENT, w.dataset), input),
        code=lambda w: plan.code(plan.measuring_controls(EXPERIMENT, w.dataset)),
    message:
        "measure the controls of {wildcards.dataset}"
    shell:
        "exec python -m ppgn_bench controls --data {input.data:q} {params.judges} --job {params.job:q}"
        " --output {output.rows:q} --code {params.code:q} 2> {log:q}"


rule measure:
    input:
        unpack(lambda w: paths.judges_asked(EXPERIMENT, w.dataset, w.variant)),
        unpack(lambda w: paths.inception(EXPERIMENT)),
        chains=lambda w: paths.chain_files(EXPERIMENT, w.dataset, w.sweep, w.variant),
        data="results/data/{dataset}.safetensors",
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.csv",
        curves=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.curves.csv",
        targets=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.targets.csv",
        pictures=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.pictures.safetensors",
        cost=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.cost.csv",
    log:
        f"{RESULTS}/logs/measure/{{dataset}}/{{sweep}}/{{variant}}.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.csv"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.csv"),
    params:
        job=lambda w: plan.measuring(EXPERIMENT, w.dataset, w.sweep, w.variant).as_json(),
        reads=lambda w: str(
            [
                paths.chain_files(EXPERIMENT, w.dataset, w.sweep, w.variant),
                paths.judges_asked(EXPERIMENT, w.dataset, w.variant),
            ]
        ),
        judges=lambda w, input: arguments.judges(paths.judges_asked(EXPERIMENT, w.dataset, w.variant), input),
        code=lambda w: plan.code(plan.measuring(EXPERIMENT, w.dataset, w.sweep, w.variant)),
    message:
        "measure {wildcards.dataset} {wildcards.sweep} {wildcards.variant}"
    shell:
        "exec python -m ppgn_bench measure {input.chains:q} --data {input.data:q} {params.judges} --job {params.job:q}"
        " --output {output.rows:q} --code {params.code:q} 2> {log:q}"


MEASURED = paths.metric_tables(EXPERIMENT) + paths.loss_tables(EXPERIMENT) + paths.all_world_tables(EXPERIMENT)


rule collect:
    input:
        MEASURED,
    output:
        f"{RESULTS}/metrics.csv",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/metrics"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/metrics"),
    params:
        reads=collecting.of_tables(MEASURED).as_json(),
        job=lambda w, input: collecting.of_tables(input).as_json(),
        code=plan.code("cli.measurements:collect"),
    message:
        "collect all measurements"
    shell:
        "exec python -m ppgn_bench collect --job {params.job:q} --output {output:q} 2> {log:q}"


rule collect_costs:
    input:
        paths.cost_tables(EXPERIMENT),
    output:
        f"{RESULTS}/costs.csv",
    log:
        f"{RESULTS}/logs/collect_costs.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/costs"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/costs"),
    params:
        reads=collecting.of_tables(paths.cost_tables(EXPERIMENT)).as_json(),
        job=lambda w, input: collecting.of_tables(input).as_json(),
        code=plan.code("cli.measurements:collect"),
    message:
        "collect all costs"
    shell:
        "exec python -m ppgn_bench collect --job {params.job:q} --output {output:q} 2> {log:q}"


rule check_controls:
    input:
        paths.control_tables(EXPERIMENT),
    output:
        f"{RESULTS}/controls_check.csv",
    log:
        f"{RESULTS}/logs/check_controls.log",
    priority: 3
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/controls_check"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/controls_check"),
    params:
        reads=str(paths.control_tables(EXPERIMENT)),
        code=plan.code("cli.measurements:check_controls"),
    message:
        "check that every metric puts its controls in order"
    shell:
        "exec python -m ppgn_bench check-controls {input:q} --output {output:q} 2> {log:q}"
