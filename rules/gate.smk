# The gate: chains anew from committed networks, numbers that must not move, and the comparison with the reference run.


rule resample:
    input:
        unpack(lambda w: gate.networks(GATE, w.variant)),
        data="results/data/digits.safetensors",
        judge=gate.judge(),
    output:
        f"{RESULTS}/gate/{{variant}}.csv",
    log:
        f"{RESULTS}/logs/gate/{{variant}}.log",
    wildcard_constraints:
        variant="|".join(map(re.escape, gate.resampled(GATE))),
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=resources.mem_mb(NEEDS),
        runtime=resources.runtime(NEEDS),
    params:
        job=lambda w: gate.resampling(GATE, w.variant).as_json(),
        reads=lambda w: str(gate.networks(GATE, w.variant)),
        networks=lambda w, input: arguments.networks(gate.networks(GATE, w.variant), input),
        code=lambda w: plan.code(gate.resampling(GATE, w.variant)),
        versions=json.dumps(gate.versions(), sort_keys=True),
    message:
        "sample {wildcards.variant} from committed networks"
    shell:
        "exec python -m ppgn_bench resample --job {params.job:q} {params.networks} --data {input.data:q}"
        " --judge {input.judge:q} --output {output:q} 2> {log:q}"


rule collect_gate:
    input:
        expand(f"{RESULTS}/gate/{{variant}}.csv", variant=gate.resampled(GATE)),
    output:
        f"{RESULTS}/gate/starts.csv",
    log:
        f"{RESULTS}/logs/gate/collect.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS),
        runtime=resources.runtime(NEEDS),
    params:
        reads=str(gate.resampled(GATE)),
        job=lambda w, input: collecting.of_tables(input).as_json(),
        code=plan.code("cli.measurements:collect"),
    message:
        "collect what was sampled from committed networks"
    shell:
        "exec python -m ppgn_bench collect --job {params.job:q} --output {output:q} 2> {log:q}"


rule exact_numbers:
    input:
        **gate.committed(GATE),
        data="results/data/digits.safetensors",
    output:
        f"{RESULTS}/gate/pinned.csv",
    log:
        f"{RESULTS}/logs/gate/exact_numbers.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS),
        runtime=resources.runtime(NEEDS),
    params:
        job=gate.exact_numbers(GATE).as_json(),
        reads=str(gate.committed(GATE)),
        networks=lambda w, input: arguments.networks(gate.committed(GATE), input),
        code=plan.code(gate.exact_numbers(GATE)),
        versions=json.dumps(gate.versions(), sort_keys=True),
    message:
        "make the numbers that must not move"
    shell:
        "exec python -m ppgn_bench exact-numbers --job {params.job:q} {params.networks} --data {input.data:q}"
        " --output {output:q} 2> {log:q}"


rule gate:
    input:
        rules.collect_gate.input,
        f"{RESULTS}/gate/starts.csv",
        f"{RESULTS}/gate/pinned.csv",


# Without an output: it always says what it finds. Undecided does not fail.
rule check:
    input:
        rules.gate.input,
        paths.results(EXPERIMENT),
        f"{RESULTS}/claims.csv",
        f"{RESULTS}/controls_check.csv",
        f"{RESULTS}/networks_check.csv",
        f"{RESULTS}/manifest.json",
        run=f"{RESULTS}/metrics.csv",
    log:
        f"{RESULTS}/logs/check.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS),
        runtime=resources.runtime(NEEDS),
    params:
        results=subpath(input.run, parent=True),
        name=EXPERIMENT.name,
    message:
        "compare the run with its reference"
    shell:
        "python -m ppgn_bench check --baseline results/reference/{params.name:q} --results {params.results:q} 2> {log:q}"
        " || [ $? -eq 3 ]"
