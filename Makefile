# The everyday commands. Each can be typed again at no cost.
#
#   make setup    .venv with the pinned dependencies
#   make study    set-up, data, the default study; says where the page is
#   make test     set-up, then the tests (needs Chromium and ChromeDriver for the page's own)
#   make test-faults    only what interruptions and failures do, many times over: half an hour on 2 busy cores
#   make reliability    the tests behind each promise of docs/reliability.md, and the page again
#   make lint     ruff, import-linter, snakefmt, snakemake --lint
#   make schema   the JSON schema of a config, which an editor uses, from the models in src/casual_training/config
#   make bench    the figures of docs/method.md, measured here
#   make reference    the reference study, 55 minutes on 2 cores; then README.md says what it found
#   make rerun    whether the default study says the same three times: about 45 minutes on 2 cores
#   make aa       whether the verdict finds a winner where there is none: about 14 minutes on 2 cores
#
# PYTHON is the Python to make .venv with, 3.11 or newer.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup study test test-faults reliability lint schema bench reference readme rerun aa

setup: .venv/.ready

# An environment that is there is kept, and so is a torch in it that has the pinned version, CPU-only builds included.
.venv/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

study: setup
	$(BIN)/snakemake --cores 4
	@echo "The page: reports/default/report.html"

test: setup
	$(BIN)/python -m pytest

test-faults: setup
	$(BIN)/python -m pytest -m "slow or not slow" tests/faults

reliability: setup
	$(BIN)/python -m pytest --reliability=docs/reliability.md

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/python -m pytest --quiet tests/workflow/test_lint.py

schema: setup
	$(BIN)/casual-training schema > workflow/schemas/config.schema.json

bench: setup
	$(BIN)/snakemake --cores 4 --configfile workflow/studies/bench.yaml
	$(BIN)/python benchmarks/parallel_efficiency.py
	$(BIN)/python benchmarks/standalone.py
	$(BIN)/python benchmarks/original.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/recorder.py
	$(BIN)/python benchmarks/rpc.py
	$(BIN)/python benchmarks/averaging.py
	$(BIN)/python benchmarks/progress.py
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/verdict.py

reference: setup
	$(BIN)/snakemake --cores 4 --configfile workflow/studies/reference.yaml
	$(MAKE) readme

# README.md and its picture from reports/reference, which needs Chromium and ChromeDriver.
readme: setup
	$(BIN)/python docs/from_reference.py --screenshot

rerun: setup
	$(BIN)/python benchmarks/rerun.py

aa: setup
	$(BIN)/snakemake --cores 4 --configfile workflow/studies/aa.yaml
	$(BIN)/python benchmarks/aa.py
