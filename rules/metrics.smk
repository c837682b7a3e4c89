# chains -> long tables, curves, pictures. The controls are measured as soon as there is a judge: they say which metric can be believed.


rule controls:
    input:
        data="results/data/{dataset}.safetensors",
        judge="results/networks/{dataset}/judge/seed_0.safetensors",
        second_judge="results/networks/{dataset}/judge/seed_1.safetensors",
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}/controls.csv",
        pictures=f"{RESULTS}/metrics/{{dataset}}/controls.pictures.safetensors",
    log:
        f"{RESULTS}/logs/controls/{{dataset}}.log",
    priority: 3
    conda:
        "../environment.yaml"
    threads: 1
    params:
        metrics=",".join(plan.metric_names(EXPERIMENT)),
        sizes=plan.control_sizes(EXPERIMENT),
        real=EXPERIMENT.real,
        code=code.measuring(EXPERIMENT, "controls"),
    message:
        "measure the controls of {wildcards.dataset}"
    shell:
        "python -m ppgn_bench controls --data {input.data:q} --judge {input.judge:q} --judge {input.second_judge:q}"
        " --metrics {params.metrics:q} {params.sizes} --real {params.real} --output {output.rows:q} 2> {log:q}"


rule measure:
    input:
        chains=lambda w: plan.chain_files(EXPERIMENT, w.dataset, w.sweep, w.variant),
        data="results/data/{dataset}.safetensors",
        judge="results/networks/{dataset}/judge/seed_0.safetensors",
        second_judge="results/networks/{dataset}/judge/seed_1.safetensors",
    output:
        rows=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.csv",
        curves=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.curves.csv",
        pictures=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.pictures.safetensors",
        cost=f"{RESULTS}/metrics/{{dataset}}/{{sweep}}/{{variant}}.cost.csv",
    log:
        f"{RESULTS}/logs/measure/{{dataset}}/{{sweep}}/{{variant}}.log",
    conda:
        "../environment.yaml"
    threads: 1
    params:
        metrics=lambda w: ",".join(plan.metric_names(EXPERIMENT, w.sweep)),
        real=EXPERIMENT.real,
        code=lambda w: code.measuring(EXPERIMENT, "measure", w.sweep),
    message:
        "measure {wildcards.dataset} {wildcards.sweep} {wildcards.variant}"
    shell:
        "python -m ppgn_bench measure {input.chains:q} --data {input.data:q} --judge {input.judge:q}"
        " --judge {input.second_judge:q} --metrics {params.metrics:q} --real {params.real} --output {output.rows:q} 2> {log:q}"


rule collect:
    input:
        plan.metric_tables(EXPERIMENT),
        plan.loss_tables(EXPERIMENT),
        worlds.all_tables(EXPERIMENT),
    output:
        f"{RESULTS}/metrics.csv",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        "../environment.yaml"
    threads: 1
    params:
        code=code.stage("collect"),
    message:
        "collect all measurements"
    shell:
        "python -m ppgn_bench collect {input:q} --output {output:q} 2> {log:q}"


rule collect_costs:
    input:
        plan.cost_tables(EXPERIMENT),
        worlds.cost_tables(EXPERIMENT),
    output:
        f"{RESULTS}/costs.csv",
    log:
        f"{RESULTS}/logs/collect_costs.log",
    conda:
        "../environment.yaml"
    threads: 1
    params:
        code=code.stage("collect"),
    message:
        "collect all costs"
    shell:
        "python -m ppgn_bench collect {input:q} --output {output:q} 2> {log:q}"


rule check_controls:
    input:
        plan.control_tables(EXPERIMENT),
    output:
        f"{RESULTS}/controls_check.csv",
    log:
        f"{RESULTS}/logs/check_controls.log",
    priority: 3
    conda:
        "../environment.yaml"
    threads: 1
    params:
        code=code.stage("check_controls"),
    message:
        "check that every metric puts its controls in order"
    shell:
        "python -m ppgn_bench check-controls {input:q} --output {output:q} 2> {log:q}"
