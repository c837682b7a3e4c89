# The gate: chains anew from committed networks, numbers that must not move, and the comparison with the reference run.


rule resample:
    input:
        unpack(lambda w: gate.networks(GATE, w.variant)),
        data="results/data/digits.safetensors",
        judge=gate.weights(GATE, "judge"),
    output:
        f"{RESULTS}/gate/{{variant}}.csv",
    log:
        f"{RESULTS}/logs/gate/{{variant}}.log",
    wildcard_constraints:
        variant="|".join(map(re.escape, GATE.samplers)),
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        gpu=GPU,
    params:
        settings=lambda w: plan.as_json(gate.sampling(GATE, w.variant)),
        networks=lambda w: plan.options(gate.networks(GATE, w.variant)),
        metrics=",".join(plan.metric_names(GATE)),
        code=lambda w: code.resampling(GATE, w.variant),
        versions=plan.as_json(gate.versions()),
    message:
        "sample {wildcards.variant} from committed networks"
    shell:
        "python -m ppgn_bench resample --settings {params.settings:q} {params.networks} --data {input.data:q}"
        " --judge {input.judge:q} --metrics {params.metrics:q} --output {output:q} 2> {log:q}"


rule collect_gate:
    input:
        expand(f"{RESULTS}/gate/{{variant}}.csv", variant=GATE.samplers),
    output:
        f"{RESULTS}/gate/starts.csv",
    log:
        f"{RESULTS}/logs/gate/collect.log",
    conda:
        "../environment.yaml"
    threads: 1
    params:
        code=code.stage("collect"),
    message:
        "collect what was sampled from committed networks"
    shell:
        "python -m ppgn_bench collect {input:q} --output {output:q} 2> {log:q}"


rule pin:
    input:
        **gate.committed(GATE),
        data="results/data/digits.safetensors",
    output:
        f"{RESULTS}/gate/pinned.csv",
    log:
        f"{RESULTS}/logs/gate/pin.log",
    conda:
        "../environment.yaml"
    threads: 1
    params:
        settings=plan.as_json(gate.pinning(GATE)),
        networks=plan.options(gate.committed(GATE)),
        code=code.pinning(),
        versions=plan.as_json(gate.versions()),
    message:
        "make the numbers that must not move"
    shell:
        "python -m ppgn_bench pin --settings {params.settings:q} {params.networks} --data {input.data:q}"
        " --output {output:q} 2> {log:q}"


rule gate:
    input:
        f"{RESULTS}/gate/starts.csv",
        f"{RESULTS}/gate/pinned.csv",


# Without an output: it always says what it finds. Undecided does not fail.
rule check:
    input:
        rules.gate.input,
        f"{RESULTS}/claims.csv",
        f"{RESULTS}/controls_check.csv",
        f"{RESULTS}/manifest.json",
        run=f"{RESULTS}/metrics.csv",
    log:
        f"{RESULTS}/logs/check.log",
    conda:
        "../environment.yaml"
    threads: 1
    params:
        results=subpath(input.run, parent=True),
        name=EXPERIMENT.name,
    message:
        "hold the run against its reference"
    shell:
        "python -m ppgn_bench check --baseline results/reference/{params.name:q} --results {params.results:q} 2> {log:q}"
        " || [ $? -eq 3 ]"
