# make reproduce   set up, run the default experiment, say where the report lies
# make test        set up, run the tests
# make help        the rest

PYTHON ?= python3
INPUTS ?= 200000
VENV := .venv
# Tools find each other (snakemake calls python) as in an activated environment.
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup reproduce smoke ablations full gate reference reference-full judges tour test test-slurm fuzz check format bench \
  bench-reference growth dearest lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-15s %s\n", $$1, $$2}'

setup: $(STAMP)  ## make .venv with the locked dependencies and this package

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"error: Python 3.11 or newer is needed, {sys.executable} is {v[0]}.{v[1]}; name another with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies: about 5.5 GB with the CUDA build of torch, a few minutes."
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

reproduce: $(STAMP)  ## run config/config.yaml, an hour on 2 cores
	$(RUN) snakemake
	@echo "Open $(CURDIR)/results/main/report/index.html"

smoke: $(STAMP)  ## run config/smoke.yaml: every stage in two and a half minutes
	$(RUN) snakemake --configfile config/smoke.yaml
	@echo "Open $(CURDIR)/results/smoke/report/index.html"

ablations: $(STAMP)  ## run config/ablations.yaml: what each term, noise, loss, switch and classifier does, some hours on 2 cores
	$(RUN) snakemake --configfile config/ablations.yaml
	@echo "Open $(CURDIR)/results/ablations/report/index.html"

full: $(STAMP)  ## run config/full.yaml: everything with ten seeds, a night or longer
	$(RUN) snakemake --configfile config/full.yaml
	@echo "Open $(CURDIR)/results/full/report/index.html"

gate: $(STAMP)  ## is the suite as good as its reference? The smoke run, chains from committed networks, exact numbers
	$(RUN) snakemake all check --configfile config/smoke.yaml

reference: $(STAMP)  ## make results/reference/smoke and main anew, what the gate compares with
	$(RUN) snakemake --configfile config/smoke.yaml
	$(RUN) python -m ppgn_bench reference results/smoke --output results/reference/smoke --networks
	$(RUN) snakemake gate --configfile config/smoke.yaml
	$(RUN) python -m ppgn_bench reference results/smoke --output results/reference/smoke --networks
	$(RUN) snakemake all gate
	$(RUN) python -m ppgn_bench reference results/main --output results/reference/main

reference-full: $(STAMP)  ## the same of config/full.yaml, at a release
	$(RUN) snakemake all gate --configfile config/full.yaml
	$(RUN) python -m ppgn_bench reference results/full --output results/reference/full

judges: $(STAMP)  ## train the judges that the package ships anew; all results of before are then of other instruments
	$(RUN) snakemake judges --configfile config/judges.yaml
	$(RUN) python -m pytest -m instruments tests/training/test_shipped.py

tour: $(STAMP)  ## train the small networks of docs/tour.ipynb anew, and run it
	$(RUN) snakemake $(foreach network,mnist/classifier mnist/joint shapes/classifier shapes/joint shapes/captioner,\
	  results/networks/$(network)/seed_0.safetensors) --configfile config/conditions.yaml --config batch_seeds=1
	$(RUN) python docs/tour/make.py
	$(RUN) jupyter execute --inplace docs/tour.ipynb

test-slurm: $(STAMP)  ## the smoke run through a real Slurm, a job of it cancelled; Debian's packages are unpacked, not installed
	$(RUN) python -m tests.cluster.slurm

test: $(STAMP)  ## run the tests, a worker a core; `.venv/bin/pytest tests/FOLDER` for some of them
	$(RUN) python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

fuzz: $(STAMP)  ## try 200,000 hostile configs, jobs and files of each kind and 20,000 tables, others each time: an hour (INPUTS=N: so many)
	PPGN_HOSTILE_INPUTS=$(INPUTS) $(RUN) python -m pytest -s tests/caffe/test_hostile.py tests/config/test_hostile.py \
	  tests/storage/test_hostile.py tests/test_hostile.py

check: $(STAMP)  ## ruff, mypy, snakefmt, snakemake --lint, the GitHub workflows
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) snakefmt --check Snakefile rules
	$(RUN) snakemake --lint
	$(RUN) check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(RUN) check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml

format: $(STAMP)  ## let ruff and snakefmt rewrite what check would complain about
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(RUN) snakefmt Snakefile rules

# Growth is measured apart: it is no speed, and takes minutes.
BENCH := python -m pytest tests/benchmarks --ignore tests/benchmarks/test_growth.py --benchmark-only

bench: $(STAMP)  ## run the benchmarks of tests/benchmarks beside the reference's speeds, and a roofline of each stage
	$(RUN) $(BENCH)

bench-reference: $(STAMP)  ## the same, and make their speeds the reference, results/reference/speed.csv
	$(RUN) $(BENCH) --write-speed-reference

growth: $(STAMP)  ## time and memory of jobs by chains, settings, pixels and seeds; draws docs/growth.png
	$(RUN) python -m pytest tests/benchmarks/test_growth.py --benchmark-only --growth-figure docs/growth.png

dearest: $(STAMP)  ## the three dearest parts of the default run, and their dearest operations
	$(RUN) python -m tests.benchmarks.dearest

lock: $(STAMP)  ## write requirements.lock anew from the ranges in pyproject.toml
	$(RUN) uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra dev --extra caffe --extra imagenet --no-annotate --no-header \
	  --output-file requirements.lock pyproject.toml

clean:  ## remove all results but the committed reference
	find results -mindepth 1 -maxdepth 1 ! -name reference -exec rm -rf {} +
