# tables -> figures, the page and the paper.


rule claims:
    input:
        metrics=f"{RESULTS}/metrics.csv",
        check=f"{RESULTS}/controls_check.csv",
    output:
        claims=f"{RESULTS}/claims.csv",
        parts=f"{RESULTS}/claims.parts.csv",
    log:
        f"{RESULTS}/logs/claims.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/claims"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/claims"),
    params:
        code=plan.code("cli.claims:claims"),
    message:
        "compare the paper's claims with the measurements"
    shell:
        "exec python -m ppgn_bench claims {input.metrics:q} --controls {input.check:q} --output {output.claims:q} 2> {log:q}"


rule manifest:
    input:
        paths.all_judges(EXPERIMENT),
        paths.inception(EXPERIMENT).values(),
        costs=f"{RESULTS}/costs.csv",
    output:
        f"{RESULTS}/manifest.json",
    log:
        f"{RESULTS}/logs/manifest.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/manifest"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/manifest"),
    params:
        experiment=EXPERIMENT.model_dump_json(exclude_none=True),
        code=plan.code("cli.reports:manifest"),
    message:
        "write down what was run, on what, with what"
    shell:
        "exec python -m ppgn_bench manifest --experiment {params.experiment:q} --costs {input.costs:q} --output {output:q}"
        " 2> {log:q}"


rule report:
    input:
        f"{RESULTS}/manifest.json",
        f"{RESULTS}/metrics.csv",
        f"{RESULTS}/claims.csv",
        f"{RESULTS}/claims.parts.csv",
        f"{RESULTS}/costs.csv",
        f"{RESULTS}/controls_check.csv",
        f"{RESULTS}/networks_check.csv",
        paths.report_inputs(EXPERIMENT),
    output:
        page=report(
            f"{RESULTS}/report/index.html",
            category="Report",
            caption="captions/report.rst",
            labels={"report": "page"},
        ),
        paper=report(
            f"{RESULTS}/report/report.pdf",
            category="Report",
            caption="captions/paper.rst",
            labels={"report": "paper"},
        ),
        tables=report(
            directory(f"{RESULTS}/tables"),
            patterns=["{table}.{format,csv|tex|md}"],
            category="Tables",
            caption="captions/tables.rst",
            labels={"table": "{table}", "format": "{format}"},
        ),
        figures=report(
            directory(f"{RESULTS}/figures"),
            patterns=["{figure}.png"],
            category="Figures",
            caption="captions/figures.rst",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/report"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/report"),
    params:
        experiment=subpath(output.page, ancestor=2),
        code=plan.code("cli.reports:report", "report"),
    message:
        "draw the report"
    shell:
        "exec python -m ppgn_bench report {params.experiment:q} > {log:q} 2>&1"


# After all that is made: `ppgn-bench verify` and `sha256sum --check` compare with it.
rule record:
    input:
        paths.results(EXPERIMENT),
        rules.report.input,
        page=f"{RESULTS}/report/index.html",
        paper=f"{RESULTS}/report/report.pdf",
        tables=f"{RESULTS}/tables",
        figures=f"{RESULTS}/figures",
    output:
        f"{RESULTS}/SHA256SUMS",
    log:
        f"{RESULTS}/logs/record.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/SHA256SUMS"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/SHA256SUMS"),
    params:
        job=lambda w, input: collecting.of_results(dict.fromkeys(input)).as_json(),
        code=plan.code("cli.verifying:record"),
    message:
        "write down the hashes of all results"
    shell:
        "exec python -m ppgn_bench record --job {params.job:q} --output {output:q} 2> {log:q}"


# Last, so that the report is there to read when a metric that claims rest on fails its controls, or a network does not
# do its job, and the run ends with status 1.
rule controls_hold:
    input:
        f"{RESULTS}/SHA256SUMS",
        check=f"{RESULTS}/controls_check.csv",
        parts=f"{RESULTS}/claims.parts.csv",
        networks=f"{RESULTS}/networks_check.csv",
    output:
        touch(f"{RESULTS}/controls.ok"),
    log:
        f"{RESULTS}/logs/controls_hold.log",
    conda:
        "../environment.yaml"
    threads: 1
    resources:
        mem_mb=resources.mem_mb(NEEDS, f"{RESULTS}/controls.ok"),
        runtime=resources.runtime(NEEDS, f"{RESULTS}/controls.ok"),
    params:
        code=plan.code("cli.measurements:controls_hold"),
    message:
        "do the metrics that claims rest on put their controls in order, and do the networks do their job?"
    shell:
        "exec python -m ppgn_bench controls-hold {input.check:q} --parts {input.parts:q} --networks {input.networks:q}"
        " 2> {log:q}"
