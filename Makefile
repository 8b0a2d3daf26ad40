# Every target sets up what it needs: a clean checkout, Python >= 3.11 and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Test processes at once, twice two cores, since half of a test's time is waiting for processes;
# one file's tests share their servers, the long files come first
JOBS ?= 4

# Where bytecode is forbidden, each of the hundreds of processes compiles everything again
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo chaos up test test-all simulate planted crash-points bench check fmt lock

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## Create .venv with the locked, hashed dependencies

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Augustan needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q engine tasks workers tests
	@touch $@

demo: $(READY) ## Signals become orders, fills and positions on the paper exchange, for about a minute
	$(BIN)/augustan demo

chaos: $(READY) ## A thousand orders under faults and kills, and the proof, five to ten minutes
	$(BIN)/augustan chaos --orders 1000

up: $(READY) ## Run everything on this machine until Ctrl-C
	$(BIN)/augustan up

test: $(READY) ## The tests, ten minutes on two quiet cores
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not slow and not docker"

test-all: $(READY) ## The exhaustive suites as well
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

# Order lives, and the first of the seeds
LIVES ?= 100000
SEED ?= 1

simulate: $(READY) ## A hundred thousand order lives in simulated worlds, every failure from a seed
	$(BIN)/python -m tests.simulation --lives $(LIVES) --seed $(SEED)

planted: $(READY) ## Plant each known bug in a copy of the product, and see it found
	$(BIN)/python -m tests.planted

crash-points: $(READY) ## Kill a worker at every message of its life, some hours
	$(BIN)/python -m tests.crash_points

bench: $(READY) ## Measure latencies, requests and faults beside baselines, about a quarter of an hour
	$(BIN)/python -m benchmarks --json bench.json

check: $(READY) ## Format, lint, types and import arrows; what CI runs before the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(READY) ## Format, fix what a tool can fix, move the links of the documents
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m tests.unit.docs.linking

lock: ## Resolve the dependencies again into requirements.lock
	$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv
	$(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --group test --group lint --group types --group package \
		pyproject.toml --output-file requirements.lock
